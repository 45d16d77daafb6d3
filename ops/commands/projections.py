"""Projections on the command line: rebuilt, compared, switched; and what changed.

What lives here: arguments and what is shown. What never does: the work.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from ops.options import (
    DEFAULT_CONFIG,
    DEFAULT_SERVER,
    AsJson,
    ConfigFile,
    Server,
    TlsFolder,
)


class Source(StrEnum):
    """What is folded: the node's copy of the log, or the topic once more."""

    COPY = "copy"
    KAFKA = "kafka"


class Switch(StrEnum):
    """When the new file becomes the one that answers."""

    NEVER = "never"
    EQUAL = "equal"
    ALWAYS = "always"


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(rebuild)
    app.command()(promote)
    app.command()(compare)
    app.command()(affected)


def rebuild(
    names: Annotated[
        list[str] | None, typer.Argument(help="Projections; all where none is named.")
    ] = None,
    switch: Annotated[
        Switch, typer.Option(help="When the new file becomes the one that answers.")
    ] = Switch.EQUAL,
    source: Annotated[
        Source, typer.Option("--from", help="From this node's copy, or from the topic.")
    ] = Source.COPY,
    workers: Annotated[
        int, typer.Option(min=1, max=10, help="Processes that fold side by side.")
    ] = 1,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Fold the log again beside the node, compare every row, and switch.

    The node may go on serving. Exit 1 where a row differs (the children are named) and
    nothing is switched then but with --switch always. Killed at any moment, the file
    that answers is untouched. From the topic, every record is judged once more.
    """
    from ops.terminal import node_of
    from registry.rebuilding import rebuild as again

    node = node_of(config).config
    with _rate() as tell:
        found = again(
            node,
            names or (),
            tell,
            switch=switch.value,
            workers=workers,
            from_topic=source is Source.KAFKA,
        )
        _show_outcomes(found, as_json=as_json)


def promote(
    names: Annotated[
        list[str] | None, typer.Argument(help="Projections; all where none is named.")
    ] = None,
    switch: Annotated[
        Switch, typer.Option(help="When the new file becomes the one that answers.")
    ] = Switch.EQUAL,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Switch to what `rebuild --switch never` has built, once looked at.

    It is compared again, at one checkpoint, with the file that answers now; that one is
    kept. Exit 1 where a row differs, or where nothing waits.
    """
    from ops.terminal import node_of
    from registry.rebuilding import promote_built

    node = node_of(config).config
    found = promote_built(
        node.data_dir, node.registry, names or (), switch=switch.value
    )
    _show_outcomes(found, as_json=as_json)


def _show_outcomes(outcomes: Any, *, as_json: bool) -> None:  # noqa: ANN401  an iterator
    """Show each as it comes; end with the code that they have together."""
    from ops.terminal import Exit, complain, ending, say
    from projections.files import ProjectionError
    from registry.rebuilding import NoTopicError, UnknownProjectionError

    same = True
    try:
        with ending():
            for one in outcomes:
                same = same and (one.equal or one.promoted)
                told = _told(one)
                say(told if as_json else _line(told))
    except (UnknownProjectionError, NoTopicError) as error:
        complain(error)
        raise typer.Exit(Exit.USAGE) from error
    except ProjectionError as error:
        complain(error)
        raise typer.Exit(Exit.WRONG) from error
    raise typer.Exit(Exit.DONE if same else Exit.WRONG)


def compare(
    child: Annotated[str, typer.Argument(help="The child's id.")],
    before: Annotated[str, typer.Option(help="A position or a time in ISO 8601.")],
    after: Annotated[str, typer.Option(help="Likewise; empty: all.")] = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say on which days two states of knowledge answer otherwise, and by which acts."""
    from childregistry.v1 import custody_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import connection, ending, say

    request = pb.CompareCustodyRequest(
        child=child, before=_known(before), after=_known(after)
    )
    with ending(), connection(server, tls) as client:
        got = client.called("CompareCustody", request)
    if as_json:
        say(told(got))
    else:
        _show([got.comparison])


def affected(
    position: Annotated[int, typer.Argument(help="Of the entry, a correction say.")],
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say whose answers an entry changed: which days, from what, to what.

    With each child, the answers that could be had before and are given no more: when,
    as known at which positions, about which days, and what is said now.
    """
    from childregistry.v1 import custody_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import connection, ending, say

    request = pb.ListAffectedRequest(position=position)
    with ending(), connection(server, tls) as client:
        whole, *more = client.pages("ListAffected", request)
    for page in more:
        whole.comparisons.extend(page.comparisons)
    whole.next_page_token = ""
    if as_json:
        say(told(whole))
    else:
        _show(whole.comparisons)


def _known(text: str) -> Any:  # noqa: ANN401  a generated message
    from childregistry.v1 import custody_service_pb2 as pb
    from ops.terminal import as_of_message

    asked, known = as_of_message("", text), pb.KnownAt()
    chosen = asked.WhichOneof("known_at")
    if chosen == "position":
        known.position = asked.position
    elif chosen == "time":
        known.time.CopyFrom(asked.time)
    return known


def _show(comparisons: Any) -> None:  # noqa: ANN401  repeated messages
    from ops.show import console, custody_answer, past_answers
    from ops.terminal import say

    for one in comparisons:
        say(f"{one.child}: known at {one.before} and at {one.after}")
        for stretch in one.stretches:
            days = f"{stretch.first_day or 'always'} until {stretch.until or 'ever'}"
            acts = [f"{act.position}.{act.index} {act.type}" for act in stretch.causes]
            causes = ", ".join(acts)
            say(f"{days}, by {causes or 'no act'}; before:")
            custody_answer(console(), stretch.before)
            say("after:")
            custody_answer(console(), stretch.after)
        past_answers(console(), one)
    if not any(one.stretches for one in comparisons):
        say("no answer differs")


def _rate() -> Any:  # noqa: ANN401  a context that gives a callback
    from contextlib import contextmanager

    @contextmanager
    def shown() -> Any:  # noqa: ANN401  likewise
        from ops.terminal import progress_bar

        with progress_bar("folding") as update:

            def tell(told: Any) -> bool:  # noqa: ANN401  what a build tells
                rate = told.events / max(told.seconds, 1e-9)
                update(told.position, told.head, f"{rate:,.0f} events/s")
                return True

            yield tell

    return shown()


def _told(one: Any) -> dict[str, Any]:  # noqa: ANN401  an outcome
    built, comparison = one.built, one.comparison
    return {
        "projection": built.projection.name,
        "file": built.path.name,
        "position": built.checkpoint.position,
        "events": built.events,
        "seconds": round(built.seconds, 3),
        "events_per_s": round(built.events / max(built.seconds, 1e-9)),
        "equal": one.equal,
        "different": list(comparison.different) if comparison else [],
        "not_compared": one.why,
        "stopped": str(built.stopped or ""),
        "promoted": one.promoted,
    }


def _line(told: dict[str, Any]) -> str:
    how = told["not_compared"] or (
        "every row is the live file's" if told["equal"] else "rows DIFFER"
    )
    switched = "now answers" if told["promoted"] else "not switched to"
    line = (
        f"{told['projection']}: {told['events']} events in {told['seconds']} s "
        f"({told['events_per_s']}/s), up to position {told['position']}; {how}; "
        f"{switched} ({told['file']})"
    )
    lines = [line, *(f"  differs: {child}" for child in told["different"])]
    if told["stopped"]:
        lines.append(f"  stopped: {told['stopped']}")
    return "\n".join(lines)
