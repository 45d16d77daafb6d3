"""Readers of a node as an operator has them: shared port, deaths, the keeper's end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from ops.config import ConfigError, load
from ops.terminal import Exit
from tests.ops.test_cli import CHILD, FILE, Node, configured, run, running

WAIT_S = 20.0


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


def until_two(node: Node, but: int = 0) -> list[int]:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = readers(node)
        if len(found) == 2 and but not in found:
            return found
        time.sleep(0.05)
    message = f"readers are {readers(node)}"
    raise AssertionError(message)


def test_connections_find_one_of_the_processes_and_all_answer_alike(node: Node) -> None:
    assert len(until_two(node)) == 2
    answers = [ask(node).custody for _ in range(12)]
    assert all(answer == answers[0] for answer in answers)


def test_a_killed_reader_is_missed_by_nobody_who_connects_anew(node: Node) -> None:
    killed = until_two(node)[0]
    os.kill(killed, signal.SIGKILL)
    for _ in range(12):
        assert ask(node).custody.certain
    assert len(until_two(node, but=killed)) == 2
    assert run("submit", str(FILE), node.server).returncode == Exit.DONE


def test_readers_end_with_their_keeper_however_it_ends(node: Node) -> None:
    left = until_two(node)
    node.process.kill()
    node.process.wait()
    end = time.monotonic() + WAIT_S
    while any(b"spawn_main" in command(pid) for pid in left):
        assert time.monotonic() < end, "a reader outlived its keeper"
        time.sleep(0.05)


@pytest.mark.parametrize("processes", ["-1", "65", '"two"', "true"])
def test_a_number_of_readers_that_is_none_is_refused(
    processes: str, tmp_path: Path
) -> None:
    config = configured(tmp_path, f"[readers]\nprocesses = {processes}\n")
    with pytest.raises(ConfigError, match=r"readers\.processes"):
        load(config)
