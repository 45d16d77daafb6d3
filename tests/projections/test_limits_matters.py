"""Days of duties, referrals, reports and absences stand among the limits."""

from __future__ import annotations

import random
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from events.cases import ApplicantClass
from events.conditions import Condition
from events.dates import PartialDate
from events.document import Document
from events.duties import DeclineReason, Department
from events.guardianship import AnnulReason, EndReason, Office, Way
from events.limits import LimitKind
from events.matters import MatterStatus, due_of, holder_of, status_of
from events.proceedings import Asked
from events.reports import ReportOutcome
from events.timeline import Role
from projections import limits_matters
from projections.limits import LimitsProjection
from projections.limits_rows import State
from projections.opened import OpenedEntry, open_stored
from projections.view import create
from registry.commands import (
    Command,
    CorrectSubmission,
    RecordDeath,
    ReinstateSubmission,
)
from registry.condition_commands import EndCondition, RecordCondition
from registry.matter_commands import (
    AcceptReferral,
    AnswerReport,
    AssignDuty,
    CompleteReferral,
    DeclineReferral,
    FulfilDuty,
    PassOnReferral,
)
from registry.refusal import Fault
from tests.projections.test_limits import Told, rows
from tests.projections.test_oracle import rebuilt_digest
from tests.registry.test_duties import (
    BREACHED,
    DUTY,
    FULFILLED,
    HELD,
    HOSPITAL,
    OPENED,
    SCHOOLS,
    UNOWNED,
)
from tests.registry.test_referrals import REFERRAL, made
from tests.registry.test_reports import REPORT, filed, received
from tests.support.record import AUTHORITY
from tests.support.registry import body, child_id, opened, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    application,
    end,
    establish,
    judgment,
    lost,
    outcome,
    start,
)
from tests.support.telling import day

CIVIL, COMMITTEE, POLICE = Office.CIVIL_AFFAIRS, Office.COMMITTEE, Office.POLICE
COURT = Office.COURT
PRISON = child_id("the father's sentence")
SHOWN = Document(sha256=bytes(32), media_type="application/pdf", size=900)


class Owed(Told):
    """A registry that is told acts of offices under the names they have in matters."""

    def act(self, command: Command, by: Office = COURT, *, lawful: bool = True) -> int:
        """Record an act, which must not be refused; return its position."""
        self._count += 1
        key = f"act {self._count}"
        receipt = submit(self.registry, submission(command, key, AUTHORITY[by], by))
        assert receipt.refused is None or not lawful, receipt.refused
        return receipt.position

    def days(self, kind: str, known_at: int | None = None) -> list[tuple[str, ...]]:
        """Return day, owner and state of the limits of a kind, in order of events."""
        found = sorted(self.terms(known_at), key=lambda t: t.number)
        return [(t.due, t.who, t.state) for t in found if t.kind == kind]


@pytest.fixture
def told(tmp_path: Path) -> Any:  # noqa: ANN401  a generator of one
    with opened(tmp_path) as registry:
        yield Owed(registry)


def test_a_duty_is_listed_with_its_owner_its_article_and_its_child(told: Owed) -> None:
    at = told.act(OPENED, CIVIL)
    (term,) = told.terms()
    assert (term.kind, term.who, term.due) == ("duty", SCHOOLS.id, "2022-06-01")
    assert (term.child, term.set_at, term.stream) == (CHILD, at, f"duty/{DUTY}")
    assert term.articles
    asked = told.registry.limits.limits
    assert asked(date(2022, 6, 1), overdue=True).terms == ()
    assert asked(date(2022, 6, 2), overdue=True, child=CHILD).terms == (term,)
    assert asked(date(2022, 6, 2), overdue=True, child=child_id("b")).terms == ()


def test_a_duty_moves_with_its_owner_and_a_breach_does_not_end_it(told: Owed) -> None:
    first = told.act(UNOWNED, CIVIL)
    given = AssignDuty(
        duty=DUTY, department=Department.HEALTH, owner=HOSPITAL, on=day("2022-05-10")
    )
    told.act(given, CIVIL)
    told.act(BREACHED, CIVIL)
    due = "2022-06-01"
    moved = [(due, "nobody", State.MOVED), (due, HOSPITAL.id, State.OPEN)]
    assert told.days("duty") == moved
    done = told.act(replace(FULFILLED, on=day("2022-07-01")), CIVIL)
    assert told.days("duty")[1] == (due, HOSPITAL.id, State.MET)
    assert told.days("duty", done - 1) == moved
    assert told.days("duty", first) == [(due, "nobody", State.OPEN)]


def test_a_fulfilment_that_was_none_opens_the_duty_again(told: Owed) -> None:
    opened_at = told.act(OPENED, CIVIL)
    done = told.act(FULFILLED, CIVIL)
    wrong = AnnulReason.NEVER_HAPPENED
    told.act(CorrectSubmission(position=done, reason=wrong, replacement=None), CIVIL)
    assert [state for *_, state in told.days("duty")] == [State.OPEN]
    told.act(ReinstateSubmission(position=done), CIVIL)
    assert [state for *_, state in told.days("duty")] == [State.MET]
    told.act(
        CorrectSubmission(position=opened_at, reason=wrong, replacement=None), CIVIL
    )
    assert [state for *_, state in told.days("duty")] == [State.WITHDRAWN]


def test_a_referral_is_owed_by_whoever_holds_it(told: Owed) -> None:
    told.act(made(), COMMITTEE)
    (first,) = told.days("referral")
    told.act(AcceptReferral(referral=REFERRAL, on=day("2022-05-02")), CIVIL)
    assert told.days("referral") == [first]
    later = PassOnReferral(
        referral=REFERRAL,
        to=body(AUTHORITY[POLICE]),
        on=day("2022-05-03"),
        due=day("2022-07-01"),
    )
    told.act(later, CIVIL)
    reason = DeclineReason.NOT_COMPETENT
    told.act(
        DeclineReferral(referral=REFERRAL, reason=reason, on=day("2022-05-04")), POLICE
    )
    found = told.days("referral")
    assert [who for _, who, _ in found] == [
        BUREAU,
        AUTHORITY[POLICE],
        AUTHORITY[COMMITTEE],
    ]
    assert [due for due, *_ in found[1:]] == ["2022-07-01"] * 2
    done = CompleteReferral(referral=REFERRAL, on=day("2022-05-05"), document=None)
    told.act(done, COMMITTEE)
    states = [state for *_, state in told.days("referral")]
    assert states == [State.MOVED, State.MOVED, State.MET]


def test_a_report_is_to_be_answered_by_its_day(told: Owed) -> None:
    told.act(filed(), COMMITTEE)
    assert told.days("report") == []
    told.act(received(), CIVIL)
    ((_, who, state),) = told.days("report")
    assert (who, state) == (BUREAU, State.OPEN)
    helped = ReportOutcome.HELPED
    told.act(AnswerReport(report=REPORT, outcome=helped, on=received().on), CIVIL)
    assert [state for *_, state in told.days("report")] == [State.MET]


def test_a_meetings_duties_are_listed_each_with_its_owner(told: Owed) -> None:
    told.act(HELD, CIVIL)
    assert {who for _, who, _ in told.days("duty")} == {
        resolution.owner.id for resolution in HELD.resolutions
    }


def absences(told: Owed, known_at: int | None = None) -> list[State]:
    return told.state(LimitKind.ABSENCE, known_at)


def test_a_guardian_away_for_six_months_is_a_day_of_civil_affairs(told: Owed) -> None:
    told.act(lost(FATHER, "2022-08-31"), POLICE)
    (term,) = told.terms()
    assert (term.kind, term.who) == (LimitKind.ABSENCE, "civil_affairs")
    assert (term.due, term.at_the_earliest) == ("2023-02-28", False)
    assert "民发〔2019〕62号" in term.articles
    assert term.overdue(date(2023, 3, 1))


@pytest.mark.parametrize(
    ("act", "by"),
    [
        (lost(FATHER, "2022-12-01", found=True), POLICE),
        (
            application(
                Asked.DISQUALIFY, ApplicantClass.CIVIL_AFFAIRS, "2023-01-01", FATHER
            ),
            CIVIL,
        ),
        (judgment("2023-01-01", outcome(disqualified=(FATHER,))), COURT),
        (
            start(Role.STATE_TEMPORARY_GUARDIAN, "2023-01-01", body(BUREAU), limb=2),
            CIVIL,
        ),
        (establish(Way.LONG_TERM, "2023-02-01", body(BUREAU), limb=1), CIVIL),
        (end(EndReason.GUARDIAN_DIED, "2023-01-01", FATHER), POLICE),
        (OPENED, CIVIL),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_absence_ends_when_he_is_found_or_somebody_sees_to_the_child(
    told: Owed, act: Command, by: Office
) -> None:
    told.act(lost(FATHER, "2022-08-31"), POLICE)
    at = told.act(act, by)
    assert absences(told) == [State.MET]
    assert absences(told, at - 1) == [State.OPEN]


def test_another_guardians_return_ends_no_absence(told: Owed) -> None:
    told.act(lost(FATHER, "2022-08-31"), POLICE)
    told.act(lost(MOTHER, "2022-10-31"), POLICE)
    told.act(lost(MOTHER, "2022-12-01", found=True), POLICE)
    assert absences(told) == [State.OPEN, State.MET]


def test_a_return_is_of_the_absence_before_it_whichever_is_told_first(
    told: Owed,
) -> None:
    told.act(lost(FATHER, "2022-12-01", found=True), POLICE)
    told.act(lost(FATHER, "2022-08-31"), POLICE)
    assert absences(told) == [State.MET]
    told.act(lost(FATHER, "2023-05-01"), POLICE)
    assert absences(told) == [State.MET, State.OPEN]
    told.act(lost(FATHER, "2023-04-01", found=True), POLICE)
    assert absences(told)[1] is State.OPEN


def test_an_imprisonment_counts_after_six_months_and_names_no_child_in_a_header(
    told: Owed,
) -> None:
    begun = RecordCondition(
        condition=PRISON,
        what=Condition.IMPRISONED,
        child=CHILD,
        jurisdiction="cn-320312",
        who=FATHER,
        grade=None,
        mental=False,
        on=day("2022-03-01"),
        evidence=SHOWN,
    )
    told.act(begun, CIVIL)
    (term,) = told.terms()
    assert (term.kind, term.due, term.child) == ("absence", "2022-09-01", CHILD)
    told.act(EndCondition(condition=PRISON, on=day("2022-08-01")), CIVIL)
    assert absences(told) == [State.MET]


def test_with_the_ward_the_absence_ends_that_concerned_it(told: Owed) -> None:
    told.act(lost(FATHER, "2022-08-31"), POLICE)
    told.act(RecordDeath(person=CHILD, on=day("2022-10-01")), POLICE)
    assert absences(told) == [State.WITHDRAWN]


def test_an_unreadable_entry_that_names_no_child_is_told_with_every_answer(
    told: Owed,
) -> None:
    at = told.act(OPENED, CIVIL)
    found = told.registry.limits.limits(date(2022, 6, 1))
    assert (found.unreadable, found.unreadable_entries) == ((), ())
    with closing(create(Path(":memory:"), LimitsProjection())) as connection:
        stored = told.registry.log.read(at - 1, 1)[0]
        opened_entry = open_stored(stored)._replace(events=[], unreadable=())
        LimitsProjection().folding(connection, whole=True)([opened_entry])
        kept = connection.execute("SELECT * FROM quarantine").fetchall()
    assert kept == [("", at)]


def matter_acts(chance: random.Random, head: int) -> tuple[Command, Office]:
    duty = child_id(f"duty {chance.randint(1, 3)}")
    referral = child_id(f"referral {chance.randint(1, 3)}")
    on = day(f"2022-{chance.randint(5, 12):02}-{chance.randint(1, 28):02}")
    to = chance.choice((HOSPITAL, body(BUREAU), body(AUTHORITY[POLICE])))
    wrong = AnnulReason.WRONG_CONTENT
    back = chance.randint(1, head)
    office = chance.choice((CIVIL, POLICE, COMMITTEE))
    taken: list[tuple[Command, Office]] = [
        (replace(OPENED, duty=duty, owner=chance.choice((None, to))), CIVIL),
        (AssignDuty(duty=duty, department=Department.HEALTH, owner=to, on=on), CIVIL),
        (FulfilDuty(duty=duty, on=on, document=None), CIVIL),
        (replace(made(), referral=referral, to=to), COMMITTEE),
        (PassOnReferral(referral=referral, to=to, on=on, due=on), office),
        (
            DeclineReferral(
                referral=referral, reason=DeclineReason.NOT_COMPETENT, on=on
            ),
            office,
        ),
        (CompleteReferral(referral=referral, on=on, document=None), office),
        (CorrectSubmission(position=back, reason=wrong, replacement=None), office),
        (ReinstateSubmission(position=back), office),
    ]
    return chance.choice(taken)


def test_after_every_act_each_matter_has_the_day_that_its_own_fold_says(
    told: Owed, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(20220501)  # noqa: S311  a history, no key
    for _ in range(250):
        head = told.registry.log.head().position
        act, by = matter_acts(chance, head)
        with suppress(Fault):
            told.act(act, by, lawful=False)
        _as_the_matters_say(told)
    entries = told.registry.log.read(0, 1_000)
    assert told.registry.limits.digest() == rebuilt_digest(LimitsProjection(), entries)
    states = {state for *_, state in told.days("duty") + told.days("referral")}
    assert states == set(State)
    for remembered in (limits_matters.REMEMBERED, 1):
        monkeypatch.setattr(limits_matters, "REMEMBERED", remembered)
        _kept_as_rebuilt([open_stored(entry) for entry in entries])


def _kept_as_rebuilt(entries: list[OpenedEntry]) -> None:
    """Compare the rows of entries applied one by one with those of all at once."""
    with closing(create(Path(":memory:"), LimitsProjection())) as kept:
        apply = LimitsProjection().folding(kept, whole=False)
        for entry in entries:
            apply([entry])
        with closing(create(Path(":memory:"), LimitsProjection())) as whole:
            LimitsProjection().folding(whole, whole=True)(entries)
            assert rows(kept) == rows(whole)


def _as_the_matters_say(told: Owed) -> None:
    """Compare what is open with the other projection, which folds by itself."""
    found = told.registry.matters.matters("cn-320312", date(2022, 6, 1)).matters
    wanted: dict[str, tuple[PartialDate, str]] = {}
    for one in found:
        due, holder = due_of(one.state), holder_of(one.state)
        if due is not None and status_of(one.state) is not MatterStatus.DONE:
            wanted[one.stream] = due, holder.id if holder else "nobody"
    live: dict[str, tuple[PartialDate, str]] = {
        term.stream: (term.due, term.who)
        for term in told.terms()
        if term.state is State.OPEN
    }
    assert live == wanted
