"""Running a node: open the registry, serve it, stop cleanly when asked.

What lives here: signals and one line on what is served. What never does: the server
itself (`registry.server`).
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable

import uvloop

from ops.config import NodeConfig
from registry.bootstrap import open_registry
from registry.server import serving
from registry.sources import system_sources

SWITCH_S = 0.0005
"""The loop, the writer and the runner share one interpreter: a call that waits for its
turn waits a tenth of the default."""


def run(node: NodeConfig, ready: Callable[[int], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the port.

    Raises what `open_registry` and `serving` raise.
    """
    sys.setswitchinterval(SWITCH_S)
    with open_registry(node.config, system_sources()) as registry:

        async def serve() -> None:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, stop.set)
            async with serving(registry, node.listen) as running:
                ready(running.port)
                await stop.wait()

        uvloop.run(serve())
