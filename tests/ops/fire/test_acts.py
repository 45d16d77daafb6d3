"""Attacks bite: while they last nothing is recorded, and afterwards it is, once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from events.embedded import EmbeddedLog
from events.entry import MemoryState
from ops.broker import Cluster
from ops.client import CallError, connected
from ops.fire.acts import ACTS
from ops.fire.clients import WHO
from ops.fire.field import disagreement, opened
from ops.fire.servers import Server
from registry.services.translate import message_of
from tests.support.planted import put
from tests.support.records import siblings
from tests.support.registry import ORIGIN, child_id
from tests.support.stories import FATHER, born

POLICE = ("fire-police", "police")
SOON_S = 2.0


def birth(name: str) -> submission.SubmitGuardianshipChangeRequest:
    return submission.SubmitGuardianshipChangeRequest(
        envelope=submission.Envelope(request_id=child_id(f"birth of {name}")),
        register_child=message_of(born(child_id(name), "2012-05-01", FATHER)),
    )


def refused(address: str, name: str) -> str:
    """Submit once, with little patience; return why it was not acknowledged."""
    with grpc.insecure_channel(address) as channel:
        stub = SubmissionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as error:
            stub.SubmitGuardianshipChange(birth(name), timeout=SOON_S, metadata=WHO)
        return CallError(error.value).reason


def test_attacks_on_disk_clock_and_network_bite_and_heal(
    cluster: Cluster, tmp_path: Path
) -> None:
    assert cluster.addresses  # a broker can be had here; the field has its own
    with opened(tmp_path, 1, 1, 1, lambda _: None) as on:
        (server,), (proxy,) = on.servers, on.proxies
        attacks: list[tuple[str, Callable[[], None], Callable[[], None], str]] = [
            ("disk", server.fill_disk, server.free_disk, "DEADLINE_EXCEEDED"),
            (
                "clock",
                lambda: server.set_clock(-3_600),
                lambda: server.set_clock(0),
                "CLOCK_REFUSED",
            ),
            (
                "silence",
                lambda: setattr(proxy, "silent", True),
                proxy.mend,
                "DEADLINE_EXCEEDED",
            ),
            ("cut", lambda: proxy.cut(refuse=True), proxy.mend, "DEADLINE_EXCEEDED"),
        ]
        with connected(server.address, who=POLICE) as client:
            method = "SubmitGuardianshipChange"
            last = client.called(method, birth("before")).receipt.position
            for name, attack, heal, why in attacks:
                attack()
                assert refused(server.address, name) == why
                heal()
                got = client.called(method, birth(name)).receipt
                assert got.position == last + 1
                last = got.position
        assert disagreement(on.servers) == []


def test_nodes_that_hold_other_entries_are_seen(tmp_path: Path) -> None:
    servers = []
    for name, seeds in (("one", (b"a", b"b")), ("two", (b"a",)), ("three", (b"c",))):
        servers.append(Server(tmp_path / name, name, "", ""))
        servers[-1].folder.mkdir()
        state = MemoryState(ORIGIN)
        with closing(EmbeddedLog(servers[-1].log, ORIGIN)) as log:
            for seed in seeds:
                record = siblings(state, seed=seed, request=seed.decode())
                state.apply(record)
                put(log, record)
    assert disagreement(servers[:2]) == []  # one is behind, and no other
    (said,) = disagreement(servers)
    assert said.startswith("at 1: ")


def test_every_act_says_what_it_does() -> None:
    assert all(act.__doc__ for act in ACTS.values())
