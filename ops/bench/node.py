"""A node as an operator runs it, for benchmarks: another process, on loopback.

What lives here: starting and stopping it, and clients that call from a process of
their own. What never does: measuring.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from events.topic_audit import Replication, create

STOP_S = 20.0
TOPIC = "childregistry-bench"


@contextmanager
def running(
    folder: Path,
    servers: str | None,
    name: str = "bench-1",
    registry: str = "registry.example/bench",
    more: str = "",
) -> Iterator[int]:
    """Run a node in a folder, on the embedded store or on a broker; give its port.

    `more` is added to its configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "childregistry.toml"
    text = (
        f'registry = "{registry}"\nnode = "{name}"\n'
        'data_dir = "data"\naddress = "127.0.0.1:0"\n'
    )
    if servers is not None:
        text += f'[kafka]\nservers = "{servers}"\ntopic = "{TOPIC}"\n'
    config.write_text(text + more)
    command = [sys.executable, "-m", "ops.cli", "serve", "--json", "-c", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  our own
        try:
            line = server.stdout.readline() if server.stdout else ""
            yield int(json.loads(line)["port"])
        finally:
            server.terminate()
            server.wait(STOP_S)


def make_topic(servers: str) -> None:
    """Make the topic of the benchmarks."""
    create(servers, TOPIC, Replication(factor=1, min_in_sync=1))
