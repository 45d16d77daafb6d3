"""Real servers of one registry, as processes: started, killed, frozen, started again.

What lives here: processes, ports, disks and clocks of servers, and the commands that an
operator would run on them. What never does: clients, judgment.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ops.broker import free_port

START_S = 60.0
REGISTRY = "registry.example/fire"


class ServerFailedError(Exception):
    """A server did not start; carries how it ended and what it wrote last."""

    def __init__(self, name: str, code: int, said: str) -> None:
        super().__init__(f"{name} ended with {code}: {said}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that processes have in memory.

    `own` is the programs'; `mapped` are pages of files, which the kernel takes back
    when it needs them: they grow with the files that are read.
    """

    own: int
    mapped: int


class Server:
    """One node with its own folder and a port that stays the same.

    `program` is what Python runs as the command line, where it is not this release's;
    `ledger` the topic of deliveries, where there is one.
    """

    def __init__(  # noqa: PLR0913  what a node's file says
        self,
        folder: Path,
        name: str,
        servers: str = "",
        topic: str = "",
        program: tuple[str, ...] = ("-m", "ops.cli"),
        *,
        registry: str = REGISTRY,
        ledger: str = "",
        more: str = "",
    ) -> None:
        """`more` is said in its configuration beside."""
        self.name = name
        self._program = program
        self.folder = folder / "data"
        self.log = self.folder / "log.sqlite"
        self.address = f"127.0.0.1:{free_port()}"
        self.config = folder / "childregistry.toml"
        self._clock = folder / "clock"
        self._errors = folder / "stderr"
        self._process: subprocess.Popen[str] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        text = (
            f'registry = "{registry}"\nnode = "{name}"\n'
            f'data_dir = "data"\naddress = "{self.address}"\n'
        )
        if servers:
            text += f'[kafka]\nservers = "{servers}"\ntopic = "{topic}"\n'
        if ledger:
            text += f'deliveries = "{ledger}"\n'
        self.config.write_text(text + more)

    def list_peers(self, servers: Iterable[Server]) -> None:
        """Let it forward to others, from its next start on; it leaves itself out."""
        with self.config.open("a") as config:
            for other in servers:
                config.write(
                    f'[[peers]]\nnode = "{other.name}"\naddress = "{other.address}"\n'
                )

    def start(self) -> None:
        """Start; returns when it serves. Raises ServerFailedError where it does not."""
        command = [*self._command(), "serve", "--json", "-c", str(self.config)]
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                command, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        stuck = threading.Timer(START_S, self._process.kill)
        stuck.start()
        line = self._process.stdout.readline() if self._process.stdout else ""
        stuck.cancel()
        if not line:
            code = self._reap()
            raise ServerFailedError(self.name, code, self.said())
        json.loads(line)

    def said(self) -> str:
        """Return what it wrote last of its errors."""
        return self._errors.read_text()[-1000:]

    def kill(self) -> None:
        """Kill at once, wherever it is."""
        self._signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        """Stop cleanly."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        self._reap()

    def freeze(self) -> None:
        """Stop the process in its tracks."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """Let the process write nothing more, as on a full disk."""
        self._limit(0)

    def free_disk(self) -> None:
        """Let the process write again."""
        self._limit(resource.RLIM_INFINITY)

    def set_clock(self, off_s: float) -> None:
        """Set its clock wrong by seconds, now and after the next start."""
        fresh = self._clock.with_name("clock.new")
        fresh.write_text(str(int(off_s * 1e6)))
        fresh.replace(self._clock)

    def operate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the project on this node, as an operator would."""
        return subprocess.run(  # noqa: S603  our own command
            [*self._command(), *arguments, "-c", str(self.config)],
            capture_output=True,
            text=True,
            timeout=2 * START_S,
            check=False,
        )

    def pages(self) -> list[str]:
        """Return the pages of the runbook that `childregistry doctor` names."""
        found = self.operate("doctor", "--json").stdout.splitlines()
        return [page for line in found if (page := json.loads(line)["page"])]

    def set_aside(self) -> None:
        """Move the copy away, as the runbook says of a damaged one."""
        for part in self.folder.glob("log.sqlite*"):
            if not part.name.endswith(".aside"):
                part.rename(part.with_name(f"{part.name}.aside"))

    def memory(self) -> Memory:
        """Return what its processes have in memory; nothing where it does not run."""
        own = mapped = 0
        for process in self.processes():
            status = Path(f"/proc/{process}/status").read_text().splitlines()
            fields = dict(line.split(":", 1) for line in status)
            own += int(fields["RssAnon"].split()[0]) * 1024
            mapped += int(fields["RssFile"].split()[0]) * 1024
        return Memory(own, mapped)

    def processes(self) -> list[int]:
        """Return the server's process, and those that it started."""
        found = [] if self._process is None else [self._process.pid]
        for process in found:
            for task in Path(f"/proc/{process}/task").glob("*/children"):
                found += map(int, task.read_text().split())
        return found

    def _command(self) -> list[str]:
        if self._clock.exists():
            return [sys.executable, "-m", "ops.fire.skewed", str(self._clock)]
        return [sys.executable, *self._program]

    def _limit(self, size: int) -> None:
        limits = (size, resource.RLIM_INFINITY)
        for process in self.processes():
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)

    def _signal(self, what: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(what)

    def _reap(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        try:
            process.wait(START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(START_S)
        if process.stdout:
            process.stdout.close()
        return process.returncode
