"""GuardianService: who may be guardian of whom, and whose guardian somebody is.

What lives here: the states that the questions are asked of, translation, pages. What
never does: a rule (`registry.eligibility`), an answer of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from childregistry.v1 import guardian_service_pb2 as pb
from childregistry.v1.guardian_service_pb2_grpc import GuardianServiceServicer
from events.dates import PartialDate
from events.log import Log
from events.timeline import Holder
from projections.barred import Barred
from projections.custody import Custody
from projections.docket import PENDING, Docket
from projections.progress import Applying
from projections.wards import Wards
from registry.eligibility import Known, Remark, Weight, looks_at_wards, remarks
from registry.form import check_form, check_id
from registry.refusal import InvalidError, NotKnownError
from registry.services.call import Context, answering
from registry.services.known_child import child_as_known
from registry.services.known_person import ids_of
from registry.services.page_tokens import opened, size_of, token
from registry.services.question import Question, Questions
from registry.services.reads import Reads
from registry.services.translate import message_of, number_of, value_of

MAX_WARDS = 1_000
"""Other children looked at for one person: more than anybody has ever guarded."""


class GuardianService(GuardianServiceServicer):
    """Asks the projections of custody, bars and the docket, and the pure law."""

    def __init__(  # noqa: PLR0913, PLR0917  each is asked
        self,
        log: Log,
        custody: Custody,
        barred: Barred,
        docket: Docket,
        wards: Wards,
        runner: Applying,
        reads: Reads,
    ) -> None:
        self._log = log
        self._custody = custody
        self._barred = barred
        self._docket = docket
        self._wards = wards
        self._questions = Questions(log, runner, reads)

    @answering
    async def CheckEligibility(  # noqa: N802  the contract's name
        self, request: pb.CheckEligibilityRequest, context: Context
    ) -> pb.CheckEligibilityResponse:
        """Say every bar and warning there is to somebody as guardian of a child."""
        child, who = check_id(request.child, "child"), _holder(request)
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        found = self._custody.custody(child, asked.day, asked.known_at)
        if found is None:
            raise NotKnownError(f"children/{child}").as_of(asked.known_at)
        others, unreadable = self._others(child, who, asked)
        himself = child_as_known(self._custody, who.id, asked.known_at)
        ids = self._ids(who, asked.known_at)
        known = Known(
            name=child,
            child=child_as_known(self._custody, child, asked.known_at),
            himself=himself if himself.registered else None,
            wards={
                name: child_as_known(self._custody, name, asked.known_at)
                for name in others
            },
            pending=self._pending([child, *others], asked),
        )
        said = _of_each(known, ids, PartialDate(asked.day.isoformat()))
        unread = sorted({*found.unreadable, *unreadable})
        return pb.CheckEligibilityResponse(
            eligible=not unread and all(r.weight is not Weight.BAR for r in said),
            remarks=[_remark(remark) for remark in said],
            unreadable=unread,
            read_state=asked.state,
        )

    @answering
    async def ListWards(  # noqa: N802  the contract's name
        self, request: pb.ListWardsRequest, context: Context
    ) -> pb.ListWardsResponse:
        """List the children whom somebody holds on a day, a page at a time."""
        who, size = _holder(request), size_of(request.page_size)
        asked = await self._questions.asked(request.as_of, request.consistency, context)
        day, known, after = asked.day, asked.known_at, ""
        if request.page_token:
            day, known, (after,) = opened(request.page_token, asked.state.applied, 1)
            asked.state.known_at, asked.state.settled = known, True
        ids = self._ids(who, known)
        names = self._children(ids, known, after=after, size=size + 1)
        wards = [self._ward(name, ids, day, known) for name in names[:size]]
        quarantined = self._custody.quarantined()
        return pb.ListWardsResponse(
            wards=[ward for ward in wards if ward.certain or ward.possible],
            next_page_token=token(day, known, names[size - 1])
            if len(names) > size
            else "",
            unreadable=sorted({name for at, name in quarantined if at <= known}),
            read_state=asked.state,
        )

    def _ids(self, who: Holder, known_at: int) -> list[Holder]:
        """Return a holder by every id that is his as known, the one asked first."""
        found = ids_of(self._log, self._custody, who.id, known_at)
        return [who, *(replace(who, id=each) for each in found[1:])]

    def _children(
        self, ids: Sequence[Holder], known_at: int, *, after: str = "", size: int
    ) -> list[str]:
        """Return the children whom somebody ever had by any of his ids, by id."""
        found = {
            name
            for one in ids
            for name in self._wards.children(one.id, known_at, after=after, size=size)
        }
        return sorted(found)[:size]

    def _ward(
        self, name: str, ids: Sequence[Holder], day: date, known_at: int
    ) -> pb.Ward:
        """Return what somebody holds of a child, by whichever id its record says."""
        periods = [
            period
            for period in self._custody.periods(name, known_at)
            if period.holder in ids and period.may_cover(day)
        ]
        return pb.Ward(
            child=name,
            certain=[message_of(p) for p in periods if p.surely_covers(day)],
            possible=[message_of(p) for p in periods if not p.surely_covers(day)],
        )

    def _others(
        self, child: str, who: Holder, asked: Question
    ) -> tuple[list[str], list[int]]:
        """Return the other children to look at, and what of them cannot be read."""
        if looks_at_wards(who):
            size = MAX_WARDS + 2
            ids = self._ids(who, asked.known_at)
            names = self._children(ids, asked.known_at, size=size)
        else:
            barred = self._barred.barred(who.id, asked.day, asked.known_at)
            names = sorted({bar.child for bar in barred.bars})
        others = [name for name in names if name != child]
        if len(others) > MAX_WARDS:
            raise InvalidError("holder", f"has at most {MAX_WARDS} wards")
        among = {*others, who.id}
        unread = [
            at
            for at, name in self._custody.quarantined()
            if name in among and at <= asked.known_at
        ]
        return others, unread

    def _pending(self, children: list[str], asked: Question) -> frozenset[str]:
        """Return the cases about any of these children that no court has decided."""
        return frozenset(
            found.case
            for child in children
            for found in self._docket.cases(
                asked.day, asked.known_at, child=child, states=PENDING
            ).cases
        )


def _of_each(
    known: Known, ids: Sequence[Holder], on: PartialDate
) -> tuple[Remark, ...]:
    """Return what speaks for and against somebody by any of his ids, bars first.

    A child's own record reads an id as the kept one; one registered since may not.
    """
    said = {remark: None for who in ids for remark in remarks(known, who, on)}
    weights = list(reversed(Weight))
    return tuple(sorted(said, key=lambda remark: weights.index(remark.weight)))


def _holder(request: pb.CheckEligibilityRequest | pb.ListWardsRequest) -> Holder:
    if not request.HasField("holder"):
        raise InvalidError("holder", "is required")
    found = value_of(Holder, request.holder, "holder")
    assert isinstance(found, Holder)  # noqa: S101  what value_of returns
    check_form(found, "holder")
    return found


def _remark(remark: Remark) -> pb.Remark:
    return pb.Remark(
        weight=number_of(remark.weight),
        finding=message_of(remark.finding),
        stream=remark.stream,
        version=remark.version,
        case=remark.case or "",
    )
