"""The page for the first ten minutes, done as it is written, from an exported kit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops.bureau_kit import export
from ops.fire.programs import TOOLS, missing
from tests.ops.test_subscribe import register
from tests.support.server import served

WRITTEN = "127.0.0.1:50051"
PLACE = "place.json"
PROTOC = f'#!/bin/sh\nexec "{sys.executable}" -m grpc_tools.protoc "$@"\n'
"""A stranger has a protoc of his own; this is the one that there is here."""


def section(page: str, language: str) -> str:
    """Return a language's commands, without what fetches and what follows Kafka."""
    found = re.search(rf"^## {language}\n(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    lines = re.findall(r"^    (.*)$", found[1], re.MULTILINE)
    commands = "\n".join(lines).replace("\\\n", "").splitlines()
    return "\n".join(
        one
        for one in commands
        if not one.startswith("pip install") and "from_kafka" not in one
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", TOOLS)
def test_a_stranger_who_does_what_the_page_says_has_every_event(
    tmp_path: Path, language: str
) -> None:
    if os.environ.get("CI") != "true" and missing(language):
        pytest.skip(f"{language} is not on this machine")
    kit, tools = tmp_path / "kit", tmp_path / "tools"
    export(kit)
    tools.mkdir()
    (tools / "protoc").write_text(PROTOC)
    (tools / "protoc").chmod(0o755)
    page = (kit / "README.md").read_text(encoding="utf-8")
    title = {"typescript": "TypeScript"}.get(language, language.title())
    commands = section(page, title)
    assert f"{WRITTEN} {PLACE}" in commands
    assert "A last argument, a position,\nends the consumer" in page
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent)])
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    with served(tmp_path / "data") as running:
        register(running, 0, 4)
        head = running.registry.log.head().position
        here = f"127.0.0.1:{running.port} {PLACE} {head}"
        done = subprocess.run(
            ["bash", "-e", "-c", commands.replace(f"{WRITTEN} {PLACE}", here)],
            cwd=kit,
            env=environment,
            capture_output=True,
            text=True,
            timeout=540,
            check=False,
        )
        receipts = running.registry.log.read(0, head)
    assert done.returncode == 0, done.stderr[-3_000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    shown = [json.loads(line) for line in lines]
    assert {one["position"] for one in shown} == {one.position for one in receipts}
