"""Rebuilding a node's projections, beside the node or while it is stopped.

What lives here: the way from a data folder to `projections.rebuild` and back to what an
operator decides from. What never does: folding, comparing, switching; a write to the
log, which its keeper may be writing at the moment.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from events.cold import cold_copy
from events.log import Entries
from events.reading import FollowedLog
from projections.files import (
    Files,
    NotBuiltError,
    OtherHistoryError,
    open_reader,
    remove,
)
from projections.rebuild import (
    Built,
    Comparison,
    NotComparableError,
    RebuildCancelledError,
    Tell,
    build,
    compare,
    in_log,
    promote,
)
from projections.runner import PROJECTIONS
from projections.view import Checkpoint, Projection, checkpoint_of
from projections.workers import build_by
from registry.bootstrap import Config, fit_topic

NAMES = tuple(projection.name for projection in PROJECTIONS)


_OTHER = "the topic holds other entries than this node's copy: see `doctor`"


class UnknownProjectionError(Exception):
    """There is no projection of this name."""


class NoTopicError(Exception):
    """The node has no topic to read from."""

    def __init__(self) -> None:
        super().__init__("this node has no [kafka]: its copy is the log")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A built generation, and how it compares with the file that answers now.

    `comparison` is None where there is nothing to compare with, and `why` says why.
    """

    built: Built
    comparison: Comparison | None
    why: str
    promoted: bool

    @property
    def equal(self) -> bool:
        """Whether every row is the live file's."""
        return self.comparison is not None and self.comparison.equal


def chosen(names: Sequence[str]) -> list[Projection]:
    """Return the projections of these names; all where none is given."""
    for name in names:
        if name not in NAMES:
            message = f"{name}: is none of {', '.join(NAMES)}"
            raise UnknownProjectionError(message)
    return [one for one in PROJECTIONS if not names or one.name in names]


def rebuild(  # noqa: PLR0913  what a command line says
    config: Config,
    names: Sequence[str],
    tell: Tell,
    *,
    switch: str,
    workers: int = 1,
    from_topic: bool = False,
) -> Iterator[Outcome]:
    """Build in one pass, compare, and switch: `never`, where `equal`, or `always`.

    By one process, or by several `workers` of this machine; from the node's copy, or
    from the topic itself, which is judged and copied once more for it. A file that
    cannot be compared (none there, other fold, other history) counts as not equal.
    Raises what `projections.rebuild`, `projections.workers` and `events.cold` raise,
    and OtherHistoryError where the topic is not what the copy was made from.
    """
    folder, projections = config.data_dir, chosen(names)
    with closing(FollowedLog(folder / "log.sqlite", config.registry)) as log:
        if from_topic:
            made = _from_topic(config, projections, log, tell, workers)
        elif workers == 1:
            made = build(folder, projections, log, tell)
        else:
            made = build_by(workers, folder, projections, log, tell)
        with _cleared(made):
            for built in made:
                yield _judged(built, log, switch)


@contextmanager
def _cleared(made: Sequence[Built]) -> Iterator[None]:
    """Delete what was built and does not answer, where the work is cancelled."""
    try:
        yield
    except RebuildCancelledError:
        for built in made:
            if built.files.named() != built.path:
                remove(built.path)
        raise


def _from_topic(
    config: Config,
    projections: Sequence[Projection],
    log: FollowedLog,
    tell: Tell,
    workers: int,
) -> list[Built]:
    """Copy the topic beside the node's copy and fold that; nothing of it stays."""
    if config.kafka is None:
        raise NoTopicError
    topic = fit_topic(config.kafka)
    with (
        tempfile.TemporaryDirectory(prefix="topic-", dir=config.data_dir) as scratch,
        closing(topic),
        cold_copy(Path(scratch) / "log.sqlite", config.registry, topic) as copy,
    ):
        made: list[Built] = []
        if workers == 1:
            made = build(config.data_dir, projections, copy, tell)
        copy.drain()
        copy.finish()
        if not in_log(Checkpoint(copy.last.position, copy.last.hash), log):
            raise OtherHistoryError(_OTHER)
        if workers > 1:
            with closing(FollowedLog(copy.path, config.registry)) as again:
                made = build_by(workers, config.data_dir, projections, again, tell)
        return made


def promote_built(
    folder: Path, registry: str, names: Sequence[str], *, switch: str
) -> Iterator[Outcome]:
    """Compare generations that were built and not switched to, and switch as told.

    Raises NotBuiltError where a projection has none that is newer than its live file.
    """
    with closing(FollowedLog(folder / "log.sqlite", registry)) as log:
        for projection in chosen(names):
            yield _judged(_waiting(folder, projection), log, switch)


def switch_to(config: Config, built: Sequence[Built], *, switch: str) -> list[Outcome]:
    """Compare generations that were built once more, and switch as told."""
    path = config.data_dir / "log.sqlite"
    with closing(FollowedLog(path, config.registry)) as log, _cleared(built):
        return [_judged(one, log, switch) for one in built]


def _waiting(folder: Path, projection: Projection) -> Built:
    """Return the newest generation of a projection, where it is not the live one."""
    files = Files(folder, projection.name, projection.fold)
    newest = max(files.generations(), default=(0, None))[1]
    current = files.named()
    built = newest is not None and newest.name.split(".")[1] == str(projection.fold)
    if newest is None or not built or newest == current:
        message = f"{projection.name} has no generation that waits: rebuild it"
        raise NotBuiltError(message)
    with closing(open_reader(newest)) as connection:
        checkpoint = checkpoint_of(connection)
    return Built(
        projection=projection,
        files=files,
        path=newest,
        checkpoint=checkpoint,
        events=0,
        seconds=0.0,
        stopped=None,
    )


def _judged(built: Built, log: Entries, switch: str) -> Outcome:
    comparison, why = None, ""
    try:
        comparison = compare(built, log)
    except NotComparableError as error:
        why = str(error)
    equal = comparison is not None and comparison.equal
    whole = built.stopped is None
    wanted = switch == "always" or (switch == "equal" and equal)
    if wanted and whole:
        promote(built, log)
    return Outcome(built, comparison, why, promoted=wanted and whole)


def aside(folder: Path, registry: str, tell: Tell) -> Iterator[Outcome]:
    """Compare every row of a folder's projections with a replay in another folder.

    Nothing is switched, and nothing of the replay stays. Raises what `build` raises.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        closing(FollowedLog(folder / "log.sqlite", registry)) as log,
    ):
        for built in build(Path(scratch), PROJECTIONS, log, tell):
            live = Files(folder, built.projection.name, built.projection.fold)
            yield _judged(replace(built, files=live), log, "never")
