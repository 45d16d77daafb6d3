"""Planted bugs: what the simulation must find, each as one small change of real code.

Who would test a log by a checker that was never seen to find anything?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from events import ingest
from events.entry import LogState, accepted
from events.frame import decode_frame, decode_record, frame_hash
from events.ingest import Candidate, Ingest
from events.log import (
    Accepted,
    Head,
    LogUnavailableError,
    OutcomeUnknownError,
    StoredEntry,
    Verdict,
    VoidKind,
    VoidReason,
)
from events.replica import ReplicatedLog
from events.store import Store
from registry import writer as writing
from registry.refusal import Fault
from registry.writer import Writer

Plant = Callable[[], Any]
"""Returns a context manager in which the bug is there."""


def _acknowledge_before_read_back() -> Any:  # noqa: ANN401  a context manager
    real = ReplicatedLog.append

    def append(
        self: ReplicatedLog, records: Sequence[bytes], deadline: float
    ) -> list[Verdict]:
        head = self.head()
        frames = [decode_record(record).frame for record in records]
        if decode_frame(frames[0]).previous != head.hash:
            return real(self, records, deadline)
        self._topic.send(records)
        return [
            Accepted(
                position=head.position + number,
                hash=frame_hash(frame),
                recorded_at=decode_frame(frame).recorded_at,
            )
            for number, frame in enumerate(frames, 1)
        ]

    return mock.patch.object(ReplicatedLog, "append", append)


class _AnyParent:
    """A state whose head is whatever the record says."""

    def __init__(self, state: LogState, parent: bytes) -> None:
        self._state = state
        self.registry = state.registry
        self.head = Head(
            position=state.head.position,
            hash=parent,
            recorded_at=state.head.recorded_at,
        )
        self.announced = state.announced
        self.key_seen = state.key_seen
        self.last_version = state.last_version


def _accept_without_the_parent() -> Any:  # noqa: ANN401  a context manager
    def lenient(content: bytes, state: LogState) -> Any:  # noqa: ANN401  as accepted
        result = accepted(content, state)
        if result is not VoidReason.OTHER_PARENT:
            return result
        frame = decode_frame(decode_record(content).frame)
        return accepted(content, _AnyParent(state, frame.previous))

    return mock.patch.object(ingest, "accepted", lenient)


def _forget_keys_after_restart() -> Any:  # noqa: ANN401  a context manager
    real_init, real_find = Store.__init__, Store.find

    def init(self: Store, *values: Any, **more: Any) -> None:  # noqa: ANN401  any
        real_init(self, *values, **more)
        setattr(self, "_begun_at", self.head().position)

    def find(self: Store, authority: str, request_id: str) -> StoredEntry | None:
        found = real_find(self, authority, request_id)
        begun = getattr(self, "_begun_at", 0)
        return None if found is not None and found.position <= begun else found

    return _both(
        mock.patch.object(Store, "__init__", init),
        mock.patch.object(Store, "find", find),
    )


def _reuse_a_stale_head() -> Any:  # noqa: ANN401  a context manager
    """After an unknown outcome go on from the head that it had then."""
    real_decide, real_append = Writer._decide_group, Writer._append_group

    def decide(self: Writer, group: list[Any]) -> Any:  # noqa: ANN401  as decided
        stale = getattr(self, "_stale", None)
        if stale is None:
            return real_decide(self, group)
        with mock.patch.object(self._log, "head", return_value=stale):
            return real_decide(self, group)

    def append(self: Writer, sent: list[Any]) -> Any:  # noqa: ANN401  as appended
        head = self._log.head()
        try:
            return real_append(self, sent)
        except OutcomeUnknownError:
            setattr(self, "_stale", head)
            raise

    return _both(
        mock.patch.object(Writer, "_decide_group", decide),
        mock.patch.object(Writer, "_append_group", append),
    )


def _drop_an_entry() -> Any:  # noqa: ANN401  a context manager
    real = Store.ingest

    def ingested(
        self: Store,
        candidates: Sequence[Candidate],
        where: Any = None,  # noqa: ANN401  as is
    ) -> list[Verdict]:
        if self.head().position == 4 and candidates:
            candidates = candidates[1:]
        return real(self, candidates, where)

    return _both(
        mock.patch.object(Store, "ingest", ingested),
        mock.patch.object(ReplicatedLog, "_judge", _judged_as_far),
    )


def _judged_as_far(self: ReplicatedLog, *_: Any) -> None:  # noqa: ANN401  any
    self._notify()


def _reorder_two() -> Any:  # noqa: ANN401  a context manager
    """Exchange two entries that follow each other, and let them be accepted so."""
    real = Ingest.take
    held: list[Candidate] = []

    def take(self: Ingest, candidate: Candidate) -> Verdict:
        if self.head.position == 4 and not held:
            held.append(candidate)
            return real(self, Candidate(record=b"", offset=candidate.offset))
        verdict = real(self, candidate)
        if held:
            real(self, held.pop())
        return verdict

    return mock.patch.object(Ingest, "take", take)


def _refuse_on_a_stale_state() -> Any:  # noqa: ANN401  a context manager
    """Answer faults from the copy, without asking for the end of the log."""

    def here(self: ReplicatedLog, deadline: float) -> Head:  # noqa: ARG001  as is
        return self.head()

    return mock.patch.object(ReplicatedLog, "catch_up", here)


def _refuse_on_an_expected_state() -> Any:  # noqa: ANN401  a context manager
    """Answer faults of a group at once, on what its earlier members would leave."""
    real = writing._decided

    def decided(expected: Any, asked: Any) -> Any:  # noqa: ANN401  as decided
        try:
            return real(expected, asked)
        except Fault as fault:
            _AT_ONCE[id(asked)] = fault
            raise

    real_group = Writer._decide_group

    def group(self: Writer, waiting: list[Any]) -> Any:  # noqa: ANN401  as decided
        sent, unsure = real_group(self, waiting)
        left = []
        for one in unsure:
            fault = _AT_ONCE.pop(id(one.submission), None)
            if fault is None:
                left.append(one)
            else:
                one.future.set_exception(fault.as_of(self._log.head().position))
        return sent, left

    return _both(
        mock.patch.object(writing, "_decided", decided),
        mock.patch.object(Writer, "_decide_group", group),
    )


_AT_ONCE: dict[int, Fault] = {}


def _say_not_recorded_too_early() -> Any:  # noqa: ANN401  a context manager
    """Call an unknown outcome "nothing was written"."""
    real = Writer._append_group

    def append(self: Writer, sent: list[Any]) -> Any:  # noqa: ANN401  as appended
        try:
            return real(self, sent)
        except OutcomeUnknownError as error:
            self._in_doubt = []
            raise LogUnavailableError from error

    return mock.patch.object(Writer, "_append_group", append)


def _take_a_stranger_for_stale() -> Any:  # noqa: ANN401  a context manager
    def stale(self: Ingest, parent: bytes) -> VoidKind:  # noqa: ARG001  as is
        return VoidKind.STALE

    return mock.patch.object(Ingest, "_kind_by_parent", stale)


def _accept_a_repeated_key() -> Any:  # noqa: ANN401  a context manager
    def never(self: Ingest, authority: str, request_id: str) -> bool:  # noqa: ARG001  as is
        return False

    def unknown(self: Store, authority: str, request_id: str) -> None:  # noqa: ARG001  as is
        return None

    return _both(
        mock.patch.object(Ingest, "key_seen", never),
        mock.patch.object(Store, "find", unknown),
    )


@contextmanager
def _both(first: Any, second: Any) -> Iterator[None]:  # noqa: ANN401  context managers
    with first, second:
        yield


BUGS: dict[str, Plant] = {
    "acknowledge before read-back": _acknowledge_before_read_back,
    "accept without checking the parent": _accept_without_the_parent,
    "forget a submission key after restart": _forget_keys_after_restart,
    "reuse a stale head after a time-out": _reuse_a_stale_head,
    "drop an entry": _drop_an_entry,
    "reorder two": _reorder_two,
    "refuse a court on a stale state": _refuse_on_a_stale_state,
    "refuse on an expected state that turned void": _refuse_on_an_expected_state,
    "say not recorded while it may still land": _say_not_recorded_too_early,
    "take a stranger void for a stale one": _take_a_stranger_for_stale,
    "accept a repeated key": _accept_a_repeated_key,
}
FORKS = frozenset({"take a stranger void for a stale one"})
"""Bugs that show only where the topic goes on with another history."""
