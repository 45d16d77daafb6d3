"""What changed between two states of knowledge, for whom, and by which acts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from events.dates import PartialDate
from events.guardianship import AnnulReason, Office
from events.timeline import Status
from projections.compare import changed_by, compare
from projections.custody import known_at_time
from registry.bootstrap import Registry
from registry.commands import CorrectSubmission, WithdrawApplication
from tests.support.registry import body, opened, submission, submit
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        police, bureau = Office.POLICE, Office.CIVIL_AFFAIRS
        birth = born(CHILD, "2004-10-05", FATHER, MOTHER)
        submit(found, submission(birth, "birth", "xuzhou-police", police))
        submit(found, submission(tongshan_application(), "file", BUREAU, bureau))
        yield found


def test_a_judgment_changes_the_days_from_its_own_on(registry: Registry) -> None:
    before = registry.log.head().position
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    after = submit(registry, submission(decided, "judgment")).position
    found = compare(registry.custody, CHILD, before, after)
    (stretch,) = found.stretches
    assert stretch.from_ == date(2015, 2, 4)
    assert stretch.until == date(2022, 10, 5)
    assert stretch.before.status is Status.GUARDIAN
    assert stretch.after.status is Status.GAP
    assert {fact.type for fact in stretch.causes} == {"GuardianDisqualified"}
    assert found.unreadable == ()


def test_a_correction_tells_which_days_were_answered_otherwise(
    registry: Registry,
) -> None:
    wrong = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    first = submit(registry, submission(wrong, "judgment")).position
    designated = outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),))
    correction = CorrectSubmission(
        position=first,
        reason=AnnulReason.WRONG_DATE,
        replacement=judgment("2015-02-06", designated),
    )
    at = submit(registry, submission(correction, "correction")).position
    (child,) = changed_by(registry.log, registry.custody, at)
    assert child.child == CHILD
    assert [(s.from_, s.until, s.after.status) for s in child.stretches] == [
        (date(2015, 2, 4), date(2015, 2, 6), Status.GUARDIAN),
        (date(2015, 2, 6), date(2022, 10, 5), Status.GUARDIAN),
    ]
    assert "ActAnnulled" in {fact.type for fact in child.stretches[0].causes}
    assert set(child.stretches[1].after.hand_over_to) == {body(BUREAU)}


def test_an_act_of_procedure_changes_no_answer(registry: Registry) -> None:
    withdrawn = WithdrawApplication(case=CASE, on=PartialDate("2015-01-08"))
    asked = submission(withdrawn, "withdrawal", BUREAU, Office.CIVIL_AFFAIRS)
    at = submit(registry, asked).position
    assert [*changed_by(registry.log, registry.custody, at)] == []
    assert [*changed_by(registry.log, registry.custody, at - 1)] == []


def test_a_birth_changes_every_day_of_childhood_from_unknown(
    registry: Registry,
) -> None:
    at = registry.log.head().position - 1
    (child,) = changed_by(registry.log, registry.custody, at)
    (stretch,) = child.stretches
    assert (stretch.from_, stretch.until) == (date(2004, 10, 5), date(2022, 10, 5))
    assert stretch.before.status is Status.NONE


def test_positions_in_the_wrong_order_are_refused(registry: Registry) -> None:
    with pytest.raises(ValueError, match="above"):
        compare(registry.custody, CHILD, 4, 3)


def test_history_tells_between_which_positions_a_period_was_held_true(
    registry: Registry,
) -> None:
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    at = submit(registry, submission(decided, "judgment")).position
    history = registry.custody.history(CHILD)
    closed = [known for known in history if known.known_until == at]
    assert {known.period.holder for known in closed} == {FATHER, MOTHER}
    assert {known.known_from for known in closed} == {at - 2}
    live = [known.period for known in history if known.known_until is None]
    assert live == registry.custody.periods(CHILD, at)
    assert registry.custody.history(CHILD, at - 1) != history


def test_several_children_are_answered_in_one_question(registry: Registry) -> None:
    day = date(2015, 3, 1)
    one, other = registry.custody.batch([CHILD, "nobody"], day)
    assert one == registry.custody.custody(CHILD, day)
    assert other is None


def test_a_time_means_the_last_position_recorded_by_then(registry: Registry) -> None:
    first, last = registry.log.read(2, 2)
    when = datetime.fromtimestamp(last.recorded_at / 1_000_000, UTC)
    assert known_at_time(registry.log, when) == last.position
    before = when.replace(microsecond=when.microsecond - 1)
    assert known_at_time(registry.log, before) == first.position
    with pytest.raises(ValueError, match="zone"):
        known_at_time(registry.log, when.replace(tzinfo=None))


def test_a_bar_is_told_with_its_dates_and_what_was_known(registry: Registry) -> None:
    before = registry.log.head().position
    decided = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    at = submit(registry, submission(decided, "judgment")).position
    found = registry.barred.barred(FATHER.id, date(2015, 3, 1))
    (bar,) = found.bars
    assert (bar.child, bar.certain, found.known_at) == (CHILD, True, at)
    assert registry.barred.barred(FATHER.id, date(2015, 2, 3)).bars == ()
    assert registry.barred.barred(FATHER.id, date(2015, 3, 1), before).bars == ()
    assert registry.barred.barred(MOTHER.id, date(2015, 3, 1)).bars == ()
