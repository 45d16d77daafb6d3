"""How soon an entry that the log accepted can be read from the projections' files.

`python -m ops.bench.lag [--rate N] [--seconds S]`. What lives here: one process that
accepts made entries into a log at a pace, those that are due in one transaction, as a
node's writer groups them; another in which the runner of every node follows that log;
a third that looks at the checkpoints of the projections' files through connections of
its own. What is measured: from the return of the transaction that accepted an entry
until the third process finds it applied, by custody and by the last projection. What
never does: claims; and gRPC, which takes no thousand submissions a second here. In a
node writer and runner share one interpreter with the calls, and the runner is woken
instead of looking each 2 ms as here.
"""

from __future__ import annotations

import argparse
import bisect
import multiprocessing
import os
import statistics
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from events.ingest import Candidate
from events.log import Accepted
from events.reading import FollowedLog
from events.store import Store
from ops.bench.histories import REGISTRY, grow
from projections.files import Files, open_reader
from projections.runner import PROJECTIONS, Runner

RATES: Final = (100, 1_000)
"""Entries a second; the first is what the second is compared with."""
SECONDS: Final = 10.0
ROUNDS: Final = 3
BEFORE: Final = 10_000
"""Entries that the files hold before the first round."""
EVENTS_AN_ENTRY: Final = 4
"""More than the made histories have, so that a log of so many events suffices."""
WAIT_S: Final = 60.0
LOOK_S: Final = 0.0005
TICK_S: Final = 0.0005
SPAWNING: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Applied:
    """When the files of all projections were seen to stand where."""

    at: float
    positions: tuple[int, ...]


@dataclass(slots=True)
class Lags:
    """Of one rate, all rounds: seconds of each entry, and how many came a second."""

    rate: int
    custody: list[float]
    last: list[float]
    written: list[float]


def write(path: Path, source: Path, count: int, rate: int, pipe: Connection) -> None:
    """Accept the next entries of another log at a pace; say when each was accepted."""
    with closing(Store(path, REGISTRY)) as store:
        with closing(FollowedLog(source, REGISTRY)) as made:
            entries = made.read(store.head().position, count)
        records = [Candidate(record=entry.record) for entry in entries]
        pipe.send("ready")
        pipe.recv()
        accepted: list[float] = []
        begun = time.monotonic()
        while len(accepted) < len(records):
            due = int((time.monotonic() - begun) * rate) + 1
            group = records[len(accepted) : due]
            if not group:
                time.sleep(TICK_S)
                continue
            verdicts = store.ingest(group)
            accepted += [time.monotonic()] * len(group)
            if not all(isinstance(verdict, Accepted) for verdict in verdicts):
                message = f"a made record was voided: {verdicts}"
                raise RuntimeError(message)
        pipe.send(accepted)


def follow(folder: Path, pipe: Connection) -> None:
    """Run the runner of a node over a folder's log until told to stop."""
    with (
        closing(FollowedLog(folder / "log.sqlite", REGISTRY)) as log,
        closing(Runner(folder, log)) as runner,
    ):
        runner.start()
        runner.wait(log.head().position, WAIT_S)
        pipe.send("ready")
        pipe.recv()


def look(folder: Path, until: int, pipe: Connection) -> None:
    """Look at every file's checkpoint until all stand at a position; say when."""
    seen: list[Applied] = []
    with ExitStack() as stack:
        files = [
            stack.enter_context(
                closing(open_reader(Files(folder, p.name, p.fold).current()))
            )
            for p in PROJECTIONS
        ]
        pipe.send("ready")
        deadline, positions = time.monotonic() + WAIT_S, (0,)
        while min(positions) < until and time.monotonic() < deadline:
            found = tuple(
                file.execute("SELECT position FROM checkpoint").fetchone()[0]
                for file in files
            )
            if found != positions:
                positions, deadline = found, time.monotonic() + WAIT_S
                seen.append(Applied(time.monotonic(), positions))
            time.sleep(LOOK_S)
    pipe.send(seen)


def lags_of(
    accepted: list[float], first: int, seen: list[Applied], which: int | None = None
) -> list[float]:
    """Return how long after its acceptance each entry was seen applied, in seconds.

    By the projection of this index, or by the last of all. `first` is the position of
    the first entry. Raises RuntimeError where one never was.
    """
    reached = [
        min(one.positions) if which is None else one.positions[which] for one in seen
    ]
    lags: list[float] = []
    for position, at in enumerate(accepted, first):
        place = bisect.bisect_left(reached, position)
        if place == len(reached):
            message = f"position {position} was not seen applied"
            raise RuntimeError(message)
        lags.append(max(0.0, seen[place].at - at))
    return lags


def round_of(folder: Path, source: Path, rate: int, count: int) -> Lags:
    """Accept so many entries at a rate while they are followed and looked at."""
    path = folder / "log.sqlite"
    with closing(FollowedLog(path, REGISTRY)) as log:
        head = log.head().position
    with ExitStack() as stack:
        following = _started(stack, follow, folder)
        looking = _started(stack, look, folder, head + count)
        writing = _started(stack, write, path, source, count, rate)
        begun = time.monotonic()
        writing.send("go")
        accepted: list[float] = writing.recv()
        seen: list[Applied] = looking.recv()
        following.send("stop")
    custody = [projection.name for projection in PROJECTIONS].index("custody")
    return Lags(
        rate,
        lags_of(accepted, head + 1, seen, custody),
        lags_of(accepted, head + 1, seen),
        [len(accepted) / (accepted[-1] - begun)],
    )


def _started(stack: ExitStack, work: object, *given: object) -> Connection:
    """Start a process; return the other end of its pipe once it says it is ready."""
    ours, theirs = SPAWNING.Pipe()
    process = SPAWNING.Process(target=work, args=(*given, theirs))  # type: ignore[arg-type]
    process.start()
    theirs.close()
    stack.callback(process.join)
    stack.callback(ours.close)  # whoever waits for a word ends, too
    if ours.recv() != "ready":
        raise RuntimeError
    return ours


def measured(
    folder: Path, rates: tuple[int, ...], seconds: float, rounds: int, before: int
) -> list[Lags]:
    """Make entries, let a log's projections hold the first, measure in rounds."""
    counts = {rate: round(rate * seconds) for rate in rates}
    needed = before + rounds * sum(counts.values())
    source, data = folder / "made.sqlite", folder / "data"
    entries = grow(source, EVENTS_AN_ENTRY * needed)
    if entries < needed:
        message = f"{entries} entries were made, not {needed}"
        raise RuntimeError(message)
    data.mkdir()
    with (
        closing(Store(data / "log.sqlite", REGISTRY)) as store,
        closing(FollowedLog(source, REGISTRY)) as made,
    ):
        store.ingest([Candidate(record=e.record) for e in made.read(0, before)])
    found = {rate: Lags(rate, [], [], []) for rate in rates}
    for _ in range(rounds):
        for rate, count in counts.items():
            one = round_of(data, source, rate, count)
            found[rate].custody += one.custody
            found[rate].last += one.last
            found[rate].written += one.written
    return list(found.values())


def table_of(found: list[Lags], seconds: float, rounds: int) -> Table:
    """Return the figures in milliseconds."""
    table = Table(
        title=f"accepted by the log, then seen in the file: {rounds} rounds of "
        f"{seconds:.0f} s, writer, runner and who looks on {os.cpu_count()} cores"
    )
    for column in ("entries/s", "written/s", "by", "p50 ms", "p99 ms", "max ms"):
        table.add_column(column)
    for one in found:
        for by, lags in (("custody", one.custody), ("all projections", one.last)):
            parts = statistics.quantiles(lags, n=100)
            table.add_row(
                str(one.rate),
                f"{statistics.median(one.written):,.0f}",
                by,
                *(f"{s * 1e3:.1f}" for s in (parts[49], parts[98], max(lags))),
            )
    return table


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, action="append")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    rates = tuple(given.rate or RATES)
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name), rates, given.seconds, given.rounds, BEFORE)
    table = table_of(found, given.seconds, given.rounds)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
