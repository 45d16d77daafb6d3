"""`childregistry webhooks`: all arrives signed, over kills, in order by child."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import random
import signal
import subprocess
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from events.entry import open_entry
from events.published_rule import PUBLIC_TYPES
from ops import doctor_feeds
from ops.config import ConfigError, NodeConfig
from ops.config import load as read_config
from ops.doctor_feeds import outgoing
from ops.finding import Finding
from ops.terminal import Exit
from ops.webhooks.endpoints import load
from ops.webhooks.runner import TICK_S, alone, is_kept
from tests.ops.test_cli import COMMAND
from tests.ops.test_subscribe import register
from tests.support.receiver import Receiver, receiving
from tests.support.server import Running, served
from tests.support.waiting import wait

RUNBOOK = Path(doctor_feeds.__file__).with_name("runbook.md").read_text("utf-8")
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
FILE = """state = "webhooks.sqlite"
servers = "127.0.0.1:{port}"
authority = "notifier"
office = "civil_affairs"

[[endpoint]]
name = "tongshan-bureau"
url = "{url}"
secrets = ["a.secret"]
allowed = ["127.0.0.0/8"]
trust = "{trust}"
retries_s = {retries}
"""


def configured(
    folder: Path, port: int, receiver: Receiver, retries: str = "[0.1, 0.1]"
) -> Path:
    (folder / "a.secret").write_text(SECRET + "\n")
    path = folder / "webhooks.toml"
    path.write_text(
        FILE.format(
            port=port, url=receiver.url, trust=receiver.authority, retries=retries
        )
    )
    return path


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "webhooks", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def facts(running: Running) -> list[tuple[str, str]]:
    """Return id and stream of what the endpoint must have, from the log itself."""
    return [
        (f"{entry.position}-{index}", header.stream)
        for entry in map(open_entry, running.registry.log.read(0, 10_000))
        for index, header in enumerate(entry.frame.events)
        if header.stream.split("/")[0] in {"child", "case"}
        and header.type in PUBLIC_TYPES
    ]


def by_child(notices: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the ids that were taken, each at its first time, by stream."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in notices:
        if one["id"] not in found[one["subject"]]:
            found[one["subject"]].append(one["id"])
    return dict(found)


def expected(running: Running) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for id_, stream in facts(running):
        found[stream].append(id_)
    return dict(found)


def test_all_arrives_signed_and_in_order_over_kills_of_the_sender(
    tmp_path: Path,
) -> None:
    chance = random.Random(3)  # noqa: S311  no secret
    with served(tmp_path / "data") as running, receiving(tmp_path) as receiver:
        receiver.answer = lambda _: chance.choice([204, 200, 204, 503])
        config = configured(tmp_path, running.port, receiver, str([0.05] * 40))
        for turn in range(3):
            register(running, turn * 20, 20)
            with sending(config) as process:
                seen = len(receiver.came)
                wait(lambda seen=seen: len(receiver.came) > seen + 15)  # type: ignore[misc]
                process.send_signal(signal.SIGKILL)
        head = running.registry.log.head().position
        ended = called("run", f"--config={config}", f"--until={head}")
        assert ended.returncode == Exit.DONE, ended.stderr
        assert by_child(receiver.taken()) == expected(running)
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for headers, body, _ in receiver.came:
        bodies[headers["webhook-id"]].add(body)
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
        mark = hmac.new(KEY, content + body, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(mark).decode()
        assert headers["content-type"].startswith("application/cloudevents+json")
    assert {len(found) for found in bodies.values()} == {1}
    numbers = sorted({int(one["sequence"]) for one in receiver.taken()})
    assert numbers == list(range(1, len(numbers) + 1))


def looked_at(folder: Path, webhooks: Path) -> list[tuple[str, str]]:
    """Return page and words of what the doctor finds of webhooks."""
    node = folder / "node.toml"
    node.write_text(
        'registry = "registry.example/cn-320300"\nnode = "xuzhou-1"\n'
        'data_dir = "none"\naddress = "127.0.0.1:0"\n'
    )
    command = [COMMAND, "doctor", "--json", f"--config={node}"]
    ended = subprocess.run(
        [*command, f"--webhooks={webhooks}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = map(json.loads, ended.stdout.splitlines())
    return [(one["page"], one["says"]) for one in told if one["about"] == "webhooks"]


def test_one_childs_failure_is_parked_and_holds_nobody_else(tmp_path: Path) -> None:
    with served(tmp_path / "data") as running, receiving(tmp_path) as receiver:
        register(running, 0, 6)
        wanted = expected(running)
        bad = next(iter(wanted))
        receiver.answer = lambda told: 500 if told["subject"] == bad else 204
        config = configured(tmp_path, running.port, receiver)
        head = running.registry.log.head().position
        ended = called("run", f"--config={config}", f"--until={head}")
        assert ended.returncode == Exit.DONE, ended.stderr
        others = {stream: ids for stream, ids in wanted.items() if stream != bad}
        assert by_child(receiver.taken()) == others
        listed = called("parked", "--json", f"--config={config}")
        assert listed.returncode == Exit.WRONG
        (parked,) = map(json.loads, listed.stdout.splitlines())
        assert parked["id"] == wanted[bad][0]
        assert parked["reason"] == "answered 500"
        assert parked["attempts"] == 3
        assert parked["held"] == len(wanted[bad]) - 1
        ((page, said),) = looked_at(tmp_path, config)
        assert page == "webhooks-are-parked"
        assert said == f"parked: tongshan-bureau 1, {parked['held']} behind"
        receiver.answer = lambda _: 204
        nobody = called("replay", "nobody", f"--config={config}")
        assert nobody.returncode == Exit.NOT_FOUND
        replayed = called("replay", "tongshan-bureau", f"--config={config}")
        assert replayed.returncode == Exit.DONE
        called("run", f"--config={config}", f"--until={head}")
        assert by_child(receiver.taken()) == wanted
        assert called("parked", f"--config={config}").returncode == Exit.DONE
        assert looked_at(tmp_path, config) == [("", "nothing is parked")]


def test_a_sender_that_stopped_is_found(tmp_path: Path) -> None:
    with served(tmp_path / "data") as running, receiving(tmp_path) as receiver:
        config = configured(tmp_path, running.port, receiver)
        node = node_of(tmp_path, running)

        def found() -> Finding:
            told = outgoing(node, config)
            return next(one for one in told if one.about == "sender")

        never = found()
        with sending(config) as process:
            runs = found()
            process.kill()
        stopped = found()
    assert runs.well
    for one in (never, stopped):
        assert not one.well
        assert f"## {one.page}\n" in RUNBOOK


def test_who_only_looks_does_not_keep_a_sender_from_beginning(tmp_path: Path) -> None:
    state = tmp_path / "outbox.sqlite"
    with alone(state):
        pass
    looking = (tmp_path / "outbox.sqlite.lock").open()
    fcntl.flock(looking, fcntl.LOCK_SH)
    ends = threading.Timer(TICK_S / 2, looking.close)
    ends.start()
    with alone(state):
        assert is_kept(state)
    ends.join()
    assert not is_kept(state)


@contextmanager
def sending(config: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a sender; it has said that it begins, and is told to end after the block."""
    command = [COMMAND, "webhooks", "run", f"--config={config}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "delivering" in process.stdout.readline()
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def node_of(folder: Path, running: Running) -> NodeConfig:
    """Return the configuration of the node that runs in a folder."""
    path = folder / "keeper.toml"
    registry = running.registry.log.registry
    path.write_text(
        f'registry = "{registry}"\nnode = "tongshan-1"\n'
        'data_dir = "data"\naddress = "127.0.0.1:0"\n'
    )
    return read_config(path)


def test_two_senders_of_one_file_are_refused(tmp_path: Path) -> None:
    with served(tmp_path / "data") as running, receiving(tmp_path) as receiver:
        config = configured(tmp_path, running.port, receiver)
        with sending(config):
            second = called("run", f"--config={config}")
        assert second.returncode == Exit.WRONG
        assert "another process" in second.stderr


WRONG = [
    ("url = ", 'url = "http://bureau.example/"', "endpoint[0].url"),
    ("url = ", 'url = "https://user:word@bureau.example/"', "endpoint[0].url"),
    ("url = ", 'url = "https://bureau.example:0/"', "endpoint[0].url"),
    ("url = ", 'url = "https:///events"', "endpoint[0].url"),
    ("url = ", 'url = "https://bureau.example/a b"', "endpoint[0].url"),
    ("name = ", "", "endpoint[0].name"),
    ("secrets = ", 'secrets = ["none.secret"]', "endpoint[0].secrets"),
    ("secrets = ", "secrets = []", "endpoint[0].secrets"),
    ("allowed = ", 'allowed = ["127.0.0.1/8"]', "endpoint[0].allowed"),
    ("trust = ", 'trust = "none.pem"', "endpoint[0].trust"),
    ("retries_s = ", "retries_s = [0]", "endpoint[0].retries_s"),
    ("retries_s = ", 'content = "yes"', "endpoint[0].content"),
    ("retries_s = ", "after = -1", "endpoint[0].after"),
    ("retries_s = ", 'types = [""]', "endpoint[0].types"),
    ("retries_s = ", "types = []", "endpoint[0].types"),
    ("retries_s = ", 'kinds = ["child", "report"]', "endpoint[0].types"),
    ("retries_s = ", "more = 1", "endpoint[0].more"),
    ("servers = ", "", "servers"),
]


@pytest.mark.parametrize(("begins", "instead", "key"), WRONG)
def test_a_wrong_configuration_is_refused_by_the_name_of_its_key(
    tmp_path: Path, begins: str, instead: str, key: str
) -> None:
    with receiving(tmp_path) as receiver:
        path = configured(tmp_path, 1, receiver)
    load(path)
    lines = path.read_text().splitlines()
    changed = [instead if line.startswith(begins) else line for line in lines]
    path.write_text("\n".join(changed))
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert str(refused.value).startswith(f"{key}:")
