"""A named subscription whose office is told less now than when it was kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from events.published_rule import PUBLIC_TYPES
from registry.sources import system_sources
from registry.subscription_commands import RefilterSubscription
from tests.registry.services.test_feed import R, entries, register
from tests.registry.services.test_named import (
    BUREAU,
    CREATE,
    EVERYTHING,
    NAME,
    acknowledge,
    epoch_of,
    named,
    refused_field,
)
from tests.registry.test_identity import COURTS, POLICE, Secured
from tests.support.certificates import certified, listed, tls_in
from tests.support.server import Client, Running, served

CLERK = certified("clerk", COURTS)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path / "one", system_sources()) as server:
        yield server


@pytest.fixture
def bureau(running: Running) -> Iterator[Client]:
    with running.client(BUREAU, "civil_affairs") as client:
        yield client


@pytest.fixture
def school(running: Running) -> Iterator[Client]:
    """Call as the same authority, which is a school now."""
    with running.client(BUREAU, "school") as client:
        yield client


def refused(client: Client, **asked: Any) -> None:  # noqa: ANN401  of `named`
    with pytest.raises(grpc.RpcError) as error:
        list(named(client, **asked))
    assert refused_field(error) == "named.subscription"


def test_it_is_refused_and_takes_nothing_from_whoever_may_read_it(
    running: Running, bureau: Client, school: Client
) -> None:
    register(running, 4)
    bureau.submit(CREATE, "create")
    head = running.registry.log.head().position
    acknowledge(bureau, entries(named(bureau, until=3))[-1].place)
    live = named(bureau)
    while not next(live).HasField("caught_up"):
        pass
    before = epoch_of(bureau)
    for _ in range(3):
        refused(school)
    marks = epoch_of(bureau)
    assert (marks.offered, marks.acknowledged) == (before.offered, before.acknowledged)
    register(running, 1, "later")
    signal = next(signal for signal in live if signal.WhichOneof("signal") == "batch")
    assert signal.batch.entries[0].place.position == head + 1


def test_an_epoch_of_what_its_office_is_told_now_is_opened_and_no_other(
    running: Running, bureau: Client, school: Client
) -> None:
    register(running, 4)
    bureau.submit(CREATE, "create")
    public = replace(EVERYTHING, types=tuple(sorted(PUBLIC_TYPES)))
    changed = RefilterSubscription(
        subscription=NAME, selection=public, after=None, urgent_within_s=60
    )
    bureau.submit(changed, "changed")
    register(running, 2, "later")
    head = running.registry.log.head().position
    refused(school, epoch=1)
    found = entries(named(school, until=head))
    assert [one.place.position for one in found] == [head - 1, head]
    acknowledge(school, found[-1].place)


def test_a_stream_ends_with_the_server_that_knew_its_reader_as_another(
    tmp_path: Path,
) -> None:
    """Who somebody is, is read at a node's start, and a stream never outlives it."""
    own, police = certified("localhost", COURTS), listed(POLICE, "police", "police")
    civil_affairs = police + listed(CLERK, BUREAU, "civil_affairs")
    tls = tls_in(tmp_path, own, COURTS, civil_affairs)
    signals: list[R] = []
    caught_up = threading.Event()

    def read(client: Client) -> None:
        for signal in named(client):
            signals.append(signal)
            if signal.HasField("caught_up"):
                caught_up.set()

    with ExitStack() as channel:
        with served(tmp_path / "data", system_sources(), tls=tls) as running:
            register(running, 4)
            clerk = channel.enter_context(Secured(running, COURTS).client(CLERK))
            clerk.submit(CREATE, "create")
            reader = threading.Thread(target=read, args=(clerk,))
            reader.start()
            assert caught_up.wait(20)
            tls_in(tmp_path, own, COURTS, police + listed(CLERK, BUREAU, "school"))
            head = running.registry.log.head().position
        reader.join(20)
        assert not reader.is_alive()
    ended = signals[-1].ended
    assert (ended.why, ended.place.position) == (R.WHY_SHUTTING_DOWN, head)
    with (
        served(tmp_path / "data", system_sources(), tls=tls) as running,
        Secured(running, COURTS).client(CLERK) as clerk,
    ):
        refused(clerk, resume=ended.place)
