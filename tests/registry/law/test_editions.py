"""An act of a date is judged by the law of that date, and by no other."""

from __future__ import annotations

import re

import pytest

from events.cases import ApplicantClass
from events.guardianship import Office
from events.proceedings import Ground, Kin
from events.timeline import HolderKind
from registry.law import citations, establishing, judging, unverified
from registry.law.citations import Question, cite
from registry.law.editions import ACTS, BY_SHORT, civil_law
from registry.law.figures import FIGURES, Mark
from tests.support.outcomes import day

SHORT = re.compile(r"^([A-Z0-9]+) \d+(\(\d+\))*$")

CIVIL_LAW = [
    ("1986-12-31", None),
    ("1987-01-01", "GPCL"),
    ("2017-09-30", "GPCL"),
    ("2017-10-01", "GPR"),
    ("2020-12-31", "GPR"),
    ("2021-01-01", "CC"),
]


@pytest.mark.parametrize(("on", "short"), CIVIL_LAW)
def test_civil_law_of_a_day(on: str, short: str | None) -> None:
    act = civil_law(day(on))
    assert (act.short if act else None) == short


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.short)
def test_an_act_answers_from_its_first_day_until_its_last(act: object) -> None:
    assert act in BY_SHORT.values()
    first = BY_SHORT[act.short].from_  # type: ignore[attr-defined]
    until = BY_SHORT[act.short].until  # type: ignore[attr-defined]
    assert BY_SHORT[act.short].in_force(day(first.isoformat()))  # type: ignore[attr-defined]
    if until:
        assert not BY_SHORT[act.short].in_force(day(until.isoformat()))  # type: ignore[attr-defined]


@pytest.mark.parametrize("question", Question)
def test_no_citation_is_older_than_its_act(question: Question) -> None:
    for first, cited in citations.in_force(question):
        for citation in cited:
            matched = SHORT.match(citation)
            assert matched, citation
            assert BY_SHORT[matched[1]].from_ <= first


@pytest.mark.parametrize("question", Question)
def test_no_citation_outlives_its_act(question: Question) -> None:
    for act in ACTS:
        if act.until is None:
            continue
        cited = cite(question, day(act.until.isoformat()))
        assert not [c for c in cited if c.startswith(f"{act.short} ")]


@pytest.mark.parametrize(
    ("on", "acts"),
    [
        ("2006-01-01", {"GPCL"}),
        ("2014-12-31", {"GPCL", "MPL12"}),
        ("2015-01-07", {"GPCL", "MPL12", "OP14"}),
        ("2016-03-01", {"GPCL", "MPL12", "OP14", "DV"}),
        ("2018-06-01", {"GPR", "MPL12", "OP14", "DV"}),
        ("2021-03-01", {"CC", "MPL12", "OP14", "DV"}),
        ("2022-06-01", {"CC", "OP14", "DV"}),
    ],
)
def test_applicants_are_judged_by_every_act_in_force(on: str, acts: set[str]) -> None:
    found = judging.applicants(
        day(on), ApplicantClass.CIVIL_AFFAIRS, is_respondent=False
    )
    assert {a.split()[0] for f in found for a in f.articles} == acts


@pytest.mark.parametrize(
    ("on", "acts"),
    [
        ("2006-01-01", set()),
        ("2014-12-31", {"MPL12"}),
        ("2015-01-07", {"MPL12", "OP14"}),
        ("2018-06-01", {"GPR", "MPL12", "OP14", "DV"}),
        ("2022-06-01", {"CC", "MPL", "OP14", "DV"}),
    ],
)
def test_support_goes_on_by_every_act_in_force(on: str, acts: set[str]) -> None:
    found = judging.support(day(on))
    assert {a.split()[0] for f in found for a in f.articles} == acts


def test_before_any_known_law_the_answer_says_so_and_cites_nothing() -> None:
    on = day("1986-05-01")
    found = [
        establishing.parents(on),
        *establishing.order(on, Kin.SIBLING, parent_stands=False),
        *establishing.temporary_guardian(on, HolderKind.BODY, guardian_stands=False),
        *establishing.designation(
            on, Office.COURT, 1, parent_stands=False, barred=False
        ),
    ]
    assert {(f.reason, f.articles) for f in found} == {("no_rule_of_the_date", ())}


def test_the_limbs_of_the_ground_came_in_2017() -> None:
    def cited(on: str) -> set[str]:
        found = judging.ground(
            day(on), Ground.NEGLECT, None, delegated=False, since=None
        )
        return {a for f in found for a in f.articles}

    assert cited("2017-09-30") == set()
    assert cited("2017-10-01") == {"GPR 36(1)(2)"}
    assert cited("2021-01-01") == {"CC 36(1)(2)"}


def test_the_window_is_law_while_the_opinions_are_alone() -> None:
    days = ["2014-12-31", "2015-01-01", "2017-09-30", "2017-10-01", "2022-01-01"]
    assert [judging.window_is_law(day(d)) for d in days] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_what_was_never_read_is_listed_to_the_last_number() -> None:
    listed = unverified()
    marks = {Mark.RECALLED, Mark.CHOSEN}
    numbers = {
        (figure.name, value.from_.isoformat())
        for figure in FIGURES
        for value in figure.values
        if value.mark in marks
    }
    assert numbers <= {(item.what, item.from_) for item in listed}
    sources = {item.source for item in listed}
    assert {"OP14 15", "OP14 44", "GPCL 16(1)", "GPR 36(1)"} <= sources
    assert not {"CC 27(1)", "OP14 35", "MPL 92"} & sources
