"""An entry that cannot be read, or contradicts the record, has no effect anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from events.codec import EVENTS
from events.embedded import EmbeddedLog
from events.guardianship import Office, TimelineChanged
from events.timeline import Cause, Status
from projections.barred import Barred
from projections.custody import Custody
from projections.runner import Runner
from registry.child import Child
from registry.registration import decide_register_child
from tests.support.planted import damaged, empty_log, plant, put, record_of
from tests.support.registry import TIMEOUT_S, child_id, person
from tests.support.stories import CHILD, FATHER, MOTHER, born

DAY = date(2015, 3, 1)
SIBLING = child_id("tongshan sibling")


@contextmanager
def followed(folder: Path) -> Iterator[tuple[EmbeddedLog, Runner, Custody, Barred]]:
    with (
        empty_log(folder) as log,
        closing(Runner(folder, log)) as runner,
        closing(Custody(folder)) as custody,
        closing(Barred(folder)) as barred,
    ):
        for child in (CHILD, SIBLING):
            birth = born(child, "2004-10-05", FATHER, MOTHER)
            events = decide_register_child(Child(), birth, Office.POLICE)
            plant(log, *((child, event) for event in events))
        runner.start()
        yield log, runner, custody, barred


def removal(child: str, *withdrawn: int) -> tuple[str, TimelineChanged]:
    return child, TimelineChanged(
        rules=1, cause=Cause.ACT, act=None, withdrawn=withdrawn, asserted=()
    )


def test_entry_with_one_unreadable_body_has_no_effect_and_its_children_are_uncertain(
    tmp_path: Path,
) -> None:
    with followed(tmp_path) as (log, runner, custody, barred):
        before = log.head().position
        record = record_of(log, [removal(CHILD, 1, 2, 3, 4), removal(SIBLING, 1)])
        at = put(log, damaged(record, 1))
        assert runner.wait(at, TIMEOUT_S)
        for child in (CHILD, SIBLING):
            found = custody.custody(child, DAY)
            assert found is not None
            assert found.answer.status is Status.UNCERTAIN
            assert found.answer.hand_over_to == ()
            assert found.unreadable == (at,)
            assert len(custody.periods(child, at)) == len(
                custody.periods(child, before)
            )
            earlier = custody.custody(child, DAY, before)
            assert earlier is not None
            assert earlier.answer.status is Status.GUARDIAN
        assert custody.quarantined() == sorted([(at, CHILD), (at, SIBLING)])
        asked = barred.barred(person("somebody").id, DAY)
        assert asked.unreadable == tuple(sorted((CHILD, SIBLING)))
        assert runner.state().stopped is None


def test_entries_after_an_unreadable_one_have_their_effect(tmp_path: Path) -> None:
    with followed(tmp_path) as (log, runner, custody, _):
        at = put(log, damaged(record_of(log, [removal(CHILD, 1)]), 0))
        later = plant(log, removal(SIBLING, 1))
        assert runner.wait(later, TIMEOUT_S)
        assert [p.number for p in custody.periods(SIBLING, later)] == [2, 3, 4]
        found = custody.custody(CHILD, DAY, later)
        assert found is not None
        assert found.unreadable == (at,)


def test_a_child_first_heard_of_in_an_unreadable_entry_is_uncertain_not_unknown(
    tmp_path: Path,
) -> None:
    stranger = child_id("a child nobody registered")
    with followed(tmp_path) as (log, runner, custody, _):
        at = put(log, damaged(record_of(log, [removal(stranger)]), 0))
        assert runner.wait(at, TIMEOUT_S)
        found = custody.custody(stranger, DAY)
        assert found is not None
        assert found.answer.status is Status.UNCERTAIN
        assert custody.custody(stranger, DAY, at - 1) is None


def test_an_entry_that_withdraws_what_is_not_there_names_nobody_from_then_on(
    tmp_path: Path,
) -> None:
    with followed(tmp_path) as (log, runner, custody, _):
        at = plant(log, removal(CHILD, 1, 77))
        assert runner.wait(at, TIMEOUT_S)
        found = custody.custody(CHILD, DAY)
        assert found is not None
        assert found.answer.status is Status.UNCERTAIN
        assert found.unreadable == (at,)
        assert [p.number for p in custody.periods(CHILD, at)] == [1, 2, 3, 4]


def test_other_spellings_of_a_body_are_unreadable_too(tmp_path: Path) -> None:
    """A second spelling of a number: two readers could take it for two bodies."""
    with followed(tmp_path) as (log, runner, custody, _):
        record = record_of(log, [removal(CHILD)])
        at = put(log, damaged(record, 0, b"\x82\x00\x00\x00\x00\x00"))
        assert runner.wait(at, TIMEOUT_S)
        found = custody.custody(CHILD, DAY)
        assert found is not None
        assert found.unreadable == (at,)


def test_a_date_that_no_calendar_has_is_unreadable(tmp_path: Path) -> None:
    with followed(tmp_path) as (log, runner, custody, _):
        birth = born(CHILD, "2004-02-28", FATHER)
        (registered, *_) = decide_register_child(Child(), birth, Office.POLICE)
        record = record_of(log, [(CHILD, registered)])
        content = EVENTS.encode(registered)[1].replace(b"2004-02-28", b"2004-02-30")
        at = put(log, damaged(record, 0, content))
        assert runner.wait(at, TIMEOUT_S)
        found = custody.custody(CHILD, DAY)
        assert found is not None
        assert found.unreadable == (at,)
