"""Who may forward, and as whom: real certificates over real TLS between real nodes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import peer_service_pb2 as pb
from childregistry.v1.peer_service_pb2_grpc import PeerServiceStub
from events.entry import AuthenticationKind, open_entry
from events.guardianship import Office
from ops.broker import Cluster, free_port
from registry.bootstrap import KafkaConfig
from registry.peers import MAX_FORWARDED, Peer, PeersError, forwarded
from registry.server import InsecureError
from registry.sources import system_sources
from tests.support.certificates import Certified, certified, listed, tls_in
from tests.support.registry import ORIGIN, child_id, submission
from tests.support.server import Client, Running, details, served
from tests.support.stories import CHILD, FATHER, born

WAIT_S = 60.0
ROOT = certified("authority")
POLICE = certified("police", ROOT)
NODES = {name: certified(name, ROOT) for name in ("a", "b")}
KIND = pb.ForwardedOutcome.Kind


@pytest.fixture
def kafka(cluster: Cluster, new_topic: Callable[[], str]) -> KafkaConfig:
    return KafkaConfig(servers=cluster.addresses, topic=new_topic())


@contextmanager
def calling(running: Running, who: Certified) -> Iterator[Client]:
    credentials = grpc.ssl_channel_credentials(
        root_certificates=ROOT.pem,
        private_key=who.key_pem,
        certificate_chain=who.pem,
    )
    address = f"localhost:{running.port}"
    with grpc.secure_channel(address, credentials) as channel:
        yield Client(channel, ())


@contextmanager
def both(
    folder: Path, kafka: KafkaConfig, *, at_a: Certified | None = None
) -> Iterator[dict[str, Running]]:
    """Serve a and b behind TLS, each other's peers; `at_a` is who answers for a."""
    ports = {name: free_port() for name in NODES}
    known = listed(POLICE, "xuzhou-police", "police")
    for name, own in NODES.items():
        (folder / f"{name}.pem").write_bytes(own.pem)
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                served(
                    folder / name / "data",
                    system_sources(),
                    kafka,
                    tls_in(folder / name, (name == "a" and at_a) or own, ROOT, known),
                    name,
                    port=ports[name],
                    peers=tuple(
                        Peer(p, f"localhost:{ports[p]}", folder / f"{p}.pem")
                        for p in NODES
                        if p != name
                    ),
                )
            )
            for name, own in NODES.items()
        }


def request(
    node: str, *asked: pb.ForwardedSubmission, registry: str = ORIGIN
) -> pb.ForwardRequest:
    return pb.ForwardRequest(registry=registry, node=node, submissions=asked)


def birth(**changed: Any) -> pb.ForwardedSubmission:  # noqa: ANN401  any field
    made = forwarded(
        submission(born(CHILD, "2004-10", FATHER), "birth", "p", Office.POLICE), 10.0
    )
    made.certificate = POLICE.fingerprint
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def forward(client: Client, asked: pb.ForwardRequest) -> pb.ForwardResponse:
    stub: Any = PeerServiceStub(client.channel)
    found: pb.ForwardResponse = stub.Forward(asked, timeout=20)
    return found


def refused(client: Client, asked: pb.ForwardRequest) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as error:
        forward(client, asked)
    return error.value.code(), details(error.value)["ErrorInfo"].reason


def test_an_entry_that_a_peer_appended_names_its_submitter_and_his_certificate(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    with both(tmp_path, kafka) as nodes, ExitStack() as stack:
        police = {
            name: stack.enter_context(calling(node, POLICE))
            for name, node in nodes.items()
        }
        until = time.monotonic() + WAIT_S
        number, elsewhere = 0, False
        while not elsewhere:  # a busy machine passes an owner over: at either, then
            assert time.monotonic() < until
            number += 1
            for name, client in police.items():
                who = f"{name} {number}"
                receipt = client.submit(born(child_id(who), "2010-05-01"), who)
                log = nodes[name].registry.log
                frame = open_entry(log.read(receipt.position - 1, 1)[0]).frame
                assert frame.authority == "xuzhou-police"
                assert frame.authentication.kind is AuthenticationKind.CERTIFICATE
                assert frame.authentication.fingerprint == POLICE.fingerprint
                elsewhere |= frame.writer != name


def test_nobody_but_a_listed_peer_may_forward(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    peer = NODES["b"]
    no = (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_PEER")
    with both(tmp_path, kafka) as nodes:
        a = nodes["a"]
        head = a.registry.log.head()
        with calling(a, POLICE) as police:  # known, and no peer
            assert refused(police, request("b", birth())) == no
        with calling(a, certified("b", ROOT)) as stranger:
            nobody = (grpc.StatusCode.UNAUTHENTICATED, "SUBMITTER_UNKNOWN")
            assert refused(stranger, request("b", birth())) == nobody
        with calling(a, peer) as client:
            assert refused(client, request("c", birth())) == no
            assert refused(client, request("a", birth())) == no
            elsewhere = request("b", birth(), registry="registry.example/other")
            assert refused(client, elsewhere) == no
            with pytest.raises(grpc.RpcError) as reads:  # and it may do nothing else
                client.called("GetCustody", custody.GetCustodyRequest(child=CHILD))
            assert reads.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert a.registry.log.head() == head


def test_a_peer_is_not_believed_beyond_what_this_node_knows_itself(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    claimed = birth()
    claimed.claimed.authority, claimed.claimed.office = "tongshan-court", "court"
    wrong = [
        claimed,
        birth(certificate=bytes(32)),
        birth(certificate=b""),
        birth(schema=bytes(8)),
        birth(command=b"\xff"),
        birth(request_id="no uuid"),
        birth(cause="free text, with a name"),
        birth(provenance=0),
        birth(provenance=9),
        birth(within_ms=0),
        birth(within_ms=-5),
    ]
    with both(tmp_path, kafka) as nodes, calling(nodes["a"], NODES["b"]) as b:
        log = nodes["a"].registry.log
        head = log.head()
        found = forward(b, request("b", *wrong)).outcomes
        assert [one.kind for one in found] == [KIND.KIND_DECLINED] * len(wrong)
        for asked in (request("b"), request("b", *[birth()] * (MAX_FORWARDED + 1))):
            invalid = (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
            assert refused(b, asked) == invalid
        assert log.head() == head
        # The same call with nothing wrong in it is heard.
        (right,) = forward(b, request("b", birth())).outcomes
        assert (right.kind, right.position) == (KIND.KIND_RECORDED, head.position + 1)


def test_nothing_is_handed_to_who_answers_in_a_peers_place(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    """By the same authority, of the same name, at the same address."""
    with both(tmp_path, kafka, at_a=certified("a", ROOT)) as nodes:
        with calling(nodes["a"], POLICE) as police:
            police.submit(born(CHILD, "2004-10", FATHER), "birth")
        with calling(nodes["b"], POLICE) as police:
            receipt = police.submit(born(child_id("other"), "2004-10"), "other")
        log = nodes["b"].registry.log
        assert open_entry(log.read(receipt.position - 1, 1)[0]).frame.writer == "b"


def test_without_tls_a_listed_peer_forwards_claims_and_nothing_else(
    tmp_path: Path,
) -> None:
    claim = birth()
    claim.claimed.authority, claim.claimed.office = "xuzhou-police", "police"
    peers = (Peer("b", "127.0.0.1:1"),)
    with (
        served(tmp_path, node="a", peers=peers) as running,
        running.client("xuzhou-police", "police") as client,
    ):
        no = (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_PEER")
        assert refused(client, request("c", claim)) == no
        told = forward(client, request("b", birth(), claim)).outcomes
        assert [o.kind for o in told] == [KIND.KIND_DECLINED, KIND.KIND_RECORDED]
        stored = running.registry.log.read(told[1].position - 1, 1)[0]
        frame = open_entry(stored).frame
        assert frame.authentication.kind is AuthenticationKind.CLAIMED
        assert (frame.authority, frame.writer) == ("xuzhou-police", "a")
    with (
        served(tmp_path / "alone") as running,
        running.client("xuzhou-police", "police") as client,
    ):
        assert refused(client, request("tongshan-1", claim)) == no


def test_peers_beyond_loopback_or_without_a_certificate_start_no_server(
    tmp_path: Path,
) -> None:
    far = (Peer("b", "node-b.example:50051"),)
    with (
        pytest.raises(InsecureError, match="only loopback"),
        served(tmp_path / "far", peers=far),
    ):
        pass
    (tmp_path / "b.pem").write_text("no certificate")
    for name, rule in (("b.pem", "no certificate in PEM"), ("none.pem", "No such")):
        known = listed(POLICE, "xuzhou-police", "police")
        tls = tls_in(tmp_path / f"{name}-tls", NODES["a"], ROOT, known)
        peers = (Peer("b", "localhost:1", tmp_path / name),)
        with (
            pytest.raises(PeersError, match=rule),
            served(tmp_path / f"{name}-data", tls=tls, peers=peers),
        ):
            pass
