"""`childregistry subscribe`: complete over kills of reader and server."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from childregistry.v1 import event_service_pb2 as pb
from events.entry import open_entry
from events.feed import FeedBrokenError, Filter, begin
from events.feed import follow as folded
from events.guardianship import Office
from ops.bench.main_path import registration
from ops.broker import Cluster
from ops.casebook import FOLDER
from ops.client import Client, Patience, connected, heard
from ops.fire.servers import Server
from ops.subscriber import Delivered, OtherSubscriptionError, State, follow
from ops.terminal import Exit
from registry.services.call import DEFAULT_DEADLINE_S
from registry.services.events import HEARTBEAT_S, item_message, place_message
from tests.ops.test_cli import COMMAND
from tests.support.registry import ORIGIN, child_id, submission, submit
from tests.support.server import Running, served
from tests.support.stories import FATHER, MOTHER, born

R = pb.SubscribeEventsResponse
POLICE = ("xuzhou-police", "police")
WHO_SAYS = ("bureau", "civil_affairs")
WHO = ("--authority", "bureau", "--office", "civil_affairs")


def register(running: Running, first: int, count: int) -> None:
    for number in range(first, first + count):
        child = child_id(f"child {number}")
        asked = born(child, "2010-03-01", FATHER, MOTHER)
        by = submission(asked, child, "xuzhou-police", Office.POLICE)
        submit(running.registry, by)


@contextmanager
def subscribing(
    state: Path, server: str, *more: str
) -> Iterator[subprocess.Popen[str]]:
    command = [COMMAND, "subscribe", "--json", f"--state={state}", f"--server={server}"]
    with subprocess.Popen(
        [*command, *WHO, *more], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def shown(lines: list[str]) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in lines]
    return [one for one in told if "number" in one]


def test_a_killed_reader_goes_on_and_has_everything_once_by_number(
    tmp_path: Path,
) -> None:
    state, lines = tmp_path / "place", list[str]()
    with served(tmp_path / "data") as running:
        server = f"127.0.0.1:{running.port}"
        for turn in range(3):
            register(running, turn * 10, 10)
            with subscribing(state, server) as process:
                assert process.stdout is not None
                for _ in range(7):  # somewhere in the middle
                    lines.append(process.stdout.readline())
                process.send_signal(signal.SIGKILL)
                lines += [line for line in process.stdout if line.endswith("\n")]
        head = running.registry.log.head().position
        ended = subprocess.run(
            [
                COMMAND,
                "subscribe",
                "--json",
                f"--state={state}",
                f"--server={server}",
                f"--until={head}",
                *WHO,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        lines += ended.stdout.splitlines()
        hashes = [entry.hash.hex() for entry in running.registry.log.read(0, 1_000)]
    found = {one["number"]: one["hash"] for one in shown(lines)}
    assert [found[number] for number in sorted(found)] == hashes
    assert sorted(found) == list(range(1, head + 1))


def test_it_leaves_a_killed_server_for_another_and_misses_nothing(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    nodes = [
        Server(tmp_path / name, name, cluster.addresses, topic) for name in ("a", "b")
    ]
    nodes[0].start()
    nodes[1].start()
    servers = ",".join(node.address for node in nodes)
    try:
        with subscribing(tmp_path / "place", servers) as process:
            assert process.stdout is not None
            before = [process.stdout.readline() for _ in range(3)]
            nodes[0].kill()
            time.sleep(0.2)
            case = str(FOLDER / "2015-tongshan.jsonl")
            submitted = subprocess.run(
                [COMMAND, "submit", case, f"--server={nodes[1].address}"],
                capture_output=True,
                timeout=60,
                check=False,
            )
            assert submitted.returncode == Exit.DONE, submitted.stderr
            count = len(submitted.stdout.splitlines())
            assert count
            lines = list(before)
            while sum(one["submitter"] != "registry" for one in _children(lines)) < 1:
                lines.append(process.stdout.readline())
    finally:
        for node in nodes:
            node.stop()
    numbers = [one["number"] for one in shown(lines)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {"signal": "lost"} in [json.loads(line) for line in lines]


def test_it_leaves_a_frozen_server_for_another_and_misses_nothing(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic = new_topic()
    nodes = [
        Server(tmp_path / name, name, cluster.addresses, topic) for name in ("a", "b")
    ]
    for node in nodes:
        node.start()
    servers = ",".join(node.address for node in nodes)
    lost, numbers, head = False, list[int](), 0
    patience = Patience(silent_s=1.0)
    try:
        with (
            connected(servers, who=WHO_SAYS, patience=patience) as client,
            connected(nodes[1].address) as other,
        ):
            for one in follow(client, State(None, Filter(), 0)):
                lost = lost or one == "lost"
                if isinstance(one, Delivered):
                    numbers.append(one.number)
                elif one == "caught_up" and not head:
                    nodes[0].freeze()
                    told = other.called(
                        "SubmitGuardianshipChange", registration(), POLICE
                    )
                    head = told.receipt.position
                if head and numbers[-1:] == [head]:
                    break
    finally:
        for node in nodes:
            node.stop()
    assert lost
    assert numbers == list(range(1, head + 1))


class Saying:
    """A call that has messages, then nothing, until it is cancelled."""

    def __init__(self, *messages: str, ends: bool) -> None:
        self.cancelled = threading.Event()
        self._messages = iter(messages)
        self._ends = ends

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        found = next(self._messages, "")
        if not found and not self._ends:
            self.cancelled.wait()
        if not found:
            raise StopIteration
        return found

    def cancel(self) -> None:
        self.cancelled.set()


def test_a_feed_that_is_silent_is_ended_and_one_whose_reader_is_slow_is_not() -> None:
    slow = Saying("a", "b", "c", ends=True)
    for _ in heard(slow, 0.2):
        time.sleep(0.6)
        assert not slow.cancelled.is_set()
    silent = Saying("a", ends=False)
    assert list(heard(silent, 0.2)) == ["a"]
    assert silent.cancelled.is_set()
    left = heard(forgotten := Saying("a", "b", ends=True), 60)
    assert next(left) == "a"
    del left
    assert forgotten.cancelled.is_set()


def test_nobody_is_left_who_keeps_what_the_contract_says() -> None:
    assert Patience().silent_s >= 3 * HEARTBEAT_S
    assert Patience().silent_s >= 2 * DEFAULT_DEADLINE_S


def _children(lines: list[str]) -> list[dict[str, Any]]:
    return [
        one
        for one in shown(lines)
        if any(event["stream"].startswith("child/") for event in one["events"])
    ]


def test_the_place_of_another_filter_is_not_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "place"
    state = State(path, Filter(), 0)
    state.keep(state.place)
    State(path, Filter(), 0)
    for wanted, after in ((Filter(types=frozenset({"a"})), 0), (Filter(), 3)):
        with pytest.raises(OtherSubscriptionError):
            State(path, wanted, after)
    for content in ("", "{}", "[]", '{"filter": "", "after": 0, "link": "x"}'):
        path.write_text(content)
        with pytest.raises(OtherSubscriptionError):
            State(path, Filter(), 0)


class Lying:
    """A server that gives what it is told to."""

    def __init__(self, *signals: R) -> None:
        self.signals = signals

    def stream(self, method: str, request: object) -> Iterator[R]:  # noqa: ARG002  the client's
        yield from self.signals


def _honest(folder: Path) -> list[R]:
    with served(folder) as running:
        register(running, 0, 3)
        entries = [open_entry(e) for e in running.registry.log.read(0, 1_000)]
    place = begin(ORIGIN, Filter(), 0)
    items = list(folded(place, Filter(), entries))
    head = len(items)
    first = R(confirmation=R.Confirmation(place=place_message(place), head=head))
    batches = [R(batch=R.Batch(entries=[item_message(item)])) for item in items]
    why = R.WHY_UNTIL
    last = R(ended=R.Ended(why=why, place=place_message(items[-1].place)))
    return [first, *batches, last]


def _read(signals: list[R]) -> int:
    client = cast("Client", Lying(*signals))
    delivered = follow(client, State(None, Filter(), 0))
    return sum(not isinstance(one, str) for one in delivered)


def test_a_server_that_leaves_out_is_found_by_the_next_thing_it_says(
    tmp_path: Path,
) -> None:
    honest = _honest(tmp_path)
    assert _read(honest) == len(honest) - 2
    for gone in range(1, len(honest) - 1):
        with pytest.raises(FeedBrokenError):
            _read(honest[:gone] + honest[gone + 1 :])
    forged = R()
    forged.CopyFrom(honest[0])
    forged.confirmation.place.link = bytes(32)
    with pytest.raises(FeedBrokenError):
        _read([forged, *honest[1:]])
