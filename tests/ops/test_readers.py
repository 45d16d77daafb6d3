"""Readers of a node as an operator has them: shared port, deaths, the keeper's end."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1 import event_service_pb2 as events
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.event_service_pb2_grpc import EventServiceStub
from ops.broker import free_port
from ops.config import ConfigError, load
from ops.readers import FEED_NICE
from ops.terminal import Exit
from registry.identity import AUTHORITY, OFFICE
from tests.ops.test_cli import CHILD, FILE, Node, configured, run, running

WAIT_S = 20.0
WHO = ((AUTHORITY, "bureau"), (OFFICE, "civil_affairs"))
BY = ("--authority=bureau", "--office=civil_affairs")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(configured(tmp_path, "[readers]\nprocesses = 2\n")) as started:
        assert run("submit", str(FILE), started.server).returncode == Exit.DONE
        yield started


def readers(node: Node) -> list[int]:
    """Return the processes of a node that listen at its port, but for the keeper."""
    tasks = Path(f"/proc/{node.process.pid}/task").glob("*/children")
    own = [int(pid) for task in tasks for pid in task.read_text().split()]
    return [pid for pid in own if b"spawn_main" in command(pid) and not applies(pid)]


def applies(pid: int) -> bool:
    """Whether a process is its node's runner, which holds the lock of it."""
    held = {str(handle.resolve()) for handle in Path(f"/proc/{pid}/fd").iterdir()}
    return any(path.endswith("/runner.lock") for path in held)


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def ask(node: Node) -> pb.GetCustodyResponse:
    """Ask once, on a connection of its own."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    with grpc.insecure_channel(f"127.0.0.1:{node.port}", options) as channel:
        as_of = pb.AsOf(date="2015-02-04")
        request = pb.GetCustodyRequest(child=CHILD, as_of=as_of)
        found: pb.GetCustodyResponse = CustodyServiceStub(channel).GetCustody(
            request, timeout=WAIT_S, wait_for_ready=True
        )
        return found


def until_so_many(node: Node, count: int, but: int = 0) -> list[int]:
    """Wait for so many readers, none of them a certain one."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = readers(node)
        if len(found) == count and but not in found:
            return found
        time.sleep(0.05)
    message = f"readers are {readers(node)}"
    raise AssertionError(message)


def end_with_their_keeper(node: Node, left: list[int]) -> None:
    """Kill a keeper; fail where any of its readers outlives it."""
    node.process.kill()
    node.process.wait()
    end = time.monotonic() + WAIT_S
    while any(b"spawn_main" in command(pid) for pid in left):
        assert time.monotonic() < end, "a reader outlived its keeper"
        time.sleep(0.05)


def test_connections_find_one_of_the_processes_and_all_answer_alike(node: Node) -> None:
    assert len(until_so_many(node, 2)) == 2
    answers = [ask(node).custody for _ in range(12)]
    assert all(answer == answers[0] for answer in answers)


def test_a_killed_reader_is_missed_by_nobody_who_connects_anew(node: Node) -> None:
    killed = until_so_many(node, 2)[0]
    os.kill(killed, signal.SIGKILL)
    for _ in range(12):
        assert ask(node).custody.certain
    assert len(until_so_many(node, 2, but=killed)) == 2
    assert run("submit", str(FILE), node.server).returncode == Exit.DONE


def test_readers_end_with_their_keeper_however_it_ends(node: Node) -> None:
    end_with_their_keeper(node, until_so_many(node, 2))


@pytest.mark.parametrize("processes", ["-1", "65", '"two"', "true"])
def test_a_number_of_readers_that_is_none_is_refused(
    processes: str, tmp_path: Path
) -> None:
    config = configured(tmp_path, f"[readers]\nprocesses = {processes}\n")
    with pytest.raises(ConfigError, match=r"readers\.processes"):
        load(config)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[tuple[Node, str]]:
    """Give a node, and where a process of its own gives the feed."""
    address = f"127.0.0.1:{free_port()}"
    config = configured(tmp_path, f'[feed]\naddress = "{address}"\n')
    with running(config) as started:
        assert run("submit", str(FILE), started.server).returncode == Exit.DONE
        yield started, address


def positions(address: str, **start: object) -> list[int]:
    """Follow the feed at an address to its end."""
    with grpc.insecure_channel(address) as channel:
        found: list[int] = []
        request = events.SubscribeEventsRequest(**start)  # type: ignore[arg-type]
        for signal in EventServiceStub(channel).SubscribeEvents(
            request, metadata=WHO, timeout=WAIT_S, wait_for_ready=True
        ):
            found += [entry.place.position for entry in signal.batch.entries]
            if signal.HasField("caught_up"):
                break
    return found


def test_the_feed_has_an_address_and_a_process_that_comes_after_its_keeper(
    feed: tuple[Node, str],
) -> None:
    node, address = feed
    (process,) = until_so_many(node, 1)
    nice = os.getpriority(os.PRIO_PROCESS, process)
    keeper = os.getpriority(os.PRIO_PROCESS, node.process.pid)
    assert nice == min(19, keeper + FEED_NICE)
    found = positions(address)
    assert found == list(range(1, len(found) + 1))
    assert found == positions(node.server.removeprefix("--server="))
    until = f"--until={found[-1]}"
    shown = run("subscribe", f"--server={address}", "--json", until, *BY)
    assert shown.returncode == Exit.DONE, shown.stderr
    assert run("submit", str(FILE), f"--server={address}").returncode == Exit.DONE


def test_a_killed_feed_comes_again_at_its_address_and_names_go_on(
    feed: tuple[Node, str],
) -> None:
    node, address = feed
    made = run("subscriptions", "create", "all", *BY, f"--server={address}")
    assert made.returncode == Exit.DONE, made.stderr
    named = events.Named(subscription="all")
    before = positions(address, named=named)
    (killed,) = until_so_many(node, 1)
    os.kill(killed, signal.SIGKILL)
    assert ask(node).custody.certain  # of its keeper nobody was asked anything
    again = positions(address, named=named)
    assert until_so_many(node, 1, but=killed) != [killed]
    assert before == again == list(range(1, len(before) + 1))  # nothing acknowledged


def test_the_feed_ends_with_its_keeper_however_that_ends(
    feed: tuple[Node, str],
) -> None:
    node, _ = feed
    end_with_their_keeper(node, until_so_many(node, 1))


@pytest.mark.parametrize(
    "told",
    ["", "address = 1", 'address = "no port"', 'address = "127.0.0.1:0"', "x = 1"],
)
def test_an_address_that_the_feed_cannot_have_is_refused(
    told: str, tmp_path: Path
) -> None:
    config = configured(tmp_path, f"[feed]\n{told}\n")
    with pytest.raises(ConfigError, match=r"feed\."):
        load(config)


def test_the_keepers_own_address_is_refused(tmp_path: Path) -> None:
    config = configured(tmp_path)
    own = load(config).listen.address.replace(":0", ":50051")
    text = config.read_text().replace(':0"', ':50051"')
    config.write_text(f'{text}[feed]\naddress = "{own}"\n')
    with pytest.raises(ConfigError, match=r"feed\.address: has a port of its own"):
        load(config)


def test_without_tls_the_feed_is_on_loopback_only(tmp_path: Path) -> None:
    config = configured(tmp_path, '[feed]\naddress = "0.0.0.0:50999"\n')
    done = run("serve", "-c", str(config))
    assert done.returncode != Exit.DONE
    assert b"0.0.0.0:50999: without TLS only loopback is served" in done.stderr


@pytest.mark.parametrize("which", ["the keeper's", "the feed's"])
def test_a_port_that_another_has_ends_a_start(which: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as another:
        taken = f"127.0.0.1:{another.getsockname()[1]}"
        if which == "the feed's":
            config = configured(tmp_path, f'[feed]\naddress = "{taken}"\n')
        else:
            config = configured(tmp_path)
            config.write_text(config.read_text().replace("127.0.0.1:0", taken))
        done = run("serve", "-c", str(config))
    assert done.returncode != Exit.DONE
    assert f"{taken}: cannot be listened at".encode() in done.stderr
