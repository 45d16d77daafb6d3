"""Snapshots of projections: a file to take along, and its proof on arrival.

What lives here: `take`, `verify`, `restore`. What never does: trust; a snapshot says
what it is (projection, fold number, checkpoint, digest), and all of it is checked
against the log of the folder that it arrives in.

A snapshot is the projection's own SQLite file with one table more, `snapshot`. In full
it is verified by folding the log anew up to its checkpoint: then every row is the
log's. A sample does that for children drawn where nobody could foresee them: each row
of theirs is folded anew, and none may be missing. That finds what is wrong with many
children and is likely to miss what is wrong with one; it is for custody alone, whose
rows are each of one child.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from events.files import durable, opened_read_only
from events.log import Entries, StoredBody
from projections.custody import PROJECTION as CUSTODY
from projections.files import (
    Files,
    FolderLock,
    ProjectionError,
    open_reader,
    remove,
)
from projections.opened import open_all, open_stored
from projections.rebuild import (
    BATCH,
    Built,
    RebuildBusyError,
    in_log,
    promote,
)
from projections.view import (
    Checkpoint,
    Projection,
    checkpoint_of,
    create,
    digest,
    write_checkpoint,
)

PAGES: Final = 4_096
"""Copied at a time, so that the keeper's checkpoints of its WAL come in between."""
SAMPLED: Final = 1_000
"""Children of a sample: if one in a hundred is wrong, 1 of 20 000 samples misses it."""
_TABLE: Final = (
    "CREATE TABLE snapshot (registry TEXT, projection TEXT, fold INTEGER, digest TEXT)"
)
_HISTORY: Final = (
    "SELECT position, events FROM history WHERE child=(SELECT id FROM child "
    "WHERE name=?) ORDER BY position"
)


class Source(Entries, Protocol):
    """What a snapshot is verified against: a store, or a log."""

    @property
    def registry(self) -> str:
        """The log's origin."""
        ...

    def stream(self, name: str) -> list[StoredBody]:
        """Return the events of a stream, in order."""
        ...


class SnapshotError(ProjectionError):
    """The file is no snapshot that this folder can take, or says what is not so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a snapshot says of itself."""

    registry: str
    projection: str
    fold: int
    checkpoint: Checkpoint
    digest: str


def take(folder: Path, projection: Projection, registry: str, target: Path) -> Snapshot:
    """Write what answers now to a new file, while it goes on being written.

    The file has its name once it is whole and durable. Raises NotBuiltError,
    FoldChangedError, and SnapshotError where the file exists or cannot be written.
    """
    if target.exists():
        message = f"{target} exists"
        raise SnapshotError(message)
    source = Files(folder, projection.name, projection.fold).current()
    scratch = target.with_name(target.name + ".part")
    scratch.unlink(missing_ok=True)
    try:
        with (
            closing(open_reader(source)) as live,
            closing(sqlite3.connect(scratch, isolation_level=None)) as made,
        ):
            live.execute("BEGIN")  # one state, however long the copy takes
            live.backup(made, pages=PAGES)
            made.execute("PRAGMA journal_mode=DELETE")
            said = registry, projection.name, projection.fold, digest(made, projection)
            made.execute(_TABLE)
            made.execute("INSERT INTO snapshot VALUES (?,?,?,?)", said)
    except sqlite3.Error as error:
        scratch.unlink(missing_ok=True)
        raise SnapshotError(str(error)) from error
    durable(scratch, target)
    return told(target)


def told(path: Path) -> Snapshot:
    """Return what a snapshot says of itself. Raises SnapshotError."""
    try:
        with closing(opened_read_only(path)) as file:
            said = file.execute("SELECT * FROM snapshot").fetchone()
            checkpoint = checkpoint_of(file)
    except sqlite3.Error as error:
        message = f"{path}: {error}"
        raise SnapshotError(message) from error
    if said is None:
        message = f"{path} says nothing of itself"
        raise SnapshotError(message)
    registry, projection, fold, digest_ = said
    return Snapshot(
        registry=registry,
        projection=projection,
        fold=fold,
        checkpoint=checkpoint,
        digest=digest_,
    )


def verify(path: Path, projection: Projection, log: Source, *, full: bool) -> Snapshot:
    """Verify a snapshot against a log: all rows, or those of a sample of children.

    Raises SnapshotError, which says what is not so.
    """
    said = told(path)
    wanted = log.registry, projection.name, projection.fold
    if (said.registry, said.projection, said.fold) != wanted:
        message = (
            f"{path} is {said.projection} by fold {said.fold} of {said.registry}, "
            f"not {wanted[1]} by fold {wanted[2]} of {wanted[0]}"
        )
        raise SnapshotError(message)
    if not in_log(said.checkpoint, log):
        at = said.checkpoint.position
        message = f"{path} stands at {at}, an entry that this log does not have"
        raise SnapshotError(message)
    try:
        with closing(opened_read_only(path)) as file:
            if digest(file, projection) != said.digest:
                message = f"{path}: its rows are not those of its digest"
                raise SnapshotError(message)
            if full or projection.name != CUSTODY.name:
                _all_rows(path.parent, said, projection, log)
            else:
                _sampled(file, said, log)
    except sqlite3.Error as error:
        message = f"{path}: {error}"
        raise SnapshotError(message) from error
    return said


def restore(
    folder: Path, path: Path, projection: Projection, log: Source, *, full: bool
) -> Snapshot:
    """Verify a snapshot and make it the file that answers in a folder.

    What answered before is kept. Raises SnapshotError, RebuildBusyError, and
    BehindError where the live file stands at a position that it cannot come to.
    """
    files = Files(folder, projection.name, projection.fold)
    newest = max((number for number, _ in files.generations()), default=0)
    target = files.path(newest + 1)
    building = target.with_name(target.name + ".building")
    with FolderLock(folder, "rebuild.lock").held(wait=False) as free:
        if not free:
            raise RebuildBusyError
        remove(building)
        try:
            # What is verified is the copy: nobody changes it in between.
            with (
                closing(opened_read_only(path)) as given,
                closing(sqlite3.connect(building, isolation_level=None)) as made,
            ):
                given.backup(made, pages=PAGES)
            said = verify(building, projection, log, full=full)
            with closing(sqlite3.connect(building, isolation_level=None)) as made:
                made.execute("DROP TABLE snapshot")
                made.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            message = f"{path}: {error}"
            raise SnapshotError(message) from error
        else:
            durable(building, target)
        finally:
            remove(building)
    promote(
        Built(
            projection=projection,
            files=files,
            path=target,
            checkpoint=said.checkpoint,
            events=0,
            seconds=0.0,
            stopped=None,
        ),
        log,
    )
    return said


def _all_rows(
    folder: Path, said: Snapshot, projection: Projection, log: Source
) -> None:
    """Fold the log up to the checkpoint and compare digests."""
    with (
        TemporaryDirectory(prefix="verifying-", dir=folder) as scratch,
        closing(create(Path(scratch) / "anew", projection)) as anew,
    ):
        fold = projection.folding(anew, whole=True)
        anew.execute("BEGIN")
        position, last = 0, said.checkpoint.position
        while position < last:
            entries, fault = open_all(log.read(position, min(BATCH, last - position)))
            if fault is not None:
                raise SnapshotError(str(fault)) from fault
            fold(entries)
            write_checkpoint(anew, entries[-1])
            position = entries[-1].position
        anew.execute("COMMIT")
        anew.executescript(projection.indexes)
        if digest(anew, projection) != said.digest:
            message = f"the log folds to other rows of {projection.name} at {last}"
            raise SnapshotError(message)


def _sampled(file: sqlite3.Connection, said: Snapshot, log: Source) -> None:
    """Fold what the log says of some children, and compare their rows."""
    names: list[str] = [row[0] for row in file.execute("SELECT name FROM child")]
    chance = secrets.SystemRandom()
    for child in chance.sample(names, min(SAMPLED, len(names))):
        kept = file.execute(_HISTORY, (child,)).fetchall()
        own = _until(log.stream(f"child/{child}"), said.checkpoint.position)
        positions = sorted({position for position, _ in kept} | own)
        with closing(create(Path(":memory:"), CUSTODY)) as anew:
            fold = CUSTODY.folding(anew, whole=True)
            for position in positions:
                fold([open_stored(entry) for entry in log.read(position - 1, 1)])
            if anew.execute(_HISTORY, (child,)).fetchall() != kept:
                message = f"the log folds to other rows of child {child}"
                raise SnapshotError(message)


def _until(events: Sequence[StoredBody], position: int) -> set[int]:
    return {event.position for event in events if event.position <= position}
