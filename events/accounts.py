"""What the facts of a matter add up to: items still due, money left, residents.

What lives here: sums over one matter's standing facts, shared by the deciders and the
projections. What never does: rules, clocks, several matters at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.homes import CapacityFixed, DonationReceived, DonationUsed, HomeRegistered
from events.matters import Matter
from events.plans import (
    FundAllocated,
    FundPaid,
    GuaranteeItem,
    ItemAdded,
    ItemEnded,
    MisuseFound,
    PlanMade,
    UnspentReturned,
)


def items_ever(plan: Matter) -> dict[int, GuaranteeItem]:
    """Return every item that a plan has or had, by number."""
    found: dict[int, GuaranteeItem] = {}
    for fact in plan.standing():
        match fact:
            case PlanMade():
                found |= {item.item: item for item in fact.items}
            case ItemAdded():
                found[fact.item.item] = fact.item
            case _:
                pass
    return found


def items_due(plan: Matter) -> dict[int, GuaranteeItem]:
    """Return the items of a plan that nobody ended, by number."""
    ended = {fact.item for fact in plan.standing() if isinstance(fact, ItemEnded)}
    return {n: item for n, item in items_ever(plan).items() if n not in ended}


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What stands in a fund's account, in fen."""

    allocated: int = 0
    paid: int = 0
    returned: int = 0
    misused: int = 0

    @property
    def left(self) -> int:
        """What is neither paid nor given back."""
        return self.allocated - self.paid - self.returned

    def plus(self, other: Balance) -> Balance:
        """Return the account of both together."""
        return Balance(
            allocated=self.allocated + other.allocated,
            paid=self.paid + other.paid,
            returned=self.returned + other.returned,
            misused=self.misused + other.misused,
        )


def balance(fund: Matter) -> Balance:
    """Return a fund's account by its standing facts."""
    total = Balance()
    for fact in fund.standing():
        match fact:
            case FundAllocated():
                total = total.plus(Balance(allocated=fact.amount))
            case FundPaid():
                total = total.plus(Balance(paid=fact.amount))
            case UnspentReturned():
                total = total.plus(Balance(returned=fact.amount))
            case MisuseFound():
                total = total.plus(Balance(misused=fact.amount))
            case _:
                pass
    return total


def donations_left(home: Matter) -> dict[int, int]:
    """Return what is left of each donation to a house, in fen."""
    left: dict[int, int] = {}
    for fact in home.standing():
        if isinstance(fact, DonationReceived):
            left[fact.donation] = left.get(fact.donation, 0) + fact.amount
        elif isinstance(fact, DonationUsed):
            left[fact.donation] = left.get(fact.donation, 0) - fact.amount
    return left


def capacity_of(home: Matter) -> int:
    """Return how many children may live in a house, as last fixed."""
    capacity = 0
    for fact in home.standing():
        if isinstance(fact, HomeRegistered | CapacityFixed):
            capacity = fact.capacity
    return capacity
