"""Where no broker can be had the tests say so loudly; on CI they fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRACT = "tests/events/test_log_contract.py::test_an_empty_log_has_the_empty_head"


def run(folder: Path, *, ci: bool) -> subprocess.CompletedProcess[str]:
    """Run one contract test where neither Java nor Maven is on the path."""
    environment = {"PATH": str(folder), "HOME": str(folder), "LANG": "C.UTF-8"}
    if ci:
        environment["CI"] = "true"
    environment["CHILDREGISTRY_CACHE"] = str(folder / "cache")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", CONTRACT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_java_the_summary_says_what_was_left_out(tmp_path: Path) -> None:
    ended = run(tmp_path, ci=False)
    assert ended.returncode == 0, ended.stdout
    assert "NOT TESTED ON KAFKA" in ended.stdout
    assert "java and mvn not found" in ended.stdout


def test_without_java_ci_fails(tmp_path: Path) -> None:
    ended = run(tmp_path, ci=True)
    assert ended.returncode == 1
    assert "BrokerMissingError" in ended.stdout
