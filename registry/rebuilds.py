"""Rebuilds that an operator asks a serving node for: begun, told of, ended, promoted.

What lives here: `Rebuilds`, one at a time, each in a process of its own, so that the
node's interpreter goes on answering. What never does: folding, comparing, switching
(`registry.rebuilding`). One that is cancelled clears away what it made; one that does
not end is killed: whatever a rebuild is doing, that changes no file that answers.
"""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final

from events.log import LogError
from projections.files import ProjectionError
from projections.rebuild import RebuildCancelledError, Told
from projections.workers import MAX_WORKERS
from registry.bootstrap import Config, TopicUnfitError
from registry.rebuilding import NAMES, Outcome, rebuild, switch_to
from registry.refusal import InvalidError, NotDoneError, NotKnownError

KEPT: Final = 100
"""Rebuilds told of; the oldest are forgotten."""

CANCEL_S: Final = 10.0
"""How long one that is cancelled may go on: SQLite ends its statement first."""

_PROCESSES: Final = multiprocessing.get_context("spawn")


class State(StrEnum):
    """Where a rebuild is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an operator asks for: projections (none: all), how, whether to switch."""

    names: tuple[str, ...] = ()
    workers: int = 1
    from_topic: bool = False
    promote_if_equal: bool = False
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """A rebuild: how far it is, what came of it, or why nothing did."""

    number: int
    asked: Asked
    state: State
    told: Told = field(
        default_factory=lambda: Told(position=0, head=0, events=0, seconds=0.0)
    )
    outcomes: tuple[Outcome, ...] = ()
    failure: str = ""


class Rebuilds:
    """The rebuilds of one node; every method may be called from several threads."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._guard = threading.Lock()
        self._found: dict[int, Rebuild] = {}
        self._last = 0
        self._cancelled = 0
        """The number of the one that was told to end."""
        self._process: BaseProcess | None = None
        self._thread: threading.Thread | None = None

    def start(self, asked: Asked) -> Rebuild:
        """Begin a rebuild, or return the one that is under way.

        Raises InvalidError.
        """
        self._checked(asked)
        with self._guard:
            if (running := self._running()) is not None:
                return running
            self._last += 1
            begun = Rebuild(number=self._last, asked=asked, state=State.RUNNING)
            self._found[begun.number] = begun
            self._found.pop(begun.number - KEPT, None)
            self._work(begun.number, rebuild_in, (self._config, asked))
            return begun

    def get(self, number: int) -> Rebuild:
        """Return a rebuild. Raises NotKnownError."""
        with self._guard:
            return self._known(number)

    def newest(self) -> list[Rebuild]:
        """Return those that are known of, at most KEPT, the newest first."""
        with self._guard:
            return [self._found[number] for number in sorted(self._found, reverse=True)]

    def cancel(self, number: int) -> Rebuild:
        """End a rebuild that is under way, and wait for its end. Raises NotKnownError.

        What is done by then stays as it is.
        """
        with self._guard:
            found = self._known(number)
            process, thread = self._process, self._thread
            if found.state is not State.RUNNING or process is None or thread is None:
                return found
            self._cancelled = number
            process.terminate()
        thread.join(CANCEL_S)
        if thread.is_alive():
            process.kill()  # what it leaves, the next one clears away
            thread.join()
        return self.get(number)

    def promote(self, number: int, *, even_if_different: bool) -> Rebuild:
        """Begin to switch to what was built. Raises NotKnownError, NotDoneError."""
        with self._guard:
            found = self._known(number)
            if found.state is not State.DONE or self._running() is not None:
                message = f"rebuild {number} is {found.state}, or another is under way"
                raise NotDoneError(message)
            begun = replace(found, state=State.RUNNING)
            self._found[number] = begun
            given = (self._config, found.outcomes, even_if_different)
            self._work(number, promote_in, given)
            return begun

    def close(self) -> None:
        """End what is under way."""
        for found in list(self._found.values()):
            if found.state is State.RUNNING:
                self.cancel(found.number)

    def _checked(self, asked: Asked) -> None:
        for index, name in enumerate(asked.names):
            if name not in NAMES:
                rule = f"is one of {', '.join(NAMES)}"
                raise InvalidError(f"projections[{index}]", rule)
        if not 1 <= asked.workers <= MAX_WORKERS:
            raise InvalidError("workers", f"is 1 to {MAX_WORKERS}")
        if asked.from_topic and self._config.kafka is None:
            raise InvalidError("source", "is this node's copy: it has no topic")

    def _known(self, number: int) -> Rebuild:
        if number not in self._found:
            raise NotKnownError(f"rebuilds/{number}")
        return self._found[number]

    def _running(self) -> Rebuild | None:
        running = (f for f in self._found.values() if f.state is State.RUNNING)
        return next(running, None)

    def _work(
        self, number: int, target: Callable[..., None], given: tuple[object, ...]
    ) -> None:
        ours, theirs = _PROCESSES.Pipe(duplex=False)
        process: BaseProcess = _PROCESSES.Process(
            target=target, args=(*given, theirs), name="rebuild"
        )
        process.start()
        theirs.close()
        self._process, self._cancelled = process, 0
        self._thread = threading.Thread(
            target=self._listen, args=(number, process, ours), name="rebuild"
        )
        self._thread.start()

    def _listen(self, number: int, process: BaseProcess, pipe: Connection) -> None:
        """Take what a process says until its last word, or its end without one."""
        last = False
        while not last:
            try:
                said = pipe.recv()
            except EOFError:
                process.join()
                said = f"its process ended with {process.exitcode}"
            last = not isinstance(said, Told)
            with self._guard:
                found = _after(self._found[number], said)
                if found.state is State.FAILED and number == self._cancelled:
                    found = replace(found, state=State.CANCELLED, failure="")
                self._found[number] = found
        process.join()
        pipe.close()


def _after(found: Rebuild, said: Told | str | tuple[Outcome, ...]) -> Rebuild:
    """Return a rebuild after a word of its process."""
    match said:
        case Told():
            return replace(found, told=said)
        case str():
            return replace(found, state=State.FAILED, failure=said)
    return replace(found, state=State.DONE, outcomes=said)


def rebuild_in(config: Config, asked: Asked, pipe: Connection) -> None:
    """Rebuild in a process of its own; say how far, and what came of it."""

    def tell(told: Told) -> bool:
        pipe.send(told)
        return True

    def work() -> tuple[Outcome, ...]:
        return tuple(
            rebuild(
                config,
                asked.names,
                tell,
                switch="equal" if asked.promote_if_equal else "never",
                workers=asked.workers,
                from_topic=asked.from_topic,
            )
        )

    _said(work, pipe)


def promote_in(
    config: Config,
    outcomes: Sequence[Outcome],
    even_if_different: bool,  # noqa: FBT001  goes to a process by its place
    pipe: Connection,
) -> None:
    """Switch in a process of its own; say what came of it."""
    built = [outcome.built for outcome in outcomes]
    switch = "always" if even_if_different else "equal"
    _said(lambda: tuple(switch_to(config, built, switch=switch)), pipe)


def _said(work: Callable[[], tuple[Outcome, ...]], pipe: Connection) -> None:
    signal.signal(signal.SIGTERM, _cancelled)
    try:
        said: tuple[Outcome, ...] | str = work()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is done
    except (
        ProjectionError,
        LogError,
        TopicUnfitError,
        OSError,
        sqlite3.Error,  # the disk takes no more
    ) as error:
        said = f"{type(error).__name__}: {error}"
    pipe.send(said)


def _cancelled(_signal: int, _frame: object) -> None:
    raise RebuildCancelledError
