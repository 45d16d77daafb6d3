"""The feed at a reader: from the keeper's file; names are given on to the keeper."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import event_service_pb2 as pb
from childregistry.v1 import subscription_service_pb2 as names
from events.guardianship import Office
from ops.broker import Cluster
from registry.beside import open_beside
from registry.bootstrap import Config, KafkaConfig
from registry.feed_rights import told
from registry.server import Listen, reading
from tests.registry.services.test_feed import R, entries, register, stream
from tests.registry.services.test_named import CREATE, acknowledge, deliveries, named
from tests.registry.test_beside import Pair, paired
from tests.registry.test_identity import COURTS, POLICE, Secured
from tests.support.certificates import certified, listed, tls_in
from tests.support.registry import ORIGIN
from tests.support.server import Client, Running, details, in_thread, served

BUREAU = ("xuzhou-civil-affairs", "civil_affairs")


@pytest.fixture(params=["embedded", "kafka"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    kafka = None
    if request.param == "kafka":
        cluster: Cluster = request.getfixturevalue("cluster")
        new_topic: Callable[[], str] = request.getfixturevalue("new_topic")
        kafka = KafkaConfig(
            servers=cluster.addresses, topic=new_topic(), deliveries=new_topic()
        )
    with paired(tmp_path, kafka) as started:
        yield started


@pytest.fixture
def at_reader(pair: Pair) -> Iterator[Client]:
    with pair.reader.client(*BUREAU) as client:
        yield client


@pytest.fixture
def at_keeper(pair: Pair) -> Iterator[Client]:
    with pair.keeper.client(*BUREAU) as client:
        yield client


def test_both_give_the_same_feed(
    pair: Pair, at_reader: Client, at_keeper: Client
) -> None:
    one, *_ = register(pair.keeper, 250)
    head = pair.keeper.registry.log.head().position
    all_ = entries(stream(at_reader, until=head))
    assert [entry.place.position for entry in all_] == list(range(1, head + 1))
    assert all_ == entries(stream(at_keeper, until=head))
    own = pb.EventFilter(children=[one])
    (its,) = entries(stream(at_reader, until=head, filter=own))
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
            for client in (at_reader, at_keeper)
        ]
        assert answers[0] == answers[1]
    place = at_reader.events.GetFeedPlace(
        pb.GetFeedPlaceRequest(position=head), metadata=at_reader.metadata
    ).place
    assert place == all_[-1].place


def test_what_is_recorded_reaches_a_follower_at_a_reader(
    pair: Pair, at_reader: Client
) -> None:
    register(pair.keeper, 3)
    head = pair.keeper.registry.log.head().position
    signals = stream(at_reader, end=True, until=head + 5)
    assert next(signals).confirmation.head == head
    assert next(signals).caught_up.position == head
    register(pair.keeper, 5, "later")
    found = [entry.place.position for entry in entries(signals)]
    assert found == list(range(head + 1, head + 6))


def test_a_named_subscription_is_its_keepers_wherever_it_is_opened(
    pair: Pair, at_reader: Client, at_keeper: Client
) -> None:
    register(pair.keeper, 5)
    at_reader.submit(CREATE, "create")
    head = pair.keeper.registry.log.head().position
    here = named(at_reader)
    got = [next(here) for _ in range(3)]
    assert [entry.place.position for entry in entries(iter(got))] == list(
        range(1, head + 1)
    )
    place = got[1].batch.entries[-1].place
    acknowledge(at_reader, place)
    asked = names.GetSubscriptionRequest(subscription=CREATE.subscription)
    epoch = at_keeper.called("GetSubscription", asked).subscription.epochs[-1]
    assert epoch.acknowledged == place
    assert deliveries(at_keeper, head)[0].offered_at.seconds > 0
    there = named(at_keeper)  # the later stream has it
    assert next(there).confirmation.place == place
    assert next(here).ended.why == R.WHY_TAKEN_OVER


def test_without_its_keeper_a_reader_gives_the_feed_and_no_names(
    tmp_path: Path,
) -> None:
    with tempfile.TemporaryDirectory() as short:
        door = f"unix:{short}/keeper"
        config = Config(data_dir=tmp_path, registry=ORIGIN, node="tongshan-1")
        with served(tmp_path, door=door) as keeper:
            register(keeper, 3)
            head = keeper.registry.log.head().position
        listen = Listen(address="127.0.0.1:0", door=door)
        with (
            open_beside(config, door) as beside,
            in_thread(lambda: reading(beside, listen)) as port,
            Running(keeper.registry, port).client(*BUREAU) as client,
        ):
            assert len(entries(stream(client, until=head))) == head
            with pytest.raises(grpc.RpcError) as error:
                next(named(client))
            assert details(error.value)["ErrorInfo"].reason == "LOG_UNAVAILABLE"


def test_a_reader_that_stops_says_where_to_go_on(tmp_path: Path) -> None:
    signals: list[R] = []
    ready = threading.Event()

    def read(client: Client) -> None:
        for signal in stream(client):
            signals.append(signal)
            if signal.HasField("caught_up"):
                ready.set()

    with tempfile.TemporaryDirectory() as short, ExitStack() as channel:
        door = f"unix:{short}/keeper"
        config = Config(data_dir=tmp_path, registry=ORIGIN, node="tongshan-1")
        listen = Listen(address="127.0.0.1:0", door=door)
        with served(tmp_path, door=door) as keeper:
            register(keeper, 4)
            head = keeper.registry.log.head().position
            with (
                open_beside(config, door) as beside,
                in_thread(lambda: reading(beside, listen)) as port,
            ):
                client = channel.enter_context(
                    Running(keeper.registry, port).client(*BUREAU)
                )
                reader = threading.Thread(target=read, args=(client,))
                reader.start()
                assert ready.wait(20)
            reader.join(20)
    ended = signals[-1].ended
    assert (ended.why, ended.place.position) == (R.WHY_SHUTTING_DOWN, head)


def test_a_reader_tells_each_office_what_its_keeper_would(tmp_path: Path) -> None:
    school = certified("school", COURTS)
    known = listed(POLICE, "police", "police") + listed(school, "school", "school")
    tls = tls_in(tmp_path, certified("localhost", COURTS), COURTS, known)
    with paired(tmp_path / "data", tls=tls) as pair:
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
