"""The feed by a process of its own: out of the keeper's file, and names through it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import orjson
import pytest

from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1 import subscription_service_pb2 as names
from events.guardianship import Office
from events.ledger import Mark
from registry.beside import open_beside
from registry.bootstrap import Config
from registry.feed_rights import told
from registry.named_beside import OFFERED, OPEN
from registry.server import Listen, feeding
from tests.registry.services.test_feed import R, entries, register, stream
from tests.registry.services.test_named import (
    BUREAU,
    CREATE,
    NAME,
    acknowledge,
    named,
    two_topics,
)
from tests.registry.test_beside import Pair, paired
from tests.registry.test_identity import COURTS, POLICE, Secured
from tests.support.certificates import certified, listed, tls_in
from tests.support.registry import ORIGIN
from tests.support.server import Client, Running, details, in_thread, served

WHO = (BUREAU, "civil_affairs")
MANY = 40


@pytest.fixture(params=["embedded", "kafka"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    kafka = None
    if request.param == "kafka":
        kafka = two_topics(
            request.getfixturevalue("cluster"), request.getfixturevalue("new_topic")
        )
    with paired(tmp_path, kafka, serve=feeding) as started:
        yield started


@pytest.fixture
def at_feed(pair: Pair) -> Iterator[Client]:
    with pair.reader.client(*WHO) as client:
        yield client


@pytest.fixture
def at_keeper(pair: Pair) -> Iterator[Client]:
    with pair.keeper.client(*WHO) as client:
        yield client


def offered(pair: Pair, authority: str = BUREAU) -> int:
    """Return how far a name was offered, as its keeper knows."""
    deliveries = pair.keeper.registry.deliveries
    assert deliveries is not None
    place = deliveries.place(Mark.OFFERED, (authority, NAME, 1))
    return 0 if place is None else place.position


def reason(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(details(error.value)["ErrorInfo"].reason)


def test_both_give_the_same_feed(
    pair: Pair, at_feed: Client, at_keeper: Client
) -> None:
    one, *_ = register(pair.keeper, 250)
    head = pair.keeper.registry.log.head().position
    all_ = entries(stream(at_feed, until=head))
    assert [entry.place.position for entry in all_] == list(range(1, head + 1))
    assert all_ == entries(stream(at_keeper, until=head))
    own = pb.EventFilter(children=[one])
    (its,) = entries(stream(at_feed, until=head, filter=own))
    assert [its] == entries(stream(at_keeper, until=head, filter=own))
    questions = (
        ("ListEvents", pb.ListEventsRequest(filter=own)),
        ("ListEvents", pb.ListEventsRequest(resume=all_[99].place)),
        ("GetEvent", pb.GetEventRequest(position=its.place.position)),
        ("GetFeedPlace", pb.GetFeedPlaceRequest(filter=own, position=head)),
        ("ListSchemas", pb.ListSchemasRequest()),
    )
    for method, request in questions:
        answers = [
            getattr(client.events, method)(request, metadata=client.metadata)
            for client in (at_feed, at_keeper)
        ]
        assert answers[0] == answers[1]


def test_what_is_recorded_reaches_a_follower(pair: Pair, at_feed: Client) -> None:
    register(pair.keeper, 3)
    head = pair.keeper.registry.log.head().position
    signals = stream(at_feed, end=True, until=head + 5)
    assert next(signals).confirmation.head == head
    assert next(signals).caught_up.position == head
    register(pair.keeper, 5, "later")
    found = [entry.place.position for entry in entries(signals)]
    assert found == list(range(head + 1, head + 6))


def test_what_a_name_is_sent_may_be_acknowledged_at_the_keeper_at_once(
    pair: Pair, at_feed: Client, at_keeper: Client
) -> None:
    register(pair.keeper, 30)
    at_keeper.submit(CREATE, "create")
    head = pair.keeper.registry.log.head().position
    for signal in named(at_feed, most=1, until=head):
        for entry in signal.batch.entries:
            acknowledge(at_keeper, entry.place, at_once=True)
    assert offered(pair) == head
    asked = names.GetSubscriptionRequest(subscription=NAME)
    epoch = at_keeper.called("GetSubscription", asked).subscription.epochs[-1]
    assert epoch.acknowledged.position == head


@pytest.mark.parametrize("first", ["feed", "keeper"])
@pytest.mark.parametrize("then", ["feed", "keeper"])
def test_the_later_stream_has_a_name_wherever_either_is(
    pair: Pair, at_feed: Client, at_keeper: Client, first: str, then: str
) -> None:
    at = {"feed": at_feed, "keeper": at_keeper}
    register(pair.keeper, 5)
    at_keeper.submit(CREATE, "create")
    here = named(at[first])
    got = [next(here) for _ in range(3)]
    assert got[2].HasField("caught_up")
    place = got[1].batch.entries[2].place
    acknowledge(at_feed, place)
    there = named(at[then])
    assert next(there).confirmation.place == place
    assert list(here)[-1].ended.why == R.WHY_TAKEN_OVER
    assert next(there).HasField("batch")  # and has it still


def test_many_names_are_each_sent_all_and_each_marked(pair: Pair) -> None:
    bureaus = [f"bureau-{number}" for number in range(MANY)]
    with ExitStack() as open_:
        clients = [
            open_.enter_context(pair.reader.client(bureau, "civil_affairs"))
            for bureau in bureaus
        ]
        for number, client in enumerate(clients):
            client.submit(CREATE, f"create {number}")
        register(pair.keeper, 150)
        head = pair.keeper.registry.log.head().position
        had: list[list[int]] = [[] for _ in clients]

        def follow(number: int) -> None:
            got = entries(named(clients[number], until=head, most=7))
            had[number] = [entry.place.position for entry in got]

        threads = [
            threading.Thread(target=follow, args=(number,)) for number in range(MANY)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert had == [list(range(1, head + 1))] * MANY
    assert [offered(pair, bureau) for bureau in bureaus] == [head] * MANY


def test_who_goes_away_takes_no_other_marks_with_him(
    pair: Pair, at_feed: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call tells the marks of both; it is under way when one of them leaves."""
    deliveries = pair.keeper.registry.deliveries
    assert deliveries is not None
    both, go = threading.Event(), threading.Event()
    mark = deliveries.offered

    def slow(*given: Any) -> None:  # noqa: ANN401  key and place
        mark(*given)
        both.set()
        go.wait(20)

    register(pair.keeper, 5)
    at_feed.submit(CREATE, "create")
    with pair.reader.client("another", "civil_affairs") as other:
        other.submit(CREATE, "another")
        head = pair.keeper.registry.log.head().position
        calls = [
            client.events.SubscribeEvents(
                pb.SubscribeEventsRequest(
                    named=pb.Named(subscription=NAME), until=head
                ),
                metadata=client.metadata,
            )
            for client in (at_feed, other)
        ]
        monkeypatch.setattr(deliveries, "offered", slow)
        first = next(calls[0])
        assert first.HasField("confirmation")
        assert both.wait(20)
        calls[0].cancel()
        go.set()
        assert len(entries(iter(calls[1]))) == head
    assert offered(pair, "another") == head


def test_a_name_that_is_left_and_opened_again_and_again_leaves_one_stream(
    pair: Pair, at_feed: Client
) -> None:
    register(pair.keeper, 3)
    at_feed.submit(CREATE, "create")
    for _ in range(20):
        request = pb.SubscribeEventsRequest(named=pb.Named(subscription=NAME))
        call = at_feed.events.SubscribeEvents(request, metadata=at_feed.metadata)
        next(call)
        call.cancel()
    assert len(entries(named(at_feed, until=3))) == 3


def test_a_name_that_is_refused_is_refused_as_the_keeper_does(
    pair: Pair, at_feed: Client, at_keeper: Client
) -> None:
    register(pair.keeper, 3)
    at_feed.submit(CREATE, "create")
    forged = pb.FeedPlace(position=2, number=2, link=bytes(32))
    for asked in (
        pb.Named(subscription="unheard-of"),
        pb.Named(subscription=NAME, epoch=2),
        pb.Named(subscription=NAME, resume=forged),
        pb.Named(subscription=NAME, resume=pb.FeedPlace(position=9_999, link=b"")),
    ):
        request = pb.SubscribeEventsRequest(named=asked)
        refused = []
        for client in (at_feed, at_keeper):
            with pytest.raises(grpc.RpcError) as error:
                next(client.events.SubscribeEvents(request, metadata=client.metadata))
            refused.append((error.value.code(), details(error.value)))
        assert refused[0] == refused[1]


def test_nobody_else_reaches_the_keepers_names(pair: Pair, at_feed: Client) -> None:
    register(pair.keeper, 3)
    at_feed.submit(CREATE, "create")
    mark = orjson.dumps([[BUREAU, NAME, 1, 3, 3, bytes(32).hex()]])
    asked = pb.Named(subscription=NAME).SerializeToString()
    with grpc.insecure_channel(f"127.0.0.1:{pair.keeper.port}") as channel:
        offer: Any = channel.unary_unary(OFFERED)
        open_: Any = channel.unary_stream(OPEN)
        asks: list[Callable[[], Any]] = [
            lambda: offer(mark),
            lambda: next(open_(asked)),
        ]
        for ask in asks:
            with pytest.raises(grpc.RpcError) as error:
                ask()
            assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert offered(pair) == 0
    with grpc.insecure_channel(f"127.0.0.1:{pair.reader.port}") as channel:
        offer = channel.unary_unary(OFFERED)
        with pytest.raises(grpc.RpcError) as error:
            offer(mark)
        assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_name_ends_with_its_keeper_and_is_not_said_to_be_taken_over(
    tmp_path: Path,
) -> None:
    with ExitStack() as open_:
        door = f"unix:{open_.enter_context(tempfile.TemporaryDirectory())}/keeper"
        config = Config(data_dir=tmp_path, registry=ORIGIN, node="tongshan-1")
        keeper = ExitStack()
        running = keeper.enter_context(served(tmp_path, door=door))
        register(running, 3)
        with running.client(*WHO) as client:
            client.submit(CREATE, "create")
        head = running.registry.log.head().position
        beside = open_.enter_context(open_beside(config, door))
        listen = Listen(address="127.0.0.1:0", door=door)
        port = open_.enter_context(in_thread(lambda: feeding(beside, listen)))
        client = open_.enter_context(Running(running.registry, port).client(*WHO))
        live = named(client)
        while not next(live).HasField("caught_up"):
            pass
        # One that is killed goes faster; this one gives calls under way ten seconds.
        threading.Thread(target=keeper.close).start()
        with pytest.raises(grpc.RpcError) as error:
            list(live)
        assert reason(error) == "LOG_UNAVAILABLE"
        with pytest.raises(grpc.RpcError) as error:
            next(named(client))
        assert reason(error) == "LOG_UNAVAILABLE"
        assert len(entries(stream(client, until=head))) == head  # it is in the file


def test_a_feed_that_stops_says_where_to_go_on(tmp_path: Path) -> None:
    signals: list[R] = []
    ready = threading.Event()

    def read(client: Client) -> None:
        for signal in named(client):
            signals.append(signal)
            if signal.HasField("caught_up"):
                ready.set()

    with tempfile.TemporaryDirectory() as short, ExitStack() as channel:
        door = f"unix:{short}/keeper"
        config = Config(data_dir=tmp_path, registry=ORIGIN, node="tongshan-1")
        listen = Listen(address="127.0.0.1:0", door=door)
        with served(tmp_path, door=door) as keeper:
            register(keeper, 4)
            with keeper.client(*WHO) as client:
                client.submit(CREATE, "create")
            head = keeper.registry.log.head().position
            with (
                open_beside(config, door) as beside,
                in_thread(lambda: feeding(beside, listen)) as port,
            ):
                client = channel.enter_context(
                    Running(keeper.registry, port).client(*WHO)
                )
                reader = threading.Thread(target=read, args=(client,))
                reader.start()
                assert ready.wait(20)
            reader.join(20)
    ended = signals[-1].ended
    assert (ended.why, ended.place.position) == (R.WHY_SHUTTING_DOWN, head)


def test_each_office_is_told_what_the_keeper_would(tmp_path: Path) -> None:
    school = certified("school", COURTS)
    known = listed(POLICE, "police", "police") + listed(school, "school", "school")
    tls = tls_in(tmp_path, certified("localhost", COURTS), COURTS, known)
    with paired(tmp_path / "data", tls=tls, serve=feeding) as pair:
        register(pair.keeper, 2)
        head = pair.keeper.registry.log.head().position
        own = pb.EventFilter(types=sorted(told(Office.SCHOOL).types))
        shown = []
        for at in (pair.reader, pair.keeper):
            with Secured(at, COURTS).client(school) as client:
                with pytest.raises(grpc.RpcError) as error:
                    next(stream(client, until=head))
                (violation,) = details(error.value)["BadRequest"].field_violations
                assert violation.field == "filter.types"
                shown.append(entries(stream(client, until=head, filter=own)))
            with Secured(at, COURTS).client(certified("nobody", COURTS)) as stranger:
                with pytest.raises(grpc.RpcError) as error:
                    next(stream(stranger, until=head))
                assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert shown[0] == shown[1]


def test_a_certificates_owner_has_his_names_and_nobody_elses(tmp_path: Path) -> None:
    other = certified("other-police", COURTS)
    known = listed(POLICE, "police", "police") + listed(other, "other", "police")
    tls = tls_in(tmp_path, certified("localhost", COURTS), COURTS, known)
    with paired(tmp_path / "data", tls=tls, serve=feeding) as pair:
        register(pair.keeper, 4)
        with Secured(pair.reader, COURTS).client(POLICE) as owner:
            owner.submit(replace(CREATE, subscription="own"), "create")
            head = pair.keeper.registry.log.head().position
            assert len(entries(named(owner, "own", until=head))) == head
        with (
            Secured(pair.reader, COURTS).client(other) as stranger,
            pytest.raises(grpc.RpcError) as error,
        ):
            next(named(stranger, "own"))
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
