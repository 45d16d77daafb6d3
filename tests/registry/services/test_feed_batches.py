"""How much comes at once, and readers whom the network lost without a word."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import event_service_pb2 as pb
from events.guardianship import Office
from events.log import Log
from ops.broker import free_port
from ops.fire.proxy import Proxy
from registry import server
from registry.form import MAX_SELECTED
from registry.identity import AUTHORITY, OFFICE
from registry.services.arrivals import PAGE, PAGE_BYTES, SHARE_S, Arrivals
from registry.sources import system_sources
from tests.registry.services.test_feed import R, entries, register, stream
from tests.registry.services.test_named import (
    BUREAU,
    CREATE,
    EVERYTHING,
    acknowledge,
    named,
)
from tests.support.registry import child_id, submission, submit
from tests.support.server import Client, Running, served
from tests.support.waiting import wait

TAKEN_BYTES = 4 * 1024 * 1024
"""Of one message, by clients of gRPC that were told nothing else."""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path / "one", system_sources()) as started:
        yield started


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as client:
        yield client


def sizes(signals: Iterator[R]) -> list[int]:
    found = [signal.batch.entries for signal in signals if signal.HasField("batch")]
    return [len(one) for one in found]


def test_history_comes_by_the_hundred_and_never_more(
    running: Running, bureau: Client
) -> None:
    register(running, 240)
    head = running.registry.log.head().position
    assert sizes(stream(bureau, until=head)) == [PAGE, PAGE, head - 2 * PAGE]
    some = pb.EventFilter(submitters=["xuzhou-police"])
    filtered = sizes(stream(bureau, filter=some, until=head))
    assert (len(filtered), sum(filtered)) == (3, 240)
    begun = sizes(stream(bureau, after=50, until=head))
    assert max(begun) <= PAGE
    assert sum(begun) == head - 50


@pytest.mark.parametrize("most", [1, 7, 99])
def test_whoever_asks_for_fewer_at_once_gets_no_more(
    running: Running, bureau: Client, most: int
) -> None:
    register(running, 120)
    head = running.registry.log.head().position
    found = sizes(stream(bureau, until=head, most=most))
    assert max(found) <= most
    assert sum(found) == head


def test_large_entries_come_in_messages_that_any_client_takes(
    running: Running, bureau: Client
) -> None:
    children = tuple(child_id(str(number)) for number in range(MAX_SELECTED))
    large = replace(EVERYTHING, children=children)
    for number in range(60):
        asked = replace(CREATE, subscription=f"s{number}", selection=large)
        by = submission(asked, f"s{number}", BUREAU, Office.CIVIL_AFFAIRS)
        submit(running.registry, by)
    head = running.registry.log.head().position
    stored = running.registry.log.read(0, head)
    assert sum(len(one.record) for one in stored) > TAKEN_BYTES
    batches = [s for s in stream(bureau, until=head) if s.HasField("batch")]
    assert max(batch.ByteSize() for batch in batches) < PAGE_BYTES * 1.1 < TAKEN_BYTES
    assert [one.record for one in entries(iter(batches))] == [
        one.record for one in stored
    ]


def test_a_reader_behind_a_dead_network_keeps_neither_his_name_nor_anybody(
    tmp_path: Path,
) -> None:
    who = ((AUTHORITY, BUREAU), (OFFICE, "civil_affairs"))
    with (
        served(tmp_path / "one", system_sources()) as running,
        Proxy(free_port(), running.port) as network,
        grpc.insecure_channel(f"127.0.0.1:{network.port}") as far,
    ):
        register(running, 20)
        away = Client(far, who)
        away.submit(CREATE, "create")
        live = named(away, most=3)
        had: list[pb.FeedEntry] = []
        while len(had) < 9:
            had += next(live).batch.entries
        acknowledge(away, had[5].place)
        network.silent = True  # nothing passes, and nobody is told
        register(running, 30, "later")
        head = running.registry.log.head().position
        with (
            running.client(BUREAU, "civil_affairs") as again,
            running.client("nanjing-bureau", "civil_affairs") as other,
        ):
            rest = entries(named(again, until=head))
            assert [one.place.position for one in rest] == list(range(7, head + 1))
            acknowledge(again, rest[-1].place)
            assert len(entries(stream(other, until=head))) == head
        left: list[R] = []
        reader = threading.Thread(target=lambda: left.extend(live))
        reader.start()
        network.mend()
        reader.join(60)
        assert not reader.is_alive()
        assert left[-1].ended.why == R.WHY_TAKEN_OVER  # he is told at last


def test_a_reader_who_is_gone_without_a_word_is_counted_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PING_S", 1.0)
    monkeypatch.setattr(server, "PONG_S", 4.0)  # of a near one under load too
    made: list[Arrivals] = []

    def arriving(log: Log) -> Arrivals:
        made.append(Arrivals(log))
        return made[0]

    monkeypatch.setattr(server, "Arrivals", arriving)
    with (
        served(tmp_path / "one", system_sources()) as running,
        Proxy(free_port(), running.port) as network,
        grpc.insecure_channel(f"127.0.0.1:{network.port}") as far,
        running.client(BUREAU, "civil_affairs") as near,
    ):
        away = Client(far, ((AUTHORITY, BUREAU), (OFFICE, "civil_affairs")))
        # Without a deadline: at that a server would end the stream by itself.
        lost, stays = (
            one.events.SubscribeEvents(
                pb.SubscribeEventsRequest(), metadata=one.metadata
            )
            for one in (away, near)
        )
        assert next(lost).HasField("confirmation")
        assert next(stays).HasField("confirmation")
        wait(lambda: made[0].pace_s == 2 * SHARE_S)
        network.silent = True
        wait(lambda: made[0].pace_s == SHARE_S)
        register(running, 1)  # whoever answers when asked goes on
        assert any(signal.HasField("batch") for signal in stays)
