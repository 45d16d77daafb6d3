"""The classes of a child: by dated rules, from facts that are named."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.conditions import Condition
from events.dates import PartialDate
from registry.classification import FROM, Classified, Scheme, classify
from registry.situation import COUNTED, Known, Parent, Situation
from tests.support.stories import FATHER, MOTHER
from tests.support.strategies import PARTIAL_DATES

C = Condition
SINCE = PartialDate("2021-03-31")
ON = date(2022, 6, 1)
AT_HOME = Situation(
    born=PartialDate("2015-10-01"),
    parents=(Parent(who=FATHER), Parent(who=MOTHER)),
    own=(),
    parent_guards=True,
    covered=False,
)
LISTED = [
    C.DISABILITY,
    C.SERIOUS_ILLNESS,
    C.IMPRISONED,
    C.COMPULSORY_ISOLATION,
    C.OTHER_RESTRICTION,
    C.LOST_CONTACT,
    "disqualified",
    C.DEPORTED,
]
"""The eight states of a parent, by the notices of 2019 and 2020."""


def known(
    what: Condition | None,
    since: PartialDate = SINCE,
    until: str | None = None,
    grade: int | None = None,
    *,
    mental: bool = False,
) -> Known:
    return Known(
        fact=f"{what}",
        what=what,
        since=since,
        until=PartialDate(until) if until else None,
        grade=grade,
        mental=mental,
    )


def parent(what: Condition | str, since: PartialDate = SINCE) -> Parent:
    if what == "disqualified":
        return Parent(who=FATHER, disqualified=(known(None, since),))
    if what == "died":
        return Parent(who=FATHER, died=known(None, since))
    grade = 2 if what is C.DISABILITY else None
    return Parent(who=FATHER, conditions=(known(C(what), since, grade=grade),))


def of(*parents: Parent, **more: object) -> Situation:
    return replace(AT_HOME, parents=parents, **more)  # type: ignore[arg-type]


def own(*facts: Known) -> Situation:
    return replace(AT_HOME, own=facts)


def named(situation: Situation, on: date = ON) -> set[tuple[str, str]]:
    return {(one.scheme.value, one.name) for one in classify(situation, on)}


def unattended(situation: Situation, on: date = ON) -> Classified | None:
    found = [c for c in classify(situation, on) if c.scheme is Scheme.UNATTENDED_2019]
    return found[0] if found else None


def test_a_child_at_home_is_in_no_class() -> None:
    assert classify(AT_HOME, ON) == ()


@pytest.mark.parametrize(("one", "other"), list(itertools.product(LISTED, LISTED)))
def test_each_pair_of_the_eight_states_makes_a_child_de_facto_unattended(
    one: Condition | str, other: Condition | str
) -> None:
    found = unattended(of(parent(one), parent(other)))
    assert found is not None
    assert found.certain
    assert len(found.facts) == 2
    assert unattended(of(parent(one), Parent(who=MOTHER))) is None


@pytest.mark.parametrize("gone", ["died", C.DECLARED_MISSING])
@pytest.mark.parametrize("other", LISTED)
def test_one_parent_gone_and_the_other_in_the_list(
    gone: Condition | str, other: Condition | str
) -> None:
    assert unattended(of(parent(gone), parent(other))) is not None
    assert unattended(of(parent(gone), Parent(who=MOTHER))) is None


def test_both_parents_gone_make_an_orphan_and_not_an_unattended_child() -> None:
    found = named(of(parent("died"), parent(C.DECLARED_MISSING)))
    assert ("orphan_2010", "orphan") in found
    assert "unattended_2019" not in {scheme for scheme, _ in found}


@pytest.mark.parametrize("what", sorted(COUNTED))
def test_what_is_counted_counts_from_six_months(what: Condition) -> None:
    both = of(parent(what), parent(C.SERIOUS_ILLNESS))
    assert unattended(both, date(2021, 9, 29)) is None
    assert unattended(both, date(2021, 9, 30)) is not None  # no 31 September


@pytest.mark.parametrize(
    ("grade", "mental", "severe"),
    [
        (1, False, True),
        (2, False, True),
        (3, False, False),
        (4, False, False),
        (3, True, True),
        (4, True, True),
    ],
)
def test_a_disability_is_severe_by_its_grade(
    grade: int, mental: bool, severe: bool
) -> None:
    disabled = known(C.DISABILITY, grade=grade, mental=mental)
    both = of(Parent(who=FATHER, conditions=(disabled,)), parent(C.SERIOUS_ILLNESS))
    assert (unattended(both) is not None) is severe


@pytest.mark.parametrize("what", ["disqualified", C.DEPORTED])
def test_what_the_notice_of_2020_added_holds_from_2021(what: Condition | str) -> None:
    early = PartialDate("2019-01-01")
    both = of(parent(what, early), parent(C.SERIOUS_ILLNESS, early))
    assert unattended(both, date(2020, 12, 31)) is None
    found = unattended(both, date(2021, 1, 1))
    assert found is not None
    assert "125" in found.source


@pytest.mark.parametrize("scheme", Scheme)
def test_no_scheme_answers_before_its_first_day(scheme: Scheme) -> None:
    long = PartialDate("1985-01-01")
    all_at_once = replace(
        of(parent(C.AWAY_FOR_WORK, long), parent(C.AWAY_FOR_WORK, long)),
        born=PartialDate("1984-01-01"),
        own=tuple(known(what, long) for what in C if what.value.startswith("own")),
    )
    day_before = date.fromordinal(FROM[scheme][0].toordinal() - 1)
    found = {one.scheme for one in classify(all_at_once, day_before)}
    assert scheme not in found


@pytest.mark.parametrize(
    ("one", "other", "left"),
    [
        (C.AWAY_FOR_WORK, C.AWAY_FOR_WORK, True),
        (C.AWAY_FOR_WORK, C.UNABLE_TO_GUARD, True),
        (C.UNABLE_TO_GUARD, C.UNABLE_TO_GUARD, False),
        (C.AWAY_FOR_WORK, C.SERIOUS_ILLNESS, False),
    ],
)
def test_left_behind_is_both_away_or_one_away_and_the_other_unable(
    one: Condition, other: Condition, left: bool
) -> None:
    found = named(of(parent(one), parent(other)))
    assert (("left_behind_2016", "left_behind") in found) is left


def test_left_behind_ends_at_sixteen_and_one_scholars_class_at_fourteen() -> None:
    away = of(parent(C.AWAY_FOR_WORK), parent(C.AWAY_FOR_WORK))
    orphan = of(parent("died"), parent("died"))
    assert named(away, date(2031, 9, 30))
    assert not named(away, date(2031, 10, 1))
    wu = ("wu_guoping", "orphan")
    assert wu in named(orphan, date(2029, 9, 30))
    assert wu not in named(orphan, date(2029, 10, 1))
    assert not named(orphan, date(2033, 10, 1))


def test_a_child_is_in_several_classes_at_once() -> None:
    found = named(own(known(C.OWN_DISABILITY, grade=3), known(C.POVERTY)))
    assert {
        ("shang_xiaoyuan", "physiological_disabled"),
        ("shang_xiaoyuan", "social_poor"),
        ("shang_xiaoyuan", "multiple"),
        ("state_council_2016", "own_disability"),
        ("state_council_2016", "poverty"),
    } == found


def test_a_child_whose_parents_do_not_guard_it_has_lost_custody() -> None:
    covered = named(replace(AT_HOME, covered=True))
    lost = named(replace(AT_HOME, parent_guards=False))
    assert ("wang_qi", "lost_temporarily") in covered
    assert ("wang_qi", "lost_permanently") in lost
    absent = ("state_council_2016", "guardianship_absent_or_improper")
    assert absent in covered
    assert absent in lost


def test_a_condition_that_ended_counts_no_more() -> None:
    poor = own(known(C.POVERTY, until="2022-06-01"))
    assert named(poor, date(2022, 5, 31))
    assert not named(poor, date(2022, 6, 1))


def test_a_partial_date_leaves_a_class_possible_until_it_is_certain() -> None:
    poor = own(known(C.POVERTY, PartialDate("2022")))
    assert {c.certain for c in classify(poor, date(2022, 3, 1))} == {False}
    assert {c.certain for c in classify(poor, date(2022, 12, 31))} == {True}
    assert not classify(poor, date(2021, 12, 31))


def test_one_parent_on_record_leaves_it_open_what_the_other_is() -> None:
    found = unattended(of(parent(C.SERIOUS_ILLNESS)))
    assert found is not None
    assert not found.certain


def test_each_class_names_its_source_and_its_facts() -> None:
    (first, *_) = classify(own(known(C.POVERTY)), ON)
    assert first.facts == ("poverty",)
    found = classify(own(known(C.POVERTY)), ON)
    assert {one.source for one in found} == {"Shang Xiaoyuan", "国发〔2016〕36号"}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(C)), PARTIAL_DATES), max_size=6),
    st.lists(st.tuples(st.sampled_from(list(C)), PARTIAL_DATES), max_size=6),
    st.dates(date(1990, 1, 1), date(2040, 1, 1)),
)
def test_every_class_names_recorded_facts_and_more_facts_take_none_of_the_child_away(
    ours: list[tuple[Condition, PartialDate]],
    more: list[tuple[Condition, PartialDate]],
    on: date,
) -> None:
    def situation(listed: list[tuple[Condition, PartialDate]]) -> Situation:
        facts = tuple(known(what, since) for what, since in listed)
        return replace(AT_HOME, own=facts, born=None)

    few, many = situation(ours), situation([*ours, *more])
    for one in classify(many, on):
        assert set(one.facts) <= {fact.fact for fact in many.own}
    assert named(few, on) <= named(many, on)
