"""The command line against a node that it started: answers, and meaningful ends."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.broker import Cluster
from ops.casebook import FOLDER, load
from ops.cli import app
from ops.terminal import Exit

COMMAND = str(Path(sys.executable).with_name("childregistry"))
TONGSHAN = next(case for case in load() if case.name == "2015-tongshan")
CHILD = TONGSHAN.children["child"]
FILE = FOLDER / "2015-tongshan.jsonl"
SENT = len(TONGSHAN.submissions)
HEAD = 2 + SENT
"""The position after the file: two announcements stand before it."""


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, input=given, timeout=60, check=False
    )


@dataclass(frozen=True)
class Node:
    """A running node, as its operator has it."""

    config: Path
    port: int
    process: subprocess.Popen[str]
    tiles: str = ""

    @property
    def server(self) -> str:
        return f"--server=127.0.0.1:{self.port}"

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        ended = run(*arguments, "--json")
        assert ended.returncode == Exit.DONE, ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]


def configured(folder: Path, more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    config = folder / "childregistry.toml"
    config.write_text(
        'registry = "registry.example/cn-320300"\nnode = "xuzhou-1"\n'
        f'data_dir = "data"\naddress = "127.0.0.1:0"\n{more}'
    )
    return config


@contextmanager
def running(config: Path) -> Iterator[Node]:
    command = [COMMAND, "serve", "--json", "-c", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Node(config, told["port"], process, told["tiles"])
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(configured(tmp_path)) as started:
        yield started


def test_a_file_is_submitted_and_the_child_is_found(node: Node) -> None:
    receipts = node.json("submit", str(FILE), node.server)
    assert [int(r["position"]) for r in receipts] == list(range(3, HEAD + 1))
    again = node.json("submit", str(FILE), node.server)
    assert all(r.pop("repeated") for r in again)
    assert again == receipts
    (found,) = node.json("custody", CHILD, "--as-of=2015-02-04", node.server)
    assert found["custody"]["status"] == "STATUS_GUARDIAN"
    assert found["custody"]["hand_over_to"][0]["id"] == "tongshan-civil-affairs"
    early = node.json(
        "custody", CHILD, "--as-of=2015-02-04", "--known-at=5", node.server
    )
    assert len(early[0]["custody"]["hand_over_to"]) == 2
    moment = receipts[-1]["recorded_at"].replace("Z", "+00:00")
    timed = node.json(
        "custody", CHILD, "--as-of=2015-02-04", f"--known-at={moment}", node.server
    )
    assert timed[0]["custody"] == found["custody"]
    (explained,) = node.json("explain", CHILD, "--as-of=2015-02-04", node.server)
    assert "GuardianDisqualified" in {fact["type"] for fact in explained["facts"]}


def test_a_person_reads_the_same(node: Node) -> None:
    assert run("submit", str(FILE), node.server).returncode == Exit.DONE
    shown = run("explain", CHILD, "--as-of", "2015-02-04", node.server).stdout.decode()
    for word in ("tongshan-civil-affairs", "GuardianDisqualified", "OP14 35"):
        assert word in shown
    assert "\x1b" not in shown
    said = run("custody", CHILD, "--as-of", "2015-02-04", node.server).stdout.decode()
    assert "a guardian has custody" in said


def test_a_refusal_is_said_in_both_languages_with_what_would_be_accepted(
    node: Node,
) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    told = json.loads(FILE.read_text().splitlines()[0])
    told |= {"office": "school", "authority": "some-school", "request_id": nobody}
    ended = run("submit", "-", node.server, given=json.dumps(told).encode())
    assert ended.returncode == Exit.REFUSED
    shown = ended.stdout.decode()
    assert "REFUSED by law" in shown
    assert "instead: civil affairs or police" in shown
    run("submit", "-", node.server, given=FILE.read_bytes().splitlines()[0])
    own = json.loads(FILE.read_text().splitlines()[1])
    own |= {"office": "court", "authority": "tongshan-court"}
    own |= {"request_id": nobody.replace("8000", "8001")}
    own["file_application"]["applicant"]["standing"] = "APPLICANT_CLASS_PROCURATORATE"
    ended = run("submit", "-", node.server, given=json.dumps(own).encode())
    assert ended.returncode == Exit.REFUSED, ended.stdout
    assert "(recommendation_to_civil_affairs)" in ended.stdout.decode()
    assert "建议民政部门" in ended.stdout.decode()


def test_input_is_read_from_a_pipe(node: Node) -> None:
    ended = run("submit", "-", node.server, "--json", given=FILE.read_bytes())
    assert ended.returncode == Exit.DONE
    assert len(ended.stdout.splitlines()) == SENT


def test_a_bad_line_is_named_and_loses_no_other(node: Node) -> None:
    lines = FILE.read_bytes().splitlines()
    lines.insert(1, b'{"request_id": "a", "request_id": "b"}')
    lines.append(b'{"record_death": {"person": "\\ud800"}}')
    ended = run("submit", "-", node.server, "--json", given=b"\n".join(lines))
    assert ended.returncode == Exit.INVALID
    assert len(ended.stdout.splitlines()) == SENT
    errors = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(e["line"], e["kind"]) for e in errors] == [
        (2, "FileFaultError"),
        (SENT + 2, "FileFaultError"),
    ]


def test_every_end_has_its_code(node: Node, tmp_path: Path) -> None:
    run("submit", str(FILE), node.server)
    nobody = "00000000-0000-4000-8000-000000000000"
    other = FILE.read_text().replace("2015-02-04", "2015-02-05")
    school = FILE.read_text().splitlines()[0].replace('"police"', '"school"')
    fresh = school.replace(TONGSHAN.submissions[0].request_id, nobody)
    for expected, arguments, given in (
        (Exit.NOT_FOUND, ("custody", nobody, node.server), ""),
        (Exit.INVALID, ("custody", "a name", node.server), ""),
        (Exit.INVALID, ("custody", CHILD, "--as-of=2015", node.server), ""),
        (Exit.USAGE, ("custody", CHILD, "--known-at=soon", node.server), ""),
        (Exit.USAGE, ("custody", CHILD, "--known-at=2015-01-01", node.server), ""),
        (Exit.OTHER_CONTENT, ("submit", "-", node.server), other),
        (Exit.REFUSED, ("submit", "-", node.server), fresh),
        (Exit.INVALID, ("submit", "-", node.server), "[{]"),
        (Exit.WRONG, ("submit", "missing.jsonl", node.server), ""),
        (Exit.USAGE, ("serve", "-c", str(tmp_path / "none.toml")), ""),
        (Exit.WRONG, ("serve", "-c", str(node.config)), ""),
        (Exit.USAGE, ("topics", "audit", "-c", str(node.config)), ""),
    ):
        ended = run(*arguments, given=given.encode())
        assert ended.returncode == expected, (arguments, ended.stderr)
        assert ended.stdout or ended.stderr
        assert b"Traceback" not in ended.stderr


def test_a_second_keeper_is_told_that_another_keeps_the_folder(node: Node) -> None:
    ended = run("serve", "-c", str(node.config))
    assert ended.returncode == Exit.WRONG
    assert b"another process keeps" in ended.stderr


def test_entries_are_listed_without_content_and_followed(node: Node) -> None:
    run("submit", str(FILE), node.server)
    listed = node.json("events", "-c", str(node.config), "--after=2")
    assert [entry["position"] for entry in listed] == list(range(3, HEAD + 1))
    assert listed[3]["events"][0]["type"] == "DecisionRecorded"
    assert "2015-02-04" not in json.dumps(listed)
    command = [COMMAND, "events", "--follow", "--json", "-c", str(node.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        seen = [json.loads(following.stdout.readline()) for _ in range(HEAD)]
        other = FOLDER / "2015-yuexiu.jsonl"
        assert run("submit", str(other), node.server).returncode == Exit.DONE
        seen += [json.loads(following.stdout.readline()) for _ in range(4)]
        following.terminate()
    assert [entry["position"] for entry in seen] == list(range(1, HEAD + 5))


def test_a_backup_is_taken_while_running_and_opens_as_a_log(
    node: Node, tmp_path: Path
) -> None:
    run("submit", str(FILE), node.server)
    target = tmp_path / "copy.sqlite"
    (told,) = node.json("backup", str(target), "-c", str(node.config))
    assert told["position"] == HEAD
    assert run("backup", str(target), "-c", str(node.config)).returncode == Exit.WRONG
    restored = tmp_path / "restored"
    config = configured(restored)
    (restored / "data").mkdir()
    target.rename(restored / "data" / "log.sqlite")
    with running(config) as other:
        (found,) = other.json("custody", CHILD, "--as-of=2015-02-04", other.server)
        assert found["custody"]["hand_over_to"][0]["id"] == "tongshan-civil-affairs"


def test_a_backup_of_a_changed_log_is_refused(node: Node, tmp_path: Path) -> None:
    run("submit", str(FILE), node.server)
    node.process.terminate()
    node.process.wait(30)
    path = node.config.parent / "data" / "log.sqlite"
    with sqlite3.connect(path) as log:
        (record,) = log.execute(
            "SELECT record FROM entries WHERE position=4"
        ).fetchone()
        changed = bytearray(record)
        changed[-1] ^= 1
        changed[200] ^= 1
        log.execute("UPDATE entries SET record=? WHERE position=4", (bytes(changed),))
    log.close()
    target = tmp_path / "copy.sqlite"
    ended = run("backup", str(target), "-c", str(node.config))
    assert ended.returncode == Exit.WRONG
    assert b"position 4" in ended.stderr
    assert not target.exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_server_stops_cleanly_when_asked(node: Node) -> None:
    node.process.send_signal(signal.SIGTERM)
    assert node.process.wait(30) == 0


def test_the_topic_is_made_audited_and_served(tmp_path: Path, cluster: Cluster) -> None:
    topic = f"cli-{os.getpid()}"
    kafka = f'[kafka]\nservers = "{cluster.addresses}"\ntopic = "{topic}"\n'
    config = configured(tmp_path, kafka)
    c = str(config)
    assert run("topics", "audit", "-c", c).returncode == Exit.WRONG
    assert run("serve", "-c", c).returncode == Exit.WRONG
    assert run("topics", "create", "--replicas=1", "-c", c).returncode == Exit.DONE
    assert run("topics", "create", "--replicas=1", "-c", c).returncode == Exit.WRONG
    assert run("topics", "audit", "-c", c).returncode == Exit.DONE
    with running(config) as started:
        assert len(started.json("submit", str(FILE), started.server)) == SENT
    assert run("adopt", "-c", c).stdout.startswith(b"0 entries")


def test_a_broker_that_is_not_there_says_try_again(tmp_path: Path) -> None:
    config = configured(tmp_path, '[kafka]\nservers = "127.0.0.1:9"\ntopic = "t"\n')
    ended = run("topics", "audit", "-c", str(config))
    assert ended.returncode == Exit.TRY_AGAIN
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("registry =", "Invalid"),
        ('colour = "red"', "colour: is no key"),
        ('registry = ""\nnode = "a"\ndata_dir = "d"', "registry: is required"),
        ('registry = "r"\nnode = 1\ndata_dir = "d"', "node: is required and is text"),
        ('[kafka]\nserver = "a"', "kafka.server: is no key"),
        ("[kafka]\nservers = 1", "kafka.servers: is a str"),
        ('[tls]\nkey = "a"', "tls.chain: is required"),
        ('tls = "yes"', "tls: is a table"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, rule: str) -> None:
    config = tmp_path / "childregistry.toml"
    base = "" if "registry" in text else 'registry = "r"\nnode = "n"\ndata_dir = "d"\n'
    config.write_text(f"{base}{text}\n")
    ended = run("serve", "-c", str(config))
    assert ended.returncode == Exit.USAGE
    assert rule in ended.stderr.decode()


def test_a_log_is_judged_offline_and_a_changed_one_named(node: Node) -> None:
    run("submit", str(FILE), node.server)
    node.process.terminate()
    node.process.wait(30)
    sound = run("verify", "-c", str(node.config))
    assert sound.returncode == Exit.DONE, sound.stdout
    assert b"replayed   custody: every row at entry" in sound.stdout
    data = node.config.parent / "data"
    (custody,) = [p for p in data.glob("custody*") if p.suffix == ".sqlite"]
    kept = custody.read_bytes()
    with sqlite3.connect(custody) as live:
        live.execute("DELETE FROM history WHERE position=3")
    live.close()
    edited = run("verify", "-c", str(node.config))
    assert edited.returncode == Exit.WRONG
    assert b"FAULT      projection custody: differs for " in edited.stdout
    custody.write_bytes(kept)
    path = data / "log.sqlite"
    with sqlite3.connect(path) as log:
        log.execute("UPDATE entries SET hash=zeroblob(32) WHERE position=4")
    log.close()
    changed = run("verify", "-c", str(node.config))
    assert changed.returncode == Exit.WRONG
    assert b"4" in changed.stdout


def test_the_law_says_what_was_recalled_and_not_read() -> None:
    acts = run("law").stdout.decode()
    assert "Civil Code" in acts
    listed = run("law", "--unverified", "--json").stdout.splitlines()
    assert len(listed) > 10
    assert all(json.loads(line)["source"] for line in listed)
    sources = {json.loads(line)["source"] for line in listed}
    assert {"OP14 15", "OP14 23", "CPL 147", "CPL 148", "GPR 36(1)"} <= sources
    assert not {"CC 36(2)", "DV 28", "PSPO 2"} & sources


def test_the_law_of_a_day_has_its_numbers_grounds_and_roles() -> None:
    told = run("law", "--on", "2016-02-29").stdout.decode()
    assert "to decide on a protection order, from receiving the application: 48" in told
    assert "ground cc36_1_1: CC 36(1)(1)" in told
    assert "state_guardian: state guardian, 国家监护人" in told
    wrong = run("law", "--on", "29 February")
    assert wrong.returncode == Exit.USAGE
    assert b"not a date of the form" in wrong.stderr


def test_every_command_has_help() -> None:
    callbacks = [command.callback for command in app.registered_commands]
    names = [
        callback.__name__.strip("_").replace("_", "-")
        for callback in callbacks
        if callback
    ]
    assert len(set(names)) == len(names) > 10
    for name in (
        *names,
        "topics",
        "clock",
        "log",
        "keys",
        "receipt",
        "audit",
        "witness",
    ):
        shown = run(name, "--help")
        assert shown.returncode == Exit.DONE
        assert len(shown.stdout.splitlines()) > 4
