"""Both checkers of histories, ours and a foreign one, find each planted anomaly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.fire.checker import judge
from ops.fire.history import (
    AT_LEAST,
    LATEST,
    NO,
    OK,
    UNKNOWN,
    WRITE,
    Call,
    Entry,
    Fault,
    History,
    Told,
    read,
)
from ops.fire.measure import unavailable
from tests.support.judge import HistoryJudge

FIRST = Call(
    client=0,
    kind=WRITE,
    child="elder",
    request_id="a",
    argument="record_whereabouts",
    start=0.0,
    end=1.0,
    outcome=OK,
    position=1,
    hash="aa",
)
SECOND = replace(FIRST, request_id="b", start=2.0, end=3.0, position=2, hash="bb")
OTHER = replace(SECOND, request_id="c", child="younger", position=3, hash="cc")
AGAIN = replace(FIRST, start=5.0, end=6.0)
LOST = replace(FIRST, outcome=UNKNOWN, position=0, hash="")
LATE = replace(FIRST, kind=LATEST, request_id="", hash="", start=4.0, end=4.5)
LATE = replace(LATE, position=0, seen=(1, 2), applied=2)
ASKED = replace(LATE, kind=AT_LEAST, position=2)
LOG = [
    Entry(node="one", position=1, hash="aa", request_id="a", children=("elder",)),
    Entry(node="one", position=2, hash="bb", request_id="b", children=("elder",)),
    Entry(node="one", position=3, hash="cc", request_id="c", children=("younger",)),
]
CALLS = [FIRST, SECOND, OTHER, LATE, ASKED]


def other(log: list[Entry]) -> list[Entry]:
    return [replace(entry, node="two") for entry in log]


def written(folder: Path, calls: list[Call], logs: list[list[Entry]]) -> Path:
    path = folder / "history.jsonl"
    history = History(path)
    for line in calls:
        history.add(line)
    history.add(Fault(kind="kill_server", start=1.0, end=1.5))
    for log in logs:
        for entry in log:
            history.add(entry)
    history.close()
    return path


@pytest.mark.parametrize(
    "calls",
    [
        CALLS,
        [*CALLS, AGAIN],
        [LOST, *CALLS],
        [LOST, SECOND, OTHER],  # never acknowledged, and recorded: it had its effect
        [replace(LATE, start=0.0, end=5.0, seen=()), *CALLS],  # begun before all
        [replace(ASKED, position=1, seen=(1,), applied=1), *CALLS],
    ],
)
def test_a_history_without_fault_is_right_for_both(
    foreign: HistoryJudge, tmp_path: Path, calls: list[Call]
) -> None:
    path = written(tmp_path, calls, [LOG, other(LOG)])
    judgment = judge(read(path))
    assert (judgment.broken, judgment.stale_latest) == ([], [])
    right, said = foreign(path)
    assert right, said
    assert "judged by Porcupine" in said


@pytest.mark.parametrize(
    ("calls", "logs", "ours", "theirs"),
    [
        (CALLS[:3], [LOG[:1]], "lost write: b", "lost write: b"),
        ([replace(FIRST, hash="ff")], [LOG], "lost write: a", "lost write: a"),
        (
            CALLS,
            [[*LOG, replace(LOG[0], position=4, hash="dd")]],
            "duplicate: a at [1, 4]",
            "duplicate: a at 1 and 4",
        ),
        (
            [*CALLS, replace(AGAIN, position=2)],
            [LOG],
            "two receipts: a",
            "two receipts: a",
        ),
        (CALLS, [LOG, other(LOG[:2])], "nodes differ", "nodes differ"),
        (
            CALLS,
            [LOG, other([LOG[0], replace(LOG[1], hash="ee"), LOG[2]])],
            "nodes differ: one and two: 3 and 3 entries, first at 2",
            "nodes differ",
        ),
        (
            [FIRST, SECOND, replace(ASKED, seen=(1,), applied=1)],
            [LOG],
            "stale read: elder",
            "stale read: elder",
        ),
        (
            [FIRST, SECOND, replace(ASKED, seen=(2,))],
            [LOG],
            "inconsistent order: elder",
            "inconsistent order: elder",
        ),
        (
            # The later one stands before the earlier one that was acknowledged.
            [replace(FIRST, position=2, hash="bb"), replace(SECOND, position=1)],
            [LOG],
            "inconsistent order: 1 was asked for after 2",
            "not linearizable: elder",
        ),
    ],
)
def test_both_find_each_anomaly(  # noqa: PLR0917  a row has so many parts
    foreign: HistoryJudge,
    tmp_path: Path,
    calls: list[Call],
    logs: list[list[Entry]],
    ours: str,
    theirs: str,
) -> None:
    path = written(tmp_path, calls, logs)
    broken = judge(read(path)).broken
    assert any(ours in one for one in broken), broken
    right, said = foreign(path)
    assert not right
    assert f"FAULT {theirs}" in said, said


def test_a_refused_submission_that_is_recorded_is_found() -> None:
    refused = replace(FIRST, outcome=NO, position=0, hash="")
    broken = judge(Told(calls=[refused], logs={"one": LOG})).broken
    assert broken == ["refused and recorded: a"]


def test_an_entry_seen_before_it_was_asked_for_is_found() -> None:
    calls = [FIRST, replace(LATE, start=1.2, end=1.5), SECOND]
    broken = judge(Told(calls=calls, logs={"one": LOG})).broken
    assert broken == ["read from the future: elder at 1.200 saw 2"]


def test_a_stale_read_of_the_latest_is_reported_apart(
    foreign: HistoryJudge, tmp_path: Path
) -> None:
    path = written(tmp_path, [FIRST, SECOND, replace(LATE, seen=(1,))], [LOG])
    judgment = judge(read(path))
    assert judgment.broken == []
    assert judgment.stale_latest == [
        "stale read of the latest: elder at 4.000 lacks [2]"
    ]
    right, said = foreign(path)
    assert right
    assert "APART: 1 of 1 children" in said


def test_a_history_is_read_back_as_written(tmp_path: Path) -> None:
    path = written(tmp_path, CALLS, [LOG, other(LOG)])
    found = read(path)
    assert found.calls == CALLS
    assert found.logs == {"one": LOG, "two": other(LOG)}
    assert found.faults == [Fault(kind="kill_server", start=1.0, end=1.5)]


def test_a_history_of_another_format_is_refused(
    foreign: HistoryJudge, tmp_path: Path
) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text('{"line":"dream"}\n')
    assert foreign(path) == (False, 'FAULT unreadable: a line of kind "dream"\n')
    with pytest.raises(KeyError):
        read(path)


def test_time_without_acknowledgement_is_laid_to_the_fault_before_it() -> None:
    ends = (1.0, 2.0, 5.5, 6.0, 6.5, 9.0, 9.5)
    calls = [replace(FIRST, request_id=str(end), end=end) for end in ends]
    faults = [
        Fault(kind="kill_broker", start=2.5, end=4.0),
        Fault(kind="kill_server", start=6.2, end=6.3),
        Fault(kind="kill_server", start=7.0, end=7.5),
    ]
    found = unavailable(calls, faults)
    broker, server = found["kill_broker"], found["kill_server"]
    assert (broker.count, broker.longest_s, broker.beyond_s) == (1, 3.0, 1.5)
    # The first kill answers up to where the second began, and no longer.
    assert (server.count, server.longest_s, server.beyond_s) == (2, 2.0, 1.5)
