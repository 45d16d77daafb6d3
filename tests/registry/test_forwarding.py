"""The owner of the moment: a hint that costs speed where it is wrong, and no more."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as pb
from events.embedded import EmbeddedLog
from events.entry import AuthenticationKind, Frame, open_entry
from ops.broker import Cluster, free_port
from ops.client import connected
from ops.fire.history import entries
from ops.fire.servers import REGISTRY, Server
from registry.bootstrap import KafkaConfig, Registry
from registry.peers import Peer
from registry.services.translate import message_of
from registry.sources import system_sources
from tests.support.registry import child_id
from tests.support.server import Running, details, served
from tests.support.stories import CHILD, FATHER, born, judgment, outcome

WAIT_S = 20.0
GONE = "gone"


@contextmanager
def several(
    folder: Path, kafka: KafkaConfig, lists: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Running]]:
    """Serve nodes of one topic, each with the peers that it lists."""
    names = {*lists, *(name for listed in lists.values() for name in listed)}
    ports = {name: free_port() for name in sorted(names)}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                served(
                    folder / name,
                    system_sources(),
                    kafka,
                    node=name,
                    port=ports[name],
                    peers=tuple(Peer(p, f"127.0.0.1:{ports[p]}") for p in listed),
                )
            )
            for name, listed in lists.items()
        }


@pytest.fixture
def kafka(cluster: Cluster, new_topic: Callable[[], str]) -> KafkaConfig:
    return KafkaConfig(servers=cluster.addresses, topic=new_topic())


def owner_is(running: Running, name: str | None) -> None:
    """Wait until a node takes another for the owner; None: it appends itself."""
    until = time.monotonic() + WAIT_S
    while running.registry.writer._away.owner() != name:
        assert time.monotonic() < until
        time.sleep(0.02)


def frame_at(registry: Registry, position: int) -> Frame:
    return open_entry(registry.log.read(position - 1, 1)[0]).frame


def submit_births(running: Mapping[str, Running], each: int) -> None:
    """Submit from all nodes at once: births of their own, and one key of all."""

    def work(name: str) -> list[bytes]:
        found = []
        with running[name].client("xuzhou-police", "police") as police:
            for number in range(each):
                who = f"{name} {number}"
                found.append(police.submit(born(child_id(who), "2010-05-01"), who))
            same = f"same {each}"
            found.append(police.submit(born(child_id(same), "2010-05-01"), same))
        return [receipt.hash for receipt in found]

    with ThreadPoolExecutor(len(running)) as pool:
        hashes = list(pool.map(work, running))
    assert len({told[-1] for told in hashes}) == 1  # one key, one receipt
    distinct = {hash_ for told in hashes for hash_ in told}
    assert len(distinct) == len(running) * each + 1
    logs = []
    for node in running.values():
        log = node.registry.log
        log.catch_up(time.monotonic() + WAIT_S)
        logs.append([entry.hash for entry in log.read(2, 1_000)])
    assert all(log == logs[0] for log in logs)
    assert set(logs[0]) == distinct
    assert len(logs[0]) == len(distinct)


def writers(running: Running) -> set[str]:
    """Return who wrote the entries after the formats and rules."""
    return {open_entry(e).frame.writer for e in running.registry.log.read(2, 1_000)}


def handed_over(nodes: Mapping[str, Running]) -> tuple[str, Frame, str]:
    """Submit until one is appended elsewhere than where it was asked.

    An owner that a busy machine keeps from answering soon is passed over, and another
    is the owner then: so it is tried at both.
    """
    until = time.monotonic() + 3 * WAIT_S
    for number in itertools.count():
        assert time.monotonic() < until
        for name, node in nodes.items():
            who = f"handed over {name} {number}"
            with node.client("xuzhou-police", "police") as police:
                receipt = police.submit(born(child_id(who), "2010-05-01"), who)
            assert node.registry.log.head().position >= receipt.position
            frame = frame_at(node.registry, receipt.position)
            if frame.writer != name:
                return name, frame, who
    raise AssertionError


def test_the_owner_appends_for_the_others_who_answer_from_their_own_copy(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    with several(tmp_path, kafka, {"a": ("b",), "b": ("a",)}) as nodes:
        owner_is(nodes["b"], "a")
        _, frame, who = handed_over(nodes)
        assert frame.authority == "xuzhou-police"
        assert frame.authentication.kind is AuthenticationKind.CLAIMED
        for node in nodes.values():
            with node.client("xuzhou-police", "police") as police:
                again = police.submit(born(child_id(who), "2010-05-01"), who)
            assert again.repeated
            assert frame_at(node.registry, again.position) == frame


def test_what_is_no_receipt_is_answered_as_if_nobody_had_been_asked(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    lists = {"a": ("b",), "b": ("a",)}
    with several(tmp_path, kafka, lists) as nodes, ExitStack() as stack:
        a, b = nodes["a"], nodes["b"]
        owner_is(b, "a")
        court = stack.enter_context(b.client("tongshan-court", "court"))
        decided = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        with pytest.raises(grpc.RpcError) as unknown:
            court.submit(decided, "j")
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
        assert details(unknown.value)["ErrorInfo"].metadata["position"] == "2"
        police = stack.enter_context(a.client("xuzhou-police", "police"))
        position = police.submit(born(CHILD, "2004-10", FATHER), "birth").position
        # On the owner's state, which this node may not have read yet.
        assert court.submit(decided, "j").position == position + 1
        with pytest.raises(grpc.RpcError) as reused:
            court.submit(judgment("2015-02-05", outcome(disqualified=(FATHER,))), "j")
        assert reused.value.code() is grpc.StatusCode.ALREADY_EXISTS
        valid = court.submit(
            judgment("2016-02-05", outcome(restored=(FATHER,))), "v", validate_only=True
        )
        assert valid.position == 0
        school = stack.enter_context(b.client("some-school", "school"))
        refused = school.submit(born(child_id("other"), "2004-10"), "birth")
        assert refused.refused.reason == "not_competent"
        assert refused.position > 0


def test_with_two_owners_at_once_nothing_is_lost_and_nothing_twice(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    """Each of two believes in itself alone, and a third follows whoever wrote last."""
    lists = {"a": ("c",), "b": ("c",), "c": ("a", "b")}
    with several(tmp_path, kafka, lists) as nodes:
        owner_is(nodes["c"], "a")
        submit_births(nodes, 12)
        assert writers(nodes["c"]) >= {"a", "b"}


def test_with_no_owner_at_all_nothing_is_lost_and_nothing_twice(
    tmp_path: Path, kafka: KafkaConfig
) -> None:
    """Who wrote the last entry is listed, and is no more."""
    with served(tmp_path / GONE, system_sources(), kafka, node=GONE):
        pass
    with several(tmp_path, kafka, {"a": ("b", GONE), "b": ("a", GONE)}) as nodes:
        for node in nodes.values():
            owner_is(node, None)
        submit_births(nodes, 12)


def test_while_the_owner_is_frozen_others_append_and_when_it_wakes_it_forwards(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    servers = [Server(tmp_path / n, n, cluster.addresses, topic) for n in "ab"]
    a, b = servers

    def birth(request: str) -> pb.SubmitGuardianshipChangeRequest:
        return pb.SubmitGuardianshipChangeRequest(
            envelope=pb.Envelope(request_id=child_id(request)),
            register_child=message_of(born(child_id(request), "2010-05-01", FATHER)),
        )

    with ExitStack() as stack:
        for server in servers:
            server.list_peers(servers)
            stack.callback(server.stop)
            server.start()
        who = ("xuzhou-police", "police")
        at_a = stack.enter_context(connected(a.address, who=who))
        at_b = stack.enter_context(connected(b.address, who=who))
        change = "SubmitGuardianshipChange"
        at_a.called(change, birth("first"))
        for number in range(5):
            at_b.called(change, birth(f"before {number}"))
        a.freeze()
        frozen = [at_b.called(change, birth(f"frozen {n}")).receipt for n in range(5)]
        a.thaw()
        awake = [at_a.called(change, birth(f"awake {n}")).receipt for n in range(5)]
        last = custody.GetCustodyRequest(child=child_id("awake 4"))
        at_b.called("GetCustody", last)
    logs = [list(entries(server.name, server.log)) for server in servers]
    held = [[(e.position, e.hash) for e in log] for log in logs]
    assert held[0] == held[1]
    assert len(held[0]) == 2 + 1 + 3 * 5
    told = [(r.position, r.hash.hex()) for r in (*frozen, *awake)]
    assert [place for place in held[0] if place in told] == told
    with closing(EmbeddedLog(b.log, REGISTRY)) as log:
        wrote = [open_entry(entry).frame.writer for entry in log.read(2, 100)]
    assert wrote[6:11] == ["b"] * 5
