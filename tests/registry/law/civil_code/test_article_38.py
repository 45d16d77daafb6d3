"""CC 38: who is restored, and who ceases."""

from __future__ import annotations

import pytest

from registry.law import civil_code_court as law
from tests.support.outcomes import Row, answered

CONDITIONS = ("kin_of_ward", "disqualified", "crime_against_ward")
MET = {"kin_of_ward": True, "disqualified": True, "crime_against_ward": False}
SAID = {
    ("kin_of_ward", True): "parent_or_child_of_ward",
    ("kin_of_ward", False): "no_parent_of_ward",
    ("disqualified", True): "was_disqualified",
    ("disqualified", False): "was_not_disqualified",
    ("crime_against_ward", False): "no_such_crime",
    ("crime_against_ward", True): "intentional_crime_against_ward",
}
ROWS: list[Row] = [
    *(
        (
            f"with {condition} {value}",
            lambda c=condition, v=value: law.may_be_restored(**(MET | {c: v}))[
                CONDITIONS.index(c)
            ],
            MET[condition] == value,
            "CC 38",
            reason,
        )
        for (condition, value), reason in SAID.items()
    ),
    (
        "who is to be restored applies himself",
        lambda: law.may_ask_to_be_restored(applies_himself=True),
        True,
        "CC 38",
        "applies_himself",
    ),
    (
        "nobody asks for another's restoration",
        lambda: law.may_ask_to_be_restored(applies_himself=False),
        False,
        "CC 38",
        "asked_by_another",
    ),
    (
        "the court's designated guardian ceases in the same moment",
        law.designated_guardian_ceases,
        True,
        "CC 38",
        "ceases_in_the_same_moment",
    ),
]

RESTORED = [
    (True, True, False, set()),
    (False, True, False, {"no_parent_of_ward"}),
    (True, False, False, {"was_not_disqualified"}),
    (True, True, True, {"intentional_crime_against_ward"}),
    (
        False,
        False,
        True,
        {
            "no_parent_of_ward",
            "was_not_disqualified",
            "intentional_crime_against_ward",
        },
    ),
]

test_answers = answered(ROWS)


@pytest.mark.parametrize(("kin", "disqualified", "crime", "against"), RESTORED)
def test_each_condition_of_restoration_is_a_finding(
    kin: bool, disqualified: bool, crime: bool, against: set[str]
) -> None:
    found = law.may_be_restored(
        kin_of_ward=kin, disqualified=disqualified, crime_against_ward=crime
    )
    assert {f.reason for f in found if not f.holds} == against
    assert all(f.articles == ("CC 38",) for f in found)
    assert [f.question for f in found] == [
        "is_parent_of_ward",
        "was_disqualified",
        "no_crime_against_ward",
    ]
