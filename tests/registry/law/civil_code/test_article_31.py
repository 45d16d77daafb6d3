"""CC 31: who designates, whom, and who guards until then."""

from __future__ import annotations

from events.guardianship import Office
from events.timeline import HolderKind
from registry.law import civil_code as law
from tests.support.outcomes import Row, answered

PERSON, BODY = HolderKind.PERSON, HolderKind.BODY
COMMITTEE, BUREAU = Office.COMMITTEE, Office.CIVIL_AFFAIRS

ROWS: list[Row] = [
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
]

test_answers = answered(ROWS)
