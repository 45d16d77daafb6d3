"""A large log whose heads are signed, for benchmarks: made once, or taken as it lies.

What lives here: the log of a synthetic province with tiles, some dozens of fixed heads,
a key and projections, as a node with `[signing]` has them. What never does: measuring.
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
from ops.synthetic.province import grow
from ops.synthetic.telling import Numbers
from projections.custody import PROJECTION
from projections.files import Files
from registry.bootstrap import Config, SigningConfig, keeper, open_heads
from registry.rebuilding import rebuild
from registry.sources import system_sources

REGISTRY: Final = "registry.example/bench"
HEADS: Final = 64
"""Signed on the way: consistency is proved between two of them."""
ENTRIES_A_CHILD: Final = 10.05
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
    config = Config(data_dir=data, registry=REGISTRY, node="bench-1")
    key = folder / "log.key"
    with closing(Store(data / "log.sqlite", REGISTRY)) as log:
        size = log.head().position
        if not key.exists():
            _sign(config, log, SigningConfig(key=key, heads=folder / "heads"))
    if not list(Files(data, PROJECTION.name, PROJECTION.fold).generations()):
        list(rebuild(config, (), lambda _told: True, switch="always"))
    return size, load_key(key).verifier


def _sign(config: Config, log: Store, signing: SigningConfig) -> None:
    """Make the key, build the tiles, and fix and sign heads on the way."""
    key, size = make_key(signing.key, REGISTRY), log.head().position
    with (
        keeper(config.data_dir),
        open_heads(config, signing, system_sources()) as stores,
        closing(TileBuilder(config.data_dir / "tiles", REGISTRY)) as builder,
    ):
        begin(stores, REGISTRY)
        for number in range(1, HEADS + 1):
            upto = size * number // HEADS
            builder.extend(entries(log, builder.head.size, upto))
            builder.save()
            note = sign_next(stores, TiledTree(builder.read, upto), key)
        builder.publish(note, [key.verifier])
