"""The field of a campaign: brokers behind proxies, servers, a topic, an operator.

What lives here: all that is attacked, built and torn down; and what an operator does,
by the runbook, where a node cannot help itself. What never does: attacks (`acts`),
clients.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from events.topic_audit import Replication, create
from ops.broker import Around, Broker, Cluster, free_port, release
from ops.cache import cache_folder
from ops.fire.history import head
from ops.fire.proxy import Proxy
from ops.fire.servers import Server, ServerFailedError

TOPIC = "childregistry-fire"
MOST_COPIES = 3


class OperatorError(Exception):
    """What the runbook says did not help."""


@dataclass(slots=True)
class Field:
    """All that is attacked. `told` is given lines of progress."""

    cluster: Cluster
    proxies: list[Proxy]
    servers: list[Server]
    replication: Replication
    chance: random.Random
    told: Callable[[str], None]
    down: set[str] = field(default_factory=set)
    """Names of the servers that do not run now."""

    @property
    def brokers(self) -> list[Broker]:
        """The brokers."""
        return self.cluster.brokers

    @property
    def direct(self) -> str:
        """The brokers' own addresses, past the proxies."""
        return self.cluster.addresses

    def server(self) -> Server:
        """Return any server that runs."""
        return self.chance.choice([s for s in self.servers if s.name not in self.down])

    def make_topic(self) -> None:
        """Make the topic as a registry needs it."""
        create(self.direct, TOPIC, self.replication)

    def kill(self, server: Server) -> None:
        """Kill a server."""
        server.kill()
        self.down.add(server.name)

    def start(self, server: Server) -> None:
        """Start a server; where it refuses, do what the doctor says."""
        try:
            server.start()
        except ServerFailedError:
            self.recover(server)
        self.down.discard(server.name)

    def recover(self, server: Server) -> None:
        """Do what the runbook says for the page that the doctor names, and start.

        Raises OperatorError where that does not help.
        """
        for _ in range(3):
            server.stop()
            pages = server.pages()
            self.told(f"  {server.name}: the doctor says {pages}")
            if "the-copy-is-damaged" in pages:
                server.set_aside()
            elif "two-histories" in pages:
                self.restore()
            elif "clock-refused" in pages:
                server.operate("clock", "accept")
            try:
                server.start()
            except ServerFailedError:
                continue
            return
        message = f"{server.name} does not start: {server.said()}"
        raise OperatorError(message)

    def restore(self) -> None:
        """Stop every node; `log restore` on each, the longest copy first; start."""
        for server in self.servers:
            server.stop()
        by_length = sorted(self.servers, key=lambda s: -head(s.log)[0])
        for server in by_length:
            done = server.operate("log", "restore")
            self.told(f"  {server.name}: {done.stdout.strip()}")
            if done.returncode:
                message = f"log restore on {server.name}: {done.stdout}{done.stderr}"
                raise OperatorError(message)
        for server in self.servers:
            server.start()


def disagreement(servers: Sequence[Server]) -> list[str]:
    """Return where nodes hold different entries at the last position they share."""
    heads = {server.name: head(server.log) for server in servers}
    common = min(position for position, _ in heads.values())
    held = {name: hashes.get(common) for name, (_, hashes) in heads.items()}
    differ = len(set(held.values()) - {None}) > 1
    return [f"at {common}: {held}"] if differ else []


@contextmanager
def opened(
    folder: Path, size: int, servers: int, seed: int, told: Callable[[str], None]
) -> Iterator[Field]:
    """Start brokers behind proxies, a topic and servers; end all of them."""
    chance = random.Random(seed)  # noqa: S311  no secret
    copies = min(MOST_COPIES, size)
    with ExitStack() as stack:
        ways = [Around(port=free_port(), advertised=free_port()) for _ in range(size)]
        proxies = [stack.enter_context(Proxy(way.advertised, way.port)) for way in ways]
        cluster = stack.enter_context(
            Cluster(release(cache_folder()), folder / "brokers", size, ways)
        )
        addresses = ",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies)
        made = Field(
            cluster=cluster,
            proxies=proxies,
            servers=[
                Server(folder / f"s{n}", f"fire-{n}", addresses, TOPIC)
                for n in range(1, servers + 1)
            ],
            replication=Replication(factor=copies, min_in_sync=max(1, copies - 1)),
            chance=chance,
            told=told,
        )
        made.make_topic()
        for server in made.servers:
            server.list_peers(made.servers)
            stack.callback(server.stop)
            server.set_clock(0)
            server.start()
        yield made


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds; whether it did in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False
