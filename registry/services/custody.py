"""CustodyService: who has custody, on any date, in any state of knowledge.

What lives here: translation, and the reading of a question's two times. What never
does: answers of its own; the projection answers.
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceServicer
from events.guardianship import ActAnnulled, ActReinstated
from events.log import Log
from events.timeline import Answer
from projections.compare import Comparison, changed_by, compare
from projections.custody import Custody, CustodyAnswer, KnownFact
from projections.past_answers import PastAnswer
from projections.progress import Applying
from projections.stretches import Stretch
from registry.form import check_id
from registry.refusal import InvalidError, NotKnownError
from registry.services.call import Context, answering
from registry.services.custody_wire import response_wire
from registry.services.page_tokens import number_in, opened, size_of, token
from registry.services.question import Question, Questions, known_at
from registry.services.reads import Reads
from registry.services.translate import message_of, number_of

MAX_BATCH = 1_000
"""Children in one call: all are read in one moment."""
PAGE_BYTES = 2 * 1024 * 1024
"""Of comparisons, unless one is larger: clients take four by default, as gRPC does."""


class CustodyService(CustodyServiceServicer):
    """Asks the custody projection."""

    def __init__(
        self, log: Log, custody: Custody, runner: Applying, reads: Reads
    ) -> None:
        self._log = log
        self._custody = custody
        self._questions = Questions(log, runner, reads)

    @answering
    async def GetCustody(  # noqa: N802  the contract's name
        self, request: pb.GetCustodyRequest, context: Context
    ) -> pb.GetCustodyResponse | bytes:
        """Answer who has custody of a child on a date."""
        asked = await self._asked(request, context)
        usual = self._custody.standing(request.child, asked.day, asked.known_at)
        if usual is not None:
            return response_wire(request.child, asked.day, usual, asked.state)
        found = self._found(request.child, asked)
        return pb.GetCustodyResponse(
            custody=custody_message(found), read_state=asked.state
        )

    @answering
    async def ListCustodyPeriods(  # noqa: N802  the contract's name
        self, request: pb.ListCustodyPeriodsRequest, context: Context
    ) -> pb.ListCustodyPeriodsResponse:
        """List all periods of a child's timeline, a page at a time."""
        asked = await self._asked(request, context)
        size = size_of(request.page_size)
        day, known_at, after = asked.day, asked.known_at, 0
        if request.page_token:
            told = opened(request.page_token, asked.state.applied, 1)
            day, known_at, after = told[0], told[1], number_in(told[2][0])
            asked.state.known_at, asked.state.settled = known_at, True
        self._found(request.child, asked)
        periods = [
            period
            for period in self._custody.periods(request.child, known_at)
            if period.number > after
        ]
        more = len(periods) > size
        return pb.ListCustodyPeriodsResponse(
            periods=[message_of(period) for period in periods[:size]],
            next_page_token=token(day, known_at, str(periods[size - 1].number))
            if more
            else "",
            read_state=asked.state,
        )

    @answering
    async def ExplainCustody(  # noqa: N802  the contract's name
        self, request: pb.ExplainCustodyRequest, context: Context
    ) -> pb.ExplainCustodyResponse:
        """Answer with the facts and articles behind the answer."""
        asked = await self._asked(request, context)
        found = self._found(request.child, asked)
        facts = self._custody.explain(request.child, asked.known_at)
        return pb.ExplainCustodyResponse(
            custody=custody_message(found),
            facts=[fact_message(fact) for fact in facts],
            read_state=asked.state,
        )

    @answering
    async def BatchGetCustody(  # noqa: N802  the contract's name
        self, request: pb.BatchGetCustodyRequest, context: Context
    ) -> pb.BatchGetCustodyResponse:
        """Answer for several children, all at one state of the registry."""
        if not 0 < len(request.children) <= MAX_BATCH:
            raise InvalidError("children", f"has 1 to {MAX_BATCH} ids")
        for index, child in enumerate(request.children):
            check_id(child, f"children[{index}]")
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        found = self._custody.batch(request.children, asked.day, asked.known_at)
        answers = zip(request.children, found, strict=True)
        return pb.BatchGetCustodyResponse(
            custody=[custody_message(one) for one in found if one is not None],
            not_known=[child for child, one in answers if one is None],
            read_state=asked.state,
        )

    @answering
    async def CompareCustody(  # noqa: N802  the contract's name
        self, request: pb.CompareCustodyRequest, context: Context
    ) -> pb.CompareCustodyResponse:
        """Say on which days two states of knowledge answer otherwise, and why."""
        child = check_id(request.child, "child")
        asked = await self._questions.asked(pb.AsOf(), request.consistency, context)
        before = known_at(self._log, request.before, asked.known_at, "before").position
        after = known_at(self._log, request.after, asked.known_at, "after").position
        if before > after:
            raise InvalidError("before", f"is at most after, which is {after}")
        if self._custody.custody(child, asked.day, after) is None:
            resource = f"children/{child}"
            raise NotKnownError(resource).as_of(after)
        found = await asyncio.to_thread(self._compared, child, before, after)
        return pb.CompareCustodyResponse(comparison=found, read_state=asked.state)

    @answering
    async def ListAffected(  # noqa: N802  the contract's name
        self, request: pb.ListAffectedRequest, context: Context
    ) -> pb.ListAffectedResponse:
        """Say for each child whose answers an entry changed, which and how."""
        asked = await self._questions.asked(pb.AsOf(), request.consistency, context)
        if not 1 <= request.position <= asked.known_at:
            rule = f"is 1 to {asked.known_at}, the last position applied here"
            raise InvalidError("position", rule)
        size, beyond = size_of(request.page_size), ""
        if request.page_token:
            place = opened(request.page_token, asked.state.applied, 2)[2]
            if number_in(place[0]) != request.position:
                raise InvalidError("page_token", "is one of the same position")
            beyond = place[1]
        at = request.position
        page, more = await asyncio.to_thread(self._affected, at, beyond, size)
        place = str(at), page[-1].child if page else ""
        return pb.ListAffectedResponse(
            comparisons=page,
            next_page_token=token(asked.day, asked.known_at, *place) if more else "",
            read_state=asked.state,
        )

    # A long life told by many acts takes a second: in a thread, others are answered.
    def _compared(self, child: str, before: int, after: int) -> pb.Comparison:
        found = compare(self._custody, child, before, after)
        return comparison_message(found, self._log)

    def _affected(
        self, position: int, beyond: str, most: int
    ) -> tuple[list[pb.Comparison], bool]:
        """Return a page of what an entry changed, and whether there is more."""
        page: list[pb.Comparison] = []
        size = 0
        for one in changed_by(self._log, self._custody, position, beyond):
            message = comparison_message(one, self._log)
            size += message.ByteSize()
            if page and (len(page) == most or size > PAGE_BYTES):
                return page, True
            page.append(message)
        return page, False

    async def _asked(self, request: Any, context: Context) -> Question:  # noqa: ANN401  one child's
        check_id(request.child, "child")
        return await self._questions.asked(request.as_of, request.consistency, context)

    def _found(self, child: str, asked: Question) -> CustodyAnswer:
        found = self._custody.custody(child, asked.day, asked.known_at)
        if found is None:
            resource = f"children/{child}"
            raise NotKnownError(resource).as_of(asked.known_at)
        return found


def custody_message(found: CustodyAnswer) -> pb.Custody:
    """Return an answer in the contract's words."""
    message = _answer(found.child, found.as_of.isoformat(), found.answer)
    message.unreadable.extend(found.unreadable)
    if found.transferred is not None:
        to = message.transferred_to
        to.on, to.registry = found.transferred.on, found.transferred.registry
        to.child = found.transferred.their_child
        if found.transferred.their_position is not None:
            to.position = found.transferred.their_position
    return message


def comparison_message(found: Comparison, log: Log) -> pb.Comparison:
    """Return what differs between two states of knowledge in the contract's words.

    The log tells when the entries were recorded between which an answer was given.
    """
    moments: dict[int, Timestamp] = {}
    return pb.Comparison(
        child=found.child,
        before=found.before,
        after=found.after,
        stretches=[_stretch(found, one) for one in found.stretches],
        unreadable=found.unreadable_between(),
        past_answers=[_past(found, one, log, moments) for one in found.past],
        past_answers_left_out=found.past_left_out,
    )


def _stretch(compared: Comparison, found: Stretch) -> pb.Stretch:
    return pb.Stretch(
        first_day=_day(found.from_),
        until=_day(found.until),
        before=_answer_at(compared, found.from_, found.before, compared.before),
        after=_answer_at(compared, found.from_, found.after, compared.after),
        causes=[fact_message(fact) for fact in found.causes],
    )


def _past(
    compared: Comparison, found: PastAnswer, log: Log, moments: dict[int, Timestamp]
) -> pb.PastAnswer:
    first, last = found.first_known_at, found.last_known_at
    for position in (first, last + 1):
        if position not in moments:
            (stored,) = log.read(position - 1, 1)
            moments[position] = Timestamp()
            moments[position].FromMicroseconds(stored.recorded_at)
    return pb.PastAnswer(
        first_known_at=first,
        last_known_at=last,
        first_day=_day(found.from_),
        until=_day(found.until),
        answered=_answer_at(compared, found.from_, found.answered, first),
        given_from=moments[first],
        given_until=moments[last + 1],
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _answer_at(
    compared: Comparison, day: date | None, found: Answer, known_at: int
) -> pb.Custody:
    """Return an answer of a state of knowledge, with what could not be read in it."""
    message = _answer(compared.child, _day(day), found)
    message.unreadable.extend(n for n in compared.unreadable if n <= known_at)
    return message


def _answer(child: str, day: str, found: Answer) -> pb.Custody:
    return pb.Custody(
        child=child,
        date=day,
        status=number_of(found.status),
        hand_over_to=[message_of(holder) for holder in found.hand_over_to],
        certain=[message_of(period) for period in found.certain],
        possible=[message_of(period) for period in found.possible],
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
    for field in ("holders", "respondents", "holder", "who", "kept", "other"):
        found = getattr(event, field, None)
        named += found if isinstance(found, tuple) else [found] if found else []
    return named
