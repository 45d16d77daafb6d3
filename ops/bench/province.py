"""How fast a synthetic province is made, beside ways of doing the same plainly.

`python -m ops.bench.province [--children N] [--rounds N]`. What lives here: events a
second in interleaved rounds, medians of them. What never does: claims; the table says
what was measured on this machine.

Beside the clock's seconds stand the processor's, since a machine is seldom quiet.

*Records* are a whole log's bytes, chained, from nothing: lives told by the deciders and
copied. *Copies alone* leaves out the telling, which a larger province does not repeat.
*File* is the whole command: each record judged, written, indexed and durable, by two
processes. The peer, *every child decided
anew*, tells a life for each child and never copies: it shows what copying spares.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from events.log import EMPTY
from ops.bench.processes import spent_s
from ops.synthetic.province import Province, grow
from ops.synthetic.telling import Numbers

CHILDREN: Final = 200_000
YEARS: Final = 10
ROUNDS: Final = 3
PEER_CHILDREN: Final = 150
"""Children of the slow peer: few enough that nearly each has a life of its own."""
REGISTRY: Final = "bench.example/cn-329900"


Rates = tuple[float, float]
"""Events a second by the clock, and a second of the processor."""


def records(numbers: Numbers) -> Rates:
    """Measure a log's bytes, from nothing."""
    return _rates(lambda: _made(Province(numbers)))


def copies(numbers: Numbers) -> Rates:
    """Measure the same once the lives are told."""
    province = Province(numbers)
    return _rates(lambda: _made(province))


def file(numbers: Numbers) -> Rates:
    """Measure a file, each record judged and kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.sqlite"
        return _rates(lambda: grow(path, numbers, lambda _d, _t: None)[0].events)


def _rates(make: Callable[[], int]) -> Rates:
    clock, processor = time.perf_counter(), spent_s()
    events = make()
    return (
        events / (time.perf_counter() - clock),
        events / (spent_s() - processor),
    )


def _made(province: Province) -> int:
    for _ in province.records(EMPTY):
        pass
    return province.events


def _median(rates: Sequence[Rates]) -> Rates:
    clock, processor = zip(*rates, strict=True)
    return statistics.median(clock), statistics.median(processor)


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--children", type=int, default=CHILDREN)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    whole = Numbers(children=given.children, years=YEARS, seed=1, registry=REGISTRY)
    few = replace(whole, children=PEER_CHILDREN)
    lines: dict[str, Callable[[], Rates]] = {
        f"records of {whole.children} children": lambda: records(whole),
        "copies alone": lambda: copies(whole),
        f"file of {whole.children} children": lambda: file(whole),
        f"every child decided anew ({few.children})": lambda: records(few),
    }
    seen: dict[str, list[Rates]] = {name: [] for name in lines}
    for _ in range(given.rounds):
        for name, measure in lines.items():
            seen[name].append(measure())
    table = Table("a synthetic province", "events/s", "/s of processor", "of the peer")
    medians = {name: _median(rates) for name, rates in seen.items()}
    peer = list(medians.values())[-1][1]
    for name, (rate, alone) in medians.items():
        table.add_row(name, f"{rate:,.0f}", f"{alone:,.0f}", f"{alone / peer:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
