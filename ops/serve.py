"""Running a node: open the registry, serve it, stop cleanly when asked.

What lives here: signals and one line on what is served. What never does: the server
itself (`registry.server`).
"""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

import uvloop

from ops.config import NodeConfig
from ops.publish import relaying
from ops.readers import beside, door, shared
from ops.static import TileServer
from projections.apart import Apart
from registry.bootstrap import open_registry
from registry.server import serving
from registry.sources import system_sources
from registry.timers import timing
from registry.watch import watching

YOUNG: Final = 1_000
"""How many objects are made, less those that are gone, between two looks at the young.
A look holds up everybody, by about a microsecond an object; at 10,000 it took 25 to 40
ms, once a second, beside a thousand readers, whose waiting is made of objects."""
OLDER: Final = 1_000
"""Looks at the young for each at those that outlived one, which takes 60 to 120 ms
there. What is in a cycle here is young when it is left (each call leaves one)."""


def run(node: NodeConfig, ready: Callable[[int, str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the port and the tiles' address.

    Raises what `open_registry` and `serving` raise.
    """
    with (
        open_registry(node.config, system_sources(), runner=Apart) as registry,
        timing(registry, system_sources(), node.config.node),
        watching(registry.watch) if registry.watch else nullcontext(),
        _tiles(node.config.data_dir / "tiles", node.tiles) as url,
        relaying(registry.log, node.published) as relay,
        door() as way,
    ):
        listen = replace(node.listen, door=way) if node.readers else node.listen
        if relay is not None:
            relay.start()

        async def serve() -> None:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, stop.set)
            async with serving(registry, listen) as running:
                readers = beside(node, shared(listen, running.port))
                # They ask this very loop for what is not theirs to answer.
                await asyncio.to_thread(readers.__enter__)
                gc.collect()
                gc.freeze()  # what stays: a full collection took 55 ms of every call
                gc.set_threshold(YOUNG, OLDER)
                try:
                    ready(running.port, url)
                    await stop.wait()
                finally:
                    await asyncio.to_thread(readers.__exit__, None, None, None)

        uvloop.run(serve())


@contextmanager
def _tiles(folder: Path, address: str) -> Iterator[str]:
    """Serve a folder of tiles where an address is given; yield where that is."""
    if not address:
        yield ""
        return
    host, _, port = address.rpartition(":")
    with TileServer(folder, host, int(port)) as server:
        thread = threading.Thread(target=server.serve_forever, name="tiles")
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()
