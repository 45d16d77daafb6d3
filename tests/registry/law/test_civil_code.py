"""Civil Code 17 to 35, outcome by outcome, on the day before, on and after."""

from __future__ import annotations

import pytest

from events.guardianship import Office
from events.proceedings import Kin
from events.timeline import HolderKind
from registry.law import civil_code as law
from tests.support.outcomes import Ask, Row, check, day, params

BORN, LEAP, MONTH = day("2004-10-05"), day("2004-02-29"), day("2004-10")
PERSON, BODY = HolderKind.PERSON, HolderKind.BODY
COMMITTEE, BUREAU = Office.COMMITTEE, Office.CIVIL_AFFAIRS

ROWS: list[Row] = [
    (
        "the day before the eighteenth birthday is a minor's",
        lambda: law.is_minor(BORN, day("2022-10-04")),
        True,
        "CC 17",
        "under_eighteen",
    ),
    (
        "the eighteenth birthday is an adult's",
        lambda: law.is_minor(BORN, day("2022-10-05")),
        False,
        "CC 17",
        "eighteen_or_over",
    ),
    (
        "one born on 29 February is a minor on 28 February",
        lambda: law.is_minor(LEAP, day("2022-02-28")),
        True,
        "CC 17",
        "under_eighteen",
    ),
    (
        "one born on 29 February is an adult on 1 March",
        lambda: law.is_minor(LEAP, day("2022-03-01")),
        False,
        "CC 17",
        "eighteen_or_over",
    ),
    (
        "one born in a month may be a minor on its last day but one",
        lambda: law.is_minor(MONTH, day("2022-10-30")),
        True,
        "CC 17",
        "under_eighteen",
    ),
    (
        "one born in a month is surely an adult on its last day",
        lambda: law.is_minor(MONTH, day("2022-10-31")),
        False,
        "CC 17",
        "eighteen_or_over",
    ),
    (
        "the day before sixteen is too early for own labour",
        lambda: law.may_be_deemed_capable(BORN, day("2020-10-04")),
        False,
        "CC 18(2)",
        "under_sixteen",
    ),
    (
        "sixteen is old enough for own labour",
        lambda: law.may_be_deemed_capable(BORN, day("2020-10-05")),
        True,
        "CC 18(2)",
        "sixteen_or_over",
    ),
    (
        "the day before eight the wish is not asked as of course",
        lambda: law.wish_is_asked(day("2014-01-01"), day("2021-12-31")),
        False,
        "CC 19",
        "below_the_age_to_be_asked",
    ),
    (
        "at eight the wish is asked",
        lambda: law.wish_is_asked(day("2014-01-01"), day("2022-01-01")),
        True,
        "CC 35(2)",
        "of_the_age_to_be_asked",
    ),
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
    (
        "the will of the last parent makes a guardian",
        lambda: law.appoints_by_will(
            testator_was_guardian=True, other_parent_stands=False
        ),
        True,
        "CC 29",
        "will_of_a_parent_who_was_guardian",
    ),
    (
        "a will yields to the other parent",
        lambda: law.appoints_by_will(
            testator_was_guardian=True, other_parent_stands=True
        ),
        False,
        "CC 27(1)",
        "a_parent_is_guardian",
    ),
    (
        "who was no guardian appoints nobody by will",
        lambda: law.appoints_by_will(
            testator_was_guardian=False, other_parent_stands=False
        ),
        False,
        "CC 29",
        "testator_was_no_guardian",
    ),
    (
        "those qualified may agree",
        lambda: law.may_agree(barred=False, parent_stands=False),
        True,
        "CC 30",
        "agreed_among_qualified",
    ),
    (
        "no agreement frees a parent",
        lambda: law.may_agree(barred=False, parent_stands=True),
        False,
        "CC 27(1)",
        "a_parent_is_guardian",
    ),
    (
        "who is disqualified is no party to an agreement",
        lambda: law.may_agree(barred=True, parent_stands=False),
        False,
        "CC 30",
        "disqualified_for_this_child",
    ),
    *(
        (
            f"{by} may designate where no parent is guardian",
            lambda by=by: law.may_designate(by, parent_stands=False),
            True,
            "CC 31(1)",
            "nobody_is_guardian_by_law",
        )
        for by in (COMMITTEE, BUREAU, Office.COURT)
    ),
    (
        "a school may not designate",
        lambda: law.may_designate(Office.SCHOOL, parent_stands=False),
        False,
        "CC 31(1)",
        "designation_is_not_this_offices",
    ),
    (
        "nobody designates beside a parent who is guardian",
        lambda: law.may_designate(COMMITTEE, parent_stands=True),
        False,
        "CC 31(1)",
        "a_parent_is_guardian",
    ),
    (
        "who is not disqualified may be designated",
        lambda: law.is_qualified(barred=False),
        True,
        "CC 31(2)",
        "not_disqualified",
    ),
    (
        "who is disqualified may not be designated",
        lambda: law.is_qualified(barred=True),
        False,
        "CC 31(2)",
        "disqualified_for_this_child",
    ),
    (
        "a body is temporary guardian of a child whom nobody protects",
        lambda: law.may_be_temporary_guardian(BODY, guardian_stands=False),
        True,
        "CC 31(3)",
        "nobody_protects",
    ),
    (
        "a person is no temporary guardian before a designation",
        lambda: law.may_be_temporary_guardian(PERSON, guardian_stands=False),
        False,
        "CC 31(3)",
        "temporary_guardian_is_a_body",
    ),
    (
        "a temporary guardian beside a guardian on record is warned of",
        lambda: law.may_be_temporary_guardian(BODY, guardian_stands=True),
        False,
        "CC 31(3)",
        "a_guardian_is_on_record",
    ),
    (
        "a designated guardian is not exchanged privately",
        lambda: law.may_change_privately(designated_stands=True),
        False,
        "CC 31(4)",
        "designated_guardian_stands",
    ),
    (
        "without a designated guardian private change is not barred",
        lambda: law.may_change_privately(designated_stands=False),
        True,
        "CC 31(4)",
        "nobody_designated",
    ),
    (
        "civil affairs is guardian where nobody is qualified",
        lambda: law.nobody_is_qualified(guardian_stands=False),
        True,
        "CC 32",
        "nobody_qualified",
    ),
    (
        "civil affairs is not guardian beside one on record",
        lambda: law.nobody_is_qualified(guardian_stands=True),
        False,
        "CC 32",
        "a_guardian_is_on_record",
    ),
    (
        "temporary living care moves no guardianship",
        law.moves_no_guardianship,
        True,
        "CC 34(4)",
        "care_moves_no_guardianship",
    ),
    (
        "nobody is designated against the child's wish",
        lambda: law.wish_is_followed(against=False),
        True,
        "CC 31(2)",
        "not_against_the_wish",
    ),
    (
        "somebody is designated against the child's wish",
        lambda: law.wish_is_followed(against=True),
        False,
        "CC 31(2)",
        "against_the_wish",
    ),
    (
        "the child was asked",
        lambda: law.wish_is_on_record(heard=True),
        True,
        "CC 35(2)",
        "wish_on_record",
    ),
    (
        "nothing says that the child was asked",
        lambda: law.wish_is_on_record(heard=False),
        False,
        "CC 35(2)",
        "wish_not_on_record",
    ),
]


@pytest.mark.parametrize(("ask", "holds", "article", "reason"), params(ROWS))
def test_answers(ask: Ask, holds: bool, article: str, reason: str) -> None:
    check(ask, holds, article, reason)
