"""A client with several servers goes on when one of them is gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from events.topic_audit import Replication, create
from ops.broker import Cluster, free_port, release
from ops.cache import cache_folder
from ops.client import DEFAULT, CallError, Patience, connected
from ops.fire.servers import Server
from registry.bootstrap import KafkaConfig
from registry.identity import AUTHORITY, OFFICE
from registry.services.translate import message_of
from registry.sources import system_sources
from tests.support.registry import child_id
from tests.support.server import served
from tests.support.stories import CHILD, FATHER, born

POLICE = ("xuzhou-police", "police")


def birth(
    request: str, child: str = CHILD
) -> submission.SubmitGuardianshipChangeRequest:
    return submission.SubmitGuardianshipChangeRequest(
        envelope=submission.Envelope(request_id=child_id(request)),
        register_child=message_of(born(child, "2004-10", FATHER)),
    )


def test_another_server_is_asked_where_the_first_does_not_answer(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as running:
        addresses = f"127.0.0.1:{free_port()}, 127.0.0.1:{running.port}"
        with connected(addresses, who=POLICE) as client:
            got = client.called("SubmitGuardianshipChange", birth("birth")).receipt
            assert got.position == 3
            again = client.called("SubmitGuardianshipChange", birth("birth")).receipt
            assert again.repeated


def test_a_definite_answer_is_not_asked_for_again(tmp_path: Path) -> None:
    with served(tmp_path) as running:
        addresses = f"127.0.0.1:{running.port},127.0.0.1:{free_port()}"
        with connected(addresses) as client, pytest.raises(CallError) as error:
            client.called("GetCustody", custody.GetCustodyRequest(child=CHILD))
        assert (error.value.status, error.value.reason) == ("NOT_FOUND", "NOT_KNOWN")


def test_a_server_that_is_away_is_looked_for_at_every_attempt() -> None:
    """A channel waits longer after each refusal by default: until after the last."""
    connections = 0
    with socket.create_server(("127.0.0.1", 0)) as door:

        def refuse() -> None:
            nonlocal connections
            with suppress(OSError):  # the door was closed: the end
                while True:
                    door.accept()[0].close()
                    connections += 1

        refusing = threading.Thread(target=refuse)
        refusing.start()
        addresses = f"127.0.0.1:{door.getsockname()[1]},127.0.0.1:{free_port()}"
        with connected(addresses) as client, pytest.raises(CallError) as error:
            client.called("GetCustody", custody.GetCustodyRequest(child=CHILD))
        door.shutdown(socket.SHUT_RDWR)
        refusing.join()
    assert error.value.status == "UNAVAILABLE"
    assert connections >= DEFAULT.attempts


def test_submissions_go_on_through_the_kill_of_a_server(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    with ExitStack() as stack:
        servers = [
            Server(tmp_path / name, name, cluster.addresses, topic) for name in "ab"
        ]
        for server in servers:
            stack.callback(server.stop)
            server.start()
        addresses = ",".join(server.address for server in servers)
        client = stack.enter_context(connected(addresses, who=POLICE))
        positions = []
        for number in range(6):
            if number == 3:
                servers[0].kill()
            asked = birth(f"b{number}", child_id(f"c{number}"))
            got = client.called("SubmitGuardianshipChange", asked).receipt
            positions.append(got.position)
        assert positions == list(range(3, 9))
        servers[1].kill()
        servers[0].start()
        last = custody.GetCustodyRequest(child=child_id("c5"))
        assert client.called("GetCustody", last).read_state.applied == 8


def test_a_frozen_server_is_left_for_another_and_the_submission_has_one_effect(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    servers = [Server(tmp_path / n, n, cluster.addresses, topic) for n in "ab"]
    with ExitStack() as stack:
        for server in servers:
            server.list_peers(servers)
            stack.callback(server.stop)
            server.start()
        addresses = ",".join(server.address for server in servers)
        patience = Patience(submit_s=1.0)
        client = stack.enter_context(connected(addresses, None, POLICE, patience))
        first = client.called("SubmitGuardianshipChange", birth("first")).receipt
        servers[0].freeze()
        asked = birth("frozen", child_id("frozen"))
        got = client.called("SubmitGuardianshipChange", asked).receipt
        servers[0].thaw()
        again = client.called("SubmitGuardianshipChange", asked).receipt
        assert (first.position, got.position) == (3, 4)
        assert (again.position, again.hash, again.repeated) == (4, got.hash, True)


def test_a_client_of_any_language_goes_on_by_the_published_configuration_alone(
    tmp_path: Path,
) -> None:
    """Through the loss of a server, and of the broker, with bare stubs."""
    config = Path("proto/childregistry/v1/service_config.json").read_text()
    with ExitStack() as stack:
        folder = tmp_path / "broker"
        running = stack.enter_context(Cluster(release(cache_folder()), folder))
        create(running.addresses, "t", Replication(factor=1, min_in_sync=1))
        servers = [Server(tmp_path / n, n, running.addresses, "t") for n in "ab"]
        for server in servers:
            server.list_peers(servers)
            stack.callback(server.stop)
            server.start()
        addresses = ",".join(server.address for server in servers)
        channel = stack.enter_context(
            grpc.insecure_channel(
                f"ipv4:{addresses}", [("grpc.service_config", config)]
            )
        )
        submit = SubmissionServiceStub(channel).SubmitGuardianshipChange
        who = ((AUTHORITY, POLICE[0]), (OFFICE, POLICE[1]))
        positions = []
        for number in range(9):
            if number == 3:
                servers[0].kill()
            if number == 6:
                running.brokers[0].kill()
                restart = threading.Timer(0.5, running.brokers[0].start)
                restart.start()
                stack.callback(restart.join)
            asked = birth(f"b{number}", child_id(f"c{number}"))
            positions.append(submit(asked, metadata=who).receipt.position)
        assert positions == list(range(3, 12))


def test_two_nodes_in_one_process_serve_one_topic(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    kafka = KafkaConfig(servers=cluster.addresses, topic=new_topic())
    with (
        served(tmp_path / "a", system_sources(), kafka, node="a") as first,
        served(tmp_path / "b", system_sources(), kafka, node="b") as second,
        connected(f"127.0.0.1:{first.port}", who=POLICE) as one,
        connected(f"127.0.0.1:{second.port}", who=POLICE) as two,
    ):
        got = one.called("SubmitGuardianshipChange", birth("birth")).receipt
        same = two.called("SubmitGuardianshipChange", birth("birth")).receipt
        assert same.repeated
        assert (same.position, same.hash) == (got.position, got.hash)
        found = two.called("GetCustody", custody.GetCustodyRequest(child=CHILD))
        assert found.read_state.applied >= got.position
