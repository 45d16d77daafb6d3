"""What runs in the runner's own process: a runner, until the server ends.

What lives here: the life of that process, and what the two say to each other. What
never does: the server's side (`projections.apart`), applying (`projections.runner`).

The server tells how far the log is; the runner says in a `Word` how far it is itself.
It ends when what the server tells ends, which is closed or dies with the server.
"""

from __future__ import annotations

import gc
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from events.log import LogError
from events.reading import FollowedLog
from projections.files import ProjectionError
from projections.progress import StoppedError
from projections.rebuild import RebuildBusyError, RebuildCancelledError
from projections.runner import Runner

LOG: Final = "log.sqlite"
BUSY_S: Final = 5.0
"""How long the end of another build is waited for at the start."""
AGAIN_S: Final = 0.1
"""How often it is looked for."""


class Word(NamedTuple):
    """How far the runner is; why it cannot go on, if so, and that it ends, if it does.

    It ends by itself only where it could not begin.
    """

    position: int
    why: str = ""
    ends: bool = False


def run(folder: Path, registry: str, told: Connection, words: Connection) -> None:
    """Apply entries until the server says so, or is gone."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the server's, which tells us

    def say(word: Word) -> None:
        with suppress(OSError):  # the server is gone
            words.send(word)

    def said(position: int, stopped: StoppedError | None) -> None:
        say(Word(position, "" if stopped is None else str(stopped.__cause__)))

    try:
        with (
            closing(_ToldLog(folder / LOG, registry)) as log,
            closing(Runner(folder, log, said=said, fresh=False)) as runner,
        ):
            server = threading.Thread(target=log.listen, args=(told,), daemon=True)
            server.start()
            _start(runner, log.ended)
            said(runner.applied(), runner.stopped)
            gc.collect()
            gc.freeze()  # as the server does: what stays is not gone over again
            log.ended.wait()
    except RebuildCancelledError:
        return
    except (OSError, LogError, ProjectionError, sqlite3.Error) as error:
        say(Word(0, str(error), ends=True))


def _start(runner: Runner, ended: threading.Event) -> None:
    """Start; where a build goes on, wait a while for its end.

    It may be that of a server which was killed, and whose runner sees that soon.
    """
    until = time.monotonic() + BUSY_S
    while True:
        try:
            return runner.start(lambda _told: not ended.is_set())
        except RebuildBusyError:
            if time.monotonic() >= until or ended.wait(AGAIN_S):
                raise


class _ToldLog(FollowedLog):
    """A log in a file, whose keeper says how far it is: nobody looks meanwhile."""

    def __init__(self, path: Path, registry: str) -> None:
        super().__init__(path, registry)
        self.ended = threading.Event()
        self._changed = threading.Condition()
        self._told = 0

    def listen(self, told: Connection) -> None:
        """Take what the server tells until it tells nothing more."""
        with suppress(EOFError, OSError):
            while True:
                position = told.recv()
                with self._changed:
                    self._told = position
                    self._changed.notify_all()
        self.ended.set()
        with self._changed:
            self._changed.notify_all()

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until it was told that the position is in the file, or the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._told >= position or self.ended.is_set(), timeout_s
            )
            return self._told >= position
