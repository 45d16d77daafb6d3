"""CoordinationService: one child's story over all departments, one place's work.

What lives here: translation and pages. What never does: answers of its own; the
projections answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date

from childregistry.v1 import coordination_service_pb2 as pb
from childregistry.v1.coordination_service_pb2_grpc import CoordinationServiceServicer
from events.timeline import Status
from projections.coordination import KnownChild, StoryLine, Workload, story, workload
from projections.custody import Custody
from projections.indicators import Indicators, indicators, quarters
from projections.limits import BEGINNING, Limits, Term
from projections.matters import Matters
from projections.places import Places
from registry.classification import RULES_NUMBER, classify
from registry.form import BODY, BODY_RULE, check_id
from registry.refusal import InvalidError, NotKnownError
from registry.services.call import Context, answering
from registry.services.page_tokens import number_in, opened, size_of, token
from registry.services.question import Question, Questions
from registry.services.situations import situation_of
from registry.services.translate import number_of

MAX_QUARTERS = 40
"""Ten years: what is asked for to see a trend."""
TERMS = 1_000
"""Limits read at a time; a child has some dozens."""


class CoordinationService(CoordinationServiceServicer):
    """Asks the projections of custody, matters, limits and places together."""

    def __init__(
        self,
        questions: Questions,
        custody: Custody,
        matters: Matters,
        limits: Limits,
        places: Places,
    ) -> None:
        self._questions = questions
        self._custody = custody
        self._matters = matters
        self._limits = limits
        self._places = places

    @answering
    async def ListStory(  # noqa: N802  the contract's name
        self, request: pb.ListStoryRequest, context: Context
    ) -> pb.ListStoryResponse:
        """Tell a child's story by day, a page at a time."""
        child = check_id(request.child, "child")
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        size, after = size_of(request.page_size), 0
        day, known_at = asked.day, asked.known_at
        if request.page_token:
            told = opened(request.page_token, asked.state.applied, 1)
            day, known_at, after = told[0], told[1], number_in(told[2][0])
            asked.state.known_at, asked.state.settled = known_at, True
        found = self._custody.custody(child, day, known_at)
        if found is None:
            resource = f"children/{child}"
            raise NotKnownError(resource).as_of(known_at)
        matters = self._matters.matters(child, day, known_at)
        terms = self._terms(child, day, known_at)
        known = self._child(child, known_at)
        lines = story(child, known, matters.matters, terms, day)
        more = len(lines) > after + size
        return pb.ListStoryResponse(
            lines=[_line(line) for line in lines[after : after + size]],
            unreadable=sorted({*found.unreadable, *matters.unreadable}),
            next_page_token=token(day, known_at, str(after + size)) if more else "",
            read_state=asked.state,
        )

    @answering
    async def ListWorkload(  # noqa: N802  the contract's name
        self, request: pb.ListWorkloadRequest, context: Context
    ) -> pb.ListWorkloadResponse:
        """Say what is open in a place, by department and age."""
        place = _place(request.jurisdiction)
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        found = await asyncio.to_thread(
            self._matters.matters, place, asked.day, asked.known_at
        )
        return pb.ListWorkloadResponse(
            workloads=[_load(one) for one in workload(found.matters, asked.day)],
            unreadable=found.unreadable,
            read_state=asked.state,
        )

    @answering
    async def ListIndicators(  # noqa: N802  the contract's name
        self, request: pb.ListIndicatorsRequest, context: Context
    ) -> pb.ListIndicatorsResponse:
        """Say how a place acts, quarter by quarter."""
        place, first = _place(request.jurisdiction), _first(getattr(request, "from"))
        if not 1 <= request.quarters <= MAX_QUARTERS:
            raise InvalidError("quarters", f"is 1 to {MAX_QUARTERS}")
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        figures, unreadable = await asyncio.to_thread(
            self._figures, place, first, request.quarters, asked
        )
        return pb.ListIndicatorsResponse(
            indicators=[_figures(one) for one in figures],
            unreadable=unreadable,
            read_state=asked.state,
        )

    @answering
    async def CountClasses(  # noqa: N802  the contract's name
        self, request: pb.CountClassesRequest, context: Context
    ) -> pb.CountClassesResponse:
        """Count the children of a place in each class on a day."""
        place = _place(request.jurisdiction)
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        message = await asyncio.to_thread(self._classes, place, asked)
        message.read_state.CopyFrom(asked.state)
        return message

    def _classes(self, place: str, asked: Question) -> pb.CountClassesResponse:
        day, known_at = asked.day, asked.known_at
        counts: dict[tuple[str, str], list[int]] = {}
        children, unreadable = 0, set[int]()
        for name in self._places.children(place, known_at):
            found = self._custody.custody(name, day, known_at)
            if found is None or found.answer.status is Status.NONE:
                continue
            children += 1
            facts = self._custody.explain(name, known_at)
            matters = self._matters.matters(name, day, known_at)
            unreadable |= {*found.unreadable, *matters.unreadable}
            for one in classify(situation_of(found.answer, facts, matters), day):
                count = counts.setdefault((one.scheme, one.name), [0, 0])
                count[0 if one.certain and not found.unreadable else 1] += 1
        return pb.CountClassesResponse(
            classes=[
                pb.ClassCount(
                    scheme=scheme, name=class_, certain=certain, possible=possible
                )
                for (scheme, class_), (certain, possible) in sorted(counts.items())
            ],
            children=children,
            rules=RULES_NUMBER,
            unreadable=sorted(unreadable),
        )

    def _figures(
        self, place: str, first: date, count: int, asked: Question
    ) -> tuple[list[Indicators], tuple[int, ...]]:
        names = self._places.children(place, asked.known_at)
        children = [self._child(name, asked.known_at) for name in names]
        found = self._matters.matters(place, asked.day, asked.known_at)
        figures = [
            indicators(quarter, children, found.matters)
            for quarter in quarters(first, count)
        ]
        return figures, found.unreadable

    def _child(self, name: str, known_at: int) -> KnownChild:
        return KnownChild(
            periods=self._custody.periods(name, known_at),
            facts=self._custody.explain(name, known_at),
        )

    def _terms(self, child: str, day: date, known_at: int) -> Iterator[Term]:
        place = BEGINNING
        while True:
            found = self._limits.limits(
                day, known_at, child=child, after=place, size=TERMS
            )
            yield from found.terms
            if found.next_place is None:
                return
            place = found.next_place


def _place(text: str) -> str:
    if not BODY.fullmatch(text):
        raise InvalidError("jurisdiction", BODY_RULE)
    return text


def _first(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        rule = "is a date of the form YYYY-MM-DD"
        raise InvalidError("from", rule) from error


def _line(line: StoryLine) -> pb.StoryLine:
    message = pb.StoryLine(
        on=line.on,
        stream=line.stream,
        version=line.version,
        position=line.position or 0,
        what=line.what,
        who=line.who,
        marks=line.marks,
    )
    if line.until is not None:
        message.until = line.until
    if line.by is not None:
        message.by = number_of(line.by)
    return message


def _load(one: Workload) -> pb.Workload:
    to_30, to_90, to_365, older = one.by_age
    return pb.Workload(
        department=one.department,
        open=one.open,
        overdue=one.overdue,
        to_30_days=to_30,
        to_90_days=to_90,
        to_365_days=to_365,
        older=older,
    )


def _figures(one: Indicators) -> pb.Indicators:
    return pb.Indicators(
        quarter=one.quarter.name,
        reports=one.reports,
        unanswered=one.unanswered,
        days_to_first_action=one.days_to_first_action,
        applications=one.applications,
        undecided=one.undecided,
        days_to_decision=one.days_to_decision,
        with_a_day=one.with_a_day,
        overdue=one.overdue,
        children=one.children,
        without_guardian=one.without_guardian,
        uncertain=one.uncertain,
        temporary_beyond_a_year=one.temporary_beyond_a_year,
    )
