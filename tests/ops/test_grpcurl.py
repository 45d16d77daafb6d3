"""A stock client that knows nothing of this registry reads the feed as README says."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from ops.cache import cache_folder, kept
from tests.registry.services.test_feed import register
from tests.support.server import served

VERSION = "v1.9.3"
MODULE = f"github.com/fullstorydev/grpcurl/cmd/grpcurl@{VERSION}"
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="session")
def grpcurl() -> Path:
    """Fetched and built once, into the cache."""

    def install(folder: Path) -> None:
        subprocess.run(
            ["go", "install", MODULE],
            check=True,
            env={**os.environ, "GOBIN": str(folder), "GOTOOLCHAIN": "local"},
        )

    return kept(cache_folder().resolve() / f"grpcurl-{VERSION}", install) / "grpcurl"


def test_it_reads_the_feed_as_written(tmp_path: Path, grpcurl: Path) -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    (written,) = [line for line in lines if line.startswith("grpcurl ")]
    with served(tmp_path) as running:
        register(running, 4)
        command = shlex.split(written.replace("50051", str(running.port)))
        ended = subprocess.run(
            [str(grpcurl), *command[1:]],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        stored = running.registry.log.read(0, 5)
    signals = list(_messages(ended.stdout))
    entries = [one for s in signals for one in s.get("batch", {}).get("entries", ())]
    assert [int(one["place"]["number"]) for one in entries] == [1, 2, 3, 4, 5]
    assert [b64decode(one["record"]) for one in entries] == [s.record for s in stored]
    assert signals[-1]["ended"]["why"] == "WHY_UNTIL"


def _messages(text: str) -> list[dict[str, Any]]:
    """Return the messages of a stream, printed one behind the other."""
    decoder, found, at = json.JSONDecoder(), list[dict[str, Any]](), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        message, at = decoder.raw_decode(text, at)
        found.append(message)
    return found
