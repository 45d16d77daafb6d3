"""Running a node: open the registry, serve it, stop cleanly when asked.

What lives here: signals and one line on what is served. What never does: the server
itself (`registry.server`).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import uvloop

from ops.collector import settle
from ops.config import NodeConfig
from ops.publish import relaying
from ops.readers import at, beside, door
from ops.static import TileServer
from projections.apart import Apart
from registry.bootstrap import open_registry
from registry.server import serving
from registry.sources import system_sources
from registry.timers import timing
from registry.watch import watching


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
        listen = node.listen
        if node.readers or node.feed:
            listen = replace(listen, door=way, shared=node.readers > 0)
        if relay is not None:
            relay.start()

        async def serve() -> None:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, stop.set)
            async with serving(registry, listen) as running:
                readers = beside(node, at(listen, running.port))
                # They ask this very loop for what is not theirs to answer.
                await asyncio.to_thread(readers.__enter__)
                settle()
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
