"""A judgment is recorded as it is, with what the law of its day says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.cases import ApplicantClass
from events.guardianship import EndReason, Office, PlacementForm, Way
from events.proceedings import Asked, Ground, Kin
from events.timeline import Holder, Line, Role, Status
from registry.commands import EndedPerson, RecordDecision
from registry.refusal import InvalidError
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    BUREAU,
    CASE,
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
)
from tests.support.telling import Telling, day

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
UNCLE = person("tongshan uncle")
GRANDMOTHER = person("tongshan grandmother")
USUAL = {"application_not_on_record"}
"""The story begins with the judgment: its application is not on record."""


@pytest.fixture
def story() -> Telling:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    return told


def father_lost(on: str, **said: object) -> RecordDecision:
    return judgment(on, outcome(disqualified=(FATHER,), **said))  # type: ignore[arg-type]


GROUNDS = [
    ("2015-02-04", "GPCL 18(3)"),
    ("2018-06-26", "GPR 36(1)(1)"),
    ("2022-06-01", "CC 36(1)(1)"),
]


@pytest.mark.parametrize(("on", "article"), GROUNDS)
def test_a_judgment_is_judged_by_the_law_of_its_day(
    story: Telling, on: str, article: str
) -> None:
    told = story.tell(father_lost(on), COURT)
    assert article in told.articles
    assert told.warnings == USUAL
    later = {"2015-02-04": {"GPR", "CC", "MPL", "DV"}, "2018-06-26": {"CC", "MPL"}}
    assert not {a.split()[0] for a in told.articles} & later.get(on, {"GPCL", "GPR"})


def test_a_judgment_that_takes_effect_in_another_edition_keeps_its_day(
    story: Telling,
) -> None:
    said = judgment("2020-12-30", outcome(disqualified=(FATHER,)))
    later = replace(said, effective_on=day("2021-01-04"))
    told = story.tell(later, COURT)
    assert "GPR 36(1)" in told.articles
    assert story.guardians(CHILD, "2021-01-03") == {FATHER, MOTHER}
    assert story.guardians(CHILD, "2021-01-04") == {MOTHER}


def test_one_parent_goes_and_the_other_carries_on(story: Telling) -> None:
    told = story.tell(father_lost("2022-06-01"), COURT)
    assert "somebody_holds" in told.reasons
    assert story.hands(CHILD, "2022-06-01") == {MOTHER}
    assert {p.holder for p in story.line(CHILD, Line.MAINTENANCE, "2022-06-01")} == {
        FATHER,
        MOTHER,
    }


def test_nobody_left_is_recorded_warned_of_and_a_gap(story: Telling) -> None:
    said = judgment("2022-06-01", outcome(disqualified=(FATHER, MOTHER)))
    told = story.tell(said, COURT)
    assert told.warnings == {*USUAL, "nobody_holds"}
    (gap,) = story.line(CHILD, Line.GAP, "2022-06-01")
    assert gap.duty is not None


def test_measures_alone_are_enough_to_protect(story: Telling) -> None:
    said = outcome(disqualified=(FATHER, MOTHER), measures=body(BUREAU))
    told = story.tell(judgment("2022-06-01", said), COURT)
    assert told.warnings == USUAL
    assert story.status(CHILD, "2022-06-01") is Status.COVERED


@pytest.mark.parametrize(
    ("limb", "ground", "warned"),
    [
        (1, Ground.HARM, set()),
        (1, Ground.NEGLECT, {"limb_of_another_ground"}),
        (3, Ground.NEGLECT, set()),
        (4, Ground.UNABLE_AND_REFUSES, set()),
        (4, Ground.HARM, {"limb_of_another_ground"}),
        (7, Ground.OTHER_VIOLATION, set()),
    ],
)
def test_a_limb_that_is_of_another_ground_is_warned_of(
    story: Telling, limb: int, ground: Ground, warned: set[str]
) -> None:
    told = story.tell(father_lost("2022-06-01", limb=limb, ground=ground), COURT)
    assert told.warnings - USUAL == warned


def test_a_limb_of_the_opinions_before_2015_is_warned_of(story: Telling) -> None:
    told = story.tell(father_lost("2014-12-31", limb=1), COURT)
    assert told.warnings - USUAL == {"opinions_not_yet_in_force"}


@pytest.mark.parametrize("limb", [0, 8])
def test_a_limb_that_is_none_of_the_seven_is_invalid(story: Telling, limb: int) -> None:
    with pytest.raises(InvalidError, match="opinions_limb"):
        story.tell(father_lost("2022-06-01", limb=limb), COURT)


def test_six_months_of_refusal_need_a_child_of_six_months(story: Telling) -> None:
    infant = child_id("an infant")
    story.tell(born(infant, "2021-12-02", FATHER), POLICE)
    for on, warned in (
        ("2022-06-01", {"six_months_cannot_be", "nobody_holds"}),
        ("2022-06-02", {"disqualified_already", "nobody_holds", "already_decided"}),
    ):
        said = outcome(infant, disqualified=(FATHER,), ground=Ground.NEGLECT, limb=3)
        told = story.tell(judgment(on, said), COURT)
        assert told.warnings - USUAL == warned


def test_who_delegated_the_care_has_not_refused_to(story: Telling) -> None:
    story.tell(place(PlacementForm.ENTRUSTED, "2022-01-01", UNCLE), Office.COMMITTEE)
    told = story.tell(
        father_lost("2022-06-01", ground=Ground.UNABLE_AND_REFUSES), COURT
    )
    assert told.warnings - USUAL == {"care_was_delegated"}
    assert story.guardians(CHILD, "2022-06-01") == {MOTHER}


def test_a_second_judgment_on_the_same_guardian_is_a_conflict_and_recorded(
    story: Telling,
) -> None:
    story.tell(father_lost("2022-06-01"), COURT)
    other = judgment(
        "2022-07-01", outcome(disqualified=(FATHER,)), case=child_id("another court")
    )
    assert story.tell(other, COURT).warnings - USUAL == {"disqualified_already"}


def test_an_older_judgment_that_comes_late_is_recorded_and_warned_of(
    story: Telling,
) -> None:
    story.tell(father_lost("2022-06-01"), COURT)
    late = judgment(
        "2022-03-01", outcome(disqualified=(MOTHER,)), case=child_id("another court")
    )
    assert "older_than_one_on_record" in story.tell(late, COURT).warnings
    assert story.guardians(CHILD, "2022-03-01") == {FATHER}
    assert story.status(CHILD, "2022-06-01") is Status.GAP


def test_who_was_no_guardian_is_barred_and_warned_of(story: Telling) -> None:
    said = judgment("2022-06-01", outcome(disqualified=(UNCLE,)))
    assert "guardian_not_on_record" in story.tell(said, COURT).warnings
    assert story.refused(designate("2022-08-01", UNCLE), Office.COMMITTEE)


def test_who_was_not_named_in_the_application_is_warned_of(story: Telling) -> None:
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.CIVIL_AFFAIRS, "2022-05-10", FATHER
    )
    story.tell(asked, CIVIL, BUREAU)
    both = judgment("2022-06-01", outcome(disqualified=(FATHER, MOTHER)))
    told = story.tell(both, COURT)
    assert told.warnings == {
        "not_named_in_application",
        "nobody_holds",
        "wish_not_on_record",  # the child is nine
    }


def test_a_judgment_on_one_who_is_of_age_is_warned_of(story: Telling) -> None:
    for on, of_age in (("2030-09-30", False), ("2030-10-01", True)):
        told = story.tell(judgment(on, outcome(dismissed=(FATHER,))), COURT)
        assert ("eighteen_or_over" in told.warnings) is of_age


def test_a_judgment_on_one_child_touches_no_sibling(story: Telling) -> None:
    sibling = child_id("a sibling")
    story.tell(born(sibling, "2014-05-01", FATHER, MOTHER), POLICE)
    story.tell(father_lost("2022-06-01"), COURT)
    assert story.guardians(sibling, "2022-06-01") == {FATHER, MOTHER}


def test_several_children_each_have_their_own_outcome(story: Telling) -> None:
    sibling = child_id("a sibling")
    story.tell(born(sibling, "2014-05-01", FATHER, MOTHER), POLICE)
    said = judgment(
        "2022-06-01",
        outcome(disqualified=(FATHER,)),
        outcome(sibling, dismissed=(FATHER,)),
    )
    story.tell(said, COURT)
    assert story.guardians(CHILD, "2022-06-01") == {MOTHER}
    assert story.guardians(sibling, "2022-06-01") == {FATHER, MOTHER}


def test_a_parent_who_is_designated_anyway_gets_no_second_relation(
    story: Telling,
) -> None:
    said = outcome(disqualified=(FATHER,), designated=(MOTHER,))
    told = story.tell(judgment("2022-06-01", said), COURT)
    assert told.warnings == USUAL
    (period,) = story.line(CHILD, Line.RELATION, "2022-06-01")
    assert (period.holder, period.role) == (MOTHER, Role.PARENT)


def test_another_designated_beside_a_parent_is_recorded_and_warned_of(
    story: Telling,
) -> None:
    said = outcome(disqualified=(FATHER,), designated=(UNCLE,))
    told = story.tell(judgment("2022-06-01", said), COURT)
    assert told.warnings - USUAL == {"a_parent_is_guardian", "another_guardian_stands"}
    assert story.guardians(CHILD, "2022-06-01") == {MOTHER, UNCLE}


def test_an_unsuitable_designation_is_set_aside_and_made_anew(story: Telling) -> None:
    for who in (FATHER, MOTHER):
        story.tell(end(EndReason.GUARDIAN_DIED, "2022-01-10", who), POLICE)
    story.tell(designate("2022-05-02", UNCLE), Office.COMMITTEE)
    set_aside = EndedPerson(who=UNCLE, reason=EndReason.DESIGNATION_SET_ASIDE)
    said = outcome(ended=(set_aside,), designated=(GRANDMOTHER,))
    told = story.tell(judgment("2022-07-01", said), COURT)
    assert told.warnings == USUAL
    assert "CPLI 349(1)" in told.articles
    assert story.guardians(CHILD, "2022-07-01") == {GRANDMOTHER}
    assert not story.line(CHILD, Line.BAR, "2022-07-01")


def test_a_change_of_guardian_disqualifies_nobody(story: Telling) -> None:
    """Huangpu 2021: an old grandmother is relieved; the bureau is designated."""
    for who in (FATHER, MOTHER):
        story.tell(end(EndReason.GUARDIAN_DIED, "2018-01-10", who), POLICE)
    by_order = establish(Way.ORDER, "2018-02-01", GRANDMOTHER, kin=Kin.GRANDPARENT)
    story.tell(by_order, Office.COMMITTEE)
    relieved = EndedPerson(who=GRANDMOTHER, reason=EndReason.CAPACITY_LOST)
    said = outcome(ended=(relieved,), designated=(body(BUREAU),))
    told = story.tell(judgment("2021-07-01", said), COURT)
    assert told.warnings == USUAL
    assert story.hands(CHILD, "2021-07-01") == {body(BUREAU)}
    assert not story.line(CHILD, Line.BAR, "2021-07-01")


CONTRADICTIONS: list[tuple[dict[str, object], str]] = [
    ({"dismissed": (FATHER,)}, "dismissed"),
    ({"restored": (FATHER,)}, "restored"),
    ({"designated": (FATHER,)}, "designated"),
    ({"measures": FATHER}, "measures"),
    (
        {"ended": (EndedPerson(who=MOTHER, reason=EndReason.WARD_DIED),)},
        "ended",
    ),
    (
        {"ended": (EndedPerson(who=MOTHER, reason=EndReason.FULL_CAPACITY),)},
        "ended",
    ),
]


@pytest.mark.parametrize(("said", "field"), CONTRADICTIONS)
def test_a_contradiction_within_one_judgment_is_invalid(
    story: Telling, said: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidError) as raised:
        story.tell(father_lost("2022-06-01", **said), COURT)
    assert raised.value.field == field


@pytest.mark.parametrize("who", [(FATHER, FATHER)])
def test_nobody_is_disqualified_twice_in_one_outcome(
    story: Telling, who: tuple[Holder, ...]
) -> None:
    with pytest.raises(InvalidError, match="disqualified"):
        story.tell(judgment("2022-06-01", outcome(disqualified=who)), COURT)


def test_the_case_of_a_judgment_may_come_after_it(story: Telling) -> None:
    assert (
        "application_not_on_record"
        in story.tell(father_lost("2022-06-01"), COURT).warnings
    )
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.CIVIL_AFFAIRS, "2022-05-10", FATHER
    )
    story.tell(asked, CIVIL, BUREAU)
    assert story.cases[CASE].application is not None
