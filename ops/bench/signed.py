"""A large log whose heads are signed, for benchmarks: made once, or taken as it lies.

What lives here: the log of a synthetic province with tiles, some dozens of fixed heads
and a key, as a node with `[signing]` has them. What never does: measuring.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

from events.heads import begin, sign_next
from events.keys import load_key, make_key
from events.notes import Verifier
from events.publish import TileBuilder, entries
from events.store import Store
from events.tiles import TiledTree
from ops.synthetic.province import Numbers, grow
from registry.bootstrap import Config, SigningConfig, keeper, open_heads
from registry.sources import system_sources

REGISTRY: Final = "registry.example/bench"
HEADS: Final = 64
"""Signed on the way: consistency is proved between two of them."""
ENTRIES_A_CHILD: Final = 5.78
"""Of a synthetic province of ten years."""
SIGNING: Final = '[signing]\nkey = "log.key"\nheads = "heads"\n'


def prepared(folder: Path, count: int) -> tuple[int, Verifier]:
    """Make about so many entries in `<folder>/data`, and sign; return size and key.

    What is there already is taken: a log, or a signed one.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "log.sqlite").exists():
        children = max(1, round(count / ENTRIES_A_CHILD))
        numbers = Numbers(children=children, years=10, seed=1, registry=REGISTRY)
        grow(data / "log.sqlite", numbers, lambda _done, _total: None)
    with closing(Store(data / "log.sqlite", REGISTRY)) as log:
        size = log.head().position
        if (folder / "log.key").exists():
            return size, load_key(folder / "log.key").verifier
        key = make_key(folder / "log.key", REGISTRY)
        signing = SigningConfig(key=folder / "log.key", heads=folder / "heads")
        config = Config(data_dir=data, registry=REGISTRY, node="bench-1")
        with (
            keeper(data),
            open_heads(config, signing, system_sources()) as stores,
            closing(TileBuilder(data / "tiles", REGISTRY)) as builder,
        ):
            begin(stores, REGISTRY)
            for number in range(1, HEADS + 1):
                upto = size * number // HEADS
                builder.extend(entries(log, builder.head.size, upto))
                builder.save()
                note = sign_next(stores, TiledTree(builder.read, upto), key)
            builder.publish(note, [key.verifier])
    return size, key.verifier
