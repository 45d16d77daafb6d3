"""Funds: totals are the sums of their events, and never fall below nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.accounts import Balance, balance
from events.duties import Consequence
from events.guardianship import Office
from events.matters import MatterStatus, status_of
from events.plans import FundClass, Guarantee
from registry.care_commands import (
    AllocateFund,
    PayFromFund,
    RecordMisuse,
    ReturnUnspent,
)
from registry.commands import Command
from registry.refusal import InvalidError, NotKnownError
from tests.registry.test_plans import ADDED, MADE, PAPER, PLAN
from tests.support.record import Record
from tests.support.registry import body, child_id
from tests.support.stories import BUREAU
from tests.support.telling import day

FUND = child_id("living allowances of 2022")
CIVIL = Office.CIVIL_AFFAIRS
ALLOCATED = AllocateFund(
    fund=FUND,
    jurisdiction="cn-320312",
    holder=body(BUREAU),
    guarantee=Guarantee.LIVING,
    beneficiaries=FundClass.DE_FACTO_UNATTENDED,
    amount=1_000_000,
    from_=day("2022-01-01"),
    until=day("2022-12-31"),
    on=day("2022-01-05"),
)
PAID = PayFromFund(fund=FUND, amount=150_000, plan=PLAN, item=1, on=day("2022-02-10"))
MISUSED = RecordMisuse(
    fund=FUND,
    amount=150_000,
    consequence=Consequence.DISCIPLINE,
    document=PAPER,
    on=day("2023-03-01"),
)
RETURNED = ReturnUnspent(fund=FUND, amount=850_000, on=day("2023-01-10"))


@pytest.fixture
def record() -> Record:
    told = Record()
    told.tell(MADE, CIVIL)
    told.tell(ALLOCATED, CIVIL)
    return told


def test_what_is_paid_returned_and_misused_adds_up(record: Record) -> None:
    assert record.tell(PAID, CIVIL).warnings == set()
    record.tell(RETURNED, CIVIL)
    record.tell(MISUSED, Office.PROCURATORATE)
    fund = record.matter("fund", FUND)
    assert status_of(fund) is MatterStatus.DONE
    assert balance(fund) == Balance(
        allocated=1_000_000, paid=150_000, returned=850_000, misused=150_000
    )
    assert balance(fund).left == 0


def test_money_for_another_purpose_or_time_is_recorded_and_warned_of(
    record: Record,
) -> None:
    record.tell(ADDED, CIVIL)
    told = record.tell(replace(PAID, item=2, on=day("2023-01-02")), CIVIL)
    assert told.warnings == {"paid_for_another_purpose", "paid_outside_its_span"}
    assert told.articles == {"MPL 8"}


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (ALLOCATED, "fund: is open already"),
        (replace(ALLOCATED, fund=PLAN, amount=-1), "amount: is 1 to"),
        (replace(ALLOCATED, fund=PLAN, until=day("2021")), "until: is not before"),
        (replace(PAID, amount=1_000_001), "amount: is at most the 1000000 fen"),
        (replace(PAID, item=None), "item: is given with its plan"),
        (replace(PAID, item=9), "item: is an item of the plan"),
        (RETURNED, "amount: is the 1000000 fen that are left"),
        (MISUSED, "amount: is at most the 0 fen paid"),
    ],
)
def test_an_account_that_does_not_add_up_is_sent_back(
    record: Record, command: Command, fault: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{fault}"):
        record.tell(command, CIVIL)


def test_a_closed_fund_pays_nothing(record: Record) -> None:
    record.tell(replace(RETURNED, amount=1_000_000), CIVIL)
    with pytest.raises(InvalidError, match=r"^fund: is closed"):
        record.tell(PAID, CIVIL)


def test_a_payment_for_an_unknown_plan_is_not_recorded(record: Record) -> None:
    with pytest.raises(NotKnownError):
        record.tell(replace(PAID, plan=FUND), CIVIL)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400_000)), max_size=12))
def test_whatever_is_asked_the_totals_are_the_sums_of_the_events(
    asked: list[tuple[bool, int]],
) -> None:
    record = Record()
    record.tell(ALLOCATED, CIVIL)
    paid = misused = 0
    for misuse, fen in asked:
        try:
            if misuse:
                record.tell(replace(MISUSED, amount=fen), CIVIL)
                misused += fen
            else:
                record.tell(replace(PAID, plan=None, item=None, amount=fen), CIVIL)
                paid += fen
        except InvalidError:
            room = paid - misused if misuse else ALLOCATED.amount - paid
            assert fen > room
        account = balance(record.matter("fund", FUND))
        assert (account.paid, account.misused) == (paid, misused)
        assert 0 <= account.misused <= account.paid <= account.allocated
        assert account.left == account.allocated - paid
