"""How fast a synthetic province is made, beside ways of doing the same plainly.

`python -m ops.bench.province [--children N] [--rounds N]`. What lives here: events a
second in interleaved rounds, medians of them. What never does: claims; the table says
what was measured on this machine.

*Records* are a whole log's bytes, chained, from nothing: lives told by the deciders and
copied. *Copies alone* leaves out the telling, which a larger province does not repeat.
*File* is the same, accepted by a store record by record. The peer, *every child decided
anew*, tells a life for each child and never copies: it shows what copying spares.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from events.log import EMPTY
from ops.synthetic.province import Numbers, Province, grow

CHILDREN: Final = 100_000
YEARS: Final = 10
ROUNDS: Final = 3
PEER_CHILDREN: Final = 150
"""Children of the slow peer: few enough that nearly each has a life of its own."""
FILE_SHARE: Final = 10
"""The file is made of a tenth of the children: a store takes its time."""
REGISTRY: Final = "bench.example/cn-329900"


def records(numbers: Numbers) -> float:
    """Return the events a second of a log's bytes, from nothing."""
    started = time.perf_counter()
    province = Province(numbers)
    return _made(province) / (time.perf_counter() - started)


def copies(numbers: Numbers) -> float:
    """Return the events a second once the lives are told."""
    province = Province(numbers)
    started = time.perf_counter()
    return _made(province) / (time.perf_counter() - started)


def file(numbers: Numbers) -> float:
    """Return the events a second of a file, each record accepted by its store."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        province, _ = grow(Path(folder) / "log.sqlite", numbers, lambda _d, _t: None)
        return province.events / (time.perf_counter() - started)


def _made(province: Province) -> int:
    for _ in province.records(EMPTY):
        pass
    return province.events


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--children", type=int, default=CHILDREN)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    whole = Numbers(children=given.children, years=YEARS, seed=1, registry=REGISTRY)
    part = replace(whole, children=max(1, given.children // FILE_SHARE))
    few = replace(whole, children=PEER_CHILDREN)
    lines: dict[str, Callable[[], float]] = {
        f"records of {whole.children} children": lambda: records(whole),
        "copies alone": lambda: copies(whole),
        f"file of {part.children} children": lambda: file(part),
        f"every child decided anew ({few.children})": lambda: records(few),
    }
    seen: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(given.rounds):
        for name, measure in lines.items():
            seen[name].append(measure())
    table = Table("a synthetic province", "events/s", "of the peer")
    peer = statistics.median(list(seen.values())[-1])
    for name, rates in seen.items():
        rate = statistics.median(rates)
        table.add_row(name, f"{rate:,.0f}", f"{rate / peer:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
