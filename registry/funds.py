"""Funds: what was set aside, paid, misused and given back.

What lives here: one `decide_…` function per command about a fund. What never does:
clocks, ids, I/O. A fund never pays more than it has: an account that says so is wrong,
and is sent back.
"""

from __future__ import annotations

from events.accounts import Balance, balance, items_due
from events.dates import PartialDate
from events.guardianship import Office
from events.matters import Matter, MatterStatus, status_of
from events.plans import (
    FundAllocated,
    FundEvent,
    FundPaid,
    MisuseFound,
    UnspentReturned,
)
from registry.care_commands import (
    AllocateFund,
    PayFromFund,
    RecordMisuse,
    ReturnUnspent,
)
from registry.law.reasons import finding
from registry.matter import a_body, amount, due_after, known, new, said
from registry.refusal import InvalidError, NotKnownError


def decide_allocate_fund(
    fund: Matter, command: AllocateFund, by: Office
) -> list[FundEvent]:
    """Record money set aside (MPL 8)."""
    new(fund, "fund")
    a_body(command.holder, "holder")
    amount(command.amount, "amount")
    due_after(command.until, command.from_, "until")
    return [said(FundAllocated, command, by)]


def _open(fund: Matter, name: str, on: PartialDate) -> Balance:
    known(fund, f"funds/{name}", on)
    if status_of(fund) is MatterStatus.DONE:
        raise InvalidError("fund", "is closed: what was left went back")
    return balance(fund)


def decide_pay_from_fund(
    fund: Matter, plan: Matter | None, command: PayFromFund, by: Office
) -> list[FundEvent]:
    """Record a payment; one outside the fund's purpose or span is warned of."""
    left = _open(fund, command.fund, command.on).left
    amount(command.amount, "amount")
    if command.amount > left:
        raise InvalidError("amount", f"is at most the {left} fen that are left")
    opening = fund.opening
    assert isinstance(opening, FundAllocated)  # noqa: S101  what `known` returned
    findings = []
    if (command.plan is None) != (command.item is None):
        raise InvalidError("item", "is given with its plan")
    if plan is not None and command.item is not None:
        if plan.opening is None:
            resource = f"plans/{command.plan}"
            raise NotKnownError(resource)
        item = items_due(plan).get(command.item)
        if item is None:
            raise InvalidError("item", "is an item of the plan that is due still")
        own = item.guarantee is opening.guarantee
        reason = "paid_for_its_purpose" if own else "paid_for_another_purpose"
        findings.append(finding("is_the_funds_purpose", ("MPL 8",), reason))
    late = opening.until.latest < command.on.earliest
    early = command.on.latest < opening.from_.earliest
    in_time = "paid_outside_its_span" if late or early else "paid_within_its_span"
    findings.append(finding("is_paid_in_time", ("MPL 8",), in_time))
    return [said(FundPaid, command, by, tuple(findings))]


def decide_return_unspent(
    fund: Matter, command: ReturnUnspent, by: Office
) -> list[FundEvent]:
    """Record that all that was left went back, to the fen."""
    left = _open(fund, command.fund, command.on).left
    if command.amount != left or left == 0:
        raise InvalidError("amount", f"is the {left} fen that are left")
    return [said(UnspentReturned, command, by)]


def decide_record_misuse(
    fund: Matter, command: RecordMisuse, by: Office
) -> list[FundEvent]:
    """Record misuse that was found, also after the fund was closed."""
    known(fund, f"funds/{command.fund}", command.on)
    amount(command.amount, "amount")
    account = balance(fund)
    sound = account.paid - account.misused
    if command.amount > sound:
        raise InvalidError("amount", f"is at most the {sound} fen paid and not misused")
    return [said(MisuseFound, command, by)]
