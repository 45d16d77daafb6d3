"""An Apache Kafka of one's own: for tests, benchmarks and the demonstration.

What lives here: fetching the pinned release from Maven Central with `mvn`, keeping it
in a cache folder, and brokers on loopback that can be started, stopped, killed and
frozen: one, or several that replicate. What never does: anything for production,
where brokers are somebody's own care (`ops/runbook.md`).

The release is pinned: 4.4.0 was published without parts of itself, and data folders
do not go down a version. Source of the recipe: Apache Kafka, KRaft quick start.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ops.cache import kept

RELEASE = "4.3.1"
LOGGING = "2.25.3"
"""Without a logging binding the broker says nothing of why it does not start."""
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
MAVEN_TIMEOUT_S = 300.0
FIRST_PORT, PORTS = 10_000, 22_000
"""Below those the kernel gives away: from 32 768 on (Linux, `ip_local_port_range`)."""
CLUSTER = "childregistryQWERTYUIO"
"""A cluster id: 22 characters of URL-safe base64, the same for all its nodes."""

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>childregistry</groupId><artifactId>broker</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>{dependencies}</dependencies>
</project>
"""
_DEPENDENCY = """<dependency><groupId>{}</groupId>
  <artifactId>{}</artifactId><version>{}</version></dependency>
"""
_LOG4J = """Configuration:
  Appenders:
    Console:
      name: STDOUT
      PatternLayout: {pattern: "%d %p %c %m%n"}
  Loggers:
    Root: {level: WARN, AppenderRef: {ref: STDOUT}}
"""


class BrokerMissingError(Exception):
    """Java, Maven or the release itself cannot be had on this machine."""


class BrokerFailedError(Exception):
    """A broker did not start; carries the last lines that it logged."""


def missing_tools() -> list[str]:
    """Return which of the tools a broker needs are not on this machine."""
    return [tool for tool in ("java", "mvn") if shutil.which(tool) is None]


def release(cache: Path) -> Path:
    """Return the folder of the release's jars, fetched once into a cache folder.

    Raises BrokerMissingError.
    """
    wanted = (f"org.apache.kafka:kafka_2.13:{RELEASE}",)
    logging = (f"org.apache.logging.log4j:log4j-slf4j-impl:{LOGGING}",)
    return fetched(cache, f"kafka-{RELEASE}", wanted + logging)


def tools(cache: Path) -> Path:
    """Return the folder of the release's own tools, such as its console consumer.

    Raises BrokerMissingError.
    """
    wanted = (f"org.apache.kafka:kafka-tools:{RELEASE}",)
    return fetched(cache, f"kafka-tools-{RELEASE}", wanted)


def fetched(cache: Path, name: str, artifacts: Sequence[str]) -> Path:
    """Return a folder with artifacts (`group:artifact:version`) and what they need.

    Raises BrokerMissingError.
    """
    if missing := missing_tools():
        message = f"{' and '.join(missing)} not found"
        raise BrokerMissingError(message)

    def copied(jars: Path) -> None:
        pom = jars.with_name("pom.xml")
        listed = (_DEPENDENCY.format(*one.split(":")) for one in artifacts)
        pom.write_text(_POM.format(dependencies="".join(listed)))
        command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
        result = subprocess.run(  # noqa: S603  a command of constants
            command,
            capture_output=True,
            text=True,
            timeout=MAVEN_TIMEOUT_S,
            check=False,
        )
        if result.returncode != 0:
            message = f"mvn could not fetch {name}: {result.stdout[-500:]}"
            raise BrokerMissingError(message)

    return kept(cache / name, copied)


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on.

    None of those that the kernel gives away by itself: one that is killed and started
    again must find its port free, whoever connected to whom meanwhile.
    """
    while True:
        port = FIRST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True, slots=True)
class Around:
    """A second way in for clients: where the broker listens, and where it says it is.

    What stands between the two ports (a proxy) can cut clients off from a broker that
    its peers still reach.
    """

    port: int
    advertised: int


class Broker:
    """One combined node (broker and controller) with its own folder and ports."""

    def __init__(
        self,
        jars: Path,
        folder: Path,
        node: int,
        quorum: Sequence[tuple[int, int]],
        around: Around | None = None,
    ) -> None:
        """`quorum` lists node and controller port of every node of the cluster."""
        self._jars = jars
        self._folder = folder
        self.node = node
        self._quorum = tuple(quorum)
        self._around = around
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "server.properties").write_text(self._properties())
        (folder / "log4j2.yaml").write_text(_LOG4J)

    def start(self) -> None:
        """Start, formatting the folder at first; returns when the port answers."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start without waiting."""
        data = self._folder / "data"
        if not data.exists():
            self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c").wait()
        self._process = self._java("kafka.Kafka")

    def wait_ready(self) -> None:
        """Wait until the port answers. Raises BrokerFailedError."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        message = f"broker {self.node}: {self.logged()[-2000:]}"
        raise BrokerFailedError(message)

    def stop(self) -> None:
        """Stop cleanly."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill as a power cut would, but for the page cache."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop the process in its tracks."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    def segments(self, topic: str) -> list[Path]:
        """Return the files in which the one partition of a topic lies, in order."""
        return sorted((self._folder / "data" / f"{topic}-0").glob("*.log"))

    def logged(self) -> str:
        """Return what the broker wrote."""
        path = self._folder / "broker.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _signal(self, what: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(what)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)

    def _java(self, main: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [
            "java",
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            f"-Dlog4j2.configurationFile={self._folder / 'log4j2.yaml'}",
            "-cp",
            f"{self._jars}/*",
            main,
            *arguments,
            str(self._folder / "server.properties"),
        ]
        if arguments:
            command.append("--ignore-formatted")
        with (self._folder / "broker.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603  a command of constants and own paths
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def _properties(self) -> str:
        controller = dict(self._quorum)[self.node]
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in self._quorum)
        copies = min(3, len(self._quorum))
        bound = advertised = f"PLAINTEXT://127.0.0.1:{self.port}"
        if self._around is not None:
            bound += f",CLIENT://127.0.0.1:{self._around.port}"
            advertised += f",CLIENT://127.0.0.1:{self._around.advertised}"
        settings = {
            "process.roles": "broker,controller",
            "node.id": self.node,
            "controller.quorum.voters": voters,
            "listeners": f"{bound},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": advertised,
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CLIENT:PLAINTEXT,"
            "CONTROLLER:PLAINTEXT",
            "log.dirs": self._folder / "data",
            "auto.create.topics.enable": "false",
            "unclean.leader.election.enable": "false",
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.num.partitions": 1,
            # A killed node must wait for its old registration to expire: 3 s so, and
            # in production the default.
            "broker.session.timeout.ms": 1000,
            "broker.heartbeat.interval.ms": 200,
            "log.cleaner.enable": "false",
            "group.initial.rebalance.delay.ms": 0,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


class Cluster:
    """Brokers on loopback that form one cluster; a context manager."""

    def __init__(
        self, jars: Path, folder: Path, size: int = 1, around: Sequence[Around] = ()
    ) -> None:
        quorum = [(node, free_port()) for node in range(1, size + 1)]
        ways = dict(enumerate(around, 1))
        self.brokers = [
            Broker(jars, folder / f"broker-{node}", node, quorum, ways.get(node))
            for node, _ in quorum
        ]

    @property
    def addresses(self) -> str:
        """The bootstrap servers, comma separated."""
        return ",".join(broker.address for broker in self.brokers)

    def __enter__(self) -> Self:
        try:
            for broker in self.brokers:
                broker.launch()
            for broker in self.brokers:
                broker.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill all: nothing here is to be kept."""
        for broker in self.brokers:
            broker.thaw()
            broker.kill()
