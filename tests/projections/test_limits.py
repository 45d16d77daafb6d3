"""Limits: opened by an event, ended by an event, overdue by their dates alone."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from events.cases import (
    ApplicantClass,
    ApplicationAccepted,
    TrialLimitMoved,
    TrialLimitReason,
)
from events.codec import EVENTS
from events.dates import PartialDate
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    AnnulReason,
    EndReason,
    Office,
    Way,
)
from events.limits import FIRST_DAYS, LimitKind
from events.proceedings import (
    Asked,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
    TemporaryEnd,
)
from events.timeline import Role
from projections.limits import LimitsProjection, State, Term
from projections.opened import OpenedEntry, open_stored
from projections.view import create
from registry.bootstrap import Registry
from registry.commands import (
    AcceptApplication,
    Command,
    CorrectSubmission,
    DesignateGuardian,
    MoveTrialLimit,
    RecordDeath,
    ReinstateSubmission,
    WithdrawApplication,
)
from registry.refusal import Fault
from tests.projections.test_oracle import rebuilt_digest
from tests.support.registry import body, child_id, opened, person, submission, submit
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    application,
    asks_protection,
    born,
    decides_protection,
    designate,
    end,
    establish,
    judgment,
    lost,
    outcome,
    start,
    stop,
)
from tests.support.telling import day

GRANDMOTHER = person("tongshan grandmother")
AUNT = person("tongshan aunt")
COURT, CIVIL, COMMITTEE = Office.COURT, Office.CIVIL_AFFAIRS, Office.COMMITTEE
LATER = child_id("tongshan case of 2024")
WHEN = date(2030, 1, 1)


class Told:
    """A registry that is told acts, with what is known of their limits."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._count = 0
        self.act(born(CHILD, "2015-10-01", FATHER, MOTHER), Office.POLICE)

    def act(self, command: Command, by: Office = COURT, *, lawful: bool = True) -> int:
        """Record an act, which must not be refused; return its position."""
        self._count += 1
        who = BUREAU if by is CIVIL else f"tongshan-{by.value.replace('_', '-')}"
        key = f"act {self._count}"
        receipt = submit(self.registry, submission(command, key, who, by))
        assert receipt.refused is None or not lawful, receipt.refused
        return receipt.position

    def terms(self, known_at: int | None = None) -> list[Term]:
        """Return every limit, ended ones too."""
        found = self.registry.limits.limits(WHEN, known_at, ended=True)
        return list(found.terms)

    def state(self, kind: LimitKind, known_at: int | None = None) -> list[State]:
        """Return the states of the limits of a kind."""
        return [t.state for t in self.terms(known_at) if t.kind == kind]


@pytest.fixture
def told(tmp_path: Path) -> Any:  # noqa: ANN401  a generator of one
    with opened(tmp_path) as registry:
        yield Told(registry)


def sue(told: Told, case: str = CASE, on: str = "2022-03-01") -> int:
    who = GRANDMOTHER
    asked = Asked.DISQUALIFY
    standing = ApplicantClass.GRANDPARENT
    told.act(application(asked, standing, on, FATHER, who=who, case=case))
    return told.act(AcceptApplication(case=case, on=day(on)))


def test_a_judgment_concludes_the_trial_and_what_was_known_before_stays(
    told: Told,
) -> None:
    docketed = sue(told)
    at = told.act(judgment("2022-03-20", outcome(dismissed=(FATHER,))))
    (term,) = [t for t in told.terms() if t.kind == LimitKind.TRIAL]
    assert (term.state, term.changed_at, term.by_stream) == (
        State.MET,
        at,
        f"case/{CASE}",
    )
    assert term.who == "tongshan-court"
    assert told.state(LimitKind.TRIAL, docketed) == [State.OPEN]
    assert told.state(LimitKind.TRIAL, docketed - 1) == []


def test_an_annulled_judgment_opens_the_trial_again_and_reinstated_ends_it(
    told: Told,
) -> None:
    sue(told)
    at = told.act(judgment("2022-03-20", outcome(dismissed=(FATHER,))))
    wrong = AnnulReason.WRONG_CASE
    annulled = told.act(CorrectSubmission(position=at, reason=wrong, replacement=None))
    assert told.state(LimitKind.TRIAL) == [State.OPEN]
    told.act(ReinstateSubmission(position=at))
    assert told.state(LimitKind.TRIAL) == [State.MET]
    assert told.state(LimitKind.TRIAL, at) == [State.MET]
    assert told.state(LimitKind.TRIAL, annulled) == [State.OPEN]


def test_a_limit_goes_with_the_act_that_opened_it_and_comes_back_with_it(
    told: Told,
) -> None:
    docketed = sue(told)
    wrong = AnnulReason.NEVER_HAPPENED
    told.act(CorrectSubmission(position=docketed, reason=wrong, replacement=None))
    assert told.state(LimitKind.TRIAL) == [State.WITHDRAWN]
    told.act(ReinstateSubmission(position=docketed))
    assert told.state(LimitKind.TRIAL) == [State.OPEN]


def test_an_annulled_opening_stays_withdrawn_when_what_had_ended_it_goes_too(
    told: Told,
) -> None:
    docketed = sue(told)
    decided = told.act(judgment("2022-03-20", outcome(dismissed=(FATHER,))))
    wrong = AnnulReason.NEVER_HAPPENED
    for position in (docketed, decided):
        told.act(CorrectSubmission(position=position, reason=wrong, replacement=None))
    assert told.state(LimitKind.TRIAL) == [State.WITHDRAWN]


def test_civil_affairs_owes_an_application_until_somebody_applies(told: Told) -> None:
    sue(told)
    told.act(WithdrawApplication(case=CASE, on=day("2022-03-10")))
    (term,) = [t for t in told.terms() if t.kind == LimitKind.LAST_RESORT]
    assert (term.who, term.state) == ("civil_affairs", State.OPEN)
    sue(told, LATER, "2022-03-15")
    assert told.state(LimitKind.LAST_RESORT) == [State.MET]
    assert told.state(LimitKind.TRIAL) == [State.MET, State.OPEN]


STATE = Role.STATE_TEMPORARY_GUARDIAN


def taken(told: Told) -> int:
    """Civil affairs takes the child from parents who harm it; return that version."""
    told.act(start(STATE, "2022-05-10", body(BUREAU), limb=6), CIVIL)
    (version,) = {t.version for t in told.terms() if t.kind == LimitKind.LAST_RESORT}
    return version


def test_civil_affairs_owes_an_application_for_a_child_that_it_took(
    told: Told,
) -> None:
    taken(told)
    assert told.state(LimitKind.LAST_RESORT) == [State.OPEN]
    sue(told, on="2022-05-20")
    assert told.state(LimitKind.LAST_RESORT) == [State.MET]


def test_a_judgment_of_whose_application_nothing_is_known_meets_the_duty(
    told: Told,
) -> None:
    taken(told)
    at = told.act(judgment("2022-06-20", outcome(dismissed=(FATHER,))))
    assert told.state(LimitKind.LAST_RESORT) == [State.MET]
    wrong = AnnulReason.WRONG_CASE
    told.act(CorrectSubmission(position=at, reason=wrong, replacement=None))
    assert told.state(LimitKind.LAST_RESORT) == [State.OPEN]


def test_a_judgment_told_before_the_child_was_taken_meets_the_duty_too(
    told: Told,
) -> None:
    told.act(judgment("2022-06-20", outcome(dismissed=(FATHER,))))
    taken(told)
    assert told.state(LimitKind.LAST_RESORT) == [State.MET]


def test_no_application_is_owed_for_a_child_that_was_returned(told: Told) -> None:
    started = taken(told)
    back = stop(started, "2022-05-25", TemporaryEnd.RETURNED, assessed="2022-05-24")
    at = told.act(back, CIVIL)
    assert told.state(LimitKind.LAST_RESORT) == [State.WITHDRAWN]
    wrong = AnnulReason.NEVER_HAPPENED
    told.act(CorrectSubmission(position=at, reason=wrong, replacement=None), CIVIL)
    assert told.state(LimitKind.LAST_RESORT) == [State.OPEN]


def disqualified(told: Told) -> None:
    sue(told)
    gone = outcome(disqualified=(FATHER, MOTHER), designated=(GRANDMOTHER,))
    told.act(judgment("2022-03-20", gone))


def windows(told: Told) -> list[tuple[str, State]]:
    opens, closes = LimitKind.RESTORATION_OPENS, LimitKind.RESTORATION_CLOSES
    return [(t.who, t.state) for t in told.terms() if t.kind in {opens, closes}]


def test_one_parents_application_meets_his_window_and_not_the_others(
    told: Told,
) -> None:
    disqualified(told)
    assert {state for _, state in windows(told)} == {State.OPEN}
    asked = application(
        Asked.RESTORE, ApplicantClass.PARENT, "2022-08-01", who=FATHER, case=LATER
    )
    told.act(asked)
    assert windows(told).count((FATHER.id, State.MET)) == 2
    assert windows(told).count((MOTHER.id, State.OPEN)) == 2


def test_a_restored_parent_leaves_nothing_to_wait_for(told: Told) -> None:
    disqualified(told)
    restored = outcome(restored=(FATHER,), designated=())
    told.act(judgment("2022-09-01", restored, case=LATER))
    adoption = told.state(LimitKind.ADOPTION_OPENS)
    assert sorted(adoption) == [State.OPEN, State.WITHDRAWN]


def test_an_objection_in_time_meets_its_limit(told: Told) -> None:
    for who in (FATHER, MOTHER):
        told.act(RecordDeath(person=who.id, on=day("2022-01-01")), Office.POLICE)
    told.act(designate("2022-02-01", AUNT, notified="2022-02-01"), CIVIL)
    assert told.state(LimitKind.OBJECTION) == [State.OPEN]
    objection = application(
        Asked.OBJECT, ApplicantClass.GRANDPARENT, "2022-02-20", who=GRANDMOTHER
    )
    told.act(objection)
    assert told.state(LimitKind.OBJECTION) == [State.MET]


def cover(told: Told) -> int:
    """Civil affairs guards for a while; returns the version of that fact."""
    for who in (FATHER, MOTHER):
        told.act(RecordDeath(person=who.id, on=day("2022-01-01")), Office.POLICE)
    role = Role.STATE_TEMPORARY_GUARDIAN
    told.act(start(role, "2022-01-02", body(BUREAU), limb=2, until="2022-07"), CIVIL)
    (version,) = {t.version for t in told.terms() if t.stream == f"child/{CHILD}"}
    return version


def test_an_ended_cover_meets_its_year_and_its_expected_end(told: Told) -> None:
    version = cover(told)
    both = (LimitKind.TEMPORARY_GUARDIANSHIP, LimitKind.EXPECTED_END)
    assert [told.state(kind) for kind in both] == [[State.OPEN], [State.OPEN]]
    told.act(stop(version, "2022-06-01", TemporaryEnd.HANDED_TO_KIN), CIVIL)
    assert [told.state(kind) for kind in both] == [[State.MET], [State.MET]]


def test_a_long_term_guardianship_ends_the_cover_before_it(told: Told) -> None:
    cover(told)
    told.act(establish(Way.LONG_TERM, "2022-05-01", body(BUREAU), limb=2), CIVIL)
    assert told.state(LimitKind.TEMPORARY_GUARDIANSHIP) == [State.MET]


def test_with_the_ward_everything_ends_that_was_owed_to_it(told: Told) -> None:
    disqualified(told)
    told.act(RecordDeath(person=CHILD, on=day("2022-05-01")), Office.POLICE)
    mine = [t.state for t in told.terms() if t.child == CHILD]
    assert mine
    assert set(mine) == {State.WITHDRAWN}


def test_an_adoption_meets_the_day_from_which_it_is_open(told: Told) -> None:
    disqualified(told)
    told.act(end(EndReason.ADOPTION, "2023-06-01", GRANDMOTHER), CIVIL)
    assert set(told.state(LimitKind.ADOPTION_OPENS)) == {State.MET}


OWED = [k for k in LimitKind if k not in FIRST_DAYS]


@pytest.mark.parametrize("owed", OWED)
def test_a_limit_is_overdue_on_the_day_after_its_last(
    told: Told, owed: LimitKind
) -> None:
    sue(told)
    told.act(WithdrawApplication(case=CASE, on=day("2022-03-10")))
    sue(told, LATER, "2022-03-10")
    gone = outcome(disqualified=(FATHER, MOTHER))
    told.act(judgment("2022-03-20", gone, case=child_id("another court's")))
    told.act(designate("2022-03-21", AUNT, notified="2022-03-21"), COMMITTEE)
    role = Role.STATE_TEMPORARY_GUARDIAN
    told.act(start(role, "2022-04-01", body(BUREAU), limb=2, until="2022-09"), CIVIL)
    told.act(lost(MOTHER, "2022-05-01"), Office.POLICE)
    kept = asks_protection(ProtectionAsked.ORDER, "2022-04-02", FATHER)
    told.act(kept, Office.WOMENS_FEDERATION)
    said = ProtectionOutcome.ORDERED, "2022-04-04", FATHER
    apart = (ProtectionMeasure.NO_CONTACT,)
    told.act(decides_protection(*said, until="2022-10-04", measures=apart))
    terms = [t for t in told.terms(None) if t.kind == owed]
    assert terms
    for term in terms:
        last = term.due.latest
        open_ = term.state is State.OPEN
        days = [last + timedelta(n) for n in (-1, 0, 1)]
        assert [term.overdue(one) for one in days] == [False, False, open_]
        for one in days:
            asked = told.registry.limits.limits(one, overdue=True, who=term.who)
            assert (term.number in {t.number for t in asked.terms}) is term.overdue(one)


def test_a_month_is_overdue_when_it_is_over(told: Told) -> None:
    cover(told)
    (term,) = [t for t in told.terms() if t.kind == LimitKind.EXPECTED_END]
    assert (term.due, term.at_the_earliest) == (PartialDate("2022-07"), True)
    assert not term.overdue(date(2022, 7, 31))
    assert term.overdue(date(2022, 8, 1))


def test_first_days_are_owed_by_nobody(told: Told) -> None:
    disqualified(told)
    found = told.registry.limits.limits(WHEN, overdue=True).terms
    assert found
    assert not {t.kind for t in found} & {"restoration_opens", "adoption_opens"}


def test_pages_together_are_the_whole_and_the_oldest_days_come_first(
    told: Told,
) -> None:
    disqualified(told)
    sue(told, LATER, "2022-06-01")
    limits = told.registry.limits
    whole = limits.limits(WHEN, ended=True).terms
    assert [t.due.latest for t in whole] == sorted(t.due.latest for t in whole)
    paged: list[Term] = []
    page = limits.limits(WHEN, ended=True, size=2)
    while True:
        paged += page.terms
        if page.next_place is None:
            break
        page = limits.limits(WHEN, ended=True, size=2, after=page.next_place)
    assert tuple(paged) == whole
    assert len(whole) > 4


def test_a_child_is_asked_about_with_the_cases_that_name_it(told: Told) -> None:
    other = child_id("another child")
    told.act(born(other, "2016-01-01", MOTHER), Office.POLICE)
    sue(told)
    limits = told.registry.limits
    assert {t.stream for t in limits.limits(WHEN, child=CHILD).terms} == {
        f"case/{CASE}"
    }
    assert limits.limits(WHEN, child=other).terms == ()
    assert limits.limits(WHEN, who="civil_affairs").terms == ()
    assert limits.limits(WHEN, who="tongshan-court").terms


def lived(told: Told, chance: random.Random) -> tuple[OpenedEntry, ...]:
    """Return the entries of a history of acts in any order that the law lets stand."""
    cases = [child_id(f"case {number}") for number in range(12)]
    wrong = AnnulReason.WRONG_CASE
    for _ in range(300):
        case = chance.choice(cases)
        on = f"2022-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        known = told.registry.log.head().position
        back = chance.randint(1, known)
        asked, grandparent = Asked.DISQUALIFY, ApplicantClass.GRANDPARENT
        filed = application(asked, grandparent, on, FATHER, who=GRANDMOTHER, case=case)
        moved = MoveTrialLimit(
            case=case,
            on=day(on),
            reason=TrialLimitReason.EXTENDED,
            until=day("2023-03"),
        )
        gone = outcome(disqualified=(chance.choice((FATHER, MOTHER)),))
        act: Command = chance.choice(
            (
                filed,
                AcceptApplication(case=case, on=day(on)),
                AcceptApplication(case=case, on=day(on)),
                moved,
                moved,
                WithdrawApplication(case=case, on=day(on)),
                judgment(on, gone, case=case),
                judgment(on, outcome(restored=(FATHER,)), case=case),
                designate(on, AUNT, notified=on),
                CorrectSubmission(position=back, reason=wrong, replacement=None),
                CorrectSubmission(position=back, reason=wrong, replacement=None),
                ReinstateSubmission(position=back),
                ReinstateSubmission(position=back),
            )
        )
        with suppress(Fault):
            by = CIVIL if isinstance(act, DesignateGuardian) else COURT
            told.act(act, by, lawful=False)
    return tuple(open_stored(s) for s in told.registry.log.read(0, 1_000))


def rows(connection: sqlite3.Connection) -> list[list[tuple[Any, ...]]]:
    queries = LimitsProjection().digested
    return [connection.execute(q.format("main")).fetchall() for q in queries]


def trials(entries: tuple[OpenedEntry, ...]) -> dict[str, bool]:
    """Say of each case whether a trial is under way, by its events alone."""
    streams: dict[str, dict[int, Any]] = {}
    gone: dict[str, set[int]] = {}
    for entry in entries:
        for opened_ in entry.events:
            if not opened_.stream.startswith("case/"):
                continue
            event = EVENTS.decode(opened_.fingerprint, opened_.body)
            if isinstance(event, ActAnnulled):
                gone.setdefault(opened_.stream, set()).add(event.act)
            elif isinstance(event, ActReinstated):
                gone[opened_.stream].discard(event.act)
            else:
                streams.setdefault(opened_.stream, {})[opened_.version] = event
    found: dict[str, bool] = {}
    for stream, events in streams.items():
        standing = [e for v, e in events.items() if v not in gone.get(stream, set())]
        begun = (ApplicationAccepted, TrialLimitMoved)
        ends = {"DecisionRecorded", "ApplicationWithdrawn", "ProcedureTerminated"}
        if any(isinstance(e, begun) for e in events.values()):
            found[stream] = any(isinstance(e, begun) for e in standing) and not any(
                type(e).__name__ in ends for e in standing
            )
    return found


def test_kept_entry_by_entry_is_folded_at_once_and_every_limit_has_its_state(
    told: Told,
) -> None:
    entries = lived(told, random.Random(20220101))  # noqa: S311  a history, no key
    with (
        closing(create(Path(":memory:"), LimitsProjection())) as kept,
        closing(create(Path(":memory:"), LimitsProjection())) as whole,
    ):
        apply = LimitsProjection().folding(kept, whole=False)
        for number, entry in enumerate(entries, 1):
            apply([entry])
            wrong = kept.execute(
                "SELECT t.id FROM term t LEFT JOIN change c ON c.term=t.id AND "
                "c.number=(SELECT max(number) FROM change WHERE term=t.id) "
                "WHERE t.who='' OR (coalesce(c.state,'open')='open') "
                "<> (t.ended IS NULL) OR t.ended > ?",
                (entry.position,),
            ).fetchall()
            assert wrong == []
            if number % 10 == 0 or number == len(entries):
                under_way = trials(entries[:number])
                sql = "SELECT DISTINCT stream FROM term WHERE ended IS NULL AND kind=?"
                found = {row[0] for row in kept.execute(sql, ("trial",))}
                assert found == {stream for stream, is_ in under_way.items() if is_}
        LimitsProjection().folding(whole, whole=True)(entries)
        assert rows(kept) == rows(whole)
        states = {row[0] for row in kept.execute("SELECT state FROM change")}
        assert states == {state.value for state in State}


def test_the_file_that_was_maintained_is_the_file_that_is_rebuilt(told: Told) -> None:
    disqualified(told)
    log = told.registry.log
    entries = log.read(0, 1_000)
    assert told.registry.limits.digest() == rebuilt_digest(LimitsProjection(), entries)
