"""Guarantees and funds: granted, given month by month, paid from what was set aside.

What lives here: one `decide_…` function per command. What never does: clocks, ids,
I/O, sums over several funds. Money is paid from one fund for one guarantee and month,
and both streams say so in one entry, so that no sum can differ between them.
"""

from __future__ import annotations

from events.dates import PartialDate
from events.guarantees import (
    FundAllocated,
    FundClosed,
    FundEvent,
    FundPaid,
    GuaranteeDelivered,
    GuaranteeEnded,
    GuaranteeEvent,
    GuaranteeGranted,
    MisuseFound,
)
from events.guardianship import Office
from events.matters import Matter, MatterStatus, holder_of, left_of, status_of
from registry.law.reasons import finding
from registry.matter import a_body, body, known, new
from registry.matter_commands import (
    AllocateFund,
    CloseFund,
    DeliverGuarantee,
    EndGuarantee,
    GrantGuarantee,
    RecordMisuse,
)
from registry.refusal import InvalidError, RefusedError

MAX_AMOUNT = 10**13
"""A hundred thousand million yuan: beyond it somebody typed a digit too many."""


def decide_grant_guarantee(
    guarantee: Matter, command: GrantGuarantee, by: Office
) -> list[GuaranteeEvent]:
    """Record what a child is granted, who gives it, and how much a month."""
    new(guarantee, "guarantee")
    a_body(command.owner, "owner")
    if command.amount is not None:
        _positive(command.amount)
    granted = GuaranteeGranted(
        on=command.on,
        by=by,
        findings=(),
        what=command.what,
        child=command.child,
        jurisdiction=command.jurisdiction,
        department=command.department,
        owner=command.owner,
        amount=command.amount,
    )
    return [granted]


def _positive(amount: int) -> None:
    if not 0 < amount <= MAX_AMOUNT:
        raise InvalidError("amount", f"is 1 to {MAX_AMOUNT} fen")


def _granted(guarantee: Matter, name: str, on: PartialDate) -> GuaranteeGranted:
    opening = known(guarantee, f"guarantees/{name}", on)
    if status_of(guarantee) is MatterStatus.DONE:
        raise InvalidError("guarantee", "is ended")
    assert isinstance(opening, GuaranteeGranted)  # noqa: S101  its stream opens so
    return opening


def _allocated(fund: Matter, name: str, on: PartialDate) -> FundAllocated:
    opening = known(fund, f"funds/{name}", on)
    assert isinstance(opening, FundAllocated)  # noqa: S101  its stream opens so
    return opening


def decide_deliver_guarantee(
    guarantee: Matter,
    fund: Matter | None,
    command: DeliverGuarantee,
    by: Office,
    authority: str,
) -> tuple[list[GuaranteeEvent], list[FundEvent]]:
    """Record that a month's guarantee was given, and the payment from its fund.

    Raises RefusedError for anybody but its owner and civil affairs.
    """
    opening = _granted(guarantee, command.guarantee, command.on)
    if by is not Office.CIVIL_AFFAIRS and holder_of(guarantee) != body(authority):
        raise RefusedError("not_the_owner", (), "record_by_the_owner")
    _month(guarantee, command, opening)
    if (command.amount is None) != (command.fund is None):
        raise InvalidError("fund", "is given with an amount, and only then")
    findings = ()
    if opening.amount is not None and command.amount is not None:
        same = command.amount == opening.amount
        reason = "as_granted" if same else "other_than_granted"
        findings = (finding("is_as_granted", ("MPL 91",), reason),)
    delivered = GuaranteeDelivered(
        on=command.on,
        by=by,
        findings=findings,
        month=command.month,
        amount=command.amount,
        fund=command.fund,
        document=command.document,
    )
    if fund is None or command.amount is None:
        return [delivered], []
    _pays(fund, command, opening)
    paid = FundPaid(
        on=command.on,
        by=by,
        findings=(),
        guarantee=command.guarantee,
        amount=command.amount,
    )
    return [delivered], [paid]


def _month(
    guarantee: Matter, command: DeliverGuarantee, opening: GuaranteeGranted
) -> None:
    if len(command.month) != len("2022-05"):
        raise InvalidError("month", "is a month, YYYY-MM")
    if command.month.latest < opening.on.earliest:
        raise InvalidError("month", "is not before the guarantee was granted")
    given = [f for f in guarantee.standing() if isinstance(f, GuaranteeDelivered)]
    if any(fact.month == command.month for fact in given):
        raise InvalidError("month", "was given already")


def _pays(fund: Matter, command: DeliverGuarantee, opening: GuaranteeGranted) -> None:
    """Raise InvalidError where the fund cannot pay this."""
    assert command.amount is not None  # noqa: S101  asked before
    assert command.fund is not None  # noqa: S101  likewise
    _positive(command.amount)
    allocated = _allocated(fund, command.fund, command.on)
    if status_of(fund) is MatterStatus.DONE:
        raise InvalidError("fund", "is closed")
    if allocated.what is not opening.what:
        raise InvalidError("fund", f"is for {allocated.what.value}")
    if command.amount > left_of(fund):
        raise InvalidError("amount", f"is at most {left_of(fund)}, what is left")


def decide_end_guarantee(
    guarantee: Matter, command: EndGuarantee, by: Office
) -> list[GuaranteeEvent]:
    """Record that a guarantee is given no longer."""
    _granted(guarantee, command.guarantee, command.on)
    return [GuaranteeEnded(on=command.on, by=by, findings=())]


def decide_allocate_fund(
    fund: Matter, command: AllocateFund, by: Office
) -> list[FundEvent]:
    """Record money set aside for one kind of guarantee."""
    new(fund, "fund")
    a_body(command.owner, "owner")
    _positive(command.amount)
    allocated = FundAllocated(
        on=command.on,
        by=by,
        findings=(),
        what=command.what,
        jurisdiction=command.jurisdiction,
        owner=command.owner,
        amount=command.amount,
    )
    return [allocated]


def decide_record_misuse(
    fund: Matter, command: RecordMisuse, by: Office
) -> list[FundEvent]:
    """Record misuse of what was paid out; also after the fund was closed."""
    _allocated(fund, command.fund, command.on)
    _positive(command.amount)
    paid = sum(f.amount for f in fund.standing() if isinstance(f, FundPaid))
    found = sum(f.amount for f in fund.standing() if isinstance(f, MisuseFound))
    if command.amount > paid - found:
        raise InvalidError("amount", f"is at most {paid - found}, paid and not found")
    misuse = MisuseFound(on=command.on, by=by, findings=(), amount=command.amount)
    return [misuse]


def decide_close_fund(fund: Matter, command: CloseFund, by: Office) -> list[FundEvent]:
    """Record that a fund pays no more."""
    _allocated(fund, command.fund, command.on)
    if status_of(fund) is MatterStatus.DONE:
        raise InvalidError("fund", "is closed already")
    return [FundClosed(on=command.on, by=by, findings=())]
