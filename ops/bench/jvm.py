"""Peers on the JVM: built once, run as processes, measured from outside.

What lives here: how `ops/bench/java` is compiled and spoken to, and what a process of
it took, by the kernel's own count of it. What never does: what the peers are made of
(`ops/bench/java/peer/package-info.java` says what they do and do not do).
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ops.bench.processes import processor_s
from ops.bench.rebuild import Rate
from ops.broker import RELEASE, fetched
from ops.fire.programs import ROOT, ToolchainMissingError, built, missing, ran

SOURCES: Final = Path(__file__).parent / "java"
SCHEMAS: Final = ROOT / "events" / "schemas"
JARS: Final = (
    f"org.apache.kafka:kafka-streams:{RELEASE}",
    "org.apache.avro:avro:1.12.2",
    "org.slf4j:slf4j-nop:1.7.36",
)
OPTIONS: Final = ("-Xmx2g", "-XX:+UseParallelGC")
"""As much memory as a rebuild may take; the collector that did best of three here."""
KINDS: Final = ("plain", "memory", "rocksdb")
"""A consumer and a map; Kafka Streams with its store in memory; with RocksDB."""
END_S: Final = 30.0


class PeerFailedError(Exception):
    """A peer's process ended without an answer; carries the last it wrote."""


def command(cache: Path) -> tuple[str, ...]:
    """Return how the peers are run, compiled into a cache folder where they are not.

    Raises BrokerMissingError or ToolchainMissingError.
    """
    if lacking := missing("java"):
        message = f"{' and '.join(lacking)} not found"
        raise ToolchainMissingError(message)
    jars = fetched(cache, f"bench-jars-{RELEASE}", JARS)

    def compiled(folder: Path) -> None:
        sources = sorted(str(path) for path in folder.glob("peer/*.java"))
        strict = ("javac", "--release", "17", "-Xlint:all", "-Werror")
        ran(folder, (*strict, "-cp", f"{jars}/*", "-d", "classes", *sources))

    classes = built(SOURCES, cache, compiled, repr(JARS).encode()) / "classes"
    return ("java", *OPTIONS, "-cp", f"{classes}:{jars}/*", "peer.Main")


class JvmPeer:
    """A peer's process. `fold` may be said several times: the first is the cold one."""

    def __init__(self, process: subprocess.Popen[str], said: Path, wall: float) -> None:
        self._process = process
        self._said = said
        self._wall, self._processor = wall, 0.0

    def fold(self) -> Rate:
        """Fold the topic anew; the first time counts from the process's start."""
        events = int(self._asked("fold"))
        wall, processor = time.perf_counter(), processor_s(self._process.pid)
        took = Rate(events, processor - self._processor, wall - self._wall)
        self._again()
        return took

    def answer(self) -> str:
        """Return the line of `ops.bench.answers` for what it holds."""
        found = self._asked("answer")
        self._again()
        return found

    def _again(self) -> None:
        self._wall = time.perf_counter()
        self._processor = processor_s(self._process.pid)

    def _asked(self, what: str) -> str:
        to, from_ = self._process.stdin, self._process.stdout
        assert to is not None  # noqa: S101  both are pipes
        assert from_ is not None  # noqa: S101  likewise
        to.write(what + "\n")
        to.flush()
        line = from_.readline()
        if not line:
            raise PeerFailedError(self._said.read_text(errors="replace")[-2_000:])
        return line.strip()


@contextmanager
def jvm_peer(
    java: tuple[str, ...], kind: str, servers: str, topic: str
) -> Iterator[JvmPeer]:
    """Run a peer of a kind on a topic; ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        begun = time.perf_counter()
        with said.open("w") as errors:
            process = subprocess.Popen(  # noqa: S603  our own program
                (*java, kind, servers, topic, str(SCHEMAS), f"{folder}/state"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        with process:
            try:
                yield JvmPeer(process, said, begun)
                assert process.stdin is not None  # noqa: S101  a pipe
                process.stdin.close()
                process.wait(END_S)
            finally:
                process.kill()
