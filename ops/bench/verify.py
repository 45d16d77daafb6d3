"""The audit of a large log, measured stage by stage beside hashing its bytes.

    python -m ops.bench.verify [--entries 1000000] [--folder FOLDER]

What lives here: entries a second of one core for each stage, the time of the process
itself being counted (of the second auditor that of all its threads, from its start on),
and of the clock beside it. What never does: assertions; machines are noisy. With a
folder, what is made there is kept, and taken the next time. Where there is no Go, the
second auditor is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Final

from rich.console import Console
from rich.table import Table

from events.audit import Audit
from events.audit_store import TOGETHER, opened, replay
from events.notes import Verifier
from events.publish import read_file
from events.shapes import Shapes
from events.tiles import faults
from events.tree import head_of
from events.verify import verify_folder
from ops.bench.signed import REGISTRY, prepared
from registry.rebuilding import aside

_RECORDS: Final = "SELECT record FROM entries ORDER BY position"
_AUDITOR: Final = Path(__file__).parents[1] / "auditor"
_ROUNDS: Final = 2
"""Of each stage; the fastest counts, the machine's other work being what slows."""


class Stages:
    """What each stage took: seconds of this process, and of the clock."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._peer_s = 0.0
        self.table = Table(
            "stage", "entries/s of a core", "by the clock", "times the peer's time",
            title=f"{count:,} entries, one process",
        )  # fmt: skip

    def measure(self, what: str, work: Callable[[], object], rounds: int = 1) -> None:
        """Measure a stage; the first is the peer."""
        taken = []
        for _ in range(rounds):
            cpu, clock = _processor_s(), time.perf_counter()
            work()
            taken.append((_processor_s() - cpu, time.perf_counter() - clock))
        cpu_s, clock_s = min(taken)
        self._peer_s = self._peer_s or cpu_s
        rates = (f"{self._count / seconds:,.0f}" for seconds in (cpu_s, clock_s))
        self.table.add_row(what, *rates, f"{cpu_s / self._peer_s:.1f}")


def _processor_s() -> float:
    """Return the processor time of this process and of those it has waited for."""
    others = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def _second_auditor(
    folder: Path, key: Verifier, count: int
) -> Callable[[], None] | None:
    """Build the second auditor; return its audit, None where there is no Go."""
    go = shutil.which("go")
    if go is None:
        return None
    program = str((folder / "auditor").absolute())
    command = [go, "build", "-mod=readonly", "-o", program, "."]
    subprocess.run(command, cwd=_AUDITOR, check=True)  # noqa: S603  our own

    def audit() -> None:
        command = [program, "-vkey", key.vkey, str(folder / "data")]
        told = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603  likewise
        assert f"missing in entries 1 to {count}\n" in told.stdout  # noqa: S101  a wrong figure

    return audit


def measured(folder: Path, count: int, key: Verifier) -> Table:
    """Measure the stages of an audit of `<folder>/data`."""
    data, stages = folder / "data", Stages(count)
    path = data / "log.sqlite"
    shapes = Shapes()

    def hashed() -> None:
        with closing(opened(path)) as database:
            for (record,) in database.execute(_RECORDS):
                hashlib.sha256(record).digest()

    def records() -> Audit:
        audit = Audit(REGISTRY, shapes)
        with closing(opened(path)) as database:
            found = database.execute(_RECORDS)
            while rows := found.fetchmany(TOGETHER):
                audit.take_all([record for (record,) in rows])
        _right(audit, count)
        return audit

    def rows() -> None:
        audit = Audit(REGISTRY, Shapes())
        with closing(opened(path)) as database:
            replay(database, audit, lambda _position: None)
        _right(audit, count)

    def files() -> None:
        read = partial(read_file, data / "tiles")
        assert not list(faults(read, head, log.tree, log.bundles))  # noqa: S101  a wrong figure

    def whole() -> None:
        _right(verify_folder(data, [key]).audit, count)

    def projections() -> None:
        for outcome in aside(data, REGISTRY, lambda _told: True):
            assert outcome.comparison is not None  # noqa: S101  likewise
            assert outcome.comparison.equal, outcome.built.projection.name  # noqa: S101

    stages.measure("peer: read, and SHA-256 of the same bytes", hashed, _ROUNDS)
    stages.measure(
        "records: chain, schemas, tree, times, positions, acceptance, bodies",
        records, _ROUNDS,
    )  # fmt: skip
    log = records()
    head = head_of(log.tree)
    stages.measure("the same with every derived row", rows, _ROUNDS)
    stages.measure("tiles and bundles, each hash against the log", files, _ROUNDS)
    stages.measure("all of it: python -m events.verify", whole, _ROUNDS)
    if second := _second_auditor(folder, key, count):
        stages.measure("all of it by the second auditor: ops/auditor", second, _ROUNDS)
    stages.measure("projections: folded anew, every row compared", projections)
    stages.table.caption = f"records of {shapes.count} shapes"
    return stages.table


def _right(audit: Audit, count: int) -> None:
    assert not audit.faults, audit.faults  # noqa: S101  a figure of a wrong audit
    assert audit.state.head.position == count  # noqa: S101  likewise


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(description="Measure the audit.")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        count, key = prepared(folder, options.entries)
        Console(width=120).print(measured(folder, count, key))


if __name__ == "__main__":
    main()
