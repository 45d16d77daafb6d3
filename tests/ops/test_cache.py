"""A kept folder is whole, and made by one, whoever asks and whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from ops.cache import kept


def made(folder: Path) -> None:
    folder.mkdir()
    (folder / "jar").write_text("whole")


def test_it_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "release"
    made_of: list[Path] = []

    def counted(place: Path) -> None:
        made_of.append(place)
        made(place)

    assert kept(folder, counted) == kept(folder, counted) == folder
    assert (folder / "jar").read_text() == "whole"
    assert len(made_of) == 1


def test_two_at_once_have_one_made_and_the_other_waits(tmp_path: Path) -> None:
    begun, go_on = Event(), Event()

    def slowly(place: Path) -> None:
        begun.set()
        go_on.wait()
        made(place)

    def not_again(_: Path) -> None:
        pytest.fail("it was made twice")

    with ThreadPoolExecutor(2) as both:
        first = both.submit(kept, tmp_path / "release", slowly)
        begun.wait()
        second = both.submit(kept, tmp_path / "release", not_again)
        assert not second.done()
        go_on.set()
        assert first.result() == second.result() == tmp_path / "release"


def test_one_that_fails_leaves_nothing_and_the_next_begins_anew(tmp_path: Path) -> None:
    def half(place: Path) -> None:
        place.mkdir()
        (place / "jar").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept(tmp_path / "release", half)
    assert not (tmp_path / "release").exists()
    kept(tmp_path / "release", made)
    assert (tmp_path / "release" / "jar").read_text() == "whole"


KILLED = """
import os, signal, sys
from pathlib import Path
from ops.cache import kept

def half(place):
    place.mkdir()
    (place / "jar").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

kept(Path(sys.argv[1]), half)
"""


def test_one_that_is_killed_leaves_its_turn_to_the_next(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "release")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    kept(tmp_path / "release", made)
    assert (tmp_path / "release" / "jar").read_text() == "whole"
