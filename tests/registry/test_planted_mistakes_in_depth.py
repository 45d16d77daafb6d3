"""More mistakes easily made, each planted, and the check that guards against it falls.

As in `test_planted_mistakes`: a check is a story told through the real deciders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from events.cases import ApplicantClass
from events.guardianship import EndReason, Finding, Office, PlacementForm, Way
from events.limits import LimitKind
from events.proceedings import (
    Asked,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
)
from events.reports import Response
from events.timeline import Line, Role, Status
from registry import (
    cases,
    competence,
    kept_apart,
    standing,
    timeline,
)
from registry.child import Child
from registry.commands import (
    AcceptApplication,
    RecordDecision,
    WithdrawApplication,
)
from registry.law import civil_code, civil_code_court, establishing, figures
from registry.law.reasons import finding
from registry.matter_commands import RecordResponse
from registry.refusal import RefusedError
from registry.spans import Fold, StandingFact
from tests.support.registry import body, child_id, person
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
    outcome,
    place,
    start,
)
from tests.support.telling import Telling, day

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
COMMITTEE, WOMEN = Office.COMMITTEE, Office.WOMENS_FEDERATION
KEPT, UNCLE = body(BUREAU), person("tongshan uncle")
ADOPTER = person("an adoptive mother")
LATER = child_id("tongshan later case")
DAY, AFTER = "2022-03-01", "2022-04-01"
Patch = pytest.MonkeyPatch
Check = Callable[[], None]
Plant = Callable[[Patch], None]


def family(birth: str = "2012-10-01") -> Telling:
    told = Telling()
    told.tell(born(CHILD, birth, FATHER, MOTHER), POLICE)
    return told


def orphaned() -> Telling:
    told = family()
    for who in (FATHER, MOTHER):
        told.tell(end(EndReason.GUARDIAN_DIED, "2021-02-01", who), POLICE)
    return told


def filed(told: Telling, standing_: ApplicantClass = ApplicantClass.SCHOOL) -> None:
    asked = application(Asked.DISQUALIFY, standing_, DAY, FATHER, who=body("a-school"))
    told.tell(asked, COURT)


# The checks


def support_ends_with_an_adoption_alone() -> None:
    told = family()
    told.tell(judgment("2021-01-10", outcome(disqualified=(FATHER, MOTHER))), COURT)
    told.tell(establish(Way.ADOPTION, DAY, ADOPTER), CIVIL)
    assert [p.holder for p in told.line(CHILD, Line.MAINTENANCE, AFTER)] == [ADOPTER]


def emergency_care_moves_nothing() -> None:
    told = family()
    told.tell(start(Role.TEMPORARY_CARE, DAY, KEPT), COMMITTEE)
    assert told.hands(CHILD, AFTER) == {FATHER, MOTHER}
    assert told.status(CHILD, AFTER) is Status.GUARDIAN


def direct_care_after_a_divorce_is_another_question() -> None:
    told = family()
    told.tell(place(PlacementForm.KIN, DAY, MOTHER), CIVIL)
    assert told.guardians(CHILD, AFTER) == {FATHER, MOTHER}


def a_court_alone_disqualifies() -> None:
    offices, _ = competence.competent((RecordDecision, None))
    assert offices == (COURT,)


def another_crime_than_against_the_ward_bars_nothing() -> None:
    told = family()
    told.tell(judgment(DAY, outcome(disqualified=(FATHER,), crime=False)), COURT)
    asked = application(
        Asked.RESTORE, ApplicantClass.PARENT, "2022-09-01", who=FATHER, case=LATER
    )
    assert told.tell(asked, COURT).warnings == set()


def a_final_judgment_is_revised_without_limit_of_time() -> None:
    told = family()
    told.tell(judgment(DAY, outcome(disqualified=(FATHER,))), COURT)
    told.annul(CHILD, max(told.children[CHILD].facts))
    assert told.guardians(CHILD, AFTER) == {FATHER, MOTHER}


def the_trial_runs_from_docketing() -> None:
    told = family()
    filed(told)
    accepted = AcceptApplication(case=CASE, on=day("2022-03-15"))
    assert told.tell(accepted, COURT).due(LimitKind.TRIAL) == ["2022-04-14"]


def a_time_that_passes_decides_nothing() -> None:
    told = family()
    filed(told)
    told.tell(AcceptApplication(case=CASE, on=day("2022-03-15")), COURT)
    late = told.tell(judgment("2022-09-01", outcome(disqualified=(FATHER,))), COURT)
    assert "decided_late" in late.warnings
    assert told.guardians(CHILD, "2022-09-01") == {MOTHER}


def the_police_never_apply() -> None:
    asked = application(Asked.DISQUALIFY, ApplicantClass.POLICE, DAY, FATHER)
    family().refused(asked, COURT)


def civil_affairs_must_apply_where_nobody_else_does() -> None:
    told = family()
    filed(told)
    withdrawn = WithdrawApplication(case=CASE, on=day("2022-03-15"))
    assert told.tell(withdrawn, COURT).due(LimitKind.LAST_RESORT)


def a_committee_removes_no_child() -> None:
    kind = (RecordResponse, Response.REMOVED.value)
    assert not competence.may_submit(COMMITTEE, kind)


def an_agreement_may_skip_the_order() -> None:
    told = orphaned()
    told.tell(establish(Way.AGREEMENT, DAY, UNCLE), COMMITTEE)
    assert told.guardians(CHILD, AFTER) == {UNCLE}


def a_designation_may_skip_the_order() -> None:
    told = orphaned()
    told.tell(designate(DAY, UNCLE), COMMITTEE)
    assert told.guardians(CHILD, AFTER) == {UNCLE}


def a_child_is_asked_from_its_eighth_birthday() -> None:
    told = family("2014-03-01")
    filed(told)
    said = told.tell(judgment(DAY, outcome(disqualified=(FATHER,))), COURT)
    assert "wish_not_on_record" in said.warnings


def a_dissolved_adoption_lifts_no_bar() -> None:
    told = family()
    told.tell(judgment("2021-01-10", outcome(disqualified=(FATHER, MOTHER))), COURT)
    told.tell(establish(Way.ADOPTION, DAY, ADOPTER), CIVIL)
    told.tell(end(EndReason.ADOPTION_DISSOLVED, "2022-03-15", ADOPTER), CIVIL)
    told.tell(establish(Way.BIRTH, "2022-03-15", FATHER), CIVIL)
    assert told.guardians(CHILD, AFTER) == set()


def ordered() -> Telling:
    told = family()
    told.tell(asks_protection(ProtectionAsked.ORDER, DAY, FATHER), WOMEN)
    said = decides_protection(
        ProtectionOutcome.ORDERED,
        DAY,
        FATHER,
        until="2022-09-01",
        measures=(ProtectionMeasure.NO_CONTACT,),
    )
    told.tell(said, COURT)
    return told


def an_order_parts_and_moves_no_guardianship() -> None:
    told = ordered()
    assert told.guardians(CHILD, AFTER) == {FATHER, MOTHER}
    assert told.hands(CHILD, AFTER) == {MOTHER}


def an_order_ends_with_its_last_day() -> None:
    told = ordered()
    assert told.hands(CHILD, "2022-09-01") == {MOTHER}
    assert told.hands(CHILD, "2022-09-02") == {FATHER, MOTHER}


# The mistakes


def adoption_leaves_the_payers(patch: Patch) -> None:
    lines = (Line.RELATION, Line.COVER, Line.PLACEMENT)
    patch.setattr(timeline, "_OPEN_WITH_WARD", lines)


def care_is_a_cover(patch: Patch) -> None:
    roles = dict(timeline._ARRANGEMENTS)
    _, question = roles[Role.TEMPORARY_CARE]
    roles[Role.TEMPORARY_CARE] = (Line.COVER, question)
    patch.setattr(timeline, "_ARRANGEMENTS", roles)


def who_cares_is_the_only_guardian(patch: Patch) -> None:
    real = Fold.open

    def opens(fold: Fold, at: Any, line: Line, role: Role, *rest: Any) -> None:  # noqa: ANN401  as the real one
        if line is Line.PLACEMENT:
            fold.close(fold.standing(Line.RELATION), at)
        real(fold, at, line, role, *rest)

    patch.setattr(Fold, "open", opens)


def a_bureau_disqualifies(patch: Patch) -> None:
    _, articles = competence.MATRIX[RecordDecision, None]
    row = (frozenset({COURT, CIVIL}), articles)
    patch.setitem(competence.MATRIX, (RecordDecision, None), row)


def any_crime_bars(patch: Patch) -> None:
    patch.setattr(standing, "crime_against_ward", lambda *_: True)


def what_is_annulled_stands(patch: Patch) -> None:
    patch.setattr(
        Child,
        "standing",
        lambda child: [StandingFact(v, fact) for v, fact in child.facts.items()],
    )


def the_trial_runs_from_filing(patch: Patch) -> None:
    real = cases._trial
    patch.setattr(cases, "_trial", lambda asked, _: real(asked, asked.filed_on))


def a_late_judgment_has_no_effect(patch: Patch) -> None:
    real = Fold.close

    def closes(fold: Fold, spans: Any, at: Any) -> None:  # noqa: ANN401  as the real one
        late = any(f.reason == "decided_late" for f in at.fact.findings)
        dead = str(at.fact.on) > "2022-04-14"
        real(fold, () if late or dead else spans, at)

    patch.setattr(Fold, "close", closes)


def anybody_applies(patch: Patch) -> None:
    patch.setattr(civil_code_court, "NEVER_APPLY", {})


def nobody_need_apply(patch: Patch) -> None:
    patch.setattr(cases, "limit", lambda *_, **__: ())


def a_committee_coerces(patch: Patch) -> None:
    kind = (RecordResponse, Response.REMOVED.value)
    _, articles = competence.MATRIX[kind]
    row = (frozenset({POLICE, COMMITTEE}), articles)
    patch.setitem(competence.MATRIX, kind, row)


def _out_of_order(**_: object) -> Finding:
    return finding("may_agree", ("CC 27(2)",), "others_need_consent")


def the_order_binds_agreements(patch: Patch) -> None:
    patch.setattr(civil_code, "may_agree", _out_of_order)


def the_order_binds_designations(patch: Patch) -> None:
    real = establishing.designation
    patch.setattr(
        establishing,
        "designation",
        lambda *given, **said: (*real(*given, **said), _out_of_order()),
    )


def eight_means_over_eight(patch: Patch) -> None:
    ages = tuple(replace(v, number=v.number + 1) for v in figures.WISH_YEARS.values)
    patch.setattr(figures, "WISH_YEARS", replace(figures.WISH_YEARS, values=ages))


def dissolution_revives_everybody(patch: Patch) -> None:
    patch.setattr(Fold, "barred", lambda *_: False)


def nobody_is_kept_apart(patch: Patch) -> None:
    patch.setattr(timeline, "kept_apart", lambda spans, _: spans)


def an_order_never_ends(patch: Patch) -> None:
    real = kept_apart.order_of
    patch.setattr(
        timeline, "order_of", lambda fact: replace(real(fact), over=day("2099-01-01"))
    )


GUARDED: list[tuple[Check, Plant]] = [
    (support_ends_with_an_adoption_alone, adoption_leaves_the_payers),
    (emergency_care_moves_nothing, care_is_a_cover),
    (
        direct_care_after_a_divorce_is_another_question,
        who_cares_is_the_only_guardian,
    ),
    (a_court_alone_disqualifies, a_bureau_disqualifies),
    (another_crime_than_against_the_ward_bars_nothing, any_crime_bars),
    (a_final_judgment_is_revised_without_limit_of_time, what_is_annulled_stands),
    (the_trial_runs_from_docketing, the_trial_runs_from_filing),
    (a_time_that_passes_decides_nothing, a_late_judgment_has_no_effect),
    (the_police_never_apply, anybody_applies),
    (civil_affairs_must_apply_where_nobody_else_does, nobody_need_apply),
    (a_committee_removes_no_child, a_committee_coerces),
    (an_agreement_may_skip_the_order, the_order_binds_agreements),
    (a_designation_may_skip_the_order, the_order_binds_designations),
    (a_child_is_asked_from_its_eighth_birthday, eight_means_over_eight),
    (a_dissolved_adoption_lifts_no_bar, dissolution_revives_everybody),
    (an_order_parts_and_moves_no_guardianship, nobody_is_kept_apart),
    (an_order_ends_with_its_last_day, an_order_never_ends),
]


@pytest.mark.parametrize(
    ("check", "plant"), GUARDED, ids=[check.__name__ for check, _ in GUARDED]
)
def test_the_check_holds_and_falls_when_the_mistake_is_planted(
    check: Check, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    check()
    plant(monkeypatch)
    with pytest.raises((AssertionError, RefusedError)):  # a refusal is a fall too
        check()
