"""Which answers of the past are given no more because of an entry, and which are."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import event, given, settings

from events.dates import PartialDate
from events.guardianship import AnnulReason, Office, TimelineChanged
from events.log import StoredEntry
from events.timeline import (
    Answer,
    Cause,
    HandOver,
    Holder,
    Line,
    Period,
    Role,
    Status,
)
from projections.compare import Comparison, changed_by, compare
from projections.custody import Custody, KnownPeriod
from projections.past_answers import MAX_PAST_ANSWERS, PastAnswer, past_answers
from projections.rebuild import build
from projections.runner import PROJECTIONS
from projections.stretches import Knowledge, stretches
from registry.bootstrap import Registry
from registry.child import Child
from registry.commands import CorrectSubmission, ReinstateSubmission
from registry.registration import decide_register_child
from registry.services.custody import comparison_message
from tests.projections import oracle
from tests.projections.test_oracle import DAYS, Steps, tell
from tests.registry.test_timeline_properties import STEPS
from tests.support.planted import damaged, empty_log, plant, put, record_of
from tests.support.registry import body, opened, person, submission, submit
from tests.support.stories import (
    BUREAU,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)

BIRTH, OF_AGE = date(2004, 10, 5), date(2022, 10, 5)
JUDGED = date(2015, 2, 4)
Plain = tuple[Status, frozenset[tuple[Line, Role, Holder | None, bool]], set[str]]


def plain(found: Answer) -> Plain:
    """Return what an answer means, said by the test itself."""
    standing = {(p.line, p.role, p.holder, True) for p in found.certain}
    perhaps = {(p.line, p.role, p.holder, False) for p in found.possible}
    return (
        found.status,
        frozenset(standing | perhaps),
        {h.id for h in found.hand_over_to},
    )


def covers(past: PastAnswer, known_at: int, day: date) -> bool:
    return (
        past.first_known_at <= known_at <= past.last_known_at
        and (past.from_ is None or past.from_ <= day)
        and (past.until is None or day < past.until)
    )


def universe(states: Sequence[oracle.Known]) -> list[date]:
    """Return days on both sides of every boundary that was ever known, and others."""
    edges = {
        day
        for state in states
        for period in state.periods.values()
        for boundary in (period.from_, period.until)
        if boundary is not None
        for day in (boundary.earliest, boundary.latest)
    }
    around = {day + timedelta(n) for day in edges for n in (-1, 0, 1)}
    return sorted({*around, *DAYS})


def judged_by_the_oracle(entries: Sequence[StoredEntry], custody: Custody) -> int:
    """Hold every comparison of neighbours against the plain model; count the told."""
    states = [oracle.known(entries, CHILD, at) for at in range(len(entries) + 1)]
    days, told = universe(states), 0
    said: list[dict[date, Plain | None]] = []
    for state in states:
        answers = {day: oracle.custody(state, day) for day in days}
        said.append({day: one and plain(one[0]) for day, one in answers.items()})
    for at in range(1, len(states)):
        found = compare(custody, CHILD, at - 1, at)
        told += len(found.past)
        assert found.past_left_out == 0
        for known_at in range(1, at):
            for day in days:
                now, eve = said[at][day], said[at - 1][day]
                then = said[known_at][day]
                wanted = then is not None and now not in (eve, then)
                covering = [p for p in found.past if covers(p, known_at, day)]
                assert len(covering) == wanted, (at, known_at, day)
                for past in covering:
                    assert plain(past.answered) == then
        whole(found, said)
    return told


def whole(found: Comparison, said: Sequence[dict[date, Plain | None]]) -> None:
    """No past answer goes on outside of what is told: none is told in two pieces."""
    for past in found.past:
        day = past.from_ or min(said[0])
        answered = plain(past.answered)
        assert said[past.first_known_at - 1][day] != answered
        if past.last_known_at < found.before:
            assert said[past.last_known_at + 1][day] != answered


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_an_answer_is_told_where_the_plain_model_answered_otherwise_and_nowhere_else(
    steps: Steps,
) -> None:
    with tempfile.TemporaryDirectory() as name, empty_log(Path(name)) as log:
        tell(log, steps)
        for made in build(Path(name), PROJECTIONS, log):
            made.files.switch(made.path)
        with closing(Custody(Path(name))) as custody:
            told = judged_by_the_oracle(log.read(0, 1_000), custody)
        event(f"past answers told: {min(told, 5)}{'+' if told > 5 else ''}")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        police, bureau = Office.POLICE, Office.CIVIL_AFFAIRS
        birth = born(CHILD, BIRTH.isoformat(), FATHER, MOTHER)
        submit(found, submission(birth, "birth", "xuzhou-police", police))
        submit(found, submission(tongshan_application(), "file", BUREAU, bureau))
        yield found


def affected(registry: Registry, position: int) -> list[PastAnswer]:
    return [
        past
        for one in changed_by(registry.log, registry.custody, position)
        for past in one.past
    ]


def told(past: PastAnswer) -> tuple[int, int, date | None, date | None, Status]:
    known = past.first_known_at, past.last_known_at
    return *known, past.from_, past.until, past.answered.status


def judged(registry: Registry, on: str, *gone: Holder) -> int:
    decided = judgment(on, outcome(disqualified=gone))
    return submit(registry, submission(decided, f"{on} {gone}", COURT)).position


def annulled(registry: Registry, position: int) -> int:
    taken_back = CorrectSubmission(
        position=position, reason=AnnulReason.WRONG_PERSON, replacement=None
    )
    asked = submission(taken_back, f"no {position}", COURT)
    return submit(registry, asked).position


def test_nothing_was_answered_of_a_child_before_its_birth_was_told(
    registry: Registry,
) -> None:
    born_at = registry.log.head().position - 1
    (one,) = changed_by(registry.log, registry.custody, born_at)
    assert one.stretches
    assert one.past == ()


def test_a_judgment_told_late_changes_what_was_answered_since_the_birth_was_told(
    registry: Registry,
) -> None:
    born_at = registry.log.head().position - 1
    at = judged(registry, JUDGED.isoformat(), FATHER, MOTHER)
    (past,) = affected(registry, at)
    wanted = (born_at, at - 1, JUDGED, OF_AGE, Status.GUARDIAN)
    assert told(past) == wanted
    assert set(past.answered.hand_over_to) == {FATHER, MOTHER}


def test_what_stood_until_a_correction_is_told_apart_from_what_was_replaced_before(
    registry: Registry,
) -> None:
    born_at = registry.log.head().position - 1
    wrong = judged(registry, JUDGED.isoformat(), FATHER, MOTHER)
    designated = outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),))
    correction = CorrectSubmission(
        position=wrong,
        reason=AnnulReason.WRONG_DATE,
        replacement=judgment("2015-02-06", designated),
    )
    at = submit(registry, submission(correction, "correction", COURT)).position
    *stood, replaced = affected(registry, at)
    sixth = date(2015, 2, 6)
    assert [told(past) for past in stood] == [
        (wrong, at - 1, JUDGED, sixth, Status.GAP),  # the parents, after all
        (wrong, at - 1, sixth, OF_AGE, Status.GAP),  # the bureau
    ]
    # Of 4 and 5 February the parents were named, and are again: that is not told.
    assert told(replaced) == (born_at, wrong - 1, sixth, OF_AGE, Status.GUARDIAN)


def test_an_annulment_takes_back_what_its_act_said_and_nothing_said_before(
    registry: Registry,
) -> None:
    act = judged(registry, JUDGED.isoformat(), FATHER, MOTHER)
    at = annulled(registry, act)
    (past,) = affected(registry, at)
    assert told(past) == (act, at - 1, JUDGED, OF_AGE, Status.GAP)


def test_what_was_said_twice_with_another_answer_between_is_told_twice(
    registry: Registry,
) -> None:
    born_at = registry.log.head().position - 1
    act = judged(registry, JUDGED.isoformat(), FATHER, MOTHER)
    no = annulled(registry, act)
    again = ReinstateSubmission(position=act)
    at = submit(registry, submission(again, "after all", COURT)).position
    spans = [(p.first_known_at, p.last_known_at) for p in affected(registry, at)]
    assert spans == [(no, at - 1), (born_at, act - 1)]


def test_days_that_an_entry_leaves_alone_are_not_told_again(
    registry: Registry,
) -> None:
    judged(registry, "2016-01-01", FATHER)
    at = judged(registry, "2018-01-01", MOTHER)
    for past in affected(registry, at):
        assert past.from_ is not None
        assert past.from_ >= date(2018, 1, 1)
    assert len(affected(registry, at)) == 2


def test_an_entry_that_cannot_be_read_makes_every_past_answer_another(
    tmp_path: Path,
) -> None:
    with empty_log(tmp_path) as log:
        birth = born(CHILD, BIRTH.isoformat(), FATHER, MOTHER)
        facts = decide_register_child(Child(), birth, Office.POLICE)
        born_at = plant(log, *((CHILD, fact) for fact in facts))
        gone = change((1,), ())
        at = put(log, damaged(record_of(log, [(CHILD, gone)]), 0))
        uncle = guardian(99, person("uncle"), JUDGED, OF_AGE)
        plant(log, (CHILD, change((), (uncle,))))
        for made in build(tmp_path, PROJECTIONS, log):
            made.files.switch(made.path)
        with closing(Custody(tmp_path)) as custody:
            (one,) = changed_by(log, custody, at)
            assert one.unreadable_between() == [at]
            assert {s.after.status for s in one.stretches} == {Status.UNCERTAIN}
            days = [(p.from_, p.until, p.answered.status) for p in one.past]
            assert days == [
                (None, BIRTH, Status.NONE),
                (BIRTH, OF_AGE, Status.GUARDIAN),
                (OF_AGE, None, Status.NONE),
            ]
            assert {(p.first_known_at, p.last_known_at) for p in one.past} == {
                (born_at, at - 1)
            }
            message = comparison_message(one, log)
            assert list(message.unreadable) == [at]
            for stretch in message.stretches:
                assert list(stretch.before.unreadable) == []
                assert list(stretch.after.unreadable) == [at]
            for past in message.past_answers:
                assert list(past.answered.unreadable) == []
            (later,) = changed_by(log, custody, at + 1)
            assert [told(past) for past in later.past] == [
                (at, at, JUDGED, OF_AGE, Status.UNCERTAIN),
                (born_at, at - 1, JUDGED, OF_AGE, Status.GUARDIAN),
            ]


def change(withdrawn: tuple[int, ...], asserted: tuple[Period, ...]) -> TimelineChanged:
    return TimelineChanged(
        rules=1, cause=Cause.ACT, act=None, withdrawn=withdrawn, asserted=asserted
    )


def guardian(number: int, who: Holder, first: date, until: date) -> Period:
    return Period(
        number=number,
        line=Line.RELATION,
        role=Role.GUARDIAN,
        holder=who,
        from_=PartialDate(first.isoformat()),
        until=PartialDate(until.isoformat()),
        opened_by=1,
        closed_by=None,
        articles=(),
        hand_over=HandOver.YES,
        duty=None,
    )


def handed_on(acts: int) -> Iterator[TimelineChanged]:
    """Yield a life of guardians who follow each other, an act each, ten days apart.

    Each act shortens the period before it; the last one says that none of it was so.
    """
    yield change((), (guardian(1, person("guardian 0"), BIRTH, OF_AGE),))
    for act in range(1, acts):
        eve, day = (BIRTH + timedelta(10 * n) for n in (act - 1, act))
        before = guardian(2 * act, person(f"guardian {act - 1}"), eve, day)
        after = guardian(2 * act + 1, person(f"guardian {act}"), day, OF_AGE)
        yield change((2 * act - 1,), (before, after))
    live = (*range(2, 2 * acts - 1, 2), 2 * acts - 1)
    yield change(live, (guardian(2 * acts, MOTHER, BIRTH, OF_AGE),))


def known(changes: Iterator[TimelineChanged]) -> Knowledge:
    live: dict[int, KnownPeriod] = {}
    history: list[KnownPeriod] = []
    for position, one in enumerate(changes, 1):
        for number in one.withdrawn:
            gone = live.pop(number)
            history.append(
                KnownPeriod(
                    period=gone.period,
                    known_from=gone.known_from,
                    known_until=position,
                )
            )
        for period in one.asserted:
            live[period.number] = KnownPeriod(
                period=period, known_from=position, known_until=None
            )
    return Knowledge(history=[*history, *live.values()])


def test_days_on_both_sides_of_days_that_are_left_alone_are_told_apart() -> None:
    first, second = date(2010, 1, 1), date(2012, 1, 1)
    changes = (
        change((), (guardian(1, FATHER, BIRTH, OF_AGE),)),
        change(
            (1,),
            (
                guardian(2, MOTHER, BIRTH, first),
                guardian(3, FATHER, first, second),
                guardian(4, MOTHER, second, OF_AGE),
            ),
        ),
    )
    knowledge = known(iter(changes))
    found = past_answers(knowledge, stretches(knowledge, 1, 2), 2)
    assert [(past.from_, past.until) for past in found] == [
        (BIRTH, first),
        (second, OF_AGE),
    ]


def calls(work: Callable[[], object]) -> int:
    """Return how many functions are called: work, whatever the machine."""
    count = 0

    def counted(_frame: FrameType, what: str, _argument: Any) -> None:  # noqa: ANN401  the interpreter's
        nonlocal count
        count += what == "call"

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_one_act_among_several_hundred_is_compared_without_going_through_all() -> None:
    def work(acts: int) -> int:
        knowledge = known(handed_on(acts))

        def one_act() -> None:
            found = list(stretches(knowledge, acts - 1, acts))
            (past, *_) = past_answers(knowledge, found, acts)
            assert past.answered.hand_over_to == (person(f"guardian {acts - 2}"),)

        return calls(one_act)

    assert work(400) < 2.2 * work(200)


def test_a_life_of_several_hundred_periods_told_anew_is_told_in_as_many_lines(
    tmp_path: Path,
) -> None:
    acts = 550
    with empty_log(tmp_path) as log:
        first = log.head().position + 1
        for one in handed_on(acts):
            at = plant(log, (CHILD, one))
        for made in build(tmp_path, PROJECTIONS, log):
            made.files.switch(made.path)
        with closing(Custody(tmp_path)) as custody:
            (found,) = changed_by(log, custody, at)
    assert at == first + acts
    # Of each guardian but the last: until told otherwise, and his ten days since.
    assert len(found.past) == MAX_PAST_ANSWERS
    assert found.past_left_out == 2 * acts - 1 - MAX_PAST_ANSWERS
    for number, past in enumerate(found.past[: acts - 1]):
        day = BIRTH + timedelta(10 * number)
        assert (past.from_, past.until) == (day, day + timedelta(10))
        assert (past.first_known_at, past.last_known_at) == (first + number, at - 1)
        assert past.answered.hand_over_to == (person(f"guardian {number}"),)
    last = found.past[acts]
    assert last.last_known_at < at - 1
    assert last.until == OF_AGE
