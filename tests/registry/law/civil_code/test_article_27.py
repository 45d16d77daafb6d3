"""CC 27: who is guardian by the order of the law."""

from __future__ import annotations

from events.guardianship import Office
from events.proceedings import Kin
from registry.law import civil_code as law
from tests.support.outcomes import Row, answered

COMMITTEE, BUREAU = Office.COMMITTEE, Office.CIVIL_AFFAIRS

ROWS: list[Row] = [
    (
        "parents are guardians from birth",
        law.parents_are_guardians,
        True,
        "CC 27(1)",
        "parent_by_birth",
    ),
    (
        "a grandparent waits while a parent is guardian",
        lambda: law.is_next_in_order(Kin.GRANDPARENT, parent_stands=True),
        False,
        "CC 27(1)",
        "a_parent_is_guardian",
    ),
    (
        "grandparents come first where no parent is guardian",
        lambda: law.is_next_in_order(Kin.GRANDPARENT, parent_stands=False),
        True,
        "CC 27(2)(1)",
        "grandparent",
    ),
    (
        "elder siblings come second",
        lambda: law.is_next_in_order(Kin.SIBLING, parent_stands=False),
        True,
        "CC 27(2)(2)",
        "elder_sibling",
    ),
    (
        "others do not come by order",
        lambda: law.is_next_in_order(Kin.OTHER, parent_stands=False),
        False,
        "CC 27(2)(3)",
        "others_need_consent",
    ),
    (
        "who is of no rank does not come by order",
        lambda: law.is_next_in_order(None, parent_stands=False),
        False,
        "CC 27(2)(3)",
        "others_need_consent",
    ),
    (
        "a committee's consent makes another guardian",
        lambda: law.is_guardian_with_consent(COMMITTEE, parent_stands=False),
        True,
        "CC 27(2)(3)",
        "consent_given",
    ),
    (
        "civil affairs' consent makes another guardian",
        lambda: law.is_guardian_with_consent(BUREAU, parent_stands=False),
        True,
        "CC 27(2)(3)",
        "consent_given",
    ),
    (
        "the police's consent makes nobody guardian",
        lambda: law.is_guardian_with_consent(Office.POLICE, parent_stands=False),
        False,
        "CC 27(2)(3)",
        "consent_is_not_this_offices",
    ),
    (
        "consent makes nobody guardian beside a parent",
        lambda: law.is_guardian_with_consent(COMMITTEE, parent_stands=True),
        False,
        "CC 27(2)(3)",
        "a_parent_is_guardian",
    ),
]

test_answers = answered(ROWS)
