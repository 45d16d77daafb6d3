"""CareService: guarantees, funds, what a house answers for, the public report.

What lives here: translation. What never does: answers of its own; the projections
answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from childregistry.v1 import care_service_pb2 as pb
from childregistry.v1.care_service_pb2_grpc import CareServiceServicer
from events.entry import open_entry
from events.frame import Frame
from events.log import Log
from projections.care import FundAccount, HouseAccount, funds, guarantees, house
from projections.matters import Matters, MattersAnswer
from projections.openness import (
    STEP,
    YearNotOverError,
    first_microsecond,
    public_report,
)
from projections.progress import Applying
from registry.form import BODY, BODY_RULE, check_id
from registry.refusal import InvalidError, NotKnownError
from registry.services.call import Context, answering
from registry.services.question import Question, Questions
from registry.services.reads import Reads
from registry.services.translate import fill, message_of, number_of

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""No log is older; a later year is a typing error."""
BATCH = 1_000
"""Entries read at a time for a public report."""


class CareService(CareServiceServicer):
    """Asks the projection of matters, and the log's frames for what is public."""

    def __init__(
        self, log: Log, matters: Matters, runner: Applying, reads: Reads
    ) -> None:
        self._log = log
        self._matters = matters
        self._questions = Questions(log, runner, reads)

    @answering
    async def ListGuarantees(  # noqa: N802  the contract's name
        self, request: pb.ListGuaranteesRequest, context: Context
    ) -> pb.ListGuaranteesResponse:
        """Say of each item of a child's plans how often it was kept."""
        child = check_id(request.child, "child")
        asked, found = await self._asked(child, request, context, "plan")
        return pb.ListGuaranteesResponse(
            guarantees=[
                pb.GuaranteeAccount(
                    plan=one.plan,
                    item=message_of(one.item),
                    due=one.due,
                    delivered=one.delivered,
                    missed=one.missed,
                    overdue=[day.isoformat() for day in one.overdue],
                    paid_fen=one.paid_fen,
                    open=one.open,
                )
                for one in guarantees(found.matters, asked.day)
            ],
            unreadable=found.unreadable,
            read_state=asked.state,
        )

    @answering
    async def ListFunds(  # noqa: N802  the contract's name
        self, request: pb.ListFundsRequest, context: Context
    ) -> pb.ListFundsResponse:
        """Sum a jurisdiction's funds."""
        if not BODY.fullmatch(request.jurisdiction):
            raise InvalidError("jurisdiction", BODY_RULE)
        asked, found = await self._asked(request.jurisdiction, request, context, "fund")
        return pb.ListFundsResponse(
            funds=[_fund(one) for one in funds(found.matters, asked.day)],
            unreadable=found.unreadable,
            read_state=asked.state,
        )

    @answering
    async def GetHome(  # noqa: N802  the contract's name
        self, request: pb.GetHomeRequest, context: Context
    ) -> pb.GetHomeResponse:
        """Say what a house answers for, in four directions."""
        home = check_id(request.home, "home")
        asked, found = await self._asked(
            home, request, context, "home", "stay", "incident", "complaint"
        )
        states = [one.state for one in found.matters if one.stream == f"home/{home}"]
        # A registration taken back is none; whom it took in is told of all the same.
        if not states or all(one.state.opening is None for one in found.matters):
            resource = f"homes/{home}"
            raise NotKnownError(resource).as_of(asked.known_at)
        message = _house(house(states[0], found.matters, asked.day))
        message.unreadable.extend(found.unreadable)
        message.read_state.CopyFrom(asked.state)
        return message

    @answering
    async def GetPublicReport(  # noqa: N802  the contract's name
        self, request: pb.GetPublicReportRequest, context: Context
    ) -> pb.GetPublicReportResponse:
        """Make a year's report from the frames of the log."""
        del context
        year = request.year
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise InvalidError("year", f"is {FIRST_YEAR} to {LAST_YEAR}")
        try:
            made = await asyncio.to_thread(public_report, self._frames(year), year)
        except YearNotOverError as error:
            rule = "is over: an entry was recorded after it"
            raise InvalidError("year", rule) from error
        return pb.GetPublicReportResponse(
            cells=[
                pb.PublicCell(
                    jurisdiction=cell.jurisdiction,
                    type=cell.type,
                    at_least=cell.at_least,
                )
                for cell in made.cells
            ],
            first=made.first,
            last=made.last,
            step=STEP,
        )

    def _frames(self, year: int) -> Iterator[tuple[int, Frame]]:
        """Yield the frames of a year, and the one after it where there is one."""
        above = self._log.position_at(first_microsecond(year) - 1)
        until = self._log.position_at(first_microsecond(year + 1) - 1)
        until = min(until + 1, self._log.head().position)
        while above < until:
            for stored in self._log.read(above, min(BATCH, until - above)):
                above = stored.position
                yield stored.position, open_entry(stored).frame

    async def _asked(
        self,
        subject: str,
        request: Any,  # noqa: ANN401  any request with the two times
        context: Context,
        *kinds: str,
    ) -> tuple[Question, MattersAnswer]:
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        found = self._matters.matters(subject, asked.day, asked.known_at, kinds)
        return asked, found


def _fund(one: FundAccount) -> pb.FundAccount:
    return pb.FundAccount(
        guarantee=number_of(one.guarantee),
        beneficiaries=number_of(one.beneficiaries),
        funds=one.funds,
        allocated_fen=one.account.allocated,
        paid_fen=one.account.paid,
        returned_fen=one.account.returned,
        misused_fen=one.account.misused,
        left_fen=one.account.left,
        unspent_fen=one.unspent,
    )


def _house(one: HouseAccount) -> pb.GetHomeResponse:
    message = pb.GetHomeResponse(
        closed=one.closed,
        within=pb.HomeWithin(
            residents=one.residents,
            reviews_overdue=one.reviews_overdue,
            incidents_open=one.incidents_open,
        ),
        to_children=pb.HomeToChildren(
            complaints=one.complaints,
            answered_in_time=one.answered_in_time,
            answered_late=one.answered_late,
            complaints_overdue=one.complaints_overdue,
        ),
        to_society=pb.HomeToSociety(
            capacity=one.capacity,
            inspections=one.inspections,
            defects_open=len(one.defects),
            given_fen=one.given_fen,
            used_fen=one.used_fen,
        ),
        to_supervisor=pb.HomeToSupervisor(
            overcrowded=one.overcrowded,
            defects=[
                pb.OpenDefect(
                    defect=defect.defect,
                    kind=number_of(defect.kind),
                    due=defect.due.isoformat(),
                    overdue=defect.overdue,
                )
                for defect in one.defects
            ],
            incidents_open=one.incidents_open,
            complaints_overdue=one.complaints_overdue,
        ),
    )
    if one.holder is not None:
        fill(message.holder, one.holder)
    return message
