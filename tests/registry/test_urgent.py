"""Which events somebody must act on at once: the frame says it, for whoever filters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from events.guardianship import AnnulReason, Office
from events.timeline import Role
from registry.bootstrap import Registry
from registry.commands import Command, CorrectSubmission
from tests.support.registry import body, child_id, opened, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    start,
)

SECOND_CASE = child_id("tongshan case of 2016")
LEFT, NOBODY = ("GuardianDisqualified", True), ("TimelineChanged", True)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        asked = born(CHILD, "2010-03-01", FATHER, MOTHER)
        submit(found, submission(asked, "born", "xuzhou-police", Office.POLICE))
        yield found


def told(
    registry: Registry, command: Command, by: str = COURT, office: Office = Office.COURT
) -> set[tuple[str, bool]]:
    """Return the events that a command made, and whether each is urgent."""
    name = str(registry.log.head().position)
    receipt = submit(registry, submission(command, name, by, office))
    return {(event.type, event.urgent) for event in receipt.events}


def test_a_birth_is_not_urgent(registry: Registry) -> None:
    sister = born(child_id("a sister"), "2012-01-01", FATHER)
    found = told(registry, sister, "xuzhou-police", Office.POLICE)
    assert ("ChildRegistered", False) in found
    assert not any(urgent for _, urgent in found)


def test_a_disqualification_is_and_the_timeline_only_where_it_leaves_a_gap(
    registry: Registry,
) -> None:
    one = told(registry, judgment("2015-02-04", outcome(disqualified=(FATHER,))))
    assert LEFT in one
    assert NOBODY not in one
    other = judgment("2016-02-04", outcome(disqualified=(MOTHER,)), case=SECOND_CASE)
    both = told(registry, other)
    assert {LEFT, NOBODY} <= both


def test_a_child_taken_in_by_the_state_is(registry: Registry) -> None:
    removed = start(Role.STATE_TEMPORARY_GUARDIAN, "2015-03-01", body(BUREAU), limb=1)
    found = told(registry, removed, BUREAU, Office.CIVIL_AFFAIRS)
    assert ("TemporaryArrangementStarted", True) in found


def test_what_is_taken_back_is(registry: Registry) -> None:
    told(registry, judgment("2015-02-04", outcome(disqualified=(FATHER,))))
    fix = CorrectSubmission(
        position=registry.log.head().position,
        reason=AnnulReason.WRONG_CASE,
        replacement=None,
    )
    assert ("ActAnnulled", True) in told(registry, fix)
