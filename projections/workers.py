"""A build by several processes: shards of children, and projections that are whole.

What lives here: what each worker folds, the workers' life, the merging of their shards.
What never does: a file that anyone reads; `projections.rebuild` names what is merged.

Every worker reads the log by itself, up to one position. Where projections can be
handed out whole so that nobody has much more to do than others, they are: what was
folded whole need not be merged. Elsewhere a projection whose rows are each about one
child (`by_child`) is folded in as many shards as there are workers, by a number of the
child's id; their tables are merged in the order of their keys. Nothing is handed
between workers but how far they are.

A worker whose parent is gone, however that ended, ends at its next word to it; what it
leaves has a name that the next build clears away.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final, Protocol

from events.log import Entries, LogError
from events.reading import FollowedLog
from projections.files import Files, ProjectionError, open_reader, remove
from projections.opened import OpenedEntry, open_all
from projections.rebuild import (
    BATCH,
    Built,
    RebuildCancelledError,
    Tell,
    Told,
    building,
    building_path,
    give_name,
    next_path,
    nothing_to_tell,
)
from projections.view import (
    Projection,
    checkpoint_of,
    create,
    key_of,
    settle,
    stage,
    uncollected,
    write_checkpoint,
)

FAIR: Final = 1.25
"""How many times its share the busiest worker may do, before children are parted."""
MAX_WORKERS: Final = 10
"""SQLite reads so many shards beside each other; each worker reads the whole log."""
SAID_EVERY_S: Final = 0.1
"""Between two words of a worker to its parent."""

_PROCESSES: Final = multiprocessing.get_context("spawn")


class WorkerLostError(ProjectionError):
    """A worker ended without a word: killed, or out of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a worker folds of one projection, and where; shard `of` 1 is all of it."""

    projection: Projection
    path: Path
    shard: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A worker's word: how far it is; `done` with its last, `fault` where it ended."""

    position: int
    events: int
    done: bool = False
    fault: Exception | None = None
    stopped: LogError | None = None


class LogFile(Entries, Protocol):
    """A log in a file, which every worker opens by itself."""

    @property
    def path(self) -> Path:
        """Where it is."""
        ...

    @property
    def registry(self) -> str:
        """The log's origin."""
        ...


def build_by(
    workers: int,
    folder: Path,
    projections: Sequence[Projection],
    log: LogFile,
    tell: Tell = nothing_to_tell,
) -> list[Built]:
    """Do what `projections.rebuild.build` does, by so many processes.

    Up to the log's head at the call; promotion brings the files further. Raises what
    `build` does, WorkerLostError, and ValueError for a number of workers that is none.
    """
    if not 1 <= workers <= MAX_WORKERS:
        message = f"workers: is 1 to {MAX_WORKERS}"
        raise ValueError(message)
    with building(folder):
        paths = {p.name: next_path(Files(folder, p.name, p.fold)) for p in projections}

        def shard_path(name: str, shard: int) -> Path:
            scratch = building_path(paths[name])
            return scratch.with_name(f"{scratch.name}.{shard}")

        try:
            plan = parts_of(projections, workers, shard_path)
            ended = _folded(plan, log, tell)
            for one in projections:
                shards = [p.path for ps in plan for p in ps if p.projection is one]
                whole = building_path(paths[one.name])
                if len(shards) > 1:
                    merge(whole, one, shards)
                else:
                    shards[0].rename(whole)
                give_name(whole, paths[one.name])
            return [_built(folder, one, paths[one.name], ended) for one in projections]
        finally:
            for path in paths.values():
                for left in folder.glob(building_path(path).name + "*"):
                    remove(left)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    events: int
    seconds: float
    stopped: LogError | None


def _folded(plan: list[list[Part]], log: LogFile, tell: Tell) -> _Ended:
    """Fold all parts up to one position: the head's, or that before what is opaque."""
    begun, until = time.monotonic(), log.head().position
    stopped: LogError | None = None

    def told(position: int, events: int) -> bool:
        seconds = time.monotonic() - begun
        return tell(Told(position=position, head=until, events=events, seconds=seconds))

    while True:
        said = fold_by(plan, (log.path, log.registry), until, told)
        if said is None:
            raise RebuildCancelledError
        stopped = stopped or said.stopped
        if said.position == until:
            seconds = time.monotonic() - begun
            return _Ended(events=said.events, seconds=seconds, stopped=stopped)
        until = said.position  # others may have folded further: again, up to there


def _built(folder: Path, one: Projection, path: Path, ended: _Ended) -> Built:
    with closing(open_reader(path)) as file:
        checkpoint = checkpoint_of(file)
    return Built(
        projection=one,
        files=Files(folder, one.name, one.fold),
        path=path,
        checkpoint=checkpoint,
        events=ended.events,
        seconds=ended.seconds,
        stopped=ended.stopped,
    )


def parts_of(
    projections: Sequence[Projection], workers: int, path: Callable[[str, int], Path]
) -> list[list[Part]]:
    """Return what each worker folds; `path` says where a shard of a projection is."""
    plan = _handed_out([[] for _ in range(workers)], projections, path)
    share = sum(map(_weight, plan)) / workers
    if max(map(_weight, plan)) > FAIR * share:
        plan = [
            [
                Part(projection=one, path=path(one.name, n), shard=n, of=workers)
                for one in projections
                if one.by_child
            ]
            for n in range(workers)
        ]
        plan = _handed_out(plan, [p for p in projections if not p.by_child], path)
    return [parts for parts in plan if parts]


def _handed_out(
    plan: list[list[Part]],
    projections: Sequence[Projection],
    path: Callable[[str, int], Path],
) -> list[list[Part]]:
    """Give each projection, the heaviest first, to who has least to do."""
    for one in sorted(projections, key=lambda p: -p.weight):
        part = Part(projection=one, path=path(one.name, 0), shard=0, of=1)
        min(plan, key=_weight).append(part)
    return plan


def _weight(parts: list[Part]) -> float:
    return sum(part.projection.weight / part.of for part in parts)


def fold_by(
    plan: list[list[Part]],
    log: tuple[Path, str],
    until: int,
    tell: Callable[[int, int], bool],
) -> Said | None:
    """Have workers fold a log's file up to a position; return what came of it.

    That is the word of the worker that came least far; None where `tell`, which takes
    the position that all have reached and events, gave False. Raises what a worker
    raised, and WorkerLostError.
    """
    with _working(plan, log, until) as workers:
        said = dict.fromkeys(workers, Said(position=0, events=0))
        while not all(one.done for one in said.values()):
            busy = [pipe for pipe, one in said.items() if not one.done]
            for pipe in wait(busy):
                assert isinstance(pipe, Connection)  # noqa: S101  all of them are
                said[pipe] = _heard(pipe)
            least = min(one.position for one in said.values())
            if not tell(least, max(one.events for one in said.values())):
                return None
        return min(said.values(), key=lambda one: one.position)


def _heard(pipe: Connection) -> Said:
    try:
        said: Said = pipe.recv()
    except EOFError as error:
        message = "a worker of the rebuild ended without a word"
        raise WorkerLostError(message) from error
    if said.fault is not None:
        raise said.fault
    return said


@contextmanager
def _working(
    plan: list[list[Part]], log: tuple[Path, str], until: int
) -> Iterator[dict[Connection, BaseProcess]]:
    workers: dict[Connection, BaseProcess] = {}
    try:
        for parts in plan:
            ours, theirs = _PROCESSES.Pipe(duplex=False)
            process: BaseProcess = _PROCESSES.Process(
                target=work, args=(parts, log, until, theirs), name="rebuild-worker"
            )
            process.start()
            theirs.close()
            workers[ours] = process
        yield workers
    finally:
        for pipe, process in workers.items():
            process.kill()
            process.join()
            pipe.close()


def work(
    parts: list[Part], log: tuple[Path, str], until: int, pipe: Connection
) -> None:
    """Be a worker: fold, say how far, complete the files of the parts."""
    try:
        with closing(FollowedLog(*log)) as entries, uncollected():
            pipe.send(_worked(parts, entries, until, pipe))
    except BrokenPipeError:
        return  # the parent is gone, and with it whoever wanted this
    except (sqlite3.Error, ProjectionError, LogError, OSError) as error:
        pipe.send(Said(position=0, events=0, fault=error))


def _worked(parts: list[Part], log: FollowedLog, until: int, pipe: Connection) -> Said:
    for part in parts:
        remove(part.path)  # of a pass that went further than all can
    files = [create(part.path, part.projection) for part in parts]
    folds = [
        (part, part.projection.folding(file, whole=True))
        for part, file in zip(parts, files, strict=True)
    ]
    for part, file in zip(parts, files, strict=True):
        stage(file, part.projection)
        file.execute("BEGIN")
    position, events, due = 0, 0, 0.0
    stopped: LogError | None = None
    last: OpenedEntry | None = None
    while stopped is None and position < until:
        opened, stopped = open_all(log.read(position, min(BATCH, until - position)))
        if not opened:
            break
        own: list[OpenedEntry] | None = None
        for part, fold in folds:
            if part.of == 1:
                fold(opened)
                continue
            own = own or [only(entry, part.shard, part.of) for entry in opened]
            fold(own)
        last, position = opened[-1], opened[-1].position
        events += sum(len(entry.events) for entry in opened)
        if time.monotonic() >= due:
            due = time.monotonic() + SAID_EVERY_S
            pipe.send(Said(position=position, events=events))
    for part, file in zip(parts, files, strict=True):
        if last is not None:
            write_checkpoint(file, last)
        settle(file, part.projection)
        file.execute("COMMIT")
        if part.of == 1:
            file.executescript(part.projection.indexes)
        file.close()
    return Said(position=position, events=events, done=True, stopped=stopped)


def only(entry: OpenedEntry, shard: int, of: int) -> OpenedEntry:
    """Return an entry with what of it concerns the children of one shard."""

    def mine(child: str | None) -> bool:
        return child is not None and zlib.crc32(child.encode()) % of == shard

    unread = entry.unreadable
    return entry._replace(
        events=[event for event in entry.events if mine(event.child)],
        unreadable=None if unread is None else tuple(filter(mine, unread)),
        withheld=tuple(filter(mine, entry.withheld)),
    )


def merge(path: Path, projection: Projection, shards: Sequence[Path]) -> None:
    """Make one file of a projection's shards, each table in the order of its key."""
    with closing(create(path, projection)) as file:
        for number, shard in enumerate(shards):
            file.execute("ATTACH ? AS " + f"s{number}", (str(shard),))
        file.execute("BEGIN")
        tables = file.execute(
            "SELECT name FROM sqlite_schema WHERE type='table' AND name<>'checkpoint'"
        ).fetchall()
        for (table,) in tables:
            order = ",".join(map(str, key_of(file, table)))
            every = " UNION ALL ".join(
                f"SELECT * FROM s{number}.{table}"  # noqa: S608  the projection's own
                for number in range(len(shards))
            )
            file.execute(f"INSERT INTO main.{table} {every} ORDER BY {order}")
        write_checkpoint(file, checkpoint_of(file, "s0"))
        file.execute("COMMIT")
        file.executescript(projection.indexes)
