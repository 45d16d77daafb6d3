"""The log over a topic: the topic is the truth, the local store its verified copy.

What lives here: the append that waits for its own records to be read back, the tail,
the end query, and the watch for a topic that is not the one the copy was made from.
What never does: Kafka itself (`events.kafka`), acceptance (`events.entry`).

*Append.* Records are sent, and their verdicts come from the tail alone: a record is
accepted when this node read it back and accepted it; it is void for ever once the
head has moved past its parent, or once it was read and refused for a reason that time
does not heal. A failed send is never a verdict: while the parent is the head the same
bytes are sent again (sent twice, one of them is void). At the deadline the outcome is
unknown, unless nothing was ever handed over.

*Two histories.* A record whose parent was never seen here (a stranger), a start, a
reconnect, a new leader: each has the copy compared with the topic (its id, its end,
the last accepted record's bytes). Where they differ no latest read and no write is
served any more, until a person has looked.

Time and waiting come in as arguments, so that the whole can run under a simulated
clock and schedule.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from events.entry import decode_frame, decode_record, frame_hash
from events.ingest import Candidate
from events.log import (
    EMPTY,
    Accepted,
    Head,
    LogClosedError,
    LogDamagedError,
    LogUnavailableError,
    OutcomeUnknownError,
    Verdict,
    Voided,
    VoidReason,
)
from events.store import Store
from events.topic import (
    OffsetLostError,
    Sending,
    Topic,
    TopicRecord,
    TopicUnavailableError,
)

FETCH_WAIT_S = 0.5
"""How long the tail asks the broker to hold an empty answer: a closed log waits it."""
QUERY_TIMEOUT_S = 5.0
"""An end query or a look at one record: answered in milliseconds or not at all."""
RESEND_AFTER_S = 2.0
"""Without a word for so long, the same bytes are sent again by a fresh producer."""
RETRY_S = 0.1
"""Between two attempts to reach a broker that does not answer."""
CHECK_EVERY_S = 1.0
"""The tail compares at most so often, however much garbage somebody writes."""

Wait = Callable[[Callable[[], bool], float], bool]
"""Wait until a condition holds or a deadline passes; whether it holds."""


@dataclass(slots=True, eq=False)
class _Attempt:
    """One record on its way: known by its frame's hash, final with a verdict."""

    record: bytes
    hash: bytes
    parent: bytes
    verdict: Verdict | None = None
    sending: Sending | None = None

    @classmethod
    def of(cls, record: bytes) -> _Attempt:
        frame = decode_record(record).frame
        return cls(record, frame_hash(frame), decode_frame(frame).previous)


class ReplicatedLog(Store):
    """The log of `events.log` over a topic. `start` follows it in a thread."""

    synchronous = "NORMAL"
    """The topic is the truth: a copy that a power cut set back reads on from there."""
    local = False
    """Others may have written what is not read yet: the end is asked for."""

    def __init__(
        self,
        path: Path,
        registry: str,
        topic: Topic,
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Wait | None = None,
    ) -> None:
        super().__init__(path, registry)
        self._topic = topic
        self._now = now
        self._wait = wait or self._wait_for_tail
        self._next_offset = self._fetched = int(self.meta("next_offset") or 0)
        self._epoch = int(self.meta("leader_epoch") or -1)
        self._attempts: dict[bytes, _Attempt] = {}
        self._appending = threading.Lock()
        self._asking = threading.Lock()
        self._asked = self._answered = 0
        self._unsure = self._broke = True
        self._placed, self._met = self.last_placed(), 0
        self._doubted: tuple[int, bytes] | None = None
        self._checked_at = float("-inf")
        self._damage: str | None = None
        self._trouble: str | None = None
        self._closed = threading.Event()
        self._tail: threading.Thread | None = None

    @property
    def damage(self) -> str | None:
        """Why latest reads and writes are refused, or None."""
        return self._damage

    @property
    def trouble(self) -> str | None:
        """Why the tail does not move now (an outage, a full disk), or None."""
        return self._trouble

    @property
    def next_offset(self) -> int:
        """The offset in the topic up to which this copy has read."""
        return self._next_offset

    def start(self) -> None:
        """Follow the topic in a thread until `close`."""
        self._tail = threading.Thread(target=self._follow, name="tail", daemon=True)
        self._tail.start()

    def append(self, records: Sequence[bytes], deadline: float) -> list[Verdict]:
        """Append records that are chained on each other; a verdict for each.

        Raises LogUnavailableError where nothing was handed over, OutcomeUnknownError
        at the deadline, LogDamagedError, LogClosedError; ValueError where the first
        one's parent was never the head of this copy.
        """
        self._refuse()
        attempts = [_Attempt.of(record) for record in records]
        with self._serial(deadline), self._watched(attempts):
            if attempts and not self._was_head(attempts[0].parent):
                message = "the parent of the first record is unknown here"
                raise ValueError(message)
            return self._settle(attempts, deadline)

    def catch_up(self, deadline: float) -> Head:
        """Return the head once all that the topic held at this call is applied.

        One query of the end serves every call that arrived before it was sent.
        Raises LogUnavailableError, LogDamagedError, LogClosedError.
        """
        ticket = self._asked + 1
        if not self._asking.acquire(timeout=max(0.0, deadline - self._now())):
            message = "the end of the log was not learned in time"
            raise LogUnavailableError(message)
        try:
            if self._answered < ticket:
                self._asked += 1
                number = self._asked
                self._reach_end(deadline)
                self._answered = number
        finally:
            self._asking.release()
        return self.head()

    def follow_once(self, wait_s: float) -> None:
        """Read what comes next and apply it: one step of the tail.

        After a broken connection, and before a record of another leader, the topic is
        compared: nothing is acknowledged upon what brokers lost. Raises
        TopicUnavailableError, LogUnavailableError (the disk is full): nothing was
        applied then, and the same step can be tried again.
        """
        try:
            if self._broke:
                self._compare()
                if self._damage is not None:
                    return
                self._broke = False
            batch = self._topic.fetch(self._next_offset, wait_s)
            self._fetched = batch.next_offset
            if any(record.leader_epoch != self._epoch for record in batch.records):
                self._compare()
                if self._damage is not None:
                    return
        except TopicUnavailableError:
            self._unsure = self._broke = True
            raise
        except OffsetLostError as error:
            self._damaged(f"the topic no longer has offset {self._next_offset}")
            message = "the topic was cut"
            raise TopicUnavailableError(message) from error
        before = self._placed
        if batch.next_offset != self._next_offset:
            self._judge(batch.records, self._apply(batch.records, batch.next_offset))
        if self.strangers > self._met:
            # What came before it: what follows may be the other history's.
            self._doubted = self._doubted or before
            self._met, self._unsure = self.strangers, True
        if self._unsure and self._now() - self._checked_at >= CHECK_EVERY_S:
            self._compare()

    def close(self) -> None:
        """Stop; attempts still under way raise LogClosedError."""
        self._closed.set()
        self._notify()
        if self._tail is not None:
            self._tail.join()
        self._topic.close()
        super().close()

    def _settle(self, attempts: list[_Attempt], deadline: float) -> list[Verdict]:
        handed_over, resend_at = False, float("-inf")
        while True:
            self._judge_pending(attempts)
            pending = [a for a in attempts if a.verdict is None]
            if not pending:
                return [a.verdict for a in attempts if a.verdict is not None]
            self._refuse()
            if self._now() >= deadline:
                if handed_over:
                    message = "no verdict before the deadline"
                    raise OutcomeUnknownError(message)
                message = "nothing could be handed over to the topic"
                raise LogUnavailableError(message)
            failed = any(a.sending is not None and a.sending.failed() for a in pending)
            if failed or self._now() >= resend_at:
                again = pending[0].sending is not None
                handed_over = self._send(pending, again=again) or handed_over
                resend_at = self._now() + RESEND_AFTER_S
            until = min(deadline, resend_at, self._now() + RETRY_S)
            self._wait(partial(self._moved, self.head(), pending[-1]), until)

    def _moved(self, head: Head, last: _Attempt) -> bool:
        parent_passed = self.head() != head and last.parent != self.head().hash
        return last.verdict is not None or parent_passed or self._stopped

    def _send(self, pending: list[_Attempt], *, again: bool) -> bool:
        """Send in the chain's order; whether anything was handed over."""
        try:
            if again:  # what failed once may deliver nothing more, or too late
                self._topic.renew()
            sendings = self._topic.send([a.record for a in pending])
        except TopicUnavailableError:
            return False
        for attempt, sending in zip(pending, sendings, strict=True):
            attempt.sending = sending
        return True

    def _judge_pending(self, attempts: list[_Attempt]) -> None:
        """Give the verdicts that follow from the head having moved."""
        head = self.head()
        lost = False
        for attempt in attempts:
            if attempt.verdict is None and (lost or attempt.parent != head.hash):
                # The copy knows before the head moves, so it is asked after it.
                attempt.verdict = self.accepted_as(attempt.hash)
                if attempt.verdict is None and (lost or self._was_head(attempt.parent)):
                    attempt.verdict = Voided(reason=VoidReason.OTHER_PARENT)
            lost = isinstance(attempt.verdict, Voided)

    def _was_head(self, parent: bytes) -> bool:
        known = parent in (EMPTY.hash, self.head().hash)
        return known or self.accepted_as(parent) is not None

    def _reach_end(self, deadline: float) -> None:
        self._refuse()
        try:
            if self._unsure:
                self._compare()
            known = self._fetched  # perhaps not applied yet, and the tail reads on
            end = self._topic.end(min(QUERY_TIMEOUT_S, deadline - self._now()))
        except TopicUnavailableError as error:
            raise LogUnavailableError(str(error)) from error
        self._refuse()
        if end < known:
            # A leader of yesterday may say so; a topic that was cut is found out by
            # the tail, whose fetch the true leader refuses.
            self._unsure = True
            message = f"the topic is said to end at {end}, before {known}"
            raise LogUnavailableError(message)
        if not self._wait(lambda: self._next_offset >= end or self._stopped, deadline):
            message = f"the copy did not reach the end of the log: {self._trouble}"
            raise LogUnavailableError(message)
        self._refuse()

    def _apply(self, records: Sequence[TopicRecord], after: int) -> list[Verdict]:
        candidates = list(map(Candidate.of, records))
        epoch = records[-1].leader_epoch if records else self._epoch
        where = {"next_offset": str(after), "leader_epoch": str(epoch)}
        verdicts = self.ingest(candidates, where)
        self._next_offset, self._epoch = after, epoch
        for record, verdict in zip(records, verdicts, strict=True):
            if isinstance(verdict, Accepted):
                self._placed = record.offset, record.content
        return verdicts

    def _judge(
        self, records: Sequence[TopicRecord], verdicts: Sequence[Verdict]
    ) -> None:
        """Hand verdicts to those who wait for them."""
        other_parent = Voided(reason=VoidReason.OTHER_PARENT)
        for record, verdict in zip(records, verdicts, strict=True):
            attempt = self._attempts.get(record.content)
            # Another parent is final only once the head has moved past it.
            if attempt is None or verdict == other_parent:
                continue
            if not isinstance(attempt.verdict, Accepted):
                attempt.verdict = verdict
        self._notify()

    def _compare(self) -> None:
        """Compare the copy with the topic. Raises TopicUnavailableError."""
        self._checked_at = self._now()
        identity = self._topic.identity(QUERY_TIMEOUT_S)
        known = self.meta("topic_id")
        if known is None:
            self.remember("topic_id", identity)
        elif known != identity:
            self._damaged(f"the topic {identity} is not the one copied, {known}")
            return
        for offset, record in filter(None, (self._doubted, self._placed)):
            found = self._topic.read_at(offset, QUERY_TIMEOUT_S)
            if found is None or found.content != record:
                self._damaged(f"the topic holds other bytes at offset {offset}")
                return
        self._unsure, self._doubted = False, None

    def _damaged(self, why: str) -> None:
        self._damage = why
        self._notify()

    def _refuse(self) -> None:
        if self._closed.is_set():
            raise LogClosedError
        if self._damage is not None:
            raise LogDamagedError(self._damage)

    @property
    def _stopped(self) -> bool:
        return self._closed.is_set() or self._damage is not None

    @contextmanager
    def _serial(self, deadline: float) -> Iterator[None]:
        """One append at a time: a fresh producer takes along what the old one held."""
        if not self._appending.acquire(timeout=max(0.0, deadline - self._now())):
            message = "the deadline passed while others appended"
            raise LogUnavailableError(message)
        try:
            yield
        finally:
            self._appending.release()

    @contextmanager
    def _watched(self, attempts: list[_Attempt]) -> Iterator[None]:
        self._attempts = {attempt.record: attempt for attempt in attempts}
        try:
            yield
        finally:
            self._attempts = {}

    def _follow(self) -> None:
        while not self._closed.is_set():
            if self._damage is not None:
                self._closed.wait(RETRY_S)
                continue
            try:
                self.follow_once(FETCH_WAIT_S)
            except (TopicUnavailableError, LogUnavailableError) as error:
                self._trouble = str(error)
                self._closed.wait(RETRY_S)
            else:
                self._trouble = None

    def _wait_for_tail(self, holds: Callable[[], bool], until: float) -> bool:
        with self._arrived:
            return self._arrived.wait_for(holds, max(0.0, until - self._now()))

    def _notify(self) -> None:
        with self._arrived:
            self._arrived.notify_all()
