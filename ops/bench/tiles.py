"""Tiles and the offline audit, measured: entries a second, beside bare hashing.

What lives here: the figures of one run, each with its ratio to SHA-256 of the same
leaves in the same process. What never does: assertions; machines are noisy.

    python -m ops.bench.tiles [--entries 1000000] [--folder DATA]

With a data folder, the full audit of `events.verify` over it is measured too.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from events.proof import prove_inclusion
from events.publish import TileBuilder
from events.tiles import TiledTree, faults
from events.tree import leaf_text
from events.verify import verify_folder

ORIGIN: Final = "bench.example/log"
PROOFS: Final = 1_000
"""Each from a cold cache of tiles: every one reads its files again."""


def measured(folder: Path, count: int) -> Table:
    """Build, verify and prove a log of so many entries in a folder."""
    hashes = [hashlib.sha256(b"frame %d" % n).digest() for n in range(count)]
    log = list(enumerate(hashes, 1))
    texts = [leaf_text(position, hash_) for position, hash_ in log]
    started = time.perf_counter()
    for text in texts:
        hashlib.sha256(text).digest()
    bare_s = time.perf_counter() - started
    title = f"{count} entries on one core, files made durable"
    table = Table("what", "entries/s", "times bare hashing's time", title=title)
    table.add_row("bare SHA-256 of the leaves", f"{count / bare_s:,.0f}", "1.0")
    with closing(TileBuilder(folder, ORIGIN)) as builder:
        started = time.perf_counter()
        builder.extend(log)
        builder.save()
        _row(
            table,
            "tiles and bundles built",
            count,
            time.perf_counter() - started,
            bare_s,
        )
        started = time.perf_counter()
        found = list(faults(builder.read, builder.head))
        taken_s = time.perf_counter() - started
        _row(table, f"files verified, {len(found)} faults", count, taken_s, bare_s)
        taken = []
        for position in range(1, count + 1, max(1, count // PROOFS)):
            started = time.perf_counter()
            prove_inclusion(TiledTree(builder.read, count), position, count)
            taken.append((time.perf_counter() - started) * 1e3)
    parts = statistics.quantiles(taken, n=100)
    table.caption = f"a proof from files: p50 {parts[49]:.2f}, p99 {parts[98]:.2f} ms"
    return table


def audited(folder: Path) -> Table:
    """Audit a data folder, beside hashing its leaves."""
    started = time.perf_counter()
    audit = verify_folder(folder).audit
    taken_s = time.perf_counter() - started
    count, bodies = audit.tree.size, audit.bodies.total()
    title = f"{count} entries with {bodies} bodies, {len(audit.faults)} faults"
    table = Table("what", "entries/s", "times bare hashing's time", title=title)
    texts = [leaf_text(position, bytes(32)) for position in range(1, count + 1)]
    started = time.perf_counter()
    for text in texts:
        hashlib.sha256(text).digest()
    bare_s = time.perf_counter() - started
    _row(table, "full audit, one core", count, taken_s, bare_s)
    return table


def _row(table: Table, what: str, count: int, taken_s: float, bare_s: float) -> None:
    table.add_row(what, f"{count / taken_s:,.0f}", f"{taken_s / bare_s:.1f}")


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(description="Measure tiles and the audit.")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.folder is not None:
        Console().print(audited(options.folder))
    with tempfile.TemporaryDirectory() as folder:
        Console().print(measured(Path(folder), options.entries))


if __name__ == "__main__":
    main()
