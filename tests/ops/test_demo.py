"""The demonstration runs as a stranger runs it, and can say that an answer is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import types_pb2
from ops import demo
from ops.broker import Cluster
from ops.casebook import load

COMMAND = str(Path(sys.executable).with_name("childregistry"))


def told(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_every_answer_is_the_judgments_on_the_embedded_store() -> None:
    shown = told("demo")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "16 cases: every answer is the judgment's." in shown.stdout
    assert "WRONG" not in shown.stdout
    for case in load():
        assert case.title in shown.stdout.replace("\n", " ")


def test_every_answer_is_the_judgments_on_a_real_broker(cluster: Cluster) -> None:
    assert cluster.addresses  # a broker can be had here; the command starts its own
    shown = told("demo", "--kafka")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "16 cases: every answer is the judgment's." in shown.stdout


def test_a_wrong_answer_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = load()
    expected = replace(first.expected[0], status="gap")
    wrong = replace(first, expected=(expected,))
    monkeypatch.setattr(demo, "load", lambda: [wrong, *others])
    assert demo.main() == 1


def test_each_kind_of_wrong_answer_is_named() -> None:
    case = load()[0]
    expected = next(one for one in case.expected if one.articles)
    said = list(demo.differences(case, expected, custody.Custody()))
    assert len(said) == 4
    assert all(case.name in fault for fault in said)
    relation = types_pb2.LINE_RELATION
    period = types_pb2.Period(line=relation, closed_by=1, articles=["CC 27(1)"])
    assert list(demo.anachronisms(load()[1], [period]))


def test_nothing_of_the_machine_is_needed(tmp_path: Path) -> None:
    """Without Java, Maven or a home folder of its own."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    bare = {"PATH": str(tools), "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    shown = subprocess.run(
        [COMMAND, "demo"], capture_output=True, env=bare, timeout=120, check=False
    )
    assert shown.returncode == 0, shown.stderr
    assert os.listdir(tmp_path) == ["bin"]  # noqa: PTH208  names alone
