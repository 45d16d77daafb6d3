"""Rebuild: a new generation beside the live file, compared with it, then switched to.

What lives here: `build`, `compare`, `promote`, in this order. What never does: a change
of the live file before `promote`; whatever is killed or cancelled before leaves files
without a name in CURRENT, which the next build clears away.

`build` folds the log from its first entry, all projections in one pass, without a
journal, indexes last, and makes the file durable once at its end. `compare` brings the
new file to the live one's checkpoint and compares every row there, while the live file
goes on. `promote` brings it to where the live file stands now and replaces CURRENT: no
reader ever sees a position lower than one it saw before.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from events.files import durable, read_only
from events.log import Entries, LogError
from projections.files import (
    Files,
    FolderLock,
    OtherHistoryError,
    ProjectionError,
    open_reader,
    remove,
    retire,
)
from projections.opened import OpenedEntry, open_all
from projections.view import (
    Checkpoint,
    LiveFile,
    Projection,
    checkpoint_of,
    create,
    digest,
    settle,
    stage,
    uncollected,
    write_checkpoint,
)

BATCH: Final = 128
"""Entries opened and folded together: what they make stays in the processor's cache."""
MAX_DIFFERENT: Final = 1_000
"""Children named by a comparison; where there are more, something else is wrong."""
SETTLE_S: Final = 10.0
"""How long a comparison waits for a live file that is behind the new one."""
LOOK_S: Final = 0.01


class RebuildBusyError(ProjectionError):
    """Another rebuild works in this folder."""

    def __init__(self) -> None:
        super().__init__("another rebuild works in this folder")


class RebuildCancelledError(ProjectionError):
    """The rebuild was cancelled; nothing has changed."""


class NotComparableError(ProjectionError):
    """There is no live file of this fold at a position the new one can come to."""


class BehindError(ProjectionError):
    """The new file cannot come to where the live one stands: it is not switched to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far a build has come: entries of how many, events, and seconds since."""

    position: int
    head: int
    events: int
    seconds: float


Tell = Callable[[Told], bool]
"""Takes what is told after each batch; gives False to cancel the build."""


def nothing_to_tell(_told: Told) -> bool:
    """Go on, whatever is told."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A completed generation that nobody reads yet.

    `stopped` says why it ends before the log does, where an entry could not be opened.
    """

    projection: Projection
    files: Files
    path: Path
    checkpoint: Checkpoint
    events: int
    seconds: float
    stopped: LogError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The live file and a new one at the same checkpoint.

    `different` names the children and persons with different rows, up to MAX_DIFFERENT.
    """

    checkpoint: Checkpoint
    live: str
    new: str
    different: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether every row is the same."""
        return self.live == self.new


def build(
    folder: Path,
    projections: Sequence[Projection],
    log: Entries,
    tell: Tell = nothing_to_tell,
) -> list[Built]:
    """Fold the log into a new generation of each projection, in one pass.

    Raises RebuildBusyError, RebuildCancelledError where `tell` gives False, and
    sqlite3.Error where the disk does not take it; nothing is left then.
    """
    with building(folder):
        works = [_Work(Files(folder, p.name, p.fold), p) for p in projections]
        try:
            with uncollected():
                told, stopped = _fold(works, log, tell)
            return [work.completed(told, stopped) for work in works]
        finally:
            for work in works:
                work.abandon()


@contextmanager
def building(folder: Path) -> Iterator[None]:
    """Be the only build in a folder, and clear away what ended ones left.

    Raises RebuildBusyError.
    """
    with FolderLock(folder, "rebuild.lock").held(wait=False) as free:
        if not free:
            raise RebuildBusyError
        for abandoned in folder.glob("*.sqlite.building*"):
            remove(abandoned)
        yield


def _fold(works: list[_Work], log: Entries, tell: Tell) -> tuple[Told, LogError | None]:
    begun, position, events = time.monotonic(), 0, 0
    stopped: LogError | None = None
    head = log.head().position
    while stopped is None and (entries := log.read(position, BATCH)):
        opened, stopped = open_all(entries)
        if opened:
            for work in works:
                work.apply(opened)
            position = opened[-1].position
            events += sum(len(entry.events) for entry in opened)
        told = _told(position, max(head, position), events, begun)
        if not tell(told):
            raise RebuildCancelledError
    return _told(position, max(head, position), events, begun), stopped


def _told(position: int, head: int, events: int, begun: float) -> Told:
    seconds = time.monotonic() - begun
    return Told(position=position, head=head, events=events, seconds=seconds)


def next_path(files: Files) -> Path:
    """Return the file of the generation after all that are there."""
    newest = max((number for number, _ in files.generations()), default=0)
    return files.path(newest + 1)


def building_path(path: Path) -> Path:
    """Return where a file is until it is whole."""
    return path.with_name(path.name + ".building")


def give_name(built: Path, path: Path) -> None:
    """Make a file that is whole durable, ready to be followed, and name it."""
    with closing(sqlite3.connect(built)) as once:
        once.execute("PRAGMA journal_mode=WAL")
    durable(built, path)


class _Work:
    """One projection's file while it is built; it has no name that anyone reads."""

    def __init__(self, files: Files, projection: Projection) -> None:
        self._files = files
        self._projection = projection
        self._path = next_path(files)
        self._building = building_path(self._path)
        self._connection: sqlite3.Connection | None = create(self._building, projection)
        stage(self._connection, projection)
        self._fold = projection.folding(self._connection, whole=True)
        self._last: OpenedEntry | None = None
        self._connection.execute("BEGIN")

    def apply(self, entries: list[OpenedEntry]) -> None:
        self._fold(entries)
        self._last = entries[-1]

    def completed(self, told: Told, stopped: LogError | None) -> Built:
        """Make indexes, make it durable, give it its name."""
        connection = self._connection
        assert connection is not None  # noqa: S101  completed once only
        if self._last is not None:
            write_checkpoint(connection, self._last)
        settle(connection, self._projection)
        connection.execute("COMMIT")
        connection.executescript(self._projection.indexes)
        checkpoint = checkpoint_of(connection)
        connection.close()
        self._connection = None
        give_name(self._building, self._path)
        return Built(
            projection=self._projection,
            files=self._files,
            path=self._path,
            checkpoint=checkpoint,
            events=told.events,
            seconds=told.seconds,
            stopped=stopped,
        )

    def abandon(self) -> None:
        """Delete what was not completed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            remove(self._building)


def compare(built: Built, log: Entries) -> Comparison:
    """Compare every row of a new generation with the live file's.

    The new file is brought to the live one's checkpoint; both are read as they stand
    there while the live one goes on. Raises NotComparableError.
    """
    connection = _at_one_checkpoint(built, log)
    try:
        checkpoint = checkpoint_of(connection)
        live = digest(connection, built.projection)
        new = digest(connection, built.projection, "new")
        different = () if live == new else _different(connection, built.projection)
        return Comparison(
            checkpoint=checkpoint, live=live, new=new, different=different
        )
    finally:
        connection.close()


def _at_one_checkpoint(built: Built, log: Entries) -> sqlite3.Connection:
    """Return a connection that reads both files at the live one's checkpoint."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        with FolderLock(built.files.folder).held():
            connection = _reading(built)
            position = checkpoint_of(connection).position
            if _brought_to(built, log, position) == position:
                # Reading begins here: what others commit later is not seen.
                connection.execute("ATTACH ? AS new", (read_only(built.path),))
                connection.execute("BEGIN")
                checkpoint_of(connection)
                connection.execute("SELECT position FROM new.checkpoint").fetchone()
                return connection
            connection.close()
        time.sleep(LOOK_S)
    message = f"the live file of {built.projection.name} and the new one do not meet"
    raise NotComparableError(message)


def _reading(built: Built) -> sqlite3.Connection:
    try:
        return open_reader(built.files.current())
    except ProjectionError as error:
        raise NotComparableError(str(error)) from error


def _brought_to(built: Built, log: Entries, position: int) -> int:
    """Apply what the new file lacks up to a position; return where it stands then."""
    new = LiveFile(built.path, built.projection)
    try:
        while (after := new.checkpoint.position) < position:
            opened, _ = open_all(log.read(after, min(BATCH, position - after)))
            if not opened:
                break
            new.apply(opened)
        return new.checkpoint.position
    finally:
        new.close()


def _different(
    connection: sqlite3.Connection, projection: Projection
) -> tuple[str, ...]:
    found: set[str] = set()
    for query in projection.digested:
        live, new = query.format("main"), query.format("new")
        for one, other in ((live, new), (new, live)):
            rows = connection.execute(
                f"SELECT DISTINCT subject FROM (SELECT * FROM ({one}) "  # noqa: S608  the projection's own
                f"EXCEPT SELECT * FROM ({other})) LIMIT {MAX_DIFFERENT}"
            )
            found.update(row[0] for row in rows)
    return tuple(sorted(found))[:MAX_DIFFERENT]


def promote(built: Built, log: Entries) -> None:
    """Make a new generation the one that answers; the one before it is kept.

    Raises BehindError where it cannot come to the live file's checkpoint.
    """
    files = built.files
    _brought_to(built, log, log.head().position)
    with FolderLock(files.folder).held():
        before = files.named()
        position = _position_in(log, before)
        reached = _brought_to(built, log, position)
        if reached < position:
            message = f"{built.path.name} stands at {reached}, live is at {position}"
            raise BehindError(message)
        files.switch(built.path)
    retire(files, before)


def _position_in(log: Entries, live: Path | None) -> int:
    """Return where a file stands in the log; 0 where it is of no use any more."""
    if live is None or not live.exists():
        return 0
    with closing(open_reader(live)) as connection:
        checkpoint = checkpoint_of(connection)
    return checkpoint.position if in_log(checkpoint, log) else 0


def in_log(checkpoint: Checkpoint, log: Entries) -> bool:
    """Whether the log has the entry that a file says it has applied last."""
    if checkpoint.position == 0:
        return True
    found = log.read(checkpoint.position - 1, 1)
    return bool(found) and found[0].hash == checkpoint.hash


def open_live(path: Path, projection: Projection, log: Entries) -> LiveFile:
    """Return a file to follow the log with.

    Raises OtherHistoryError where it was folded from entries that the log does not
    have.
    """
    live = LiveFile(path, projection)
    if not in_log(live.checkpoint, log):
        live.close()
        where = f"{path.name} stands at {live.checkpoint.position}"
        message = f"{where}, an entry that this log does not have"
        raise OtherHistoryError(message)
    return live
