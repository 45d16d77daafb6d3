"""Planted bugs: what the simulation must find, each as one small change of real code.

Who would test a log by a checker that was never seen to find anything?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

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
    Voided,
    VoidKind,
    VoidReason,
)
from events.replica import ReplicatedLog
from events.store import Store
from events.topic import TopicUnavailableError
from registry import writer as writing
from registry.refusal import Fault
from registry.writer import Writer

Planted = AbstractContextManager[None]
"""While it is open the bug is there."""


@contextmanager
def _changed(owner: Any, name: str, value: Any) -> Iterator[None]:  # noqa: ANN401  any part of the code
    """Put something else in the place of a part, and the part back in the end."""
    real = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, real)


def _acknowledge_before_read_back() -> Planted:
    real = ReplicatedLog.append

    def append(
        self: ReplicatedLog, records: Sequence[bytes], deadline: float
    ) -> list[Verdict]:
        head = self.head()
        frames = [decode_record(record).frame for record in records]
        if decode_frame(frames[0]).previous != head.hash:
            return real(self, records, deadline)
        try:
            self._topic.send(records)
        except TopicUnavailableError as error:
            raise LogUnavailableError from error
        return [
            Accepted(
                position=head.position + number,
                hash=frame_hash(frame),
                recorded_at=decode_frame(frame).recorded_at,
            )
            for number, frame in enumerate(frames, 1)
        ]

    return _changed(ReplicatedLog, "append", append)


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


def _accept_without_the_parent() -> Planted:
    def lenient(content: bytes, state: LogState) -> Any:  # noqa: ANN401  as accepted
        result = accepted(content, state)
        if result is not VoidReason.OTHER_PARENT:
            return result
        frame = decode_frame(decode_record(content).frame)
        return accepted(content, _AnyParent(state, frame.previous))

    return _changed(ingest, "accepted", lenient)


def _forget_keys_after_restart() -> Planted:
    real_init, real_find = Store.__init__, Store.find

    def init(self: Store, *values: Any, **more: Any) -> None:  # noqa: ANN401  any
        real_init(self, *values, **more)
        setattr(self, "_begun_at", self.head().position)

    def find(self: Store, authority: str, request_id: str) -> StoredEntry | None:
        found = real_find(self, authority, request_id)
        begun = getattr(self, "_begun_at", 0)
        return None if found is not None and found.position <= begun else found

    return _both(
        _changed(Store, "__init__", init),
        _changed(Store, "find", find),
    )


def _reuse_a_stale_head() -> Planted:
    """After an unknown outcome go on from the head that it had then."""
    real_decide, real_append = Writer._decide_group, Writer._append_group

    def decide(self: Writer, group: list[Any]) -> Any:  # noqa: ANN401  as decided
        stale = getattr(self, "_stale", None)
        if stale is None:
            return real_decide(self, group)
        with _changed(self._log, "head", lambda: stale):
            return real_decide(self, group)

    def append(self: Writer, sent: list[Any]) -> Any:  # noqa: ANN401  as appended
        head = self._log.head()
        try:
            return real_append(self, sent)
        except OutcomeUnknownError:
            setattr(self, "_stale", head)
            raise

    return _both(
        _changed(Writer, "_decide_group", decide),
        _changed(Writer, "_append_group", append),
    )


def _drop_an_entry() -> Planted:
    real = Store.ingest

    def ingested(
        self: Store,
        candidates: Sequence[Candidate],
        where: Any = None,  # noqa: ANN401  as is
    ) -> list[Verdict]:
        if self.head().position == 4 and candidates:
            dropped = Voided(reason=VoidReason.MALFORMED)
            return [dropped, *real(self, candidates[1:], where)]
        return real(self, candidates, where)

    return _changed(Store, "ingest", ingested)


def _reorder_two() -> Planted:
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

    return _changed(Ingest, "take", take)


def _refuse_on_a_stale_state() -> Planted:
    """Answer faults from the copy, without asking for the end of the log."""

    def here(self: ReplicatedLog, deadline: float) -> Head:  # noqa: ARG001  as is
        return self.head()

    return _changed(ReplicatedLog, "catch_up", here)


def _refuse_on_an_expected_state() -> Planted:
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
        _changed(writing, "_decided", decided),
        _changed(Writer, "_decide_group", group),
    )


_AT_ONCE: dict[int, Fault] = {}


def _say_not_recorded_too_early() -> Planted:
    """Call an unknown outcome "nothing was written"."""
    real = Writer._append_group

    def append(self: Writer, sent: list[Any]) -> Any:  # noqa: ANN401  as appended
        try:
            return real(self, sent)
        except OutcomeUnknownError as error:
            self._in_doubt = []
            raise LogUnavailableError from error

    return _changed(Writer, "_append_group", append)


def _take_a_stranger_for_stale() -> Planted:
    def stale(self: Ingest, parent: bytes) -> VoidKind:  # noqa: ARG001  as is
        return VoidKind.STALE

    return _changed(Ingest, "_kind_by_parent", stale)


def _accept_a_repeated_key() -> Planted:
    def never(self: Ingest, authority: str, request_id: str) -> bool:  # noqa: ARG001  as is
        return False

    def unknown(self: Store, authority: str, request_id: str) -> None:  # noqa: ARG001  as is
        return None

    return _both(
        _changed(Ingest, "key_seen", never),
        _changed(Store, "find", unknown),
    )


@contextmanager
def _both(*planted: Planted) -> Iterator[None]:
    with ExitStack() as stack:
        for one in planted:
            stack.enter_context(one)
        yield


BUGS: dict[str, Callable[[], Planted]] = {
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
