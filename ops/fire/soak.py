"""The memory of a server under steady load: sampled, and its slope told.

Its own memory and the pages of files that it maps are told apart: files grow with the
record, and the kernel takes their pages back when it needs them.

    python -m ops.fire.soak --minutes 60

What lives here: one server on a broker, clients that pause, and arithmetic. What never
does: attacks.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression, median

from ops.fire.clients import Client, Load
from ops.fire.field import opened
from ops.fire.history import OK, WRITE, History

EVERY_S = 10.0
MEGABYTE = 1_000_000
CLIENTS = 4
POPULATION = 500
"""Children of each client: enough that no childhood has hundreds of acts."""


def soak(
    folder: Path, minutes: float, pause_s: float, every_s: float = EVERY_S
) -> dict[str, object]:
    """Load a server for some minutes; return what became of its memory."""
    history = History(folder / "history.jsonl")
    samples: list[tuple[float, float]] = []
    mapped: list[float] = []
    with opened(folder, 1, 1, 1, lambda _: None) as on:
        (server,) = on.servers
        clients = [
            Client(n, [server.address], history, Load(1, pause_s, POPULATION))
            for n in range(CLIENTS)
        ]
        clients[0].register()
        for client in clients:
            client.start()
        started = time.monotonic()
        while (passed := time.monotonic() - started) < minutes * 60:
            found = server.memory()
            samples.append((passed / 60, found.own / MEGABYTE))
            mapped.append(found.mapped / MEGABYTE)
            print(  # noqa: T201  progress
                f"{passed:7.0f} s  {samples[-1][1]:6.1f} MB, files {mapped[-1]:6.1f}",
                file=sys.stderr,
            )
            time.sleep(every_s)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join()
    calls = history.close().calls
    written = sum((call.kind, call.outcome) == (WRITE, OK) for call in calls)
    return {
        "minutes": minutes,
        "calls": len(calls),
        "acknowledged": written,
        **told(samples),
        "files_mapped_mb": [round(mapped[0], 1), round(mapped[-1], 1)],
    }


def told(samples: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Return how memory went, of minutes and megabytes: ends, most, and slope.

    The slope is that of the later half: at first caches fill.
    """
    later = samples[len(samples) // 2 :]
    slope = linear_regression(*zip(*later, strict=True)).slope
    tenth = max(1, len(samples) // 10)
    return {
        "first_mb": round(samples[0][1], 1),
        "middle_mb": round(median(mb for _, mb in later[:tenth]), 1),
        "last_mb": round(median(mb for _, mb in samples[-tenth:]), 1),
        "most_mb": round(max(mb for _, mb in samples), 1),
        "slope_mb_per_hour": round(slope * 60, 1),
    }


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds, per client")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(soak(Path(folder), asked.minutes, asked.pause), indent=2))  # noqa: T201  the report


if __name__ == "__main__":
    main()
