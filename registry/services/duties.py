"""DutyService: who owes what to whom, open and ended, as known at a position.

What lives here: translation and pages. What never does: answers of its own; the
projection answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any

from childregistry.v1 import duty_service_pb2 as pb
from childregistry.v1.duty_service_pb2_grpc import DutyServiceServicer
from events.log import Log
from events.matters import child_of, due_of, holder_of
from events.timeline import Holder
from projections.custody import Custody
from projections.matters import KnownMatter, Matters, RecordedFact
from projections.progress import Applying
from registry.classification import RULES_NUMBER, classify
from registry.form import BODY, BODY_RULE, check_id
from registry.refusal import InvalidError, NotKnownError
from registry.same_person import Aliases
from registry.services.call import Context, answering
from registry.services.known_person import aliases_of
from registry.services.page_tokens import opened, size_of, token
from registry.services.question import Questions
from registry.services.reads import Reads
from registry.services.situations import situation_of
from registry.services.translate import message_of, number_of


class DutyService(DutyServiceServicer):
    """Asks the projection of matters."""

    def __init__(
        self,
        log: Log,
        custody: Custody,
        matters: Matters,
        runner: Applying,
        reads: Reads,
    ) -> None:
        self._custody = custody
        self._matters = matters
        self._questions = Questions(log, runner, reads)

    @answering
    async def ListMatters(  # noqa: N802  the contract's name
        self, request: pb.ListMattersRequest, context: Context
    ) -> pb.ListMattersResponse:
        """List the matters about a child or of a jurisdiction, a page at a time."""
        subject = _subject(request)
        size = size_of(request.page_size)
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        day, known_at, after = asked.day, asked.known_at, ""
        if request.page_token:
            told = opened(request.page_token, asked.state.applied, 1)
            day, known_at, (after,) = told
            asked.state.known_at, asked.state.settled = known_at, True
        found = self._matters.matters(subject, day, known_at)
        listed = [
            one
            for one in found.matters
            if one.stream > after and (request.ended_too or one.open)
        ]
        more = len(listed) > size
        return pb.ListMattersResponse(
            matters=self._messages(listed[:size], known_at),
            warnings=found.warnings,
            unheeded=found.unheeded,
            unreadable=found.unreadable,
            next_page_token=token(day, known_at, listed[size - 1].stream)
            if more
            else "",
            read_state=asked.state,
        )

    def _messages(
        self, matters: Sequence[KnownMatter], known_at: int
    ) -> list[pb.Matter]:
        """Return matters, whoever they name read as the child's record reads him."""
        by: dict[str | None, Aliases] = {None: {}}
        for one in matters:
            child = child_of(one.state)
            if child not in by and child is not None:
                by[child] = aliases_of(self._custody.explain(child, known_at))
        return [matter_message(one, by[child_of(one.state)]) for one in matters]

    @answering
    async def ClassifyChild(  # noqa: N802  the contract's name
        self, request: pb.ClassifyChildRequest, context: Context
    ) -> pb.ClassifyChildResponse:
        """Say in which classes a child is on a day, by which facts."""
        child = check_id(request.child, "child")
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        found = self._custody.custody(child, asked.day, asked.known_at)
        if found is None:
            resource = f"children/{child}"
            raise NotKnownError(resource).as_of(asked.known_at)
        facts = self._custody.explain(child, asked.known_at)
        matters = self._matters.matters(child, asked.day, asked.known_at)
        classes = classify(situation_of(found.answer, facts, matters), asked.day)
        return pb.ClassifyChildResponse(
            classes=[
                pb.ChildClass(
                    scheme=one.scheme,
                    name=one.name,
                    certain=one.certain and not found.unreadable,
                    source=one.source,
                    facts=one.facts,
                )
                for one in classes
            ],
            rules=RULES_NUMBER,
            unreadable=sorted({*found.unreadable, *matters.unreadable}),
            read_state=asked.state,
        )


def _subject(request: pb.ListMattersRequest) -> str:
    match request.WhichOneof("about"):
        case "child":
            return check_id(request.child, "child")
        case "jurisdiction":
            if not BODY.fullmatch(request.jurisdiction):
                raise InvalidError("jurisdiction", BODY_RULE)
            return request.jurisdiction
    raise InvalidError("about", "a child or a jurisdiction is required")


def matter_message(found: KnownMatter, by: Aliases) -> pb.Matter:
    """Return a matter in the contract's words, its persons as they are read."""
    opening: Any = found.state.opening
    message = pb.Matter(
        stream=found.stream,
        status=number_of(found.status),
        jurisdiction=opening.jurisdiction,
        overdue=found.overdue,
        orphan=found.orphan,
        overlaps=found.overlaps,
        owed=getattr(opening, "kind", ""),
        facts=[_fact(fact, by) for fact in found.facts],
    )
    if (child := child_of(found.state)) is not None:
        message.child = child
    if (due := due_of(found.state)) is not None:
        message.due = due
    if (holder := holder_of(found.state)) is not None:
        message.holder.CopyFrom(message_of(holder))
    return message


def _fact(recorded: RecordedFact, by: Aliases) -> pb.MatterFact:
    fact = recorded.fact
    said = [getattr(fact, field.name) for field in fields(fact) if field.name != "by"]
    holders = [one for one in said if isinstance(one, Holder)]
    for one in said:
        if isinstance(one, tuple):
            holders += [holder for holder in one if isinstance(holder, Holder)]
    return pb.MatterFact(
        version=recorded.version,
        position=recorded.position,
        index=recorded.index,
        type=type(fact).__name__,
        on=fact.on,
        by=number_of(fact.by),
        annulled=recorded.annulled,
        codes=[one.value for one in said if isinstance(one, StrEnum)],
        holders=[message_of(holder) for holder in holders],
        read_as=[message_of(by.get(holder, holder)) for holder in holders],
        findings=[message_of(finding) for finding in fact.findings],
    )
