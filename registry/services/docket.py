"""DocketService: the cases of a court, a bureau, a place, a child, and their files.

What lives here: translation and pages. What never does: answers of its own; the
projection answers.
"""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import Any

from childregistry.v1 import docket_service_pb2 as pb
from childregistry.v1.docket_service_pb2_grpc import DocketServiceServicer
from events.cases import ApplicationFiled, DecisionRecorded, ProtectionApplied
from events.document import Document
from events.guardianship import (
    DisqualificationDismissed,
    GuardianDesignated,
    GuardianDisqualified,
    GuardianRestored,
    NamedInApplication,
)
from events.limits import Limit
from events.log import Log
from events.timeline import Holder
from projections.custody import Custody
from projections.docket import BEGINNING, CaseState, Docket, FileFact, KnownCase, Place
from projections.progress import Applying
from registry.form import BODY, BODY_RULE, UUID, check_id
from registry.refusal import InvalidError, NotKnownError
from registry.services.call import Context, answering
from registry.services.known_person import ids_of
from registry.services.page_tokens import number_in, opened, size_of, token
from registry.services.question import Questions
from registry.services.reads import Reads
from registry.services.translate import member_of, message_of, number_of


class DocketService(DocketServiceServicer):
    """Asks the projection of the docket."""

    def __init__(
        self,
        log: Log,
        docket: Docket,
        custody: Custody,
        runner: Applying,
        reads: Reads,
    ) -> None:
        self._log = log
        self._docket = docket
        self._custody = custody
        self._questions = Questions(log, runner, reads)

    @answering
    async def GetApplication(  # noqa: N802  the contract's name
        self, request: pb.GetApplicationRequest, context: Context
    ) -> pb.GetApplicationResponse:
        """Say what a case asks, where it stands, and about whom it is."""
        check_id(request.case, "case")
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        found = self._docket.file(request.case, asked.day, asked.known_at)
        if found.case is None:
            raise NotKnownError(f"cases/{request.case}").as_of(asked.known_at)
        return pb.GetApplicationResponse(
            application=application_message(found.case),
            children=[_child(name, found.facts) for name in found.case.children],
            unreadable=found.unreadable,
            read_state=asked.state,
        )

    @answering
    async def ListApplications(  # noqa: N802  the contract's name
        self, request: pb.ListApplicationsRequest, context: Context
    ) -> pb.ListApplicationsResponse:
        """List the cases of a docket, the oldest first, a page at a time."""
        _narrowed(request)
        size = size_of(request.page_size)
        state_of = member_of(CaseState)
        states = [
            CaseState(state_of(number, f"states[{index}]"))
            for index, number in enumerate(request.states)
        ]
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        day, known, after = asked.day, asked.known_at, BEGINNING
        if request.page_token:
            day, known, place = opened(request.page_token, asked.state.applied, 3)
            after = Place(last=place[0], stream=place[1], order=number_in(place[2]))
            asked.state.known_at, asked.state.settled = known, True
        found = self._docket.cases(
            day,
            known,
            court=request.court,
            applicant=request.applicant,
            same=ids_of(self._log, self._custody, request.applicant, known)[1:],
            jurisdiction=request.jurisdiction,
            child=request.child,
            states=states,
            after=after,
            size=size,
        )
        more = found.next_place
        return pb.ListApplicationsResponse(
            applications=[application_message(one) for one in found.cases],
            next_page_token=token(day, known, more.last, more.stream, str(more.order))
            if more
            else "",
            unreadable=found.unreadable,
            read_state=asked.state,
        )

    @answering
    async def GetCaseFile(  # noqa: N802  the contract's name
        self, request: pb.GetCaseFileRequest, context: Context
    ) -> pb.GetCaseFileResponse:
        """Give everything recorded in a case, in order of legal days, in pages."""
        check_id(request.case, "case")
        size = size_of(request.page_size)
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        day, known, start = asked.day, asked.known_at, 0
        if request.page_token:
            day, known, place = opened(request.page_token, asked.state.applied, 1)
            start = number_in(place[0])
            asked.state.known_at, asked.state.settled = known, True
        found = self._docket.file(request.case, day, known)
        if not found.facts:
            raise NotKnownError(f"cases/{request.case}").as_of(known)
        end = start + size
        more = len(found.facts) > end
        return pb.GetCaseFileResponse(
            facts=[_fact(fact) for fact in found.facts[start:end]],
            next_page_token=token(day, known, str(end)) if more else "",
            unreadable=found.unreadable,
            read_state=asked.state,
        )


def _narrowed(request: pb.ListApplicationsRequest) -> None:
    """Refuse a docket of everybody, and names that nobody can have."""
    for name in ("court", "jurisdiction"):
        said = getattr(request, name)
        if said and not BODY.fullmatch(said):
            raise InvalidError(name, BODY_RULE)
    who = request.applicant
    if who and not BODY.fullmatch(who) and not UUID.fullmatch(who):
        raise InvalidError("applicant", f"{BODY_RULE}; or a person's id")
    if request.child:
        check_id(request.child, "child")
    if not (request.court or request.jurisdiction or who or request.child):
        rule = "one of court, applicant, jurisdiction and child is given"
        raise InvalidError("court", rule)


def application_message(known: KnownCase) -> pb.Application:
    """Return a case in the contract's words."""
    opening = known.opening
    message = pb.Application(
        case=known.case,
        state=number_of(known.state),
        certain=known.certain,
        court=opening.court,
        opened_at=known.opened_at,
        children=known.children,
        findings=[message_of(found) for found in opening.findings],
    )
    if isinstance(opening, ApplicationFiled):
        message.on = opening.filed_on
        message.asked = number_of(opening.asked)
        message.applicant.CopyFrom(message_of(opening.applicant))
    elif isinstance(opening, DecisionRecorded):
        message.on = opening.decided_on
    else:
        message.on = opening.on
        if isinstance(opening, ProtectionApplied):
            message.protection = number_of(opening.asked)
            message.applicant.CopyFrom(message_of(opening.applicant))
    return message


def _child(name: str, facts: tuple[FileFact, ...]) -> pb.ChildInCase:
    """Return what the standing facts of a case say of one child."""
    message = pb.ChildInCase(child=name)
    for fact in facts:
        if fact.annulled or fact.stream != f"child/{name}":
            continue
        match fact.event:
            case NamedInApplication() as event:
                message.respondents.extend(map(message_of, event.respondents))
                if event.ground is not None:
                    message.ground = number_of(event.ground)
            case GuardianDisqualified() as event:
                message.disqualified.append(message_of(event.who))
            case DisqualificationDismissed() as event:
                message.dismissed.append(message_of(event.who))
            case GuardianRestored() as event:
                message.restored.append(message_of(event.who))
            case GuardianDesignated() as event:
                message.designated.extend(map(message_of, event.holders))
            case _:
                pass
    return message


def _fact(fact: FileFact) -> pb.CaseFact:
    event = fact.event
    said = list(_values(event))
    message = pb.CaseFact(
        stream=fact.stream,
        version=fact.version,
        position=fact.position,
        index=fact.index,
        type=type(event).__name__,
        on=fact.day,
        annulled=fact.annulled,
        holders=[message_of(one) for one in said if isinstance(one, Holder)],
        codes=[one.value for one in said if isinstance(one, StrEnum)],
        findings=[message_of(found) for found in getattr(event, "findings", ())],
        limits=[_limit(limit) for limit in getattr(event, "limits", ())],
        documents=[message_of(one) for one in said if isinstance(one, Document)],
    )
    if (by := getattr(event, "by", None)) is not None:
        message.by = number_of(by)
    if (act := getattr(event, "act", None)) is not None:
        message.act = act
    return message


def _values(event: Any) -> list[Any]:  # noqa: ANN401  any event of a file
    """Return the values of an event's fields, those of lists and parts one by one."""
    found: list[Any] = []
    for field in fields(event):
        if field.name in {"by", "findings", "limits"}:
            continue
        value = getattr(event, field.name)
        for one in value if isinstance(value, tuple) else (value,):
            if hasattr(one, "__dataclass_fields__") and not isinstance(
                one, Holder | Document
            ):
                found += _values(one)
            else:
                found.append(one)
    return found


def _limit(limit: Limit) -> pb.CaseLimit:
    return pb.CaseLimit(
        kind=limit.kind,
        due=limit.due,
        at_the_earliest=limit.at_the_earliest,
        owner=limit.who,
        articles=limit.articles,
    )
