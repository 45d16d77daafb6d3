"""Care as known: guarantees kept or missed, money, and what a house answers for.

What lives here: answers from the matters of a child, a jurisdiction or a house. What
never does: law, rows: the matters are read by `projections.matters`. Partial dates are
read so that something is overdue only when every reading of them says so.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from events.accounts import (
    Balance,
    balance,
    capacity_of,
    donations_left,
    items_due,
    items_ever,
)
from events.homes import Defect, DonationReceived, HomeInspected
from events.matters import (
    Matter,
    MatterStatus,
    due_of,
    holder_of,
    open_defects,
    status_of,
)
from events.plans import (
    Cadence,
    FundAllocated,
    FundClass,
    Guarantee,
    GuaranteeDelivered,
    GuaranteeItem,
    GuaranteeMissed,
    ItemEnded,
    PlanEnded,
)
from events.residents import ComplaintAnswered
from events.timeline import Holder
from projections.matters import KnownMatter

MONTHS = {Cadence.MONTHLY: 1, Cadence.YEARLY: 12}
MAX_SPANS = 12 * 18
"""A childhood of months: no item is due more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAccount:
    """One guarantee on a day: how often it was due, delivered, missed, is overdue.

    `overdue` are the first days of spans that are over and of which nothing is said.
    """

    plan: str
    item: GuaranteeItem
    due: int
    delivered: int
    missed: int
    overdue: tuple[date, ...]
    paid_fen: int
    open: bool


def guarantees(matters: Iterable[KnownMatter], as_of: date) -> list[ItemAccount]:
    """Return the account of every item of a child's plans, plan by plan."""
    return [
        _item(one.stream, one.state, item, as_of)
        for one in matters
        if one.stream.startswith("plan/")
        for _, item in sorted(items_ever(one.state).items())
    ]


def _item(stream: str, plan: Matter, item: GuaranteeItem, as_of: date) -> ItemAccount:
    spans = list(_spans(plan, item, as_of))
    facts = plan.standing()
    given = [f for f in facts if isinstance(f, GuaranteeDelivered) and _of(f, item)]
    missed = [f for f in facts if isinstance(f, GuaranteeMissed) and _of(f, item)]
    kept = {first for first, last in spans if _covered(given, first, last)}
    lost = {first for first, last in spans if _covered(missed, first, last)} - kept
    return ItemAccount(
        plan=stream,
        item=item,
        due=len(spans),
        delivered=len(kept),
        missed=len(lost),
        overdue=tuple(
            first
            for first, last in spans
            if last <= as_of and first not in kept and first not in lost
        ),
        paid_fen=sum(fact.amount or 0 for fact in given),
        open=item.item in items_due(plan) and status_of(plan) is not MatterStatus.DONE,
    )


def _of(fact: GuaranteeDelivered | GuaranteeMissed, item: GuaranteeItem) -> bool:
    return fact.item == item.item


def _covered(
    facts: Iterable[GuaranteeDelivered | GuaranteeMissed], first: date, last: date
) -> bool:
    """Whether some fact's own span meets the days from first to before last."""
    return any(
        fact.from_.earliest < last and (fact.until is None or first < fact.until.latest)
        for fact in facts
    )


def _spans(
    plan: Matter, item: GuaranteeItem, as_of: date
) -> Iterator[tuple[date, date]]:
    """Yield first day and day after the last of each span begun by a day."""
    ends = [
        fact.on.earliest
        for fact in plan.standing()
        if isinstance(fact, PlanEnded)
        or (isinstance(fact, ItemEnded) and fact.item == item.item)
    ]
    if item.until is not None:
        ends.append(item.until.earliest)
    end = min(ends, default=date.max)
    first = item.from_.latest
    if item.cadence is Cadence.ONCE:
        if first <= as_of and first < end:
            yield first, min(end, _months_later(first, 1))
        return
    for number in range(MAX_SPANS):
        began = _months_later(first, number * MONTHS[item.cadence])
        if began > as_of or began >= end:
            return
        yield began, _months_later(first, (number + 1) * MONTHS[item.cadence])


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


@dataclass(frozen=True, slots=True, kw_only=True)
class FundAccount:
    """The funds of a place for one guarantee and class; sums of their events, in fen.

    `unspent` is what was left of those whose span is over: it is to go back.
    """

    guarantee: Guarantee
    beneficiaries: FundClass
    funds: int
    account: Balance
    unspent: int


def funds(matters: Iterable[KnownMatter], as_of: date) -> list[FundAccount]:
    """Return the accounts of a place's funds by guarantee and class."""
    found: dict[tuple[Guarantee, FundClass], list[tuple[FundAllocated, Balance]]] = {}
    for one in matters:
        opening = one.state.opening
        if isinstance(opening, FundAllocated):
            key = opening.guarantee, opening.beneficiaries
            found.setdefault(key, []).append((opening, balance(one.state)))
    return [
        FundAccount(
            guarantee=guarantee,
            beneficiaries=beneficiaries,
            funds=len(accounts),
            account=_sum(account for _, account in accounts),
            unspent=sum(
                account.left
                for opening, account in accounts
                if opening.until.latest < as_of
            ),
        )
        for (guarantee, beneficiaries), accounts in sorted(found.items())
    ]


def _sum(accounts: Iterable[Balance]) -> Balance:
    total = Balance()
    for account in accounts:
        total = total.plus(account)
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDefect:
    """A defect that no one has found mended."""

    defect: int
    kind: Defect
    due: date
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseAccount:
    """What a house answers for on a day, in four directions.

    Within: residents without assessment or review when it was due, open incidents. To
    the children: complaints, answered in time, late or not yet. To society: room,
    inspections, what was given and used. To who supervises: defects, overcrowding.
    """

    holder: Holder | None
    closed: bool
    capacity: int
    residents: int
    reviews_overdue: tuple[str, ...]
    incidents_open: tuple[str, ...]
    complaints: int
    answered_in_time: int
    answered_late: int
    complaints_overdue: tuple[str, ...]
    inspections: int
    given_fen: int
    used_fen: int
    defects: tuple[KnownDefect, ...]

    @property
    def overcrowded(self) -> bool:
        """Whether more children live there than the house has room for."""
        return self.residents > self.capacity


def house(home: Matter, matters: Iterable[KnownMatter], as_of: date) -> HouseAccount:
    """Return what a house answers for; `matters` are those that name it."""
    about = list(matters)
    stays = [one for one in about if one.stream.startswith("stay/") and _open(one)]
    complaints = [one for one in about if one.stream.startswith("complaint/")]
    answers = [_answered_in_time(one.state) for one in complaints]
    given = sum(
        fact.amount for fact in home.standing() if isinstance(fact, DonationReceived)
    )
    return HouseAccount(
        holder=holder_of(home),
        closed=status_of(home) is MatterStatus.DONE,
        capacity=capacity_of(home),
        residents=len(stays),
        reviews_overdue=tuple(one.stream for one in stays if one.overdue),
        incidents_open=tuple(
            one.stream
            for one in about
            if one.stream.startswith("incident/") and _open(one)
        ),
        complaints=len(complaints),
        answered_in_time=answers.count(True),
        answered_late=answers.count(False),
        complaints_overdue=tuple(one.stream for one in complaints if one.overdue),
        inspections=sum(isinstance(fact, HomeInspected) for fact in home.standing()),
        given_fen=given,
        used_fen=given - sum(donations_left(home).values()),
        defects=tuple(
            KnownDefect(
                defect=defect.defect,
                kind=defect.kind,
                due=defect.due.latest,
                overdue=defect.due.latest < as_of,
            )
            for defect in open_defects(home)
        ),
    )


def _open(one: KnownMatter) -> bool:
    return one.status is not MatterStatus.DONE


def _answered_in_time(complaint: Matter) -> bool | None:
    """Whether the last answer came by its day; None where there is none yet."""
    if status_of(complaint) is not MatterStatus.DONE:
        return None
    due, answers = (
        due_of(complaint),
        [
            fact.on
            for fact in complaint.standing()
            if isinstance(fact, ComplaintAnswered)
        ],
    )
    return due is None or answers[-1].earliest <= due.latest
