"""Guarantees, funds and houses as known: sums of their events, on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.accounts import Balance
from events.dates import PartialDate
from events.guardianship import Office
from events.homes import Defect
from events.matters import Matter
from events.plans import Cadence, FundClass, Guarantee
from events.residents import Measure
from projections.care import (
    FundAccount,
    ItemAccount,
    KnownDefect,
    funds,
    guarantees,
    house,
)
from projections.matters import KnownMatter, judged
from registry.care_commands import (
    EndGuarantee,
    PayFromFund,
)
from registry.home_commands import FixCapacity
from tests.registry.test_funds import ALLOCATED, FUND
from tests.registry.test_homes import (
    ANSWERED,
    COMPLAINT,
    FOUND,
    GIVEN,
    HOME,
    HOUSE,
    HURT,
    INCIDENT,
    REGISTERED,
    STAY,
    TAKEN,
    TREATED,
    USED,
)
from tests.registry.test_homes import MADE as COMPLAINED
from tests.registry.test_plans import MADE, MISSED, MONEY, OVER, PAID, PLAN
from tests.support.record import Record
from tests.support.registry import child_id
from tests.support.telling import day

CIVIL, WELFARE = Office.CIVIL_AFFAIRS, Office.WELFARE_INSTITUTION


def known(record: Record, *streams: str, on: str = "2022-06-15") -> list[KnownMatter]:
    loaded: list[tuple[str, Matter]] = []
    for stream in streams:
        kind, _, name = stream.partition("/")
        loaded.append((stream, record.matter(kind, name)))
    return list(
        judged(
            [(stream, state, ()) for stream, state in loaded], date.fromisoformat(on)
        )
    )


def account(record: Record, on: str) -> ItemAccount:
    as_of = date.fromisoformat(on)
    return guarantees(known(record, f"plan/{PLAN}", on=on), as_of)[0]


@pytest.fixture
def planned() -> Record:
    record = Record()
    record.tell(MADE, CIVIL)
    return record


@pytest.mark.parametrize(
    ("on", "due", "overdue"),
    [
        ("2022-01-31", 0, []),
        ("2022-02-01", 1, []),
        ("2022-02-28", 1, []),
        ("2022-03-01", 2, ["2022-02-01"]),
        ("2022-04-01", 3, ["2022-02-01", "2022-03-01"]),
    ],
)
def test_a_month_is_overdue_when_it_is_over_and_nothing_is_said_of_it(
    planned: Record, on: str, due: int, overdue: list[str]
) -> None:
    found = account(planned, on)
    assert found.due == due
    assert [day.isoformat() for day in found.overdue] == overdue


def test_what_was_delivered_late_or_missed_is_overdue_no_more(planned: Record) -> None:
    planned.tell(replace(PAID, on=day("2022-05-20")), CIVIL)
    planned.tell(MISSED, CIVIL)
    found = account(planned, "2022-05-20")
    assert (found.due, found.delivered, found.missed) == (4, 1, 1)
    assert [one.isoformat() for one in found.overdue] == ["2022-04-01"]
    assert found.paid_fen == 150_000


def test_what_was_missed_and_made_good_later_counts_as_delivered(
    planned: Record,
) -> None:
    planned.tell(MISSED, CIVIL)
    march = replace(PAID, from_=MISSED.from_, until=MISSED.until, on=day("2022-06-01"))
    planned.tell(march, CIVIL)
    found = account(planned, "2022-06-01")
    assert (found.delivered, found.missed) == (1, 0)


def test_nothing_is_due_after_the_end_of_the_item_or_the_plan(planned: Record) -> None:
    planned.tell(EndGuarantee(plan=PLAN, item=1, on=day("2022-04-01")), CIVIL)
    found = account(planned, "2030-01-01")
    assert (found.due, found.open) == (2, False)
    whole = Record()
    whole.tell(MADE, CIVIL)
    whole.tell(OVER, CIVIL)
    assert account(whole, "2030-01-01").due == 16


CADENCES = st.sampled_from(list(Cadence))
DAYS = st.dates(date(2021, 1, 1), date(2023, 12, 31))


@settings(max_examples=80, deadline=None)
@given(CADENCES, DAYS, DAYS, st.lists(st.tuples(DAYS, st.booleans()), max_size=8))
def test_every_span_is_delivered_missed_overdue_or_running(
    cadence: Cadence, first: date, as_of: date, told: list[tuple[date, bool]]
) -> None:
    item = replace(MONEY, cadence=cadence, from_=PartialDate(first.isoformat()))
    record = Record()
    began = PartialDate("2020-01-01")
    record.tell(replace(MADE, items=(item,), on=began), CIVIL)
    for from_, given_ in told:
        from_day = PartialDate(from_.isoformat())
        until = PartialDate((from_ + timedelta(days=1)).isoformat())
        on = day("2024-01-01")
        if given_:
            record.tell(replace(PAID, from_=from_day, until=until, on=on), CIVIL)
        else:
            record.tell(replace(MISSED, from_=from_day, until=until, on=on), CIVIL)
    found = account(record, as_of.isoformat())
    running = found.due - found.delivered - found.missed - len(found.overdue)
    assert running in {0, 1}
    assert (found.due > 0) == (first <= as_of)


def test_totals_of_a_place_are_the_sums_of_its_funds() -> None:
    record, other, third = Record(), child_id("second fund"), child_id("school fund")
    record.tell(ALLOCATED, CIVIL)
    record.tell(replace(ALLOCATED, fund=other, until=day("2022-05-31")), CIVIL)
    schools = replace(ALLOCATED, fund=third, guarantee=Guarantee.EDUCATION, amount=7)
    record.tell(schools, CIVIL)
    for fund, fen in ((FUND, 10), (other, 20), (FUND, 30)):
        paid = PayFromFund(
            fund=fund, amount=fen, plan=None, item=None, on=day("2022-03")
        )
        record.tell(paid, CIVIL)
    streams = [f"fund/{fund}" for fund in (FUND, other, third)]
    found = {
        one.guarantee: one for one in funds(known(record, *streams), date(2022, 6, 1))
    }
    assert found[Guarantee.LIVING] == FundAccount(
        guarantee=Guarantee.LIVING,
        beneficiaries=FundClass.DE_FACTO_UNATTENDED,
        funds=2,
        account=Balance(allocated=2_000_000, paid=60),
        unspent=999_980,
    )
    assert found[Guarantee.EDUCATION].account.left == 7


def test_a_house_answers_in_four_directions() -> None:
    record = Record()
    for command, by, authority in (
        (REGISTERED, CIVIL, ""),
        (GIVEN, WELFARE, ""),
        (USED, WELFARE, ""),
        (FOUND, CIVIL, ""),
        (TAKEN, WELFARE, ""),
        (FixCapacity(home=HOME, capacity=1, on=day("2022-02-01")), CIVIL, ""),
        (replace(TAKEN, stay=child_id("second stay")), WELFARE, ""),
        (HURT, WELFARE, ""),
        (TREATED, WELFARE, ""),
        (COMPLAINED, WELFARE, ""),
        (replace(COMPLAINED, complaint=child_id("cold soup")), CIVIL, ""),
        (ANSWERED, WELFARE, HOUSE.id),
    ):
        record.tell(command, by, authority)
    streams = [
        f"stay/{STAY}",
        f"stay/{child_id('second stay')}",
        f"incident/{INCIDENT}",
        f"complaint/{COMPLAINT}",
        f"complaint/{child_id('cold soup')}",
    ]
    about = known(record, *streams, on="2022-05-15")
    found = house(record.matter("home", HOME), about, date(2022, 5, 15))
    assert (found.residents, found.capacity, found.overcrowded) == (2, 1, True)
    assert found.reviews_overdue == (streams[0], streams[1])
    assert found.incidents_open == (streams[2],)
    assert (found.complaints, found.answered_in_time, found.answered_late) == (2, 1, 0)
    assert found.complaints_overdue == (streams[4],)
    assert (found.inspections, found.given_fen, found.used_fen) == (1, 50_000, 20_000)
    assert found.defects == (
        KnownDefect(
            defect=1, kind=Defect.STAFFING, due=date(2022, 6, 1), overdue=False
        ),
        KnownDefect(defect=2, kind=Defect.FILES, due=date(2022, 4, 1), overdue=True),
    )
    record.tell(replace(TREATED, measure=Measure.CLOSED), CIVIL)
    about = known(record, streams[2])
    assert (
        house(record.matter("home", HOME), about, date(2022, 6, 15)).incidents_open
        == ()
    )
