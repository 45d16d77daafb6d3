"""Welfare homes: registered, looked at, mended, given to, closed.

What lives here: one `decide_…` function per command about a house. What never does:
clocks, ids, I/O, who lives there (`registry.residents`). That more children live in a
house than it has room for is shown, never a reason to turn a child away.
"""

from __future__ import annotations

from events.accounts import donations_left
from events.dates import PartialDate
from events.guardianship import Office
from events.homes import (
    CapacityFixed,
    DefectRemedied,
    DonationReceived,
    DonationUsed,
    HomeClosed,
    HomeEvent,
    HomeInspected,
    HomeRegistered,
)
from events.matters import Matter, MatterStatus, open_defects, status_of
from registry.home_commands import (
    CloseHome,
    FixCapacity,
    RecordDonation,
    RecordDonationUse,
    RecordInspection,
    RecordRemedy,
    RegisterHome,
)
from registry.matter import a_body, amount, due_after, known, new, said
from registry.refusal import InvalidError

MAX_CAPACITY = 10_000
"""Children in one house: no house here has a tenth of it."""


def decide_register_home(
    home: Matter, command: RegisterHome, by: Office
) -> list[HomeEvent]:
    """Record a house (MPL 96(2)); it is supervised by another body than runs it."""
    new(home, "home")
    a_body(command.holder, "holder")
    a_body(command.supervisor, "supervisor")
    if command.holder == command.supervisor:
        raise InvalidError("supervisor", "is another body than the one that runs it")
    _capacity(command.capacity)
    return [said(HomeRegistered, command, by)]


def _capacity(number: int) -> None:
    if not 0 < number <= MAX_CAPACITY:
        raise InvalidError("capacity", f"is 1 to {MAX_CAPACITY} children")


def known_home(home: Matter, name: str, on: PartialDate) -> HomeRegistered:
    """Return what registered a house; raises NotKnownError, or InvalidError before."""
    opening = known(home, f"homes/{name}", on)
    assert isinstance(opening, HomeRegistered)  # noqa: S101  what opens such a stream
    return opening


def open_home(home: Matter, name: str, on: PartialDate) -> HomeRegistered:
    """Return what registered a house; InvalidError where it is closed."""
    opening = known_home(home, name, on)
    if status_of(home) is MatterStatus.DONE:
        raise InvalidError("home", "is closed")
    return opening


def decide_fix_capacity(
    home: Matter, command: FixCapacity, by: Office
) -> list[HomeEvent]:
    """Record how many children may live there."""
    open_home(home, command.home, command.on)
    _capacity(command.capacity)
    return [said(CapacityFixed, command, by)]


def decide_record_inspection(
    home: Matter, command: RecordInspection, by: Office
) -> list[HomeEvent]:
    """Record an inspection; each defect has a number of its own and a day."""
    open_home(home, command.home, command.on)
    taken = {
        defect.defect
        for fact in home.standing()
        if isinstance(fact, HomeInspected)
        for defect in fact.defects
    }
    for index, defect in enumerate(command.defects):
        if defect.defect < 1 or defect.defect in taken:
            field = f"defects[{index}].defect"
            raise InvalidError(field, "is a new number of the house, from 1")
        taken.add(defect.defect)
        due_after(defect.due, command.on, f"defects[{index}].due")
    return [said(HomeInspected, command, by)]


def decide_record_remedy(
    home: Matter, command: RecordRemedy, by: Office
) -> list[HomeEvent]:
    """Record that a defect was found mended, late or not."""
    known(home, f"homes/{command.home}", command.on)
    if command.defect not in {defect.defect for defect in open_defects(home)}:
        raise InvalidError("defect", "is a defect of the house that is open")
    return [said(DefectRemedied, command, by)]


def decide_record_donation(
    home: Matter, command: RecordDonation, by: Office
) -> list[HomeEvent]:
    """Record what was given."""
    open_home(home, command.home, command.on)
    amount(command.amount, "amount")
    if command.donation < 1 or command.donation in donations_left(home):
        raise InvalidError("donation", "is a new number of the house, from 1")
    return [said(DonationReceived, command, by)]


def decide_record_donation_use(
    home: Matter, command: RecordDonationUse, by: Office
) -> list[HomeEvent]:
    """Record what was done with a donation; never more than was given."""
    known(home, f"homes/{command.home}", command.on)
    amount(command.amount, "amount")
    left = donations_left(home).get(command.donation)
    if left is None:
        raise InvalidError("donation", "is a donation to the house")
    if command.amount > left:
        raise InvalidError("amount", f"is at most the {left} fen that are left")
    return [said(DonationUsed, command, by)]


def decide_close_home(home: Matter, command: CloseHome, by: Office) -> list[HomeEvent]:
    """Record that the house takes nobody in any more; who lives there is shown."""
    open_home(home, command.home, command.on)
    return [said(HomeClosed, command, by)]
