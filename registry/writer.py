"""The only code that changes the record: read, decide, append; lost a race, again.

What lives here: the queue of waiting submissions and the rounds that decide them on
the expected state, append them as one chain and answer each by its own verdict. What
never does: law (the deciders), bytes (`events.draft`), transport (the services).

What is promised to a submitter:

* A receipt is given only for an entry that the log accepted, and the same submission
  key gets the same receipt for ever; the same key with other content gets
  `AlreadyExistsError` with the first receipt.
* A fault that depends on what is recorded (an unknown child, say) is answered only
  after all the log held at that moment was read, on accepted entries alone: a group
  decided on an expected state that turned void refuses nobody.
* An unknown outcome is never guessed: `OutcomeUnknownError`, same request id again.
  The same bytes are sent again before anything else is decided upon their parent.
* What this release cannot read of a newer one's entries harms that submission alone;
  a release that may not write still answers a repeated key from its copy.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from events.codec import Codec
from events.draft import Draft, Written, write
from events.log import (
    Accepted,
    Head,
    Log,
    LogClosedError,
    LogUnavailableError,
    OutcomeUnknownError,
    Verdict,
)
from registry.announce import Gate, NotAdoptedError
from registry.dispatch import decide
from registry.expected import Decided, Expected
from registry.forwarding import Forwarding, Peers
from registry.known import UNREADABLE, Known
from registry.pack import LawPack
from registry.receipt import Receipt, receipt_for
from registry.refusal import Fault
from registry.sources import Sources
from registry.stamps import Stamps
from registry.submission import (
    AbortedError,
    MovedError,
    Submission,
)
from registry.waiting import OWN, Queue, Waiting

MAX_GROUP = 64
"""Submissions decided in one round: larger groups gain nothing measurable."""
MAX_ATTEMPTS = 16
"""Times a submission may lose the race for the next position before ABORTED."""
MAX_GATHER_S = 0.04
"""How long a round may wait for those whom the one before it answered."""
ENOUGH = 16
"""Submissions that are not made to wait for more: by then each costs its own work."""
ROUND_TIMEOUT_S = 15.0
"""How long one round may wait for the log before its outcome is called unknown."""


@dataclass(frozen=True, slots=True)
class _Sent:
    waiting: Waiting
    written: Written
    decided: Decided


class Writer:
    """Takes submissions from many threads; one thread decides and appends.

    `now` is the clock of the deadlines. Without `threaded` nothing runs by itself, and
    `step` does what the thread would: so that the whole can run under a schedule.
    """

    def __init__(  # noqa: PLR0913  each a part of its world
        self,
        log: Log,
        codec: Codec,
        sources: Sources,
        law: LawPack,
        *,
        node: str,
        clock_lead_us: int,
        clock_accepted_us: int = 0,
        now: Callable[[], float] = time.monotonic,
        threaded: bool = True,
    ) -> None:
        self._log = log
        self._codec = codec
        self._sources = sources
        self._law = law
        self.node = node
        self.stamps = Stamps(sources.clock, clock_lead_us, clock_accepted_us)
        self._waiting = Queue()
        self._known = Known(log, codec)
        self._more = threading.Condition()
        self._woken = self._closed = False
        self._asked = 0
        self._wanted = 1
        self._in_doubt: list[bytes] = []
        self._gate = Gate(log, codec, law)
        self._now = now
        self._away = Forwarding(
            log, node, now=now, answer=self._known.answered, back=self._back
        )
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(
                target=self._run, name="writer", daemon=True
            )
            self._thread.start()
            self._away.start()

    def forward_through(self, peers: Peers) -> None:
        """Hand what is submitted from now on to the owner of the moment, a peer."""
        self._away.peers = peers

    def submit(
        self, submission: Submission, deadline: float, origin: str = OWN
    ) -> Future[Receipt]:
        """Queue a submission; the future holds its receipt or its error.

        `deadline` is a value of `time.monotonic()`, `origin` the peer that forwarded
        it. Raises OverloadedError when the queue is full and LogClosedError during
        shutdown; the future raises Fault, AlreadyExistsError, AbortedError or an error
        of the log, and MovedError what was forwarded while another node appends.
        """
        waiting = Waiting(submission, deadline, origin)
        with self._more:
            if self._closed:
                raise LogClosedError
            self._waiting.add(waiting)
            if len(self._waiting) >= self._wanted:
                self._wake()
        return waiting.future

    def find(self, authority: str, request_id: str) -> Receipt | None:
        """Return the receipt of a key, or None where none is known here."""
        return self._known.find(authority, request_id)

    def close(self) -> None:
        """Answer what is under way, turn the rest away, and stop."""
        with self._more:
            self._closed = True
            self._wake()
        if self._thread is not None:
            self._thread.join()
        self._away.close()
        for waiting in self._waiting.take_all():
            waiting.fail(LogClosedError())

    def step(self) -> bool:
        """Decide and append one group of what waits, or have the owner do it.

        Returns whether anything was done.
        """
        owner = self._away.owner()
        moved: list[Waiting] = []
        leaving: list[Waiting] = []
        with self._more:
            if owner is None:
                group = self._waiting.take(MAX_GROUP)
            else:
                moved = self._waiting.take_forwarded()
                leaving = self._waiting.take_leaving(min(MAX_GROUP, self._away.room()))
                group = self._waiting.take_staying(MAX_GROUP)
        for waiting in moved:
            waiting.fail(MovedError(self._log.head().position))
        leaving = [waiting for waiting in leaving if self._still_asked(waiting)]
        if owner is not None and leaving:
            self._away.send(owner, leaving)
        self._asked = len(group)
        if group:
            self._round(group)
        return bool(group or moved or leaving)

    def settle(self) -> None:
        """Answer what peers recorded and this node has read, as a thread does."""
        self._away.settle()

    def _run(self) -> None:
        while True:
            with self._more:
                while not self._woken and not self._closed:
                    self._more.wait()
                if self._closed:
                    return
                self._woken = False
            began = self._now()
            while not self._closed and self.step():
                self._gather(min(MAX_GATHER_S, self._now() - began))
                began = self._now()

    def _gather(self, at_most_s: float) -> None:
        """Wait for those who were just answered, who often have more to submit.

        What a round costs depends little on how many it decides. Whoever submits again
        as soon as he is answered comes just after the next round began; so rounds of
        half of them follow each other, where one of all would cost hardly more. Nobody
        waits longer for that than the round took that was just over, and who submits
        alone waits for nobody.
        """
        with self._more:
            self._wanted = min(ENOUGH, self._asked + len(self._waiting))
            self._more.wait_for(
                lambda: self._closed or len(self._waiting) >= self._wanted, at_most_s
            )
            self._wanted = 1

    def _wake(self) -> None:
        self._woken = True
        self._more.notify()

    def _back(self, group: list[Waiting]) -> None:
        """Look at some again, and at what waits for room with the owner."""
        with self._more:
            closed = self._closed
            if not closed:
                self._waiting.put_back(group)
            self._wake()
        if closed:
            for waiting in group:
                waiting.fail(LogClosedError())

    def _round(self, group: list[Waiting]) -> None:
        alive = [waiting for waiting in group if self._still_asked(waiting)]
        try:
            alive = self._admitted(alive)
            self._settle_doubt()
            sent, unsure = self._decide_group(alive)
            lost = self._append_group(sent)
            lost += self._confirm(unsure)
        except Exception as error:  # noqa: BLE001  every waiter gets the error itself
            for waiting in alive:
                if not waiting.future.done():
                    waiting.fail(error)
            return
        self._asked -= len(lost)  # they wait already, and were not answered
        with self._more:
            self._waiting.put_back(lost)

    def _admitted(self, group: list[Waiting]) -> list[Waiting]:
        """Return what may be written; where nothing may, answer what is known."""
        try:
            self._gate.check()
        except NotAdoptedError as error:
            for waiting in group:
                if not self._known.answered(waiting):
                    waiting.fail(error)
            return []
        return group

    def _still_asked(self, waiting: Waiting) -> bool:
        """Turn away what nobody waits for any more; nothing of it was written."""
        if self._now() < waiting.deadline:
            return True
        message = "the deadline passed before the submission was tried"
        waiting.fail(LogUnavailableError(message))
        return False

    def _settle_doubt(self) -> None:
        """Send again what an earlier round left unknown, before deciding anew.

        Until its parent is passed the old attempt may still land, and then this round
        would lose to it; the log knows which of its records are settled already.
        """
        if self._in_doubt:
            self._log.append(self._in_doubt, self._now() + ROUND_TIMEOUT_S)
            self._in_doubt = []

    def _decide_group(self, group: list[Waiting]) -> tuple[list[_Sent], list[Waiting]]:
        """Decide each on the state the ones before it would leave.

        Returns the records to append, and those whose answer would append nothing.
        """
        expected = Expected(self._log, self._codec, self._law)
        head = self._log.head()
        sent: list[_Sent] = []
        unsure: list[Waiting] = []
        keys: set[tuple[str, str]] = set()
        for waiting in group:
            submission = waiting.submission
            if submission.key in keys:
                unsure.append(waiting)  # its twin in this group decides its answer
                continue
            if self._known.answered(waiting):
                continue
            try:
                decided = _decided(expected, submission)
            except Fault as fault:
                if waiting.origin == OWN:
                    unsure.append(waiting)
                else:  # who forwarded it answers it, on what he has read himself
                    waiting.fail(fault)
                continue
            except UNREADABLE as error:
                waiting.fail(error)
                continue
            if submission.validate_only:
                unsure.append(waiting)
                continue
            keys.add(submission.key)
            written = self._write(submission, decided, head)
            head = _after(written, head)
            expected.advance(decided)
            sent.append(_Sent(waiting, written, decided))
        return sent, unsure

    def _write(self, submission: Submission, decided: Decided, head: Head) -> Written:
        draft = Draft(
            registry=self._log.registry,
            authority=submission.submitter.authority,
            request_id=submission.request_id,
            request=submission.command,
            authentication=submission.submitter.authentication,
            provenance=submission.provenance,
            writer=self.node,
            cause=submission.cause,
            events=decided.events,
        )
        stamp = self.stamps.next(head)
        return write(draft, head.hash, stamp, self._sources.salt, self._codec)

    def _append_group(self, sent: list[_Sent]) -> list[Waiting]:
        """Append the chain; answer by the verdict of each; return what lost."""
        if not sent:
            return []
        records = [one.written.record for one in sent]
        try:
            verdicts = self._log.append(records, self._now() + ROUND_TIMEOUT_S)
        except OutcomeUnknownError:
            self._in_doubt = records
            raise
        self.stamps.measure(verdicts)
        return [
            one.waiting
            for one, verdict in zip(sent, verdicts, strict=True)
            if not _answered(one, verdict)
        ]

    def _confirm(self, unsure: list[Waiting]) -> list[Waiting]:
        """Answer what appends nothing, on accepted entries up to the log's end.

        Each is decided once more, alone, on the confirmed state: what turns out to
        have an entry to make, or was decided while the state moved, waits for the
        next round.
        """
        if not unsure:
            return []
        head = self._log.catch_up(self._now() + ROUND_TIMEOUT_S)
        return [w for w in unsure if not self._answered_by(w, head)]

    def _answered_by(self, waiting: Waiting, head: Head) -> bool:
        submission = waiting.submission
        if self._known.answered(waiting):
            return True
        expected = Expected(self._log, self._codec, self._law)
        decided: Decided | None = None
        fault: Fault | None = None
        try:
            decided = _decided(expected, submission)
        except Fault as raised:
            fault = raised
        except UNREADABLE as error:
            waiting.fail(error)
            return True
        if not expected.unmoved():
            return False
        if fault is not None:
            waiting.fail(fault.as_of(head.position))
        elif decided is not None and submission.validate_only:
            waiting.answer(self._would_be(submission, decided, head))
        else:
            return False
        return True

    def _would_be(
        self, submission: Submission, decided: Decided, head: Head
    ) -> Receipt:
        """Return the receipt the submission would get now; position 0: none."""
        frame = self._write(submission, decided, head).frame
        receipt = receipt_for(0, bytes(32), frame, decided.recorded)
        place = head.position + 1
        events = tuple(replace(event, position=place) for event in receipt.events)
        return replace(receipt, events=events)


def _decided(expected: Expected, submission: Submission) -> Decided:
    by = submission.submitter
    return decide(expected, submission.command, by.authority, by.office)


def _answered(sent: _Sent, verdict: Verdict) -> bool:
    """Answer by a verdict; False where the submission is to be decided again."""
    waiting = sent.waiting
    if isinstance(verdict, Accepted):
        frame, events = sent.written.frame, sent.decided.recorded
        receipt = receipt_for(verdict.position, verdict.hash, frame, events)
        waiting.answer(receipt)
        return True
    waiting.attempts += 1
    if waiting.attempts < MAX_ATTEMPTS:
        return False
    waiting.fail(AbortedError(verdict.reason))
    return True


def _after(written: Written, head: Head) -> Head:
    return Head(
        position=head.position + 1,
        hash=written.hash,
        recorded_at=written.frame.recorded_at,
    )
