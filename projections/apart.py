"""The runner in a process of its own, beside the server that answers from its files.

What lives here: `Apart`, which a server holds in a `Runner`'s place. What never does:
what runs over there (`projections.running`), rows, answers.

In one interpreter the two take turns, and a runner gives its turn away at every
statement of SQLite: beside a thousand readers of the feed it took 59 ms for 8 ms of
work, and every question that waited for it took as long.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from events.log import Log, LogClosedError
from projections.files import ProjectionError
from projections.progress import Awaited, Shared, StoppedError, tell
from projections.running import Word, run

GATHER_S: Final = 0.01
"""How long entries gather that nobody waits for: a pass over all projections costs
several times what one more entry in it does."""
LOOK_S: Final = 0.5
"""How long the log is waited for before looking whether to close."""
AGAIN_S: Final = 0.5
"""Between the death of a runner and the next one."""
STOP_S: Final = 15.0
"""A batch is applied to its end; what takes longer is killed, and loses nothing."""

_PROCESSES: Final = multiprocessing.get_context("spawn")


class RunnerLostError(ProjectionError):
    """The process that applies entries did not come up."""


@dataclass(frozen=True, slots=True)
class _Process:
    """A process that runs a runner, and our ends of what it is told and says."""

    process: BaseProcess
    told: Connection
    said: Connection

    def tell(self, position: int) -> bool:
        """Say how far the log is, unless it has not taken what it was told before."""
        try:
            self.told.send(position)
        except OSError:  # full, or it died
            return False
        return True

    def hear(self) -> Word | None:
        """Return its next word; None once it has ended."""
        try:
            word: Word = self.said.recv()
        except (EOFError, OSError):
            return None
        return word

    def let_go(self) -> None:
        """Let go of what is left of it."""
        self.process.join()
        self.told.close()
        self.said.close()


def _spawned(folder: Path, registry: str) -> _Process:
    heard, told = _PROCESSES.Pipe(duplex=False)
    said, says = _PROCESSES.Pipe(duplex=False)
    os.set_blocking(told.fileno(), False)
    process = _PROCESSES.Process(
        target=run, args=(folder, registry, heard, says), name="childregistry-runner"
    )
    process.start()
    heard.close()
    says.close()
    return _Process(process, told, said)


class Apart(Awaited):
    """A folder's runner, in another process: see `projections.runner.Runner`.

    It ends when this process does, however that ends; where it dies alone, another
    takes its place.
    """

    def __init__(self, folder: Path, log: Log) -> None:
        """Start the process; the log's file is in the folder."""
        super().__init__()
        self._folder, self._log = folder, log
        self._shared = Shared(folder, writing=True)
        self._shared.write(0, stopped=False)  # until it is known what the files hold
        self._began: Future[None] = Future()
        self._runner = _spawned(folder, log.registry)
        self._threads = [
            threading.Thread(target=self._tell, name="told"),
            threading.Thread(target=self._listen, name="applied"),
        ]

    def start(self) -> None:
        """Have what has no file built, and the log followed; return once it is.

        Raises RunnerLostError where it cannot begin.
        """
        for thread in self._threads:
            thread.start()
        self._began.result()

    def applied(self) -> int:
        """Return the position that every projection followed has applied."""
        return self._shared.read()[0]

    def close(self) -> None:
        """Let it apply what it is at, and end; whoever waits is told."""
        with self._guard:
            self._closing.set()
            waiting, runner = self._waiting.all(), self._runner
            runner.told.close()  # it sees this
        tell(waiting, LogClosedError())
        runner.process.join(STOP_S)
        runner.process.kill()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        runner.let_go()
        self._shared.close()

    def _tell(self) -> None:
        """Say how far the log is, whenever it has grown."""
        told = 0
        while not self._closing.is_set():
            if not self._log.wait(told + 1, LOOK_S):
                continue
            self._waiting.somebody.wait(GATHER_S)
            position = self._log.head().position
            with self._guard:
                taken = self._runner.tell(position)
            if taken:
                told = position
            else:
                self._closing.wait(GATHER_S)

    def _listen(self) -> None:
        """Hear how far the runner is; put another in the place of one that died."""
        while not self._closing.is_set():
            while (word := self._runner.hear()) is not None:
                self._heard(word)
            self._runner.process.join()
            if not self._began.done():
                code = self._runner.process.exitcode
                why = f"it ended with {code}; its own output says why"
                self._began.set_exception(RunnerLostError(why))
                return
            if not self._closing.wait(AGAIN_S):
                try:
                    self._replace()
                except OSError as error:  # no memory, no handles: tried again
                    self._heard(Word(self.applied(), f"no process for it: {error}"))

    def _replace(self) -> None:
        with self._guard:
            if not self._closing.is_set():
                self._runner.let_go()
                self._runner = _spawned(self._folder, self._log.registry)
                self._runner.tell(self._log.head().position)

    def _heard(self, word: Word) -> None:
        stopped = None
        if word.why:
            stopped = StoppedError(word.position, ProjectionError(word.why))
        with self._guard:
            self._stopped = stopped
            applied = self.applied()
            done = self._waiting.reached(applied)
            lost = self._waiting.all() if stopped is not None else []
        tell(done, applied)
        if stopped is not None:
            tell(lost, stopped)
        if not self._began.done():
            if word.ends:
                self._began.set_exception(RunnerLostError(word.why))
            else:
                self._began.set_result(None)
