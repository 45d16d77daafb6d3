"""Every log keeps the same promises: embedded, on a real broker, and simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from events.embedded import EmbeddedLog
from events.entry import MemoryState
from events.kafka import KafkaTopic
from events.log import (
    EMPTY,
    Accepted,
    Log,
    LogClosedError,
    LogUnavailableError,
    Voided,
    VoidReason,
)
from events.replica import ReplicatedLog
from ops.broker import Cluster
from tests.simulation.contract import Simulation
from tests.support.records import chain, siblings
from tests.support.registry import ORIGIN

Opened = Callable[[], Log]
"""Opens the log of this test; again after it was closed."""


def soon() -> float:
    return time.monotonic() + 20


@pytest.fixture(params=["embedded", "kafka", "simulated"])
def opened(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Log]]:
    logs: list[Log] = []
    path = tmp_path / "log.sqlite"
    if request.param == "kafka":
        cluster: Cluster = request.getfixturevalue("cluster")
        name = request.getfixturevalue("new_topic")()

    simulation = Simulation() if request.param == "simulated" else None

    def make() -> Log:
        log: Log
        if request.param == "embedded":
            log = EmbeddedLog(path, ORIGIN)
        elif simulation is not None:
            log = cast("Log", simulation.open(path))
        else:
            replica = ReplicatedLog(path, ORIGIN, KafkaTopic(cluster.addresses, name))
            replica.start()
            log = replica
        logs.append(log)
        return log

    yield make
    for log in logs:
        log.close()
    if simulation is not None:
        simulation.close()


def test_an_empty_log_has_the_empty_head(opened: Opened) -> None:
    log = opened()
    assert log.head() == log.catch_up(soon()) == EMPTY
    assert log.read(0, 10) == []


def test_a_chain_is_accepted_in_its_order(opened: Opened) -> None:
    log, records = opened(), chain(5)
    verdicts = log.append(records, soon())
    assert [v.position for v in verdicts if isinstance(v, Accepted)] == [1, 2, 3, 4, 5]
    assert [stored.record for stored in log.read(0, 10)] == records
    assert log.head().position == 5


def test_what_the_reference_reader_says_is_said(opened: Opened) -> None:
    state = MemoryState(ORIGIN)
    reference = [state.apply(record) for record in chain(3)]
    assert opened().append(chain(3), soon()) == reference


def test_a_record_upon_a_passed_parent_is_void_and_all_upon_it(opened: Opened) -> None:
    log = opened()
    log.append(chain(1), soon())
    lost = [siblings(seed=b"other"), *chain(2)[1:]]
    verdicts = log.append(lost[:1], soon())
    assert verdicts == [Voided(reason=VoidReason.OTHER_PARENT)]
    assert log.head().position == 1


def test_a_split_group_has_a_verdict_for_each(opened: Opened) -> None:
    log, state = opened(), MemoryState(ORIGIN)
    first = chain(2, state)
    repeated = siblings(state, seed=b"again", request="siblings/1")
    verdicts = log.append([*first, repeated, *chain(1, state)], soon())
    assert [type(v) for v in verdicts] == [Accepted, Accepted, Voided, Accepted]


def test_the_same_bytes_twice_are_one_entry_with_one_verdict(opened: Opened) -> None:
    log, records = opened(), chain(2)
    assert log.append(records, soon()) == log.append(records, soon())
    assert log.head().position == 2


def test_nothing_is_lost_by_opening_again(opened: Opened) -> None:
    log, records = opened(), chain(3)
    verdicts = log.append(records, soon())
    log.close()
    again = opened()
    again.catch_up(soon())
    assert [e.record for e in again.read(0, 10)] == records
    assert again.append(records, soon()) == verdicts


def test_a_closed_log_takes_nothing(opened: Opened) -> None:
    log = opened()
    log.close()
    with pytest.raises(LogClosedError):
        log.append(chain(1), soon())


def test_a_deadline_in_the_past_appends_nothing(opened: Opened) -> None:
    log = opened()
    log.catch_up(soon())
    with pytest.raises(LogUnavailableError):
        log.append(chain(1), time.monotonic() - 1)
    assert log.catch_up(soon()) == EMPTY


def test_streams_keys_schemas_and_times_are_found(opened: Opened) -> None:
    log, records = opened(), chain(2)
    log.append(records, soon())
    first, second = log.read(0, 10)
    found = log.find("tongshan-court", "siblings/2")
    assert found == second
    assert log.find("tongshan-court", "siblings/3") is None
    assert log.position_at(first.recorded_at) == 1
    assert log.position_at(first.recorded_at - 1) == 0
    frame_stream = "child/" + next(iter(log_streams(first.record)))
    assert [b.position for b in log.stream(frame_stream)] == [1, 2]
    assert log.last_version(frame_stream) == 2


def log_streams(record: bytes) -> list[str]:
    from events.entry import decode_frame, decode_record  # noqa: PLC0415  one use

    frame = decode_frame(decode_record(record).frame)
    return [header.concerns for header in frame.events if header.concerns]


def test_racing_writers_lose_nothing_and_win_once(opened: Opened) -> None:
    """Four threads each append their own records, chained anew after each loss."""
    log = opened()
    log.catch_up(soon())

    def race(name: int) -> list[bytes]:
        won: list[bytes] = []
        while len(won) < 5:
            state = MemoryState(ORIGIN, head=log.head())
            key = f"{name}/{len(won)}"
            record = siblings(state, seed=key.encode(), request=key)
            if isinstance(log.append([record], soon())[0], Accepted):
                won.append(record)
        return won

    with ThreadPoolExecutor(4) as pool:
        won = [record for part in pool.map(race, range(4)) for record in part]
    kept = [stored.record for stored in log.read(0, 100)]
    assert sorted(kept) == sorted(won)
    state = MemoryState(ORIGIN)
    assert all(isinstance(state.apply(record), Accepted) for record in kept)
