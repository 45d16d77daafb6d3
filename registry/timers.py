"""Timers: the registry says once, in the record, that the day of a limit has passed.

What lives here: what is due to be said, saying it, and the thread that looks. What
never does: law. Rules compare dates and never look for what is said here; a limit that
passed ends no guardianship. Nobody's answer depends on a timer: what is overdue is
overdue by its date.

What is promised:

* Once: the submission key names the limit (its stream, version, kind and day), and the
  log accepts a key once, whichever node says it, and however often.
* After a kill the next look says what is still unsaid; an unknown outcome is never
  guessed, because the same key is tried again.
* No storm: of a limit whose day was over when the event that opened it was recorded,
  nothing is said. That entry holds both days, which says it.
* A wrong clock is not believed: where the last entry is ahead of it nothing is said,
  and neither where it is more than `QUIET_DAYS` ahead of the last entry. A clock years
  ahead would otherwise write that time into the record, where it cannot be undone.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

from events.dates import PartialDate
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import Authentication, AuthenticationKind, Provenance
from events.log import Accepted, Log, LogError
from events.registry import LimitRanOut
from projections.files import ProjectionError
from projections.limits import Limits, Term
from registry.announce import STREAM, Gate
from registry.bootstrap import Registry
from registry.pack import LawPack
from registry.sources import Sources
from registry.stamps import Stamps
from registry.wire import CODEC

LOOK_S = 1.0
"""How often it is looked whether a day has passed; law runs by days."""
APPEND_S = 15.0
"""How long one entry may wait for the log."""
ATTEMPTS = 5
"""Times one entry may lose the race for its position before it waits for a look."""
MAX_AT_ONCE = 64
"""Entries said in one look, so that submitters are not kept waiting."""
QUIET_DAYS = 7
"""How far the clock may be ahead of the last entry: a longer silence somebody else
must break, who is responsible for what he submits."""
LAW_ZONE = timezone(timedelta(hours=8))
"""Days begin at midnight in Beijing; no summer time since 1992."""
_US = 1_000_000
_DAY_US = 86_400 * _US


class Pause(StrEnum):
    """Why nothing is said for now."""

    CLOCK_BEHIND = "clock_behind"
    QUIET_TOO_LONG = "quiet_too_long"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look did: how many limits it said, and why it stopped, if it did."""

    said: int
    pause: Pause | None


class Timers:
    """Says what has passed, by a clock, on one log; `look` does it once."""

    def __init__(  # noqa: PLR0913  each a part of its world
        self,
        *,
        log: Log,
        limits: Limits,
        stamps: Stamps,
        sources: Sources,
        node: str,
        law: LawPack,
    ) -> None:
        self._log = log
        self._limits = limits
        self._stamps = stamps
        self._sources = sources
        self._node = node
        self._gate = Gate(log, CODEC, law)
        self._seen: tuple[date, int] | None = None
        self.pause: Pause | None = None

    def look(self) -> Look:
        """Say what has passed and is not said; returns what was done."""
        now = self._sources.clock()
        pause = self._believed(now)
        said = 0
        if pause is None:
            today = day_of(now)
            try:
                looked = (today, self._limits.checkpoint())
                if looked != self._seen:
                    said = self._say_all(today)
                    self._seen = looked if said < MAX_AT_ONCE else None
            except (LogError, ProjectionError, sqlite3.Error):
                pause = Pause.UNAVAILABLE
        self.pause = pause
        return Look(said, pause)

    def _believed(self, now: int) -> Pause | None:
        """Return why the clock is not believed; None where it is."""
        ahead = now - self._log.head().recorded_at
        if ahead < 0:
            return Pause.CLOCK_BEHIND
        return Pause.QUIET_TOO_LONG if ahead > QUIET_DAYS * _DAY_US else None

    def _say_all(self, today: date) -> int:
        self._gate.check()
        said = 0
        for last in self._limits.days_passed(today):
            # What was recorded after its day had passed is not said again.
            until = self._log.position_at(end_of(last) - 1)
            for term in self._limits.passed_on(last, until, MAX_AT_ONCE - said):
                said += self._say(term)
            if said >= MAX_AT_ONCE:
                break
        return said

    def _say(self, term: Term) -> bool:
        """Append that a limit passed; False where it was said, or others won."""
        for _ in range(ATTEMPTS):
            self._log.catch_up(time.monotonic() + APPEND_S)
            if self._log.find(self._log.registry, request_of(term)) is not None:
                return False
            head = self._log.head()
            draft = self._draft(term)
            stamp = self._stamps.after(head, self._sources.clock())
            salt = self._sources.salt
            record = assemble(draft, head.hash, stamp, salt, CODEC)
            (verdict,) = self._log.append([record], time.monotonic() + APPEND_S)
            if isinstance(verdict, Accepted):
                return True
        return False

    def _draft(self, term: Term) -> Draft:
        event = LimitRanOut(
            stream=term.stream,
            version=term.version,
            kind=term.kind,
            due=PartialDate(term.due),
            who=term.who,
        )
        drafted = DraftEvent(
            stream=STREAM,
            version=self._log.last_version(STREAM) + 1,
            event=event,
            # Headers of matters name no child (DV 14), so neither does this one.
            concerns=term.child if term.stream.startswith("child/") else None,
            jurisdiction=None,
            urgent=True,
        )
        return Draft(
            registry=self._log.registry,
            authority=self._log.registry,
            request_id=request_of(term),
            request=OpaqueContent(type="limit", content=b""),
            authentication=Authentication(
                kind=AuthenticationKind.CLAIMED, fingerprint=None
            ),
            provenance=Provenance.LIVE,
            writer=self._node,
            cause="limit",
            events=(drafted,),
        )


def request_of(term: Term) -> str:
    """Return the key under which a limit's passing is said, on whichever node."""
    return f"limit/{term.stream}/{term.version}/{term.kind}/{term.due}"


def day_of(moment: int) -> date:
    """Return the legal day of a moment in microseconds."""
    return datetime.fromtimestamp(moment / _US, LAW_ZONE).date()


def end_of(day: date) -> int:
    """Return the moment at which a legal day is over, in microseconds."""
    after = datetime(day.year, day.month, day.day, tzinfo=LAW_ZONE) + timedelta(1)
    return int(after.astimezone(UTC).timestamp()) * _US


@contextmanager
def timing(registry: Registry, sources: Sources, node: str) -> Iterator[Timers]:
    """Look every `LOOK_S` in a thread of its own until the block ends."""
    timers = Timers(
        log=registry.log,
        limits=registry.limits,
        stamps=registry.writer.stamps,
        sources=sources,
        node=node,
        law=registry.law,
    )
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(LOOK_S):
            timers.look()

    thread = threading.Thread(target=work, name="timers", daemon=True)
    thread.start()
    try:
        yield timers
    finally:
        stop.set()
        thread.join()
