"""Snapshots on the command line, and replays of a log without a node.

What lives here: arguments and what is shown. What never does: the work.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile


class Verified(StrEnum):
    """How much of a snapshot is folded anew from the log."""

    SAMPLE = "sample"
    FULL = "full"


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(snapshot)
    app.command()(restore)
    app.command()(replay)


def snapshot(
    folder: Annotated[Path, typer.Argument(help="Where the files go; it is made.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="Projections; all where none is named.")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write this node's projections to files for another node; it may go on serving."""
    from ops.terminal import node_of, say
    from projections.snapshot import take
    from registry.rebuilding import chosen

    node = node_of(config).config
    with _ending():
        folder.mkdir(parents=True, exist_ok=True)
        for projection in chosen(names or ()):
            path = folder / f"{projection.name}.snapshot"
            said = _told(take(node.data_dir, projection, node.registry, path))
            say(said if as_json else _line(said))


def restore(
    folder: Annotated[Path, typer.Argument(help="Where the files are.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="Projections; all where none is named.")
    ] = None,
    verified: Annotated[
        Verified, typer.Option("--verify", help="How much is folded anew.")
    ] = Verified.SAMPLE,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Verify snapshots against this node's log, and answer from them.

    The log must reach the snapshots' checkpoint. With `--verify sample` a thousand
    children of custody are folded anew; the other projections always are in full.
    """
    from contextlib import closing

    from events.reading import FollowedLog
    from ops.terminal import ending, node_of, say
    from projections.snapshot import restore as taken
    from registry.rebuilding import chosen

    node = node_of(config).config
    full = verified is Verified.FULL
    path = node.data_dir / "log.sqlite"
    with ending(), _ending(), closing(FollowedLog(path, node.registry)) as log:
        for projection in chosen(names or ()):
            given = folder / f"{projection.name}.snapshot"
            said = _told(taken(node.data_dir, given, projection, log, full=full))
            say(said if as_json else f"now answers: {_line(said)}")


def replay(
    log: Annotated[Path, typer.Argument(help="log.sqlite, or an exported stream.")],
    child: Annotated[str, typer.Option(help="The child's id.")],
    as_of: Annotated[str, typer.Option(help="The legal date.")],
    known_at: Annotated[
        str, typer.Option(help="A position, or a time with its zone; empty: all.")
    ] = "",
) -> None:
    """Answer who had custody, on a date and as known then, from a log's file alone.

    Every record is judged anew. Neither a node nor Kafka, gRPC or the law is needed.
    """
    from projections.replay import main

    asked = [str(log), "--child", child, "--as-of", as_of]
    raise typer.Exit(main([*asked, "--known-at", known_at] if known_at else asked))


def _ending() -> Any:  # noqa: ANN401  a context
    from contextlib import contextmanager

    from ops.terminal import Exit, complain
    from projections.files import ProjectionError
    from registry.rebuilding import UnknownProjectionError

    @contextmanager
    def ended() -> Any:  # noqa: ANN401  likewise
        try:
            yield
        except UnknownProjectionError as error:
            complain(error)
            raise typer.Exit(Exit.USAGE) from error
        except (ProjectionError, OSError) as error:
            complain(error)
            raise typer.Exit(Exit.WRONG) from error

    return ended()


def _told(said: Any) -> dict[str, Any]:  # noqa: ANN401  a snapshot
    return {
        "projection": said.projection,
        "fold": said.fold,
        "position": said.checkpoint.position,
        "hash": said.checkpoint.hash.hex(),
        "digest": said.digest,
    }


def _line(said: dict[str, Any]) -> str:
    return (
        f"{said['projection']} by fold {said['fold']} at position {said['position']}, "
        f"digest {said['digest']}"
    )
