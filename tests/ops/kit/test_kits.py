"""The kit's consumers against a real server and a real broker, whatever is killed."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.cache import cache_folder
from ops.fire.kits import SOURCES, Fact, Plan, Run, Shown, broken, run
from ops.fire.programs import KIT, TOOLS, missing, program

pytestmark = pytest.mark.timeout(900)
"""The toolchains fetch what they need at first."""


@pytest.fixture(scope="module")
def kit_run() -> Iterator[Run]:
    """One run of all languages that this machine has; on CI of all."""
    on_ci = os.environ.get("CI") == "true"
    languages = tuple(name for name in TOOLS if on_ci or not missing(name))
    with tempfile.TemporaryDirectory() as folder:
        yield run(Plan(languages=languages), Path(folder))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", TOOLS)
def test_a_killed_consumer_has_what_the_log_has_in_order_by_child(
    kit_run: Run, language: str, source: str
) -> None:
    shown = kit_run.shown[language, source]
    expected = kit_run.expected(language, source)
    assert broken(expected, shown) == []
    assert shown.kills == Plan().kills
    assert shown.forgot == (1 if source == "named" else 0)
    assert len(expected) > (5_000 if source == "named" else 10_000)
    assert kit_run.server_kills
    assert kit_run.broker_kills


@pytest.mark.parametrize("language", TOOLS)
def test_the_checks_hold_against_the_vectors(language: str) -> None:
    one = program(language, cache_folder())
    done = subprocess.run(
        [*one.vectors, str(KIT / "vectors.json")],
        env={**os.environ, **one.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "vectors hold\n"), done.stderr


FACTS: list[Fact] = [
    (1, 0, "A", "child/1"),
    (2, 0, "B", "child/1"),
    (2, 1, "A", "case/2"),
]


def test_the_judge_of_a_run_finds_what_is_missing_added_or_late() -> None:
    assert broken(FACTS, Shown(facts=[*FACTS, *FACTS[1:]])) == []
    assert broken(FACTS, Shown(facts=[FACTS[2], FACTS[0], FACTS[1]])) == []
    assert "1 are missing" in broken(FACTS, Shown(facts=FACTS[1:]))[0]
    assert "not the log's" in broken(FACTS[1:], Shown(facts=FACTS))[0]
    assert "too late" in broken(FACTS, Shown(facts=[FACTS[1], FACTS[0], FACTS[2]]))[0]
    assert broken(FACTS, Shown(facts=FACTS, failed="ended with 1")) == ["ended with 1"]


def test_consumers_are_small_and_locks_say_no_address_to_download_from() -> None:
    addresses = re.compile(r'"resolved"|<repository>|\breplace .*=>')
    for path in KIT.rglob("*"):
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert not addresses.search(text), path
        if path.suffix in {".py", ".go", ".java", ".ts"}:
            lines = len(text.splitlines())
            consumer = (
                path.stem.lower().startswith("from") or path.parent.stem[:4] == "from"
            )
            assert lines <= (180 if consumer else 280), path
