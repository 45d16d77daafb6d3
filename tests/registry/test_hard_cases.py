"""What really happens: too early, too late, on one day, without a date, by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from events.birth import Birth, BirthSource, Precision
from events.dates import PartialDate
from events.guardianship import AnnulReason, Office
from events.timeline import Holder, Line, Role, Status
from projections.custody import CustodyAnswer
from registry.bootstrap import Registry
from registry.commands import (
    Command,
    CorrectSubmission,
    RegisterChild,
    StartTemporaryArrangement,
)
from registry.receipt import Receipt
from registry.submission import Submission
from tests.support.registry import body, child_id, opened, person, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)

CIVIL, POLICE = Office.CIVIL_AFFAIRS, Office.POLICE
GRANDMOTHER = person("tongshan grandmother")
UNCLE = person("tongshan uncle")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as opened_registry:
        birth = born(CHILD, "2004-10-15", FATHER, MOTHER)
        submit(opened_registry, submission(birth, "birth", "police", POLICE))
        yield opened_registry


def on(registry: Registry, year: int, month: int, day: int) -> CustodyAnswer:
    found = registry.custody.custody(CHILD, date(year, month, day))
    assert found is not None
    return found


def holders(answer: CustodyAnswer) -> set[str]:
    return {holder.id for holder in answer.answer.hand_over_to}


def by_court(command: Command, request: str) -> Submission:
    return submission(command, request)


def test_a_judgment_may_arrive_before_its_application(registry: Registry) -> None:
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    first = submit(registry, by_court(decided, "judgment"))
    assert "application_not_on_record" in {w.reason for w in first.warnings}
    before = on(registry, 2015, 2, 5)
    late = submission(tongshan_application(), "file", BUREAU, CIVIL)
    receipt = submit(registry, late)
    assert receipt.refused is None
    assert on(registry, 2015, 2, 5).answer == before.answer
    types = [event.type for event in receipt.events]
    assert "ApplicationFiled" in types
    assert "TimelineChanged" not in types


def test_two_acts_of_one_day_stand_in_the_order_they_state(registry: Registry) -> None:
    """A cover, then a designation on one day, recorded the other way round."""
    order = replace(judgment("2014-05-01", outcome(designated=(GRANDMOTHER,))), order=2)
    cover = StartTemporaryArrangement(
        child=CHILD,
        holder=body(BUREAU),
        role=Role.STATE_TEMPORARY_GUARDIAN,
        limb=None,
        on=PartialDate("2014-05-01"),
        order=1,
        until=None,
    )
    submit(registry, by_court(order, "designate"))
    submit(registry, submission(cover, "cover", BUREAU, CIVIL))
    answer = on(registry, 2014, 5, 2)
    # The designation came after the cover on that day, and ended it.
    assert answer.answer.status is Status.GUARDIAN
    assert GRANDMOTHER.id in holders(answer)
    swapped = replace(cover, order=3)
    fix = CorrectSubmission(
        position=registry.log.head().position,
        reason=AnnulReason.WRONG_CONTENT,
        replacement=swapped,
    )
    submit(registry, submission(fix, "fix", BUREAU, CIVIL))
    assert on(registry, 2014, 5, 2).answer.status is Status.COVERED


def test_a_foundling_has_no_birth_date_and_a_gap_from_the_day_it_was_found(
    registry: Registry,
) -> None:
    foundling = child_id("foundling")
    found = RegisterChild(
        child=foundling,
        birth=Birth(date=None, precision=Precision.UNKNOWN, source=BirthSource.OTHER),
        on=PartialDate("2022-03-08"),
        jurisdiction="cn-320312",
        parents=(),
    )
    submit(registry, submission(found, "found", "police", POLICE))
    before = registry.custody.custody(foundling, date(2022, 3, 7))
    after = registry.custody.custody(foundling, date(2022, 3, 8))
    long_after = registry.custody.custody(foundling, date(2060, 1, 1))
    assert before is not None
    assert after is not None
    assert long_after is not None
    assert before.answer.status is Status.NONE
    assert after.answer.status is long_after.answer.status is Status.GAP
    (gap,) = [p for p in after.answer.certain if p.line is Line.GAP]
    assert gap.duty is not None
    assert gap.duty.due == "2022-03-08"
    # An estimate of the birth, recorded later, ends it at majority.
    covered = StartTemporaryArrangement(
        child=foundling,
        holder=body(BUREAU),
        role=Role.STATE_TEMPORARY_GUARDIAN,
        limb=1,
        on=PartialDate("2022-03-09"),
        order=0,
        until=None,
    )
    submit(registry, submission(covered, "cover", BUREAU, CIVIL))
    answer = registry.custody.custody(foundling, date(2022, 3, 9))
    assert answer is not None
    assert answer.answer.status is Status.COVERED


def test_a_case_number_typed_wrongly_is_taken_back_within_minutes(
    registry: Registry,
) -> None:
    wrong = replace(
        judgment("2015-02-04", outcome(disqualified=(FATHER,))),
        number="(2015)铜民特字第10号",
    )
    right = replace(wrong, number="(2015)铜民特字第1号")
    first = submit(registry, by_court(wrong, "wrong"))
    fix = CorrectSubmission(
        position=first.position, reason=AnnulReason.WRONG_CASE, replacement=right
    )
    second = submit(registry, by_court(fix, "fix"))
    assert any(event.urgent for event in second.events)
    answer = on(registry, 2015, 3, 1)
    assert holders(answer) == {MOTHER.id}
    facts = registry.custody.explain(CHILD, second.position)
    removed = [f for f in facts if f.type == "GuardianDisqualified"]
    assert [f.annulled for f in removed] == [True, False]
    known_then = registry.custody.custody(CHILD, date(2015, 3, 1), first.position)
    assert known_then is not None
    assert known_then.answer.hand_over_to == answer.answer.hand_over_to


def test_three_acts_stood_on_the_one_that_is_corrected(registry: Registry) -> None:
    """The first judgment fell on a wrong day; what followed stays, by its own days."""

    def decided(day: str, request: str, **parts: tuple[Holder, ...]) -> Receipt:
        told = judgment(day, outcome(**parts), case=child_id(request))  # type: ignore[arg-type]
        return submit(registry, by_court(told, request))

    first = decided("2012-03-01", "first", disqualified=(FATHER, MOTHER))
    decided("2013-01-01", "second", designated=(GRANDMOTHER,))
    decided("2014-01-01", "third", restored=(MOTHER,))
    decided("2015-01-01", "fourth", designated=(UNCLE,))
    assert on(registry, 2012, 6, 1).answer.status is Status.GAP
    moved = judgment(
        "2012-09-01", outcome(disqualified=(FATHER, MOTHER)), case=child_id("first")
    )
    fix = CorrectSubmission(
        position=first.position, reason=AnnulReason.WRONG_DATE, replacement=moved
    )
    receipt = submit(registry, by_court(fix, "fix"))
    # One difference for the one child, in the entry of the correction itself.
    assert [e.type for e in receipt.events].count("TimelineChanged") == 1
    assert holders(on(registry, 2012, 6, 1)) == {FATHER.id, MOTHER.id}
    assert on(registry, 2012, 10, 1).answer.status is Status.GAP
    assert holders(on(registry, 2013, 6, 1)) == {GRANDMOTHER.id}
    assert holders(on(registry, 2014, 6, 1)) == {MOTHER.id}
    assert UNCLE.id in holders(on(registry, 2015, 6, 1))
    then = registry.custody.custody(CHILD, date(2012, 6, 1), receipt.position - 1)
    assert then is not None
    assert then.answer.status is Status.GAP
