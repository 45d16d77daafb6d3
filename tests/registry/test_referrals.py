"""Referrals: exactly one body holds each, at every moment, until it is done."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.duties import DeclineReason, DutyKind
from events.guardianship import Office
from events.matters import MatterStatus, due_of, holder_of, status_of
from events.timeline import Holder
from registry.matter_commands import (
    AcceptReferral,
    CompleteReferral,
    DeclineReferral,
    MakeReferral,
    PassOnReferral,
    ReferralCommand,
)
from registry.refusal import InvalidError, NotKnownError
from tests.support.record import POLICE_STATION, VILLAGE, Record
from tests.support.registry import body, child_id, person
from tests.support.stories import BUREAU, CHILD
from tests.support.telling import day

REFERRAL = child_id("the village refers a child")
THE_BUREAU = body(BUREAU)
OFFICES = {
    VILLAGE: Office.COMMITTEE,
    BUREAU: Office.CIVIL_AFFAIRS,
    POLICE_STATION: Office.POLICE,
}


def made(to: Holder = THE_BUREAU) -> MakeReferral:
    return MakeReferral(
        referral=REFERRAL,
        kind=DutyKind.TEMPORARY_GUARDIANSHIP,
        child=CHILD,
        jurisdiction="cn-320312",
        to=to,
        on=day("2022-03-01"),
        due=day("2022-04-01"),
    )


def accepted(on: str = "2022-03-05") -> AcceptReferral:
    return AcceptReferral(referral=REFERRAL, on=day(on))


def declined(on: str = "2022-03-06") -> DeclineReferral:
    reason = DeclineReason.OTHER_JURISDICTION
    return DeclineReferral(referral=REFERRAL, reason=reason, on=day(on))


def passed(to: str = POLICE_STATION, on: str = "2022-03-07") -> PassOnReferral:
    return PassOnReferral(referral=REFERRAL, to=body(to), on=day(on), due=None)


def done(on: str = "2022-03-20") -> CompleteReferral:
    return CompleteReferral(referral=REFERRAL, on=day(on), document=None)


@pytest.fixture
def record() -> Record:
    told = Record()
    told.tell(made(), Office.COMMITTEE)
    return told


def held(record: Record) -> str:
    holder = holder_of(record.matter("referral", REFERRAL))
    assert holder is not None
    return holder.id


def status(record: Record) -> MatterStatus:
    return status_of(record.matter("referral", REFERRAL))


def test_it_is_held_by_whom_it_was_made_to(record: Record) -> None:
    assert (held(record), status(record)) == (BUREAU, MatterStatus.OPEN)


def test_it_is_accepted_and_done(record: Record) -> None:
    record.tell(accepted(), Office.CIVIL_AFFAIRS)
    assert status(record) is MatterStatus.TAKEN_UP
    record.tell(done(), Office.CIVIL_AFFAIRS)
    assert (held(record), status(record)) == (BUREAU, MatterStatus.DONE)


def test_a_declined_referral_is_its_makers_again(record: Record) -> None:
    record.tell(declined(), Office.CIVIL_AFFAIRS)
    assert (held(record), status(record)) == (VILLAGE, MatterStatus.DECLINED)
    with pytest.raises(InvalidError, match="pass it on"):
        record.tell(declined("2022-03-08"), Office.COMMITTEE)
    record.tell(passed(), Office.COMMITTEE)
    assert (held(record), status(record)) == (POLICE_STATION, MatterStatus.OPEN)


def test_passed_on_it_has_the_day_that_was_said_then(record: Record) -> None:
    record.tell(passed(), Office.CIVIL_AFFAIRS)
    assert due_of(record.matter("referral", REFERRAL)) is None


@pytest.mark.parametrize(
    "command",
    [accepted(), declined(), passed(), done()],
    ids=lambda command: type(command).__name__,
)
def test_nobody_but_its_holder_acts_on_it(
    record: Record, command: ReferralCommand
) -> None:
    refused = record.refused(command, Office.COMMITTEE)
    assert (refused.reason, refused.instead) == (
        "not_the_holder",
        "record_by_the_holder",
    )


@pytest.mark.parametrize(
    "command",
    [accepted(), declined(), passed(), done()],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_to_one_that_was_not_made_or_is_done(
    record: Record, command: ReferralCommand
) -> None:
    with pytest.raises(NotKnownError, match=REFERRAL):
        Record().tell(command, Office.CIVIL_AFFAIRS)
    record.tell(done(), Office.CIVIL_AFFAIRS)
    with pytest.raises(InvalidError, match="is done already"):
        record.tell(command, Office.CIVIL_AFFAIRS)


@pytest.mark.parametrize(
    ("command", "late"),
    [
        (accepted("2022-04-01"), False),
        (accepted("2022-04-02"), True),
        (declined("2022-04-02"), True),
        (passed(on="2022-04-02"), True),
        (done("2022-04-02"), True),
    ],
    ids=str,
)
def test_acting_after_the_day_that_was_set_is_warned_of(
    record: Record, command: ReferralCommand, late: bool
) -> None:
    told = record.tell(command, Office.CIVIL_AFFAIRS)
    assert told.warnings == ({"acted_late"} if late else set())


def test_it_is_accepted_once_made_once_and_goes_to_another_body(
    record: Record,
) -> None:
    with pytest.raises(InvalidError, match="open already"):
        record.tell(made(), Office.COMMITTEE)
    record.tell(accepted(), Office.CIVIL_AFFAIRS)
    with pytest.raises(InvalidError, match="accepted already"):
        record.tell(accepted(), Office.CIVIL_AFFAIRS)
    with pytest.raises(InvalidError, match="another body"):
        record.tell(passed(BUREAU), Office.CIVIL_AFFAIRS)
    for to, rule in ((body(VILLAGE), "another body"), (person("x"), "is a body")):
        with pytest.raises(InvalidError, match=rule):
            Record().tell(made(to), Office.COMMITTEE)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(OFFICES)),
        st.one_of(
            st.just(accepted()),
            st.just(declined()),
            st.just(done()),
            st.sampled_from(sorted(OFFICES)).map(passed),
        ),
    ),
    max_size=12,
)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_exactly_one_body_holds_it_after_every_act_of_anybody(
    steps: list[tuple[str, ReferralCommand]],
) -> None:
    """Whatever is tried: only the holder's act counts, and it is never dropped."""
    record = Record()
    record.tell(made(), Office.COMMITTEE)
    for authority, command in steps:
        holder, before = held(record), status(record)
        taken = False
        if authority != holder and before is not MatterStatus.DONE:
            record.refused(command, OFFICES[authority], authority)
        else:
            try:
                record.tell(command, OFFICES[authority], authority)
                taken = True
            except InvalidError:
                pass
        now = held(record)
        assert now in OFFICES
        if not taken:
            assert (now, status(record)) == (holder, before)
        elif isinstance(command, PassOnReferral):
            assert now == command.to.id
        elif isinstance(command, DeclineReferral):
            assert now == VILLAGE
        else:
            assert now == holder
