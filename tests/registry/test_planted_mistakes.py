"""Mistakes easily made: each is planted, and the check that guards against it falls.

A check is a story told through the real deciders. It holds as the registry is; with
the mistake planted in the registry it must not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from events.cases import ApplicantClass, CaseEvent
from events.dates import PartialDate
from events.guardianship import EndReason, Office, PlacementForm, Way
from events.limits import LimitKind
from events.proceedings import Asked, Kin
from events.timeline import HandOver, Holder, Line, Role
from registry import judgments, measures, petitions, timeline
from registry.case import Case
from registry.child import Child
from registry.commands import FileApplication, RecordDecision
from registry.law import civil_code, civil_code_court, interpretation_2022, periods
from registry.law.citations import Question
from registry.law.editions import Act
from registry.law.periods import Unit
from registry.petitions import Effects
from registry.spans import Fold, Span, StandingFact
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    designate,
    end,
    establish,
    judgment,
    outcome,
    place,
    start,
)
from tests.support.telling import Telling

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
COMMITTEE = Office.COMMITTEE
KEPT = body(BUREAU)
GRANDMOTHER, UNCLE = person("tongshan grandmother"), person("tongshan uncle")
SIBLING = child_id("tongshan sister")
LATER = child_id("tongshan later case")
DAY, AFTER = "2022-03-01", "2022-04-01"
HEARD = PartialDate("2023-11-14")
"""When the registry heard of what happened long before."""
Patch = pytest.MonkeyPatch
Closing = Iterable[Span]
Then = Callable[[Fold, StandingFact, Holder], None]
Children = Mapping[str, Child]
Decided = tuple[list[CaseEvent], Effects]
CLOSE, OPEN = Fold.close, Fold.open


def family(*children: str) -> Telling:
    told = Telling()
    for child in children or (CHILD,):
        told.tell(born(child, "2012-10-01", FATHER, MOTHER), POLICE)
    return told


def judged(*, crime: bool | None = None) -> Telling:
    """Both parents disqualified, the bureau designated."""
    told = family()
    said = outcome(disqualified=(FATHER, MOTHER), designated=(KEPT,), crime=crime)
    told.tell(judgment(DAY, said), COURT)
    return told


def restoration(who: Holder, standing: ApplicantClass) -> FileApplication:
    return application(Asked.RESTORE, standing, "2022-09-01", who=who, case=LATER)


# The checks


def support_goes_on() -> None:
    payers = {p.holder for p in judged().line(CHILD, Line.MAINTENANCE, AFTER)}
    assert payers == {FATHER, MOTHER}


def a_delegate_is_no_guardian() -> None:
    told = family()
    told.tell(place(PlacementForm.ENTRUSTED, DAY, UNCLE), COMMITTEE)
    assert told.guardians(CHILD, AFTER) == {FATHER, MOTHER}


def a_grandparent_waits_for_a_capable_parent() -> None:
    command = establish(Way.ORDER, DAY, GRANDMOTHER, kin=Kin.GRANDPARENT)
    assert family().refused(command, COMMITTEE).reason == "a_parent_is_guardian"


def the_designated_guardian_ceases_at_once() -> None:
    told = judged()
    restored = judgment("2022-09-01", outcome(restored=(FATHER,)), case=LATER)
    told.tell(restored, COURT)
    assert told.guardians(CHILD, "2022-09-01") == {FATHER}


def no_grandparent_is_restored() -> None:
    told = family()
    told.tell(end(EndReason.GUARDIAN_DIED, "2021-02-01", FATHER), CIVIL)
    told.tell(end(EndReason.GUARDIAN_DIED, "2021-02-01", MOTHER), CIVIL)
    order = establish(Way.ORDER, "2021-03-01", GRANDMOTHER, kin=Kin.GRANDPARENT)
    told.tell(order, COMMITTEE)
    told.tell(judgment(DAY, outcome(disqualified=(GRANDMOTHER,))), COURT)
    told.refused(restoration(GRANDMOTHER, ApplicantClass.GRANDPARENT), COURT)


def nobody_is_restored_after_a_crime_against_the_ward() -> None:
    told = judged(crime=True)
    told.refused(restoration(FATHER, ApplicantClass.PARENT), COURT)


def an_old_act_is_judged_by_the_law_of_its_day() -> None:
    said = family().tell(judgment("2015-02-04", outcome(disqualified=(FATHER,))), COURT)
    assert not {a for a in said.articles if a.startswith(("CC ", "MPL ", "GPR "))}


def a_judgment_touches_its_children_only() -> None:
    told = family(CHILD, SIBLING)
    told.tell(judgment(DAY, outcome(disqualified=(FATHER,))), COURT)
    assert told.guardians(CHILD, AFTER) == {MOTHER}
    assert told.guardians(SIBLING, AFTER) == {FATHER, MOTHER}


def the_first_day_does_not_count() -> None:
    counted = periods.last_day(date(2022, 5, 3), 30, Unit.DAYS)
    assert counted.last_day == date(2022, 6, 2)


def a_month_without_the_day_ends_on_its_last() -> None:
    counted = periods.last_day(date(2023, 1, 31), 1, Unit.MONTHS)
    assert counted.last_day == date(2023, 2, 28)


def a_rest_day_moves_the_end() -> None:
    counted = periods.last_day(date(2022, 5, 5), 30, Unit.DAYS)  # a Saturday
    assert counted.last_day == date(2022, 6, 6)


def these_words_include_their_number() -> None:
    assert periods.at_least(18, 18)
    assert periods.at_most(30, 30)
    assert not periods.under(18, 18)
    assert not periods.over(30, 30)


def the_eighteenth_birthday_is_an_adults() -> None:
    told = family()
    assert told.guardians(CHILD, "2030-09-30") == {FATHER, MOTHER}
    assert told.guardians(CHILD, "2030-10-01") == set()


def temporary_guardianship_has_its_year() -> None:
    told = family()
    role = Role.STATE_TEMPORARY_GUARDIAN
    said = told.tell(start(role, DAY, KEPT, limb=3), CIVIL)
    assert said.due(LimitKind.TEMPORARY_GUARDIANSHIP) == ["2023-03-01"]


def a_judgment_works_from_its_effective_day() -> None:
    told = family()
    said = replace(
        judgment(DAY, outcome(disqualified=(FATHER,))),
        effective_on=PartialDate("2022-03-20"),
    )
    told.tell(said, COURT)
    assert told.guardians(CHILD, "2022-03-19") == {FATHER, MOTHER}
    assert told.guardians(CHILD, "2022-03-20") == {MOTHER}


def the_states_temporary_guardianship_leaves_the_parents() -> None:
    told = family()
    told.tell(start(Role.STATE_TEMPORARY_GUARDIAN, DAY, KEPT, limb=3), CIVIL)
    assert told.guardians(CHILD, AFTER) == {FATHER, MOTHER}


def the_other_parent_goes_on() -> None:
    told = family()
    told.tell(judgment(DAY, outcome(disqualified=(FATHER,))), COURT)
    assert told.guardians(CHILD, AFTER) == {MOTHER}
    assert told.line(CHILD, Line.GAP, AFTER) == []


def a_late_objection_is_a_case_for_change() -> None:
    told = family()
    said = outcome(disqualified=(FATHER, MOTHER))
    told.tell(judgment(DAY, said), COURT)
    told.tell(designate("2022-05-02", UNCLE, notified="2022-05-05"), COMMITTEE)
    asked = application(
        Asked.OBJECT,
        ApplicantClass.GRANDPARENT,
        "2022-06-07",
        who=GRANDMOTHER,
        case=LATER,
    )
    assert {e.asked for e in told.tell(asked, COURT).events} == {Asked.CHANGE}


def the_procurator_never_applies() -> None:
    who = body("tongshan-procuratorate")
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.PROCURATORATE, DAY, FATHER, who=who
    )
    family().refused(asked, COURT)


def no_guardian_applies_against_himself() -> None:
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.PARENT, DAY, FATHER, who=FATHER
    )
    family().refused(asked, COURT)


def no_child_is_silently_without_a_guardian() -> None:
    told = family()
    told.tell(judgment(DAY, outcome(disqualified=(FATHER, MOTHER))), COURT)
    found = told.line(CHILD, Line.GAP, AFTER)
    assert [gap.duty is not None for gap in found] == [True]


# The mistakes


def support_ends_with_guardianship(patch: Patch) -> None:
    def close(fold: Fold, closing: Closing, at: StandingFact) -> None:
        gone = list(closing)
        relations = [s for s in gone if s.period.line is Line.RELATION]
        holders = {s.period.holder for s in relations}
        paying = fold.standing(Line.MAINTENANCE)
        CLOSE(fold, [*gone, *(s for s in paying if s.period.holder in holders)], at)

    patch.setattr(Fold, "close", close)


def _also(line: Line, then: Then) -> Callable[..., None]:
    def opens(  # noqa: PLR0917  as the real one
        fold: Fold,
        at: StandingFact,
        on: Line,
        role: Role,
        holder: Holder,
        question: Question,
        hand_over: HandOver = HandOver.YES,
    ) -> None:
        OPEN(fold, at, on, role, holder, question, hand_over)
        if on is line:
            then(fold, at, holder)

    return opens


def the_delegate_becomes_guardian(patch: Patch) -> None:
    def then(fold: Fold, at: StandingFact, holder: Holder) -> None:
        OPEN(fold, at, Line.RELATION, Role.GUARDIAN, holder, Question.CONSENT)

    patch.setattr(Fold, "open", _also(Line.PLACEMENT, then))


def cover_ends_the_parents(patch: Patch) -> None:
    def then(fold: Fold, at: StandingFact, _: Holder) -> None:
        CLOSE(fold, fold.standing(Line.RELATION), at)

    patch.setattr(Fold, "open", _also(Line.COVER, then))


def the_order_forgets_the_parents(patch: Patch) -> None:
    real = civil_code.is_next_in_order
    patch.setattr(
        civil_code,
        "is_next_in_order",
        lambda kin, **_: real(kin, parent_stands=False),
    )


def the_designated_guardian_stays(patch: Patch) -> None:
    def close(fold: Fold, closing: Closing, at: StandingFact) -> None:
        kept = [s for s in closing if s.period.role is not Role.STATE_GUARDIAN]
        CLOSE(fold, kept, at)

    patch.setattr(Fold, "close", close)


def _restorable(**always: bool) -> Callable[[Patch], None]:
    def plant(patch: Patch) -> None:
        real: Any = civil_code_court.may_be_restored
        patch.setattr(
            civil_code_court,
            "may_be_restored",
            lambda **said: real(**{**said, **always}),
        )

    return plant


def todays_edition_for_all(patch: Patch) -> None:
    patch.setattr(Act, "in_force", lambda act, _: act.until is None)


def siblings_are_judged_too(patch: Patch) -> None:
    real = judgments.decide_record_decision

    def decide(
        case: Case, children: Children, command: RecordDecision, by: Office
    ) -> Decided:
        procedure, effects = real(case, children, command, by)
        return procedure, {**effects, SIBLING: effects[CHILD]}

    patch.setattr(judgments, "decide_record_decision", decide)


def the_first_day_counts(patch: Patch) -> None:
    real = periods.corresponding_day
    patch.setattr(
        periods, "corresponding_day", lambda *given: real(*given) - timedelta(1)
    )


def a_month_has_thirty_days(patch: Patch) -> None:
    patch.setattr(
        periods,
        "corresponding_day",
        lambda start, number, unit: (
            start + timedelta(number if unit is Unit.DAYS else 30 * number)
        ),
    )


def no_day_rests(patch: Patch) -> None:
    patch.setattr(periods, "_rests", lambda *_: False)


def words_exclude_their_number(patch: Patch) -> None:
    real_over, real_under = periods.over, periods.under
    patch.setattr(periods, "at_least", real_over)
    patch.setattr(periods, "at_most", real_under)


def majority_comes_a_day_late(patch: Patch) -> None:
    real = periods.age_reached

    def late(birth: PartialDate, years: int) -> PartialDate:
        day = real(birth, years).latest + timedelta(1)
        return PartialDate(day.isoformat())

    patch.setattr(timeline, "age_reached", late)


def temporary_without_end(patch: Patch) -> None:
    patch.setattr(measures, "limit", lambda *_, **__: ())


def works_from(patch: Patch, day_of: Callable[[RecordDecision], PartialDate]) -> None:
    real = judgments.decide_record_decision

    def decide(
        case: Case, children: Children, command: RecordDecision, by: Office
    ) -> Decided:
        said = replace(command, effective_on=day_of(command))
        return real(case, children, said, by)

    patch.setattr(judgments, "decide_record_decision", decide)


def decided_is_effective(patch: Patch) -> None:
    works_from(patch, lambda command: command.decided_on)


def heard_of_is_effective(patch: Patch) -> None:
    works_from(patch, lambda _: HEARD)


def one_parent_takes_the_other_along(patch: Patch) -> None:
    patch.setattr(Fold, "of", lambda fold, _, *lines: fold.standing(*lines))


def a_late_objection_is_still_one(patch: Patch) -> None:
    real = interpretation_2022.objection_is_in_time
    patch.setattr(
        petitions,
        "objection_is_in_time",
        lambda notified, _: real(notified, notified),
    )


def the_procurator_applies(patch: Patch) -> None:
    patch.setattr(civil_code_court, "NEVER_APPLY", {})


def anybody_applies_against_himself(patch: Patch) -> None:
    real = civil_code_court.may_apply
    patch.setattr(
        civil_code_court,
        "may_apply",
        lambda standing, **_: real(standing, is_respondent=False),
    )


def gaps_are_forgotten(patch: Patch) -> None:
    patch.setattr(timeline, "with_gaps", lambda _, spans, *__: tuple(spans))


GUARDED = [
    (support_goes_on, support_ends_with_guardianship),
    (a_delegate_is_no_guardian, the_delegate_becomes_guardian),
    (a_grandparent_waits_for_a_capable_parent, the_order_forgets_the_parents),
    (the_designated_guardian_ceases_at_once, the_designated_guardian_stays),
    (no_grandparent_is_restored, _restorable(kin_of_ward=True)),
    (
        nobody_is_restored_after_a_crime_against_the_ward,
        _restorable(crime_against_ward=False),
    ),
    (an_old_act_is_judged_by_the_law_of_its_day, todays_edition_for_all),
    (a_judgment_touches_its_children_only, siblings_are_judged_too),
    (the_first_day_does_not_count, the_first_day_counts),
    (a_month_without_the_day_ends_on_its_last, a_month_has_thirty_days),
    (a_rest_day_moves_the_end, no_day_rests),
    (these_words_include_their_number, words_exclude_their_number),
    (the_eighteenth_birthday_is_an_adults, majority_comes_a_day_late),
    (temporary_guardianship_has_its_year, temporary_without_end),
    (a_judgment_works_from_its_effective_day, decided_is_effective),
    (a_judgment_works_from_its_effective_day, heard_of_is_effective),
    (the_states_temporary_guardianship_leaves_the_parents, cover_ends_the_parents),
    (the_other_parent_goes_on, one_parent_takes_the_other_along),
    (a_late_objection_is_a_case_for_change, a_late_objection_is_still_one),
    (the_procurator_never_applies, the_procurator_applies),
    (no_guardian_applies_against_himself, anybody_applies_against_himself),
    (no_child_is_silently_without_a_guardian, gaps_are_forgotten),
]


@pytest.mark.parametrize(
    ("check", "plant"), GUARDED, ids=[check.__name__ for check, _ in GUARDED]
)
def test_the_check_holds_and_falls_when_the_mistake_is_planted(
    check: Callable[[], None],
    plant: Callable[[Patch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check()
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        check()
