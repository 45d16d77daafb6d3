"""What befalls a county: its home, its money, its joint meetings, year by year.

What lives here: acts that are of no child. What never does: a child's life; those who
live in the home refer to it, so it is registered on the first day of the log.
"""

from __future__ import annotations

from datetime import date

from events.duties import Consequence, Department, DutyKind
from events.guardianship import Office
from events.homes import Defect, FoundDefect, HomeKind, Purpose
from events.plans import FundClass, Guarantee
from ops.synthetic import rates
from ops.synthetic.lives import Life, Plot, written
from registry.care_commands import (
    AllocateFund,
    PayFromFund,
    RecordMisuse,
    ReturnUnspent,
)
from registry.home_commands import (
    RecordDonation,
    RecordDonationUse,
    RecordInspection,
    RecordRemedy,
    RegisterHome,
)
from registry.matter_commands import FulfilDuty, HoldMeeting, Resolution

CIVIL, HOUSE = Office.CIVIL_AFFAIRS, Office.WELFARE_INSTITUTION
CAPACITY = 120
FUND_FEN = 500_000_000
"""A county's yearly fund: five million yuan [own assumption]."""
QUARTERS = (80, 170, 260, 340)
"""Days of the year on which a fund pays."""
LEFT_DAY, MISUSE_DAY = 355, 358
"""Days of the year on which what is left goes back, and misuse is found."""
GIFT_FEN = 2_000_000


def home_of(life: Life) -> RegisterHome:
    """Return how the county's home is registered, on the first day of the log."""
    return RegisterHome(
        home=life.house,
        kind=HomeKind.WELFARE_INSTITUTION,
        jurisdiction=life.place,
        holder=life.body(HOUSE),
        supervisor=life.body(CIVIL),
        capacity=CAPACITY,
        on=written(life.first),
    )


def govern(life: Life) -> None:
    """Tell a county's years, from the registration of its home on."""
    life.tell(life.first, home_of(life), CIVIL)
    life.start(_inspected(life))
    for year in range(life.first.year, life.last.year):
        life.start(_funded(life, date(year, 1, 1)))
        life.start(_given(life, year, date(year, 3, 1)))
        life.start(_met(life, life.later(date(year, 4, 1), 0, 60)))
    life.run()


def _funded(life: Life, day: date) -> Plot:
    """Set money aside for a year, pay it out, give back what is left."""
    yield day
    fund = life.new_id()
    beneficiaries = life.chance.choice(
        (FundClass.ORPHAN, FundClass.DE_FACTO_UNATTENDED, FundClass.IN_DIFFICULTY)
    )
    set_aside = AllocateFund(
        fund=fund,
        jurisdiction=life.place,
        holder=life.department(Department.FINANCE),
        guarantee=Guarantee.LIVING,
        beneficiaries=beneficiaries,
        amount=FUND_FEN,
        from_=written(day),
        until=written(date(day.year, 12, 31)),
        on=written(day),
    )
    life.tell(day, set_aside, CIVIL)
    left = FUND_FEN
    for after in QUARTERS:
        on = life.later(day, after, after)
        yield on
        fen = life.chance.randint(FUND_FEN // 5, FUND_FEN // 4)
        paid = PayFromFund(fund=fund, amount=fen, plan=None, item=None, on=written(on))
        life.tell(on, paid, CIVIL)
        left -= fen
    on = life.later(day, LEFT_DAY, LEFT_DAY)
    yield on
    if left:
        life.tell(on, ReturnUnspent(fund=fund, amount=left, on=written(on)), CIVIL)
    if life.happens(rates.MISUSED):
        on = life.later(day, MISUSE_DAY, MISUSE_DAY)
        yield on
        misuse = RecordMisuse(
            fund=fund,
            amount=life.chance.randint(1, FUND_FEN // 100),
            consequence=Consequence.DISCIPLINE,
            document=life.document(),
            on=written(on),
        )
        life.tell(on, misuse, Office.PROCURATORATE)


def _inspected(life: Life) -> Plot:
    """Inspect the home twice a year; what is found wanting is mended, or not."""
    day, number = life.first, 0
    while True:
        day = life.later(day, 170, 190)
        yield day
        defects: tuple[FoundDefect, ...] = ()
        if life.happens(rates.DEFECT_FOUND):
            number += 1
            kind = life.chance.choice((Defect.STAFFING, Defect.FILES, Defect.SCHOOLING))
            due = written(life.later(day, 60, 60))
            defects = (FoundDefect(defect=number, kind=kind, due=due),)
            life.start(_mended(life, number, life.later(day, 20, 80)))
        looked = RecordInspection(
            home=life.house,
            defects=defects,
            document=life.document(),
            on=written(day),
        )
        life.tell(day, looked, life.chance.choice((CIVIL, Office.PROCURATORATE)))


def _mended(life: Life, defect: int, day: date) -> Plot:
    yield day
    if life.happens(rates.DEFECT_MENDED):
        mended = RecordRemedy(
            home=life.house,
            defect=defect,
            document=life.document(),
            on=written(day),
        )
        life.tell(day, mended, CIVIL)


def _given(life: Life, donation: int, day: date) -> Plot:
    """Receive a gift for the home, numbered by its year, and use half of it."""
    yield day
    gift = RecordDonation(
        home=life.house,
        donation=donation,
        amount=GIFT_FEN,
        purpose=Purpose.ANY,
        on=written(day),
    )
    life.tell(day, gift, HOUSE)
    day = life.later(day, 30, 200)
    yield day
    used = RecordDonationUse(
        home=life.house,
        donation=donation,
        amount=GIFT_FEN // 2,
        purpose=Purpose.SCHOOLING,
        document=life.document(),
        on=written(day),
    )
    life.tell(day, used, HOUSE)


def _met(life: Life, day: date) -> Plot:
    """Hold the year's joint meeting; each resolution is a duty with owner and day."""
    yield day
    resolved = (
        (DutyKind.COORDINATE, Department.CIVIL_AFFAIRS, life.body(CIVIL)),
        (DutyKind.FUND, Department.FINANCE, life.department(Department.FINANCE)),
    )
    resolutions = tuple(
        Resolution(
            duty=life.new_id(),
            kind=kind,
            child=None,
            department=department,
            owner=owner,
            due=written(life.later(day, 120, 120)),
        )
        for kind, department, owner in resolved
    )
    held = HoldMeeting(
        meeting=life.new_id(),
        jurisdiction=life.place,
        participants=tuple(owner for *_, owner in resolved),
        minutes=life.document(),
        on=written(day),
        resolutions=resolutions,
    )
    life.tell(day, held, CIVIL)
    day = life.later(day, 20, 119)
    yield day
    for resolution in resolutions:
        done = FulfilDuty(
            duty=resolution.duty, on=written(day), document=life.document()
        )
        life.tell(day, done, CIVIL)
