"""The short way to an answer about custody says, byte for byte, what the long one does."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from childregistry.v1 import custody_service_pb2 as pb
from events.codec import EVENTS
from events.embedded import EmbeddedLog
from events.guardianship import TimelineChanged
from events.timeline import Cause
from ops.bench.histories import REGISTRY, grow
from projections.custody import PROJECTION, Custody
from projections.custody_fold import _HEAD
from projections.files import Files
from projections.rebuild import build, promote
from projections.standing import standing
from registry.services.custody import custody_message
from registry.services.custody_wire import response_wire

EVENTS_MADE = 3_000
ASKED = 20
"""Questions about each child, each of other times."""


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
    chance, head = random.Random(7), custody.checkpoint()
    short = statuses = 0
    for child in _children(folder):
        for _ in range(ASKED):
            day = date(2003, 1, 1).replace(
                year=chance.randrange(2003, 2035), day=chance.randrange(1, 29)
            )
            known_at = chance.randrange(head + 1)
            found = custody.standing(child, day, known_at)
            if found is None:
                continue
            short += 1
            statuses |= 1 << custody_message_of(custody, child, day, known_at).status
            state = pb.ReadState(known_at=known_at, applied=head)
            expected = pb.GetCustodyResponse(
                custody=custody_message_of(custody, child, day, known_at),
                read_state=state,
            )
            said = response_wire(child, day, found, state)
            assert said == expected.SerializeToString()
    assert short > EVENTS_MADE
    assert statuses.bit_count() >= 4


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
    change = TimelineChanged(
        rules=0, cause=Cause.ACT, act=None, withdrawn=(9,), asserted=()
    )
    fingerprint, body = EVENTS.encode(change)
    row = _HEAD.pack(0, 1, len(body), fingerprint) + body
    assert standing([row], date(2015, 3, 1)) is None


def test_an_unknown_child_takes_the_long_way(custody: Custody) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    assert custody.standing(unknown, date(2015, 3, 1), custody.checkpoint()) is None
