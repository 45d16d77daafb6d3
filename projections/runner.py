"""The runner: one thread that applies the log to every projection, and wakes waiters.

What lives here: following, waiting, the state an operator sees. What never does:
meaning, builds from the first entry (`projections.rebuild`; the runner asks for one
where a projection has no file at all).

Where it cannot go on, it stops and says at which entry and why: a schema that this
release does not have, a full disk, a damaged log. What came before goes on being
answered; whoever waits for more is told at once. It tries again by itself, and goes on
as soon as it can.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from events.log import Log, LogClosedError
from projections.barred import BarredProjection
from projections.custody import PROJECTION as CUSTODY
from projections.docket import DocketProjection
from projections.files import (
    Files,
    FoldChangedError,
    FolderLock,
    OtherHistoryError,
    ProjectionError,
    Stamp,
    stamp_of,
)
from projections.limits import LimitsProjection
from projections.matters import MattersProjection
from projections.opened import open_all
from projections.places import PlacesProjection
from projections.progress import Awaited, Shared, StoppedError, tell
from projections.rebuild import Tell, build, nothing_to_tell, open_live
from projections.view import LiveFile, Projection
from projections.wards import WardsProjection

PROJECTIONS: Final[tuple[Projection, ...]] = (
    CUSTODY,
    BarredProjection(),
    MattersProjection(),
    PlacesProjection(),
    LimitsProjection(),
    DocketProjection(),
    WardsProjection(),
)
"""Every projection of this release."""
BATCH: Final = 500
"""Entries applied in one transaction: larger ones gain little and block longer."""
FOLLOW_S: Final = 0.05
"""How long the log is waited for before looking whether to stop, or at CURRENT."""
RETRY_S: Final = 0.5
"""How long after a stop it is tried again."""
LOCK_S: Final = 0.005
"""How long until a lock that another holds for a moment is tried again."""


Said = Callable[[int, StoppedError | None], None]
"""Takes the position reached, and why nothing more is applied for now, or None."""


def nobody(_position: int, _stopped: StoppedError | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerState:
    """What an operator sees: how far, whether it goes on, which files it cannot use.

    `demanded` names the projections that are not followed, each with why: folded under
    another number, or from another log. They need a rebuild.
    """

    position: int
    stopped: StoppedError | None
    demanded: dict[str, ProjectionError]


class Runner(Awaited):
    """Keeps the current files of a folder up to the log; one for each folder."""

    def __init__(
        self,
        folder: Path,
        log: Log,
        projections: Sequence[Projection] = PROJECTIONS,
        *,
        said: Said = nobody,
        fresh: bool = True,
    ) -> None:
        """`said` is told what the state changed to, in the runner's own thread.

        Where it is not `fresh`, what was said before it of how far the files are holds.
        """
        super().__init__()
        self._folder = folder
        self._said = said
        self._log = log
        self._projections = tuple(projections)
        self._lock = FolderLock(folder)
        self._files = {p.name: Files(folder, p.name, p.fold) for p in self._projections}
        self._pointers = {
            name: str(files.pointer) for name, files in self._files.items()
        }
        self._live: dict[str, LiveFile] = {}
        self._stamps: dict[str, Stamp | None] = {}
        """Of the CURRENT that each live file was opened by."""
        self._demanded: dict[str, ProjectionError] = {}
        self._alone = FolderLock(folder, "runner.lock")
        self._shared = Shared(folder, writing=True)
        if fresh:  # until it is known what the files hold
            self._shared.write(0, stopped=False)
        self._position = self._shared.read()[0]
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)

    def start(self, tell: Tell = nothing_to_tell) -> None:
        """Build what has no file, then follow the log in a thread of its own."""
        missing = [p for p in self._projections if self._named(p) is None]
        if missing:
            for built in build(self._folder, missing, self._log, tell):
                built.files.switch(built.path)
        self._thread.start()

    def applied(self) -> int:
        """Return the position that every projection followed has applied."""
        return self._position

    @property
    def stopped(self) -> StoppedError | None:
        """Why nothing more is applied for now, or None."""
        return self._stopped

    def state(self) -> RunnerState:
        """Return how far it has come, and what is wrong."""
        with self._guard:
            return RunnerState(
                position=self._position,
                stopped=self._stopped,
                demanded=dict(self._demanded),
            )

    def close(self) -> None:
        """Stop following; whoever waits is told."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        for live in self._live.values():
            live.close()
        with self._guard:
            waiting = self._waiting.all()
        tell(waiting, LogClosedError())
        self._shared.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            # Another process of a keeper that was killed may be at its last batch.
            with self._alone.held(wait=False) as alone:
                if alone:
                    self._follow()
            self._closing.wait(LOCK_S)

    def _follow(self) -> None:
        while not self._closing.is_set():
            try:
                more = self._advance()
            except Exception as error:  # noqa: BLE001  whoever waits, and the state, get the error itself
                self._stop(error)
                self._closing.wait(RETRY_S)
                continue
            if not more:
                self._log.wait(self._position + 1, FOLLOW_S)

    def _advance(self) -> bool:
        """Apply one batch to every projection; say whether there is more."""
        if self._at_rest():
            return False
        with self._lock.held(wait=False) as free:
            if not free:
                time.sleep(LOCK_S)
                return True
            self._follow_current()
            checkpoints = [f.checkpoint.position for f in self._live.values()]
            if not checkpoints:
                raise next(iter(self._demanded.values()))
            entries = self._log.read(min(checkpoints), BATCH)
            opened, failed = open_all(entries)
            for live in self._live.values():
                live.apply(opened)
            position = min(f.checkpoint.position for f in self._live.values())
        self._reached(position, going_on=failed is None)
        if failed is not None:
            raise failed
        return bool(entries) and position < self._log.head().position

    def _at_rest(self) -> bool:
        """Whether all is applied, and to the files that are current still."""
        return (
            self._stopped is None
            and not self._demanded
            and bool(self._live)
            and self._position >= self._log.head().position
            and all(self._same_file(p.name) for p in self._projections)
        )

    def _same_file(self, name: str) -> bool:
        stamp = stamp_of(self._pointers[name])
        return name in self._live and self._stamps.get(name) == stamp

    def _follow_current(self) -> None:
        """Open the file that CURRENT names, where that is another than before."""
        demanded: dict[str, ProjectionError] = {}
        for projection in self._projections:
            name, files = projection.name, self._files[projection.name]
            if self._same_file(name):
                continue
            held, stamp = self._live.get(name), stamp_of(self._pointers[name])
            try:
                path = files.current()
                if held is not None and held.path == path:
                    self._stamps[name] = stamp
                    continue
                live = open_live(path, projection, self._log)
            except (FoldChangedError, OtherHistoryError) as error:
                demanded[name] = error
                if held is not None:
                    self._live.pop(name).close()
                continue
            if held is not None:
                held.close()
            self._live[name], self._stamps[name] = live, stamp
        with self._guard:
            self._demanded = demanded

    def _named(self, projection: Projection) -> Path | None:
        return self._files[projection.name].named()

    def _reached(self, position: int, *, going_on: bool) -> None:
        """Wake whoever waits for a position that is applied now."""
        with self._guard:
            self._position = position
            if going_on:
                self._stopped = None
            self._shared.write(position, stopped=self._stopped is not None)
            done, stopped = self._waiting.reached(position), self._stopped
        tell(done, position)
        self._said(position, stopped)

    def _stop(self, error: Exception) -> None:
        """Say that it stopped, and tell whoever waits."""
        with self._guard:
            self._stopped = StoppedError(self._position, error)
            self._shared.write(self._position, stopped=True)
            waiting, stopped = self._waiting.all(), self._stopped
        tell(waiting, stopped)
        self._said(self._position, stopped)
