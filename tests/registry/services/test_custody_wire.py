"""The short way to an answer about custody says the bytes that the long one does."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from childregistry.v1 import custody_service_pb2 as pb
from events.codec import EVENTS
from events.dates import PartialDate
from events.embedded import EmbeddedLog
from events.guardianship import TimelineChanged
from events.timeline import (
    Cause,
    Duty,
    HandOver,
    Holder,
    HolderKind,
    Line,
    Period,
    Role,
)
from ops.bench.histories import REGISTRY, grow
from projections.custody import PROJECTION, ChildState, Custody, _change, answered
from projections.custody_fold import _HEAD
from projections.files import Files
from projections.rebuild import build, promote
from projections.standing import standing
from registry.services.custody import custody_message
from registry.services.custody_wire import response_wire

CHILD = "00000000-0000-4000-8000-000000000000"
EVENTS_MADE = 3_000
ASKED = 20
"""Questions about each child, each of other times."""


DAYS = st.dates(date(2014, 12, 1), date(2016, 2, 1))
SOME = st.sampled_from(
    ["2014", "2015", "2015-06", "2016", "2014-12-31", "2015-03-01", "2015-06-30"]
).map(PartialDate)
PERIODS = st.builds(
    Period,
    number=st.just(1),
    line=st.sampled_from(Line),
    role=st.sampled_from(Role),
    holder=st.none()
    | st.builds(
        Holder,
        kind=st.sampled_from(HolderKind),
        id=st.sampled_from([CHILD, "tongshan-civil-affairs"]),
    ),
    from_=SOME,
    until=st.none() | SOME,
    opened_by=st.integers(1, 300),
    closed_by=st.none() | st.integers(1, 300),
    articles=st.lists(st.sampled_from(["CC 27(1)", "CC 31(3)"]), max_size=2).map(tuple),
    hand_over=st.sampled_from(HandOver),
    duty=st.none() | st.builds(Duty, who=st.just("tongshan-village"), due=SOME),
)


def _row(withdrawn: tuple[int, ...], asserted: tuple[Period, ...]) -> bytes:
    change = TimelineChanged(
        rules=0, cause=Cause.ACT, act=None, withdrawn=withdrawn, asserted=asserted
    )
    fingerprint, body = EVENTS.encode(change)
    return _HEAD.pack(0, 1, len(body), fingerprint) + body


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("custody")
    grow(made / "log.sqlite", EVENTS_MADE)
    with closing(EmbeddedLog(made / "log.sqlite", REGISTRY)) as log:
        (built,) = build(made, [PROJECTION], log)
        promote(built, log)
    return made


@pytest.fixture
def custody(folder: Path) -> Iterator[Custody]:
    with closing(Custody(folder)) as opened:
        yield opened


def _children(folder: Path) -> list[str]:
    path = Files(folder, PROJECTION.name, PROJECTION.fold).current()
    with closing(sqlite3.connect(path)) as file:
        return [row[0] for row in file.execute("SELECT name FROM child")]


def test_the_same_bytes_for_every_child_on_any_day_as_known_at_any_position(
    folder: Path, custody: Custody
) -> None:
    chance = random.Random(7)  # noqa: S311  of a test
    head, short = custody.checkpoint(), 0
    for child in _children(folder):
        for _ in range(ASKED):
            day = date(chance.randrange(2003, 2035), 3, chance.randrange(1, 29))
            known_at = chance.randrange(head + 1)
            found = custody.standing(child, day, known_at)
            if found is None:
                continue
            short += 1
            state = pb.ReadState(known_at=known_at, applied=head)
            expected = pb.GetCustodyResponse(
                custody=custody_message_of(custody, child, day, known_at),
                read_state=state,
            )
            said = response_wire(child, day, found, state)
            assert said == expected.SerializeToString()
    assert short > EVENTS_MADE


@given(periods=st.lists(PERIODS, min_size=1, max_size=5), day=DAYS)
def test_the_same_of_any_periods(periods: list[Period], day: date) -> None:
    asserted = tuple(
        replace(period, number=number) for number, period in enumerate(periods, 1)
    )
    row = _row(withdrawn=(), asserted=asserted)
    found = standing([row], day)
    assert found is not None
    event(found.status)
    event("one may stand" if found.possible else "all stand")
    state = ChildState(CHILD, 1, 1, [(1, row)], [], {}, [])
    assert _change(state, 1, row)
    long = answered(state, day)
    assert long is not None
    said = response_wire(CHILD, day, found, pb.ReadState())
    expected = pb.GetCustodyResponse(
        custody=custody_message(long), read_state=pb.ReadState()
    )
    assert said == expected.SerializeToString()


def custody_message_of(
    custody: Custody, child: str, day: date, known_at: int
) -> pb.Custody:
    found = custody.custody(child, day, known_at)
    assert found is not None
    return custody_message(found)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_same_at_the_ends_of_time(
    folder: Path, custody: Custody, day: date
) -> None:
    head, asked = custody.checkpoint(), 0
    for child in _children(folder)[:100]:
        found = custody.standing(child, day, head)
        if found is not None:
            asked += 1
            said = response_wire(child, day, found, pb.ReadState())
            expected = custody_message_of(custody, child, day, head)
            assert pb.GetCustodyResponse.FromString(said).custody == expected
    assert asked


def test_a_record_that_contradicts_itself_takes_the_long_way() -> None:
    row = _row(withdrawn=(9,), asserted=())
    assert standing([row], date(2015, 3, 1)) is None


def test_an_unknown_child_takes_the_long_way(custody: Custody) -> None:
    assert custody.standing(CHILD, date(2015, 3, 1), custody.checkpoint()) is None
