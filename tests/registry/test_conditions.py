"""Conditions: recorded by who may know them, with evidence, and ended once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.conditions import Condition
from events.document import Document
from events.guardianship import Office
from events.matters import MatterStatus, child_of, status_of
from registry.condition_commands import EndCondition, RecordCondition
from registry.conditions import OF_THE_CHILD
from registry.refusal import InvalidError, NotKnownError
from tests.support.record import Record
from tests.support.registry import child_id, person
from tests.support.stories import CHILD, FATHER
from tests.support.telling import day

NAME = child_id("the father's sentence")
CIVIL, COURT, POLICE = Office.CIVIL_AFFAIRS, Office.COURT, Office.POLICE
RECORDED = RecordCondition(
    condition=NAME,
    what=Condition.IMPRISONED,
    child=CHILD,
    jurisdiction="cn-320312",
    who=FATHER,
    grade=None,
    mental=False,
    on=day("2022-01-31"),
    evidence=Document(sha256=bytes(32), media_type="application/pdf", size=1),
)
ENDED = EndCondition(condition=NAME, on=day("2023-01-31"))


def of_the_right_form(what: Condition) -> RecordCondition:
    own = what in OF_THE_CHILD
    graded = what in {Condition.DISABILITY, Condition.OWN_DISABILITY}
    return replace(
        RECORDED, what=what, who=None if own else FATHER, grade=2 if graded else None
    )


@pytest.mark.parametrize("what", Condition)
def test_each_condition_is_recorded_with_its_evidence_and_ended(
    what: Condition,
) -> None:
    record = Record()
    court = what is Condition.DECLARED_MISSING
    record.tell(of_the_right_form(what), COURT if court else CIVIL)
    condition = record.matter("condition", NAME)
    assert (child_of(condition), status_of(condition)) == (CHILD, MatterStatus.OPEN)
    record.tell(ENDED, CIVIL)
    assert status_of(record.matter("condition", NAME)) is MatterStatus.DONE


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(RECORDED, who=None), "who"),
        (replace(RECORDED, who=person("a stranger")), "who"),
        (replace(RECORDED, what=Condition.POVERTY), "who"),
        (replace(RECORDED, grade=2), "grade"),
        (replace(RECORDED, mental=True), "grade"),
        (replace(RECORDED, what=Condition.DISABILITY), "grade"),
        (replace(RECORDED, what=Condition.DISABILITY, grade=5), "grade"),
        (replace(RECORDED, what=Condition.OWN_DISABILITY, who=None), "grade"),
    ],
)
def test_what_does_not_belong_together_is_named(
    wrong: RecordCondition, field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        Record().tell(wrong, CIVIL)
    assert refused.value.field == field


def test_only_a_court_declares_somebody_missing() -> None:
    missing = of_the_right_form(Condition.DECLARED_MISSING)
    assert Record().refused(missing, CIVIL).instead == "court"


def test_a_condition_is_of_a_known_child_and_recorded_once() -> None:
    with pytest.raises(NotKnownError):
        Record().tell(replace(RECORDED, child=child_id("nobody")), POLICE)
    record = Record()
    record.tell(RECORDED, POLICE)
    with pytest.raises(InvalidError, match="open already"):
        record.tell(RECORDED, POLICE)


def test_a_condition_ends_once_and_not_before_it_began() -> None:
    record = Record()
    with pytest.raises(NotKnownError):
        record.tell(ENDED, CIVIL)
    record.tell(RECORDED, POLICE)
    with pytest.raises(InvalidError, match="on: is not before"):
        record.tell(replace(ENDED, on=day("2022-01-30")), CIVIL)
    record.tell(ENDED, CIVIL)
    with pytest.raises(InvalidError, match="ended already"):
        record.tell(ENDED, CIVIL)
