"""A keeper killed at any moment: what it acknowledged is there, once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from events.guardianship import Office
from registry.sources import system_sources
from tests.support.registry import child_id, opened, submission, submit
from tests.support.stories import born

KEEPER = """
import sys
from pathlib import Path
from events.guardianship import Office
from registry.sources import system_sources
from tests.support.registry import child_id, opened, submission, submit
from tests.support.stories import born
with opened(Path(sys.argv[1]), system_sources()) as registry:
    for number in range(int(sys.argv[2]), 100_000):
        name = f"child {number}"
        asked = submission(
            born(child_id(name), "2012-06-01"), name, "xuzhou-police", Office.POLICE)
        print(number, submit(registry, asked).position, flush=True)
"""


def test_acknowledged_submissions_survive_and_have_one_effect(tmp_path: Path) -> None:
    acknowledged: dict[int, int] = {}
    for _ in range(3):
        first = max(acknowledged, default=-1) + 1
        keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(tmp_path), str(first)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert keeper.stdout is not None
        acknowledged.update(_pair(keeper.stdout.readline()) for _ in range(15))
        keeper.send_signal(signal.SIGKILL)
        acknowledged.update(
            _pair(line) for line in keeper.stdout if line.endswith("\n")
        )
        keeper.stdout.close()
        keeper.wait()
    with opened(tmp_path, system_sources()) as registry:
        for number, position in acknowledged.items():
            name = f"child {number}"
            asked = submission(
                born(child_id(name), "2012-06-01"), name, "xuzhou-police", Office.POLICE
            )
            again = submit(registry, asked)
            assert (again.position, again.repeated) == (position, True)
    assert len(set(acknowledged.values())) == len(acknowledged)


def _pair(line: str) -> tuple[int, int]:
    number, position = line.split()
    return int(number), int(position)
