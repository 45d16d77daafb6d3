"""Tiles served over loopback, and what foreign judges say of them and of logs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from ops.static import TileServer
from tests.support.tree import KNOWN, LOG_KEY

SOURCE = Path(__file__).parents[1] / "judge"
AUDITOR = SOURCE.parents[1] / "ops/auditor"
Auditor = Callable[..., str]
"""Audits a node's folder or a file of records, with options; what it printed."""
Judge = Callable[..., tuple[bool, str]]
"""Judges a folder of tiles, or a server of them by its address: whether all was right,
and what was said."""
HistoryJudge = Callable[[Path], tuple[bool, str]]
"""Judges the file of a campaign's history, and says the same of it."""


@contextmanager
def served(folder: Path) -> Iterator[TileServer]:
    """Serve a folder of tiles on a free port of loopback."""
    with TileServer(folder) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def built_auditor(folder: Path) -> Auditor:
    """Build the second auditor in a folder, and return a function that asks it."""
    program = _built(folder / "auditor", ".", AUDITOR)

    def ask(path: Path, *options: str) -> str:
        done = subprocess.run(
            [str(program), "-indexes", *options, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == ("FAULTS" in done.stdout), done.stderr
        return done.stdout

    return ask


def built_of_histories(folder: Path) -> HistoryJudge:
    """Build the judge of histories in a folder, and return a function that asks it."""
    program = _built(folder / "history", "./history")
    return lambda path: told([str(program), str(path)])


def _built(program: Path, package: str, source: Path = SOURCE) -> Path:
    subprocess.run(
        ["go", "build", "-mod=readonly", "-o", str(program), package],
        cwd=source,
        check=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )
    return program


def built(folder: Path) -> Judge:
    """Build the judge in a folder, and return a function that asks it."""
    program = _built(folder / "judge", ".")

    def ask(
        tiles: Path | str,
        *options: str,
        witness: bool = False,
        vkey: str = LOG_KEY.verifier.vkey,
    ) -> tuple[bool, str]:
        keys = ["-vkey", vkey]
        if witness:
            keys += ["-witness", KNOWN[1].vkey]
        if isinstance(tiles, str):
            return told([str(program), "-log", tiles, *keys, *options])
        with served(tiles) as server:
            return told([str(program), "-log", server.url, *keys, *options])

    return ask


def told(command: list[str]) -> tuple[bool, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr
