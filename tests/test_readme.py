"""The front door says what is so: its commands run, and its tests exist."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ops.broker import Cluster, free_port
from ops.casebook import load

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
CALLING = {
    "submit",
    "custody",
    "explain",
    "subscribe",
    "subscriptions",
    "deliveries",
}
COMMAND = str(Path(sys.executable).with_name("childregistry"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def commands() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def run(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def serve(folder: Path) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [COMMAND, "serve"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert "serving" in started.stdout.readline()
    return started


def test_the_commands_of_a_node_run_as_written(tmp_path: Path) -> None:
    node = next(block for block in blocks("toml") if "data_dir" in block)
    port = free_port()
    node = node.replace("127.0.0.1:50051", f"127.0.0.1:{port}")
    (tmp_path / "childregistry.toml").write_text(node)
    (tmp_path / "ops").symlink_to(ROOT / "ops")
    asked = [c for c in commands() if c[0] == "childregistry"]
    asked = [c for c in asked if c[1] not in {"topics", "publish", "webhooks"}]
    assert [c[1] for c in asked].count("serve") == 2
    server = serve(tmp_path)
    try:
        for command in asked:
            if command[1] == "serve":
                continue
            arguments = list(command[1:])
            if command[1] in CALLING:
                arguments.append(f"--server=127.0.0.1:{port}")
            ended = run(tmp_path, arguments)
            assert ended.returncode == 0, (command, ended.stderr)
            assert ended.stdout
    finally:
        server.terminate()
        server.wait(30)
        assert server.stdout is not None
        server.stdout.close()


def test_the_commands_of_a_topic_run_as_written(
    tmp_path: Path, cluster: Cluster
) -> None:
    node = next(block for block in blocks("toml") if "data_dir" in block)
    kafka = next(block for block in blocks("toml") if "[kafka]" in block)
    kafka = re.sub(r'servers = ".*"', f'servers = "{cluster.addresses}"', kafka)
    kafka = kafka.replace("childregistry-cn-320300", f"readme-{os.getpid()}")
    kafka = kafka.replace("min_in_sync = 2", "min_in_sync = 1")
    node = node.replace("127.0.0.1:50051", f"127.0.0.1:{free_port()}")
    published = next(block for block in blocks("toml") if "[published]" in block)
    published = published.replace("childregistry-cn-320300", f"readme-{os.getpid()}")
    (tmp_path / "childregistry.toml").write_text(node + kafka)
    for command in commands():
        if command[0] != "childregistry" or command[1] not in {"topics", "publish"}:
            continue
        if "--published" in command:  # its table stands in the section before
            (tmp_path / "childregistry.toml").write_text(node + kafka + published)
        arguments = ["1" if a == "3" else a for a in command[1:]]
        ended = run(tmp_path, arguments)
        assert ended.returncode == 0, (command, ended.stderr)
    server = serve(tmp_path)
    server.terminate()
    assert server.wait(30) == 0
    assert server.stdout is not None
    server.stdout.close()


def test_it_says_how_many_acts_the_demonstration_submits() -> None:
    count = sum(len(case.submissions) for case in load())
    assert f"({count}, from the first report on)" in TEXT.replace("\n", " ")


def test_the_make_targets_exist() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = {c[1] for c in commands() if c[0] == "make"}
    named |= set(re.findall(r"`make ([a-z-]+)", TEXT))
    assert named <= set(targets)


def test_every_test_that_it_names_exists() -> None:
    table = TEXT.partition("## What is promised")[2].partition("## Figures")[0]
    folder = ROOT
    for path in re.findall(r"`((?:tests/|test_)[\w/.]+\.py)`", table):
        # A name without its folder stands in that of the one before it.
        found = ROOT / path if path.startswith("tests/") else folder / path
        assert found.is_file(), path
        folder = found.parent


def test_nobody_elses_package_provides_our_names() -> None:
    """The import names are those on disk; some exist elsewhere as distributions."""
    ours = {"events", "registry", "projections", "ops"}
    provided = importlib.metadata.packages_distributions()
    for name in ours:
        assert set(provided.get(name, ["childregistry"])) == {"childregistry"}
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        assert Path(spec.origin).parent == ROOT / name


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)["project"]
    listed = [*told["dependencies"], *told["optional-dependencies"]["dev"]]
    for requirement in listed:
        line = next(line for line in text.splitlines() if f'"{requirement}"' in line)
        assert re.search(r"# \w.{10,}", line), requirement
    given = {"eventsourcing", "kafka-python", "fastavro", "orjson", "grpcio", "pytest"}
    assert given <= {re.split(r"[><=]", requirement)[0] for requirement in listed}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_requirement_has_its_hashes(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pinned = [n for n, line in enumerate(lines) if re.match(r"[a-z0-9].*==", line)]
    assert len(pinned) > 10
    assert all("--hash=sha256:" in lines[n + 1] for n in pinned)
