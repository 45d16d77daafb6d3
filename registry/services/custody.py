"""CustodyService: who has custody, on any date, in any state of knowledge.

What lives here: translation, and the reading of a question's two times. What never
does: answers of its own; the projection answers.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceServicer
from events.guardianship import ActAnnulled, ActReinstated
from events.log import Log
from projections.custody import Custody, CustodyAnswer, KnownFact
from projections.runner import Runner
from registry.form import check_id
from registry.refusal import InvalidError, NotKnownError
from registry.services.call import Context, answering, deadline
from registry.services.reads import Reads
from registry.services.translate import message_of, number_of

ZONE = ZoneInfo("Asia/Shanghai")
"""Law runs by days there."""
PAGE = 100
MAX_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Question:
    """The two times of a question, resolved, and the state it is answered from."""

    day: date
    known_at: int
    state: pb.ReadState


class CustodyService(CustodyServiceServicer):
    """Asks the custody projection."""

    def __init__(
        self, log: Log, custody: Custody, runner: Runner, reads: Reads
    ) -> None:
        self._log = log
        self._custody = custody
        self._runner = runner
        self._reads = reads

    @answering
    async def GetCustody(  # noqa: N802  the contract's name
        self, request: pb.GetCustodyRequest, context: Context
    ) -> pb.GetCustodyResponse:
        """Answer who has custody of a child on a date."""
        asked = await self._question(request, context)
        found = self._found(request.child, asked)
        return pb.GetCustodyResponse(
            custody=custody_message(found), read_state=asked.state
        )

    @answering
    async def ListCustodyPeriods(  # noqa: N802  the contract's name
        self, request: pb.ListCustodyPeriodsRequest, context: Context
    ) -> pb.ListCustodyPeriodsResponse:
        """List all periods of a child's timeline, a page at a time."""
        asked = await self._question(request, context)
        known_at, after = asked.known_at, 0
        if request.page_token:
            known_at, after = _opened(request.page_token, self._runner.applied())
            asked.state.known_at, asked.state.settled = known_at, True
        self._found(request.child, asked)
        if request.page_size < 0:
            raise InvalidError("page_size", "is not negative")
        size = min(request.page_size or PAGE, MAX_PAGE)
        periods = [
            period
            for period in self._custody.periods(request.child, known_at)
            if period.number > after
        ]
        more = len(periods) > size
        token = _token(known_at, periods[size - 1].number) if more else ""
        return pb.ListCustodyPeriodsResponse(
            periods=[message_of(period) for period in periods[:size]],
            next_page_token=token,
            read_state=asked.state,
        )

    @answering
    async def ExplainCustody(  # noqa: N802  the contract's name
        self, request: pb.ExplainCustodyRequest, context: Context
    ) -> pb.ExplainCustodyResponse:
        """Answer with the facts and articles behind the answer."""
        asked = await self._question(request, context)
        found = self._found(request.child, asked)
        facts = self._custody.explain(request.child, asked.known_at)
        return pb.ExplainCustodyResponse(
            custody=custody_message(found),
            facts=[fact_message(fact) for fact in facts],
            read_state=asked.state,
        )

    def _found(self, child: str, asked: Question) -> CustodyAnswer:
        found = self._custody.custody(child, asked.day, asked.known_at)
        if found is None:
            resource = f"children/{child}"
            raise NotKnownError(resource).as_of(asked.known_at)
        return found

    async def _question(self, request: Any, context: Context) -> Question:  # noqa: ANN401  any of the three
        check_id(request.child, "child")
        day = _day(request.as_of.date)
        latest = await self._reach(request.consistency, context)
        applied = self._runner.applied()
        head = self._log.head()
        known_at, settled = applied, False
        match request.as_of.WhichOneof("known_at"):
            case "position":
                known_at, settled = request.as_of.position, True
                if not 0 <= known_at <= applied:
                    rule = f"is 0 to {applied}, the last position applied here"
                    raise InvalidError("as_of.position", rule)
            case "time":
                moment = request.as_of.time.ToMicroseconds()
                known_at = min(self._log.position_at(moment), applied)
                settled = head.recorded_at > moment and known_at < applied
        state = pb.ReadState(
            known_at=known_at,
            applied=applied,
            applied_recorded_at=_timestamp(self._recorded_at(applied)),
            head=max(head.position, applied),
            latest=latest,
            settled=settled,
        )
        return Question(day, known_at, state)

    async def _reach(self, wanted: pb.Consistency, context: Context) -> bool:
        until = deadline(context)
        match wanted.WhichOneof("requirement"):
            case "any":
                return False
            case "at_least":
                if wanted.at_least < 0:
                    raise InvalidError("consistency.at_least", "is not negative")
                await self._reads.applied(wanted.at_least, until)
                return False
            case _:
                await self._reads.applied(await self._reads.end(until), until)
                return True

    def _recorded_at(self, position: int) -> int:
        head = self._log.head()
        if position == head.position:
            return head.recorded_at
        found = self._log.read(position - 1, 1) if position else []
        return found[0].recorded_at if found else 0


def custody_message(found: CustodyAnswer) -> pb.Custody:
    """Return an answer in the contract's words."""
    return pb.Custody(
        child=found.child,
        date=found.as_of.isoformat(),
        status=number_of(found.answer.status),
        hand_over_to=[message_of(holder) for holder in found.answer.hand_over_to],
        certain=[message_of(period) for period in found.answer.certain],
        possible=[message_of(period) for period in found.answer.possible],
        unreadable=found.unreadable,
    )


def fact_message(fact: KnownFact) -> pb.KnownFact:
    """Return a fact in the contract's words."""
    event: Any = fact.event
    message = pb.KnownFact(
        version=fact.version,
        position=fact.position,
        index=fact.index,
        type=fact.type,
        by=number_of(event.by),
        annulled=fact.annulled,
        holders=[message_of(holder) for holder in _named(event)],
    )
    if isinstance(event, ActAnnulled | ActReinstated):
        message.act = event.act
        return message
    message.on = event.on
    if event.case is not None:
        message.case = event.case
    message.findings.extend(message_of(finding) for finding in event.findings)
    return message


def _named(event: Any) -> list[Any]:  # noqa: ANN401  any fact
    """Return everyone whom a fact names, in the order of its fields."""
    named: list[Any] = []
    for field in ("holders", "respondents", "holder", "who"):
        found = getattr(event, field, None)
        named += found if isinstance(found, tuple) else [found] if found else []
    return named


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


def _token(known_at: int, after: int) -> str:
    return base64.urlsafe_b64encode(f"{known_at}.{after}".encode()).decode()


def _opened(token: str, applied: int) -> tuple[int, int]:
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        known_at, after = (int(part) for part in text.split("."))
    except ValueError as error:
        raise InvalidError("page_token", "is a token of the page before") from error
    known = 0 <= known_at <= applied and after > 0
    if not known or _token(known_at, after) != token:
        raise InvalidError("page_token", "is a token of the page before")
    return known_at, after
