"""LimitService: what must be done by which day, and by whom.

What lives here: translation and pages. What never does: answers of its own; the
projection answers.
"""

from __future__ import annotations

from datetime import date

from childregistry.v1 import limits_service_pb2 as pb
from childregistry.v1.limits_service_pb2_grpc import LimitServiceServicer
from events.log import Log
from projections.custody import Custody
from projections.limits import BEGINNING, Limits, Place, State, Term
from projections.progress import Applying
from registry.form import check_id
from registry.services.call import Context, answering
from registry.services.known_person import ids_of
from registry.services.page_tokens import number_in, opened, size_of, token
from registry.services.question import Questions
from registry.services.reads import Reads

STATES = {
    State.OPEN: pb.LIMIT_STATE_OPEN,
    State.MET: pb.LIMIT_STATE_MET,
    State.MOVED: pb.LIMIT_STATE_MOVED,
    State.WITHDRAWN: pb.LIMIT_STATE_WITHDRAWN,
}


class LimitService(LimitServiceServicer):
    """Asks the projection of limits."""

    def __init__(
        self,
        log: Log,
        limits: Limits,
        custody: Custody,
        runner: Applying,
        reads: Reads,
    ) -> None:
        self._log = log
        self._limits = limits
        self._custody = custody
        self._questions = Questions(log, runner, reads)

    @answering
    async def ListLimits(  # noqa: N802  the contract's name
        self, request: pb.ListLimitsRequest, context: Context
    ) -> pb.ListLimitsResponse:
        """List limits, the oldest day first, a page at a time."""
        if request.child:
            check_id(request.child, "child")
        size = size_of(request.page_size)
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        day, known, after = asked.day, asked.known_at, BEGINNING
        if request.page_token:
            day, known, place = opened(request.page_token, asked.state.applied, 2)
            after = Place(last=place[0], number=number_in(place[1]))
            asked.state.known_at, asked.state.settled = known, True
        found = self._limits.limits(
            day,
            known,
            who=request.owner,
            same=ids_of(self._log, self._custody, request.owner, known)[1:],
            child=request.child,
            overdue=request.overdue_only,
            ended=request.include_ended,
            after=after,
            size=size,
        )
        more = found.next_place
        return pb.ListLimitsResponse(
            limits=[limit_message(term, day) for term in found.terms],
            next_page_token=token(day, known, more.last, str(more.number))
            if more
            else "",
            read_state=asked.state,
            unreadable=found.unreadable,
            unreadable_entries=found.unreadable_entries,
        )


def limit_message(term: Term, day: date) -> pb.KnownLimit:
    """Return a limit in the contract's words, as it stands on a day."""
    return pb.KnownLimit(
        stream=term.stream,
        version=term.version,
        set_at=term.set_at,
        kind=term.kind,
        child=term.child or "",
        owner=term.who,
        articles=term.articles,
        due=term.due,
        at_the_earliest=term.at_the_earliest,
        overdue=term.overdue(day),
        state=STATES[term.state],
        changed_at=term.changed_at or 0,
        by_stream=term.by_stream or "",
        by_version=term.by_version or 0,
        passed_at=term.passed_at or 0,
    )
