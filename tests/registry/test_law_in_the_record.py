"""What the law refuses, and who may end what, all the way through the record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from events.cases import ApplicantClass
from events.guardianship import AnnulReason, Office
from events.proceedings import Asked, TemporaryEnd
from events.timeline import Role, Status
from registry import announce
from registry.bootstrap import Registry
from registry.commands import CorrectSubmission, ReinstateSubmission
from registry.refusal import InvalidError
from registry.timeline import RULES_SOURCES
from tests.support.registry import body, child_id, opened, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    judgment,
    outcome,
    start,
    stop,
    tongshan_application,
)

CIVIL = (BUREAU, Office.CIVIL_AFFAIRS)
BOTH_LOST = judgment(
    "2015-02-04",
    outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),), crime=True),
)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        submit(found, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        submit(found, submission(tongshan_application(), "application", *CIVIL))
        yield found


def hands(registry: Registry, day: str) -> set[object]:
    found = registry.custody.custody(CHILD, date.fromisoformat(day), None)
    assert found is not None
    return set(found.answer.hand_over_to)


def test_a_refusal_is_recorded_with_what_would_be_accepted_instead(
    registry: Registry,
) -> None:
    submit(registry, submission(BOTH_LOST, "judgment"))
    again = application(
        Asked.RESTORE,
        ApplicantClass.PARENT,
        "2018-06-01",
        who=FATHER,
        case=child_id("restoration"),
    )
    receipt = submit(registry, submission(again, "restoration"))
    assert receipt.refused is not None
    assert receipt.refused.reason == "intentional_crime_against_ward"
    assert receipt.refused.articles == ("GPR 38",)
    assert receipt.refused.instead == "nothing"
    assert hands(registry, "2018-06-01") == {body(BUREAU)}


def test_a_temporary_guardianship_is_ended_by_those_who_gave_it(
    registry: Registry,
) -> None:
    kept = start(Role.STATE_TEMPORARY_GUARDIAN, "2015-01-10", body(BUREAU))
    begun = submit(registry, submission(kept, "kept", *CIVIL))
    (version,) = {
        e.version for e in begun.events if e.type == "TemporaryArrangementStarted"
    }
    ended = stop(version, "2015-02-01", TemporaryEnd.RETURNED)
    for office in (Office.COMMITTEE, Office.SCHOOL):
        tried = submission(ended, f"ended by {office}", "somebody", office)
        refused = submit(registry, tried).refused
        assert refused is not None
        assert refused.reason == "not_competent"
        assert refused.instead == "civil_affairs+court+rescue_institution"
    assert hands(registry, "2015-02-01") == {body(BUREAU)}
    receipt = submit(registry, submission(ended, "ended", *CIVIL))
    assert {w.reason for w in receipt.warnings} == {"returned_unassessed"}
    assert hands(registry, "2015-02-01") == {FATHER, MOTHER}


def test_an_annulled_application_stands_again_when_reinstated(
    registry: Registry,
) -> None:
    position = registry.log.head().position
    annulled = CorrectSubmission(
        position=position, reason=AnnulReason.SUBMITTED_TWICE, replacement=None
    )
    submit(registry, submission(annulled, "annulled", *CIVIL))
    again = ReinstateSubmission(position=position)
    submit(registry, submission(again, "again", *CIVIL))
    with pytest.raises(InvalidError, match="has an application already"):
        submit(registry, submission(tongshan_application(), "twice", *CIVIL))


def test_a_court_records_what_a_committee_is_refused(registry: Registry) -> None:
    """The same person, disqualified: no committee's designation, a court's order."""
    submit(registry, submission(BOTH_LOST, "judgment"))
    order = judgment(
        "2016-02-04", outcome(designated=(MOTHER,)), case=child_id("a later case")
    )
    receipt = submit(registry, submission(order, "order"))
    assert receipt.refused is None
    assert "disqualified_for_this_child" in {w.reason for w in receipt.warnings}
    found = registry.custody.custody(CHILD, date(2016, 2, 4), None)
    assert found is not None
    assert found.answer.status is Status.GUARDIAN
    assert MOTHER in found.answer.hand_over_to


def test_the_rules_digest_covers_all_that_makes_a_timeline() -> None:
    """Every module of ours that the fold imports is among its sources."""
    root = Path(announce.__file__).parent
    needed, seen = ["timeline"], set()
    while needed:
        path = f"{needed.pop().replace('.', '/')}.py"
        seen.add(path)
        text = (root / path).read_text(encoding="utf-8")
        found = re.findall(r"^from registry\.([a-z_.]+) import", text, re.MULTILINE)
        for names in re.findall(
            r"^from registry\.law import (.+)$", text, re.MULTILINE
        ):
            found += [f"law.{name.strip()}" for name in names.split(",")]
        new = {name for name in found if name != "law"}
        needed += [n for n in new if f"{n.replace('.', '/')}.py" not in seen]
    assert seen == set(RULES_SOURCES)
