"""A sender that runs and does nothing is found, and one that works is not."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.config import NodeConfig
from ops.doctor_feeds import outgoing
from ops.finding import Finding
from ops.webhooks.endpoints import RETRIES_S
from tests.ops.test_subscribe import register
from tests.ops.webhooks.test_webhooks import (
    RUNBOOK,
    configured,
    expected,
    node_of,
    sending,
)
from tests.support.receiver import Receiver, receiving
from tests.support.server import Running, served
from tests.support.waiting import wait

LATE_S = 1.0
"""Longer than a working sender's tick, so that who works is found to work at some look;
in use it is a minute."""
PAGE = "the-webhooks-stand-still"


@dataclass
class Scene:
    """A server, an office, and a sender between them."""

    running: Running
    receiver: Receiver
    sender: subprocess.Popen[str]
    node: NodeConfig
    config: Path

    def found(self, late_s: float = LATE_S) -> Finding:
        told = outgoing(self.node, self.config, late_s)
        return next(one for one in told if one.about == "sender")

    def had(self) -> int:
        return len({headers["webhook-id"] for headers, _, _ in self.receiver.came})

    def due(self) -> int:
        return sum(map(len, expected(self.running).values()))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[[str], Scene]]:
    with ExitStack() as stack:

        def made(retries: str) -> Scene:
            running = stack.enter_context(served(tmp_path / "data"))
            receiver = stack.enter_context(receiving(tmp_path))
            config = configured(tmp_path, running.port, receiver, retries)
            register(running, 0, 3)
            node = node_of(tmp_path, running)
            sender = stack.enter_context(sending(config))
            stack.callback(sender.send_signal, signal.SIGCONT)
            return Scene(running, receiver, sender, node, config)

        yield made


def test_a_frozen_sender_that_does_not_read_is_found_and_one_with_nothing_to_do_is_not(
    scene: Callable[[str], Scene],
) -> None:
    here = scene("[0.1]")
    wait(lambda: here.had() == here.due())
    wait(lambda: here.found(0.0).well)  # its place was kept, and nothing waits
    here.sender.send_signal(signal.SIGSTOP)
    assert here.found(0.0).well
    register(here.running, 3, 3)
    wait(lambda: not here.found().well)
    stands = here.found()
    assert stands.page == PAGE
    assert "tongshan-bureau: nothing was read after position " in stands.says
    here.sender.send_signal(signal.SIGCONT)
    wait(lambda: here.had() == here.due())
    wait(lambda: here.found(0.0).well)


def test_a_frozen_sender_that_does_not_try_is_found_and_one_whom_nobody_takes_is_not(
    scene: Callable[[str], Scene],
) -> None:
    here = scene("[0.2" + ", 0.2" * 49 + "]")
    here.receiver.answer = lambda _: 503
    tried = len(here.receiver.came) + 20
    wait(lambda: len(here.receiver.came) > tried)
    wait(lambda: here.found().well)  # it fails, and goes on trying
    here.sender.send_signal(signal.SIGSTOP)
    wait(lambda: not here.found().well)
    stands = here.found()
    assert stands.page == PAGE
    assert "wait, and none was tried for" in stands.says
    here.receiver.answer = lambda _: 204
    here.sender.send_signal(signal.SIGCONT)
    wait(lambda: here.found(0.0).well)
    assert f"## {PAGE}\n" in RUNBOOK


def test_a_sender_that_reaches_no_node_is_found(
    scene: Callable[[str], Scene], tmp_path: Path
) -> None:
    here = scene("[0.1]")
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    config = configured(nowhere, 1, here.receiver)  # nothing listens there
    with sending(config):
        alone = Scene(here.running, here.receiver, here.sender, here.node, config)
        wait(lambda: not alone.found().well)
        assert alone.found().page == PAGE


def test_an_endpoint_that_is_configured_no_more_stands_for_nothing(
    scene: Callable[[str], Scene],
) -> None:
    here = scene("[0.1]")
    wait(lambda: here.had() == here.due())
    wait(lambda: here.found(0.0).well)
    here.sender.send_signal(signal.SIGSTOP)
    register(here.running, 3, 3)
    wait(lambda: not here.found().well)
    told = here.config.read_text()
    here.config.write_text(told.replace("tongshan-bureau", "suzhou-bureau"))
    assert here.found().well


def test_each_pause_before_another_attempt_is_the_one_configured(
    tmp_path: Path,
) -> None:
    with served(tmp_path / "data") as running, receiving(tmp_path) as receiver:
        receiver.answer = lambda _: 503
        register(running, 0, 1)
        config = configured(tmp_path, running.port, receiver, "[0.1, 5000]")
        with (
            sending(config),
            closing(sqlite3.connect(tmp_path / "webhooks.sqlite")) as file,
        ):

            def first() -> tuple[int, float, float]:
                """Return attempts at the child's first notice, and how it goes on."""
                found: tuple[int, float, float] | None = file.execute(
                    "SELECT attempts, due_s, tried_s FROM notices JOIN progress "
                    "USING (endpoint) ORDER BY sequence LIMIT 1"
                ).fetchone()
                return found or (0, 0, 0)

            wait(lambda: first()[0] == 2)
            attempts, due_s, tried_s = first()
    assert attempts == 2
    assert due_s - tried_s == pytest.approx(5_000)
    assert list(RETRIES_S) == sorted(RETRIES_S)
    assert 2 * 86_400 < sum(RETRIES_S) < 4 * 86_400
