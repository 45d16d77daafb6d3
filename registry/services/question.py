"""The two times of a question: the legal date, and how much of the log was known.

What lives here: their resolution to a day and a position, at the freshness that was
asked for. What never does: answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from childregistry.v1 import custody_service_pb2 as pb
from events.log import Head, Log
from projections.progress import Applying
from registry.refusal import InvalidError
from registry.services.call import Context, deadline
from registry.services.reads import Reads

ZONE = ZoneInfo("Asia/Shanghai")
"""Law runs by days there."""


@dataclass(frozen=True, slots=True)
class Question:
    """The two times of a question, resolved, and the state it is answered from."""

    day: date
    known_at: int
    state: pb.ReadState


@dataclass(frozen=True, slots=True)
class Known:
    """A state of knowledge: a position, and whether it stays the same for ever."""

    position: int
    settled: bool


class Questions:
    """Resolves questions against a log and what is applied of it."""

    def __init__(self, log: Log, runner: Applying, reads: Reads) -> None:
        self._log = log
        self._runner = runner
        self._reads = reads
        self._recorded = 0, _timestamp(0)

    async def asked(
        self, as_of: pb.AsOf, wanted: pb.Consistency, context: Context
    ) -> Question:
        """Return what is asked, once the state that it wants is reached.

        Raises InvalidError, PositionNotReachedError and what the log raises.
        """
        day = _day(as_of.date)
        latest = await self._reach(wanted, context)
        applied = self._runner.applied()
        head = self._log.head()
        known = known_at(self._log, as_of, applied, "as_of")
        state = pb.ReadState(
            known_at=known.position,
            applied=applied,
            applied_recorded_at=self._recorded_at(applied, head),
            head=max(head.position, applied),
            latest=latest,
            settled=known.settled,
        )
        return Question(day, known.position, state)

    async def _reach(self, wanted: pb.Consistency, context: Context) -> bool:
        match wanted.WhichOneof("requirement"):
            case "any":
                return False
            case "at_least":
                if wanted.at_least < 0:
                    raise InvalidError("consistency.at_least", "is not negative")
                await self._reads.applied(wanted.at_least, deadline(context))
                return False
            case _:
                until = deadline(context)
                await self._reads.applied(await self._reads.end(until), until)
                return True

    def _recorded_at(self, position: int, head: Head) -> Timestamp:
        if self._recorded[0] == position:
            return self._recorded[1]
        if position == head.position:
            recorded_at = head.recorded_at
        else:
            found = self._log.read(position - 1, 1) if position else []
            recorded_at = found[0].recorded_at if found else 0
        self._recorded = position, _timestamp(recorded_at)
        return self._recorded[1]


def known_at(log: Log, said: Any, applied: int, field: str) -> Known:  # noqa: ANN401  any message with known_at
    """Return the state of knowledge that a message names; all where it names none.

    Raises InvalidError with the field's name.
    """
    match said.WhichOneof("known_at"):
        case "position":
            if not 0 <= said.position <= applied:
                rule = f"is 0 to {applied}, the last position applied here"
                raise InvalidError(f"{field}.position", rule)
            return Known(said.position, settled=True)
        case "time":
            moment = said.time.ToMicroseconds()
            position = min(log.position_at(moment), applied)
            passed = log.head().recorded_at > moment and position < applied
            return Known(position, settled=passed)
    return Known(applied, settled=False)


def _day(text: str) -> date:
    if not text:
        return datetime.now(ZONE).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidError("as_of.date", "is a date of the form YYYY-MM-DD")
    return day


def _timestamp(microseconds: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMicroseconds(microseconds)
    return stamp
