"""Real servers and a real broker under fire; and the judge, each promise broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.broker import Cluster
from ops.fire.campaign import Plan, run
from ops.fire.history import Entry, History, Operation, judge, longest_gap, read

WRITE = Operation(
    client=0,
    kind="write",
    child="c",
    request_id="a",
    argument="",
    start=0.0,
    end=1.0,
    outcome="ok",
    position=1,
    hash="aa",
    value="",
)
OTHER = replace(WRITE, request_id="b", position=2, hash="bb", end=3.0)
READ = replace(WRITE, kind="custody", request_id="", value="found", position=2)
LOG = [Entry(1, "aa", "a"), Entry(2, "bb", "b")]


def test_a_campaign_breaks_no_promise(cluster: Cluster, tmp_path: Path) -> None:
    """Ten servers and five brokers killed, two servers frozen, under load."""
    assert cluster.addresses  # a broker can be had here; the campaign has its own
    report = run(Plan(pause_s=0.3), tmp_path, lambda _: None)
    assert report.broken == []
    assert report.acknowledged > 100
    assert len(read(tmp_path / "history.jsonl")) == report.calls


def test_a_history_without_fault_breaks_nothing() -> None:
    assert judge([WRITE, OTHER, READ], {"one": LOG, "two": list(LOG)}) == []
    repeated = replace(WRITE, start=5.0, end=6.0)
    assert judge([WRITE, repeated], {"one": LOG}) == []
    unknown = replace(WRITE, outcome="unknown", position=0, hash="")
    assert judge([unknown], {"one": []}) == judge([unknown], {"one": LOG}) == []


@pytest.mark.parametrize(
    ("operations", "logs", "says"),
    [
        ([WRITE, OTHER], {"one": LOG[:1]}, "lost: b"),
        ([replace(WRITE, position=2)], {"one": LOG}, "lost: a"),
        ([replace(WRITE, hash="cc")], {"one": LOG}, "lost: a"),
        ([], {"one": [*LOG, Entry(3, "cc", "a")]}, "twice: a at [1, 3]"),
        ([WRITE, replace(WRITE, position=2)], {"one": LOG}, "two receipts: a"),
        ([replace(WRITE, outcome="no")], {"one": LOG}, "refused and recorded: a"),
        ([replace(READ, value="missing")], {"one": LOG}, "stale: c at_least 2"),
        ([], {"one": LOG, "two": LOG[:1]}, "one and two differ: 2 and 1 entries"),
        ([], {"one": LOG, "two": LOG[::-1]}, "differ: 2 and 2 entries, first at 1"),
    ],
)
def test_each_broken_promise_is_found(
    operations: list[Operation], logs: dict[str, list[Entry]], says: str
) -> None:
    assert any(says in found for found in judge(operations, logs))


def test_a_history_is_read_back_as_written(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    for operation in (WRITE, READ):
        history.add(operation)
    assert history.close() == [WRITE, READ]
    assert longest_gap([WRITE, OTHER, READ]) == 2.0
