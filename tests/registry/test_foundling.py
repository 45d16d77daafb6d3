"""A foundling's identity found later: corrected, and every earlier answer explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from events.birth import Birth, BirthSource, Precision
from events.dates import PartialDate
from events.guardianship import AnnulReason, Office, Way
from events.timeline import Line, Role, Status
from projections.compare import compare
from projections.custody import CustodyAnswer
from registry.bootstrap import Registry
from registry.commands import (
    CorrectSubmission,
    EstablishGuardianship,
    RegisterChild,
)
from tests.projections.test_matters import tell
from tests.registry.test_homes import REGISTERED, TAKEN
from tests.support.registry import body, child_id, opened
from tests.support.stories import BUREAU, MOTHER, start

CIVIL, POLICE = Office.CIVIL_AFFAIRS, Office.POLICE
FOUNDLING = child_id("found at the bus station")
FOUND = RegisterChild(
    child=FOUNDLING,
    birth=Birth(
        date=PartialDate("2021"),
        precision=Precision.ESTIMATED,
        source=BirthSource.MEDICAL_ESTIMATE,
    ),
    on=PartialDate("2022-03-08"),
    jurisdiction="cn-320312",
    parents=(),
)
KNOWN = RegisterChild(
    child=FOUNDLING,
    birth=Birth(
        date=PartialDate("2021-12-01"),
        precision=Precision.STATED,
        source=BirthSource.CERTIFICATE,
    ),
    on=PartialDate("2021-12-01"),
    jurisdiction="cn-320312",
    parents=(MOTHER,),
)
LONG = EstablishGuardianship(
    child=FOUNDLING,
    holders=(body(BUREAU),),
    way=Way.LONG_TERM,
    kin=None,
    limb=1,
    testator=None,
    on=PartialDate("2022-09-10"),
    order=0,
)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        tell(found, FOUND, POLICE)
        covered = start(
            Role.STATE_TEMPORARY_GUARDIAN,
            "2022-03-09",
            body(BUREAU),
            limb=1,
            child=FOUNDLING,
        )
        tell(found, covered, CIVIL)
        yield found


def asked(registry: Registry, on: str, known_at: int | None = None) -> CustodyAnswer:
    registry.runner.wait(registry.log.head().position, 10)
    day = date.fromisoformat(on)
    found = registry.custody.custody(FOUNDLING, day, known_at)
    assert found is not None
    return found


def identified(registry: Registry) -> tuple[int, int]:
    """Correct the registration; positions before and after."""
    before = registry.log.head().position
    first = next(
        one.position
        for one in registry.custody.explain(FOUNDLING, before)
        if one.type == "ChildRegistered"
    )
    corrected = CorrectSubmission(
        position=first, reason=AnnulReason.WRONG_CONTENT, replacement=KNOWN
    )
    return before, tell(registry, corrected, POLICE).position


def test_the_child_has_a_mother_from_birth_and_the_cover_stays(
    registry: Registry,
) -> None:
    before, after = identified(registry)
    answer = asked(registry, "2022-03-10").answer
    assert answer.status is Status.COVERED
    assert (Line.RELATION, MOTHER) in {(p.line, p.holder) for p in answer.certain}
    assert asked(registry, "2022-01-15").answer.status is Status.GUARDIAN
    assert asked(registry, "2022-01-15", before).answer.status is Status.NONE
    assert after == before + 1


def test_every_earlier_answer_is_what_it_was_and_says_what_changed_it(
    registry: Registry,
) -> None:
    days = ("2022-03-08", "2022-03-10", "2023-01-01", "2039-06-01")
    told = {day: asked(registry, day).answer for day in days}
    before, after = identified(registry)
    for day in days:
        assert asked(registry, day, before).answer == told[day]
    difference = compare(registry.custody, FOUNDLING, before, after)
    assert difference.stretches
    facts = registry.custody.explain(FOUNDLING, after)
    annulled = [one for one in facts if one.annulled]
    assert [one.type for one in annulled] == ["ChildRegistered"]
    registered = [one for one in facts if one.type == "ChildRegistered"]
    assert [one.position for one in registered if not one.annulled] == [after]


def test_majority_is_reckoned_from_the_birth_that_was_found(
    registry: Registry,
) -> None:
    assert asked(registry, "2039-06-01").answer.status is Status.UNCERTAIN
    identified(registry)
    assert asked(registry, "2039-11-30").answer.status is not Status.NONE
    assert asked(registry, "2039-12-01").answer.status is Status.NONE


def test_what_a_house_recorded_meanwhile_stays_the_childs(registry: Registry) -> None:
    tell(registry, REGISTERED, CIVIL)
    tell(registry, replace(TAKEN, child=FOUNDLING, on=PartialDate("2022-03-10")), CIVIL)
    tell(registry, LONG, CIVIL)
    identified(registry)
    registry.runner.wait(registry.log.head().position, 10)
    found = registry.matters.matters(FOUNDLING, date(2023, 1, 1))
    assert [one.stream.partition("/")[0] for one in found.matters] == ["stay"]
    roles = {p.role for p in asked(registry, "2023-01-01").answer.certain}
    assert {Role.PARENT, Role.STATE_GUARDIAN} <= roles
