"""Real servers of one registry, as processes: started, killed, frozen, started again.

What lives here: processes and ports. What never does: clients, judgment.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

from ops.broker import free_port

START_S = 60.0


class Server:
    """One node with its own folder and a port that stays the same."""

    def __init__(self, folder: Path, name: str, servers: str, topic: str) -> None:
        self.name = name
        self.log = folder / "data" / "log.sqlite"
        self.address = f"127.0.0.1:{free_port()}"
        self._config = folder / "childregistry.toml"
        self._errors = folder / "stderr"
        self._process: subprocess.Popen[str] | None = None
        folder.mkdir(parents=True)
        text = (
            f'registry = "registry.example/fire"\nnode = "{name}"\n'
            f'data_dir = "data"\naddress = "{self.address}"\n'
        )
        if servers:
            text += f'[kafka]\nservers = "{servers}"\ntopic = "{topic}"\n'
        self._config.write_text(text)

    def start(self) -> None:
        """Start; returns when it serves. Raises RuntimeError where it does not."""
        command = [sys.executable, "-m", "ops.cli", "serve", "--json"]
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                [*command, "-c", str(self._config)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        stuck = threading.Timer(START_S, self._process.kill)
        stuck.start()
        line = self._process.stdout.readline() if self._process.stdout else ""
        stuck.cancel()
        if not line:
            self._reap()
            message = f"{self.name}: {self._errors.read_text()[-1000:]}"
            raise RuntimeError(message)
        json.loads(line)

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

    def memory(self) -> int:
        """Return the resident memory in bytes; 0 where it does not run."""
        if self._process is None:
            return 0
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * 4096

    def _signal(self, what: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(what)

    def _reap(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(START_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(START_S)
            if process.stdout:
                process.stdout.close()
