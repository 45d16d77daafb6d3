"""`childregistry rebuild` beside a node that serves: compared, switched, harmless."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import grpc
import pytest

from childregistry.v1 import custody_service_pb2 as pb
from childregistry.v1.custody_service_pb2_grpc import CustodyServiceStub
from childregistry.v1.submission_service_pb2_grpc import SubmissionServiceStub
from events.guardianship import Office
from ops.bench.main_path import POLICE, registration
from ops.broker import Cluster
from ops.terminal import Exit
from projections.files import OtherHistoryError
from projections.rebuild import nothing_to_tell
from registry.bootstrap import Config, KafkaConfig
from registry.rebuilding import NAMES, Outcome, rebuild
from tests.ops.test_cli import (
    CHILD,
    COMMAND,
    FILE,
    HEAD,
    Node,
    configured,
    run,
    running,
)
from tests.support.registry import ORIGIN, opened, submission, submit
from tests.support.stories import FATHER, MOTHER, born

LATER = pb.AsOf(date="2015-06-01")
"""After the birth of every child that is registered here."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(configured(tmp_path)) as started:
        assert run("submit", str(FILE), started.server).returncode == Exit.DONE
        started.json("custody", CHILD, started.server)  # all of it is applied
        yield started


def current(node: Node, name: str) -> str:
    return (node.config.parent / "data" / f"{name}.CURRENT").read_text().strip()


def test_all_are_built_in_one_pass_found_equal_and_switched_to(node: Node) -> None:
    before = {name: current(node, name) for name in NAMES}
    told = node.json("rebuild", "-c", str(node.config))
    assert {one["projection"] for one in told} == set(before)
    for one in told:
        assert (one["equal"], one["promoted"], one["different"]) == (True, True, [])
        assert current(node, one["projection"]) == one["file"]
        assert one["file"] != before[one["projection"]]
    (found,) = node.json("custody", CHILD, "--as-of=2015-02-04", node.server)
    assert found["custody"]["status"] == "STATUS_GUARDIAN"


class Traffic:
    """Readers and a submitter of a node, each going on in a thread until the end.

    `recorded` has the position of each child's receipt, in order; `steps` how often
    each went round; `wrong` the first thing that each found wrong.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self.recorded: dict[str, int] = {}
        self.steps: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._ask = CustodyServiceStub(channel).GetCustody
        self._submit = SubmissionServiceStub(channel).SubmitGuardianshipChange
        self._seen, self._own = 0, ("", 0)
        self._stop = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        self.record()  # so that there is one's own write to be read
        threads = [
            threading.Thread(target=self._repeat, args=(step,))
            for step in (self.record, self.read_on, self.read_own)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def record(self) -> None:
        request = registration()
        got = self._submit(request, metadata=POLICE, timeout=10)
        self._own = request.register_child.child, got.receipt.position
        self.recorded[self._own[0]] = self._own[1]

    def read_on(self) -> None:
        """Wait for nothing: what is answered is never older than what was."""
        got = self.asked(CHILD, pb.Consistency(any=True))
        assert got.read_state.known_at >= self._seen, (got.read_state, self._seen)
        self._seen = got.read_state.known_at

    def read_own(self) -> None:
        child, position = self._own
        got = self.asked(child, pb.Consistency(at_least=position))
        assert got.read_state.known_at >= position, (got.read_state, position)

    def asked(self, child: str, consistency: pb.Consistency) -> pb.GetCustodyResponse:
        request = pb.GetCustodyRequest(
            child=child, as_of=LATER, consistency=consistency
        )
        got: pb.GetCustodyResponse = self._ask(request, timeout=10)
        assert got.custody.certain, (child, got)
        return got

    def _repeat(self, step: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                step()
                self.steps[step.__name__] += 1
        except (grpc.RpcError, AssertionError) as error:
            self.wrong.append(f"{step.__name__}: {error}")


def test_reads_neither_fail_nor_go_back_while_files_are_switched_and_acts_recorded(
    node: Node,
) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{node.port}") as channel:
        traffic = Traffic(channel)
        with traffic.going_on():
            for _ in range(3):
                before = traffic.steps.copy()
                told = node.json("rebuild", "-c", str(node.config))
                assert [one["projection"] for one in told] == list(NAMES)
                for one in told:
                    assert (one["equal"], one["promoted"]) == (True, True), one
                    assert current(node, one["projection"]) == one["file"]
                assert traffic.wrong == []
                gone_round = traffic.steps - before
                assert set(gone_round) == {"record", "read_on", "read_own"}
        assert traffic.wrong == []
        recorded = traffic.recorded
        last = HEAD + len(recorded)
        assert list(recorded.values()) == list(range(HEAD + 1, last + 1))
        for child, position in recorded.items():
            got = traffic.asked(child, pb.Consistency(at_least=position))
            assert got.read_state.known_at >= position
    # What was maintained over three switches is what the whole log folds to.
    again = node.json("rebuild", "--switch=never", "-c", str(node.config))
    assert [(one["equal"], one["position"]) for one in again] == [(True, last)] * len(
        NAMES
    )


def test_a_row_that_differs_is_named_and_switched_to_only_when_told(
    node: Node,
) -> None:
    live = node.config.parent / "data" / current(node, "custody")
    with closing(sqlite3.connect(live)) as file:
        assert file.execute("DELETE FROM history WHERE position=6").rowcount > 0
        file.commit()
    was = current(node, "custody")
    ended = run("rebuild", "custody", "-c", str(node.config))
    assert ended.returncode == Exit.WRONG
    assert b"DIFFER" in ended.stdout
    assert b"differs: " in ended.stdout
    assert current(node, "custody") == was
    healed = run("rebuild", "custody", "--switch=always", "-c", str(node.config))
    assert healed.returncode == Exit.DONE
    assert current(node, "custody") != was
    (again,) = node.json("rebuild", "custody", "--switch=never", "-c", str(node.config))
    assert (again["equal"], again["promoted"]) == (True, False)


def test_what_was_built_waits_until_somebody_approves(node: Node) -> None:
    config = ("-c", str(node.config))
    nothing = run("promote", "custody", *config)
    assert nothing.returncode == Exit.WRONG
    assert b"rebuild it" in nothing.stderr
    (built,) = node.json("rebuild", "custody", "--switch=never", *config)
    assert current(node, "custody") != built["file"]
    (promoted,) = node.json("promote", "custody", *config)
    assert (promoted["file"], promoted["promoted"]) == (built["file"], True)
    assert current(node, "custody") == built["file"]
    (found,) = node.json("custody", CHILD, "--as-of=2015-02-04", node.server)
    assert found["custody"]["status"] == "STATUS_GUARDIAN"


def test_who_looks_on_sees_a_bar_beside_the_answer(node: Node) -> None:
    ours, theirs = pty.openpty()
    command = [COMMAND, "rebuild", "custody", "-c", str(node.config), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        answer, _ = process.communicate(timeout=60)
    shown = b""
    with suppress(OSError):  # how the other end of a terminal that was left ends
        while read := os.read(ours, 65_536):
            shown += read
    os.close(ours)
    assert process.returncode == Exit.DONE, shown
    assert json.loads(answer)["projection"] == "custody", shown
    assert b"folding" in shown
    assert b"100%" in shown
    assert b"events/s" in shown


def test_a_name_that_is_none_is_said(tmp_path: Path) -> None:
    ended = run("rebuild", "guesses", "-c", str(configured(tmp_path)))
    assert ended.returncode == Exit.USAGE
    assert ", ".join(NAMES).encode() in ended.stderr


def test_what_a_judgment_changed_is_told_to_a_person(node: Node) -> None:
    (got,) = node.json("affected", "6", node.server)
    (one,) = got["comparisons"]
    assert (one["child"], int(one["after"])) == (CHILD, 6)
    shown = run("affected", "6", node.server).stdout.decode()
    assert CHILD in shown
    assert "before:" in shown
    same = node.json("compare", CHILD, "--before=5", "--after=6", node.server)
    assert same[0]["comparison"] == one
    nothing = run("compare", CHILD, "--before=6", node.server)
    assert nothing.stdout.decode().splitlines()[-1] == "no answer differs"


def test_snapshots_of_one_node_are_proved_and_answered_from_by_another(
    node: Node, tmp_path: Path
) -> None:
    taken = node.json("snapshot", str(tmp_path / "taken"), "-c", str(node.config))
    assert [one["projection"] for one in taken] == list(NAMES)
    new = configured(tmp_path / "new")
    data = tmp_path / "new" / "data"
    data.mkdir()
    log = str(data / "log.sqlite")
    assert run("backup", log, "-c", str(node.config)).returncode == Exit.DONE
    folder = str(tmp_path / "taken")
    for how in ("sample", "full"):
        ended = run("restore", folder, f"--verify={how}", "-c", str(new), "--json")
        assert [json.loads(line) for line in ended.stdout.splitlines()] == taken
    with running(new) as other:
        asked = ("custody", CHILD, "--as-of=2015-02-04")
        (here,), (there,) = (
            other.json(*asked, other.server),
            node.json(*asked, node.server),
        )
        assert here["custody"] == there["custody"]
    (tmp_path / "taken" / "custody.snapshot").write_bytes(b"no snapshot")
    ended = run("restore", folder, "custody", "-c", str(new))
    assert ended.returncode == Exit.WRONG
    assert b"custody" in ended.stderr


def test_a_replay_on_the_command_line_needs_no_server_kafka_or_law(node: Node) -> None:
    log = str(node.config.parent / "data" / "log.sqlite")
    code = (
        "import sys; from ops.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit as end:\n"
        "    names = {name.split('.')[0] for name in sys.modules}\n"
        "    assert not names & {'registry', 'kafka', 'grpc'}, names\n"
        "    raise\n"
    )
    asked = ["replay", log, "--child", CHILD, "--as-of", "2015-02-04", "--known-at"]
    for known_at, status in (("6", "guardian"), ("5", "guardian"), ("2", "unknown")):
        ended = subprocess.run(
            [sys.executable, "-c", code, *asked, known_at],
            capture_output=True,
            check=False,
        )
        assert ended.returncode == (1 if status == "unknown" else 0), ended.stderr
        assert json.loads(ended.stdout)["status"] == status


def test_several_workers_fold_beside_a_node_that_serves(node: Node) -> None:
    told = node.json("rebuild", "--workers=2", "-c", str(node.config))
    assert [one["projection"] for one in told] == list(NAMES)
    assert all((one["equal"], one["promoted"]) == (True, True) for one in told)
    (found,) = node.json("custody", CHILD, "--as-of=2015-02-04", node.server)
    assert found["custody"]["status"] == "STATUS_GUARDIAN"
    refused = run("rebuild", "--from=kafka", "-c", str(node.config))
    assert refused.returncode == Exit.USAGE
    assert b"no [kafka]" in refused.stderr


def from_topic(config: Config, workers: int) -> list[Outcome]:
    found = rebuild(
        config,
        (),
        nothing_to_tell,
        switch="always",
        from_topic=True,
        workers=workers,
    )
    return list(found)


def test_rebuilt_from_the_topic_beside_a_node_and_a_cold_node_answer_the_same(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    kafka = KafkaConfig(servers=cluster.addresses, topic=new_topic())
    folder = tmp_path / "node"
    config = Config(data_dir=folder, registry=ORIGIN, node="xuzhou-1", kafka=kafka)
    with opened(folder, kafka=kafka) as node:
        birth = born(CHILD, "2004-10", FATHER, MOTHER)
        submit(node, submission(birth, "birth", "xuzhou-police", Office.POLICE))
        for workers in (1, 2):
            found = from_topic(config, workers)
            assert {one.built.projection.name for one in found} == set(NAMES)
            assert all((one.equal, one.promoted) == (True, True) for one in found)
        assert not list(folder.glob("topic-*"))
        with opened(tmp_path / "cold", kafka=kafka) as cold:
            assert cold.custody.digest() == node.custody.digest()
    # A copy of another history is not rebuilt from this topic.
    with closing(sqlite3.connect(folder / "log.sqlite")) as file:
        file.execute("UPDATE entries SET hash=randomblob(32)")
        file.commit()
    with pytest.raises(OtherHistoryError, match="other entries than this node"):
        from_topic(config, 1)
    assert not list(folder.glob("topic-*"))
