"""Nodes that race are told to list each other; a lost race now and then is no alarm."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from events.files import opened_read_only
from events.guardianship import TimelineChanged
from events.ingest import Candidate
from events.log import Voided, VoidReason
from events.timeline import Cause
from ops.races import races
from tests.support.planted import empty_log, put, record_of
from tests.support.stories import CHILD


def change(number: int) -> tuple[str, TimelineChanged]:
    return CHILD, TimelineChanged(
        rules=1, cause=Cause.ACT, act=None, withdrawn=(number,), asserted=()
    )


@pytest.mark.parametrize(("lost", "well"), [(0, True), (2, True), (6, False)])
def test_many_lost_races_are_told_and_a_few_are_not(
    tmp_path: Path, lost: int, well: bool
) -> None:
    with empty_log(tmp_path) as log:
        for number in range(16):
            put(log, record_of(log, [change(number)]))
        loser = record_of(log, [change(98)])
        put(log, record_of(log, [change(99)]))
        stale = Voided(reason=VoidReason.OTHER_PARENT)
        assert log.ingest([Candidate(record=loser)] * lost) == [stale] * lost
        put(log, record_of(log, [change(100)]))
    with closing(opened_read_only(tmp_path / "log.sqlite")) as copy:
        found = races(copy)
    assert found.says == f"beside the last 20 entries {lost} records lost a race"
    assert found.well is well
    assert found.page == ("" if well else "nodes-race")
