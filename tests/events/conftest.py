"""The foreign judge: built from `tests/judge`; what is said where there is no Go."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.judge import Judge, served
from tests.support.tree import KNOWN, LOG_KEY

SOURCE = Path(__file__).parents[1] / "judge"
_NOT_RUN = pytest.StashKey[int]()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what needs the judge where there is no Go; never on CI."""
    if os.environ.get("CI") == "true" or shutil.which("go"):
        return
    needing = [i for i in items if "judge" in getattr(i, "fixturenames", ())]
    items[:] = [item for item in items if item not in needing]
    config.stash[_NOT_RUN] = len(needing)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if count := config.stash.get(_NOT_RUN, 0):
        terminalreporter.section("NOT JUDGED BY FOREIGN TOOLS", red=True, bold=True)
        terminalreporter.line(f"{count} tests were left out: go was not found.")


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Build the judge, and return a function that asks it about a folder."""
    program = tmp_path_factory.mktemp("judge") / "judge"
    subprocess.run(
        ["go", "build", "-mod=readonly", "-o", str(program), "."],
        cwd=SOURCE,
        check=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )

    def ask(folder: Path, *options: str, witness: bool = False) -> tuple[bool, str]:
        keys = ["-vkey", LOG_KEY.verifier.vkey]
        if witness:
            keys += ["-witness", KNOWN[1].vkey]
        with served(folder) as server:
            done = subprocess.run(
                [program, "-log", server.url, *keys, *options],
                capture_output=True,
                text=True,
                check=False,
            )
        return done.returncode == 0, done.stdout + done.stderr

    return ask
