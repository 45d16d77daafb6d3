"""The files of a projection: generations, the one that is current, who reads them.

What lives here: names, the switch, read-only connections, what is deleted when. What
never does: rows (`projections.view`).

A projection's file is `<name>.<fold>.<generation>.sqlite`. `<name>.CURRENT` holds the
name of the one that answers and is replaced by rename: a file that others hold open is
never renamed itself. Readers open read-only and look at CURRENT before each question;
an old file stays until its last reader has left it.

    ProjectionError
    ├── NotBuiltError        there is no file yet
    ├── FoldChangedError     the file was folded by other rules: rebuild
    └── OtherHistoryError    the file was folded from another log: rebuild
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from events.files import read_only, sync_folder

OPEN_ATTEMPTS: Final = 5
"""A switch may come between reading CURRENT and opening; several never do."""
BUSY_TIMEOUT_S: Final = 5.0
"""How long a statement waits for SQLite's own short locks (recovery of a WAL)."""
MAPPED_BYTES: Final = 1 << 30
"""How much of a file a reader maps instead of copying; the rest is read as usual."""


class ProjectionError(Exception):
    """The root of the errors of projections."""


class NotBuiltError(ProjectionError):
    """The projection has no file yet."""


class FoldChangedError(ProjectionError):
    """The current file was folded under another number; it is not served as this."""

    def __init__(self, name: str, found: int, wanted: int) -> None:
        super().__init__(
            f"{name} was folded under number {found}, not {wanted}: rebuild it"
        )


class OtherHistoryError(ProjectionError):
    """The current file was folded from entries that this log does not have."""


Stamp = tuple[int, int]
"""Inode and time of a CURRENT: a switch puts another file there."""


@dataclass(frozen=True, slots=True)
class Files:
    """A projection's files in a folder."""

    folder: Path
    name: str
    fold: int

    @property
    def pointer(self) -> Path:
        """The file that names the current one."""
        return self.folder / f"{self.name}.CURRENT"

    def path(self, generation: int) -> Path:
        """Return the file of a generation under this fold's number."""
        return self.folder / f"{self.name}.{self.fold}.{generation}.sqlite"

    def current(self) -> Path:
        """Return the file that answers now. Raises NotBuiltError, FoldChangedError."""
        found = self.named()
        if found is None:
            raise NotBuiltError(self.name)
        fold = int(found.name.split(".")[1])
        if fold != self.fold:
            raise FoldChangedError(self.name, fold, self.fold)
        return found

    def named(self) -> Path | None:
        """Return the file that CURRENT names, of whatever fold, if there is one."""
        try:
            return self.folder / self.pointer.read_text().strip()
        except FileNotFoundError:
            return None

    def generations(self) -> list[tuple[int, Path]]:
        """Return all completed files that are still here, oldest first."""
        found = self.folder.glob(f"{self.name}.*.*.sqlite")
        return sorted((int(path.name.split(".")[2]), path) for path in found)

    def switch(self, path: Path) -> None:
        """Make a completed file the current one, durably and at once."""
        written = self.pointer.with_suffix(".next")
        with written.open("w") as out:
            out.write(path.name + "\n")
            out.flush()
            os.fsync(out.fileno())
        written.replace(self.pointer)
        sync_folder(self.folder)


def stamp_of(pointer: str) -> Stamp | None:
    """Return what is another one after each switch; None before the first.

    It is asked at each question and each batch: so the path is a string.
    """
    try:
        state = os.stat(pointer)  # noqa: PTH116  half the time of a Path's
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_mtime_ns


class FolderLock:
    """Held for a moment by whoever moves a checkpoint or CURRENT in a folder.

    Between the threads of a process and between processes; the system lets go of it
    when its holder dies.
    """

    def __init__(self, folder: Path, name: str = "projections.lock") -> None:
        self._path = folder / name

    @contextmanager
    def held(self, *, wait: bool = True) -> Iterator[bool]:
        """Hold the lock; without waiting, say whether it was free."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            how = fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)
            try:
                fcntl.flock(handle, how)
                free = True
            except BlockingIOError:
                free = False
            yield free
        finally:
            os.close(handle)


@dataclass(slots=True)
class _Held:
    """One thread's connection, the state of CURRENT it was opened at, its lock."""

    connection: sqlite3.Connection
    stamp: Stamp
    lock: int

    def let_go(self) -> None:
        self.connection.close()
        os.close(self.lock)


class Readers:
    """Read-only connections to whatever file is current, one for each thread."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._pointer = str(files.pointer)
        self._local = threading.local()
        self._held: list[_Held] = []
        self._guard = threading.Lock()

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection to the current file.

        Raises NotBuiltError and FoldChangedError.
        """
        held: _Held | None = getattr(self._local, "held", None)
        stamp = stamp_of(self._pointer)
        if stamp is None:
            raise NotBuiltError(self._files.name)
        if held is not None and held.stamp == stamp:
            return held.connection
        if held is not None:
            self._let_go(held)
        self._local.held = held = self._open(stamp)
        with self._guard:
            self._held.append(held)
        return held.connection

    def close(self) -> None:
        """Close every thread's connection."""
        with self._guard:
            held, self._held = self._held, []
        for one in held:
            one.let_go()
        self._local = threading.local()

    def _let_go(self, held: _Held) -> None:
        with self._guard:
            self._held.remove(held)
        held.let_go()
        del self._local.held

    def _open(self, stamp: Stamp) -> _Held:
        for attempt in range(OPEN_ATTEMPTS):
            path = self._files.current()
            lock = os.open(in_use(path), os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(lock, fcntl.LOCK_SH)
                return _Held(open_reader(path), stamp, lock)
            except sqlite3.OperationalError:
                os.close(lock)
                if attempt + 1 == OPEN_ATTEMPTS or path.exists():
                    raise
        raise NotBuiltError(self._files.name)


def in_use(path: Path) -> Path:
    """Return the file that readers of a generation lock.

    Not the generation's own: closing any handle on that would drop SQLite's locks.
    """
    return path.with_suffix(".readers")


def open_reader(path: Path) -> sqlite3.Connection:
    """Return a read-only connection; it may be closed by another thread."""
    connection = sqlite3.connect(
        read_only(path),
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_S,
    )
    try:
        connection.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def retire(files: Files, kept: Path | None = None) -> list[Path]:
    """Delete generations older than the current one that nobody reads.

    `kept` stays whatever its age. Returns what was deleted.
    """
    current = files.named()
    generations = files.generations()
    age = {path: number for number, path in generations}.get(current or Path(), 0)
    gone: list[Path] = []
    for number, path in generations:
        if number >= age or path == kept:
            continue
        lock = os.open(in_use(path), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(path)
            gone.append(path)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)
    return gone


def remove(path: Path) -> None:
    """Delete a file of a projection with all that stands beside it."""
    for beside in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            Path(f"{path}{beside}").unlink()
    in_use(path).unlink(missing_ok=True)
