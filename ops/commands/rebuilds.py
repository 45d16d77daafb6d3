"""Rebuilds of a serving node on the command line, by its operators, from anywhere.

What lives here: arguments and what is shown. What never does: the work, which the
node's own processes do (`AdminService`).
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.commands.projections import Source
from ops.options import DEFAULT_SERVER, AsJson, Server, TlsFolder

Operator = Annotated[
    str, typer.Option("--operator", help="Your name, on loopback without TLS.")
]
Number = Annotated[int, typer.Argument(help="The rebuild's number.")]


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    room = typer.Typer(no_args_is_help=True, help="Rebuilds of a node that serves.")
    for command in (start, show, cancel, promote):
        room.command()(command)
    room.command("list")(every)
    app.add_typer(room, name="rebuilds")


def start(
    names: Annotated[
        list[str] | None, typer.Argument(help="Projections; all where none is named.")
    ] = None,
    source: Annotated[
        Source, typer.Option("--from", help="From the node's copy, or from the topic.")
    ] = Source.COPY,
    workers: Annotated[int, typer.Option(help="Processes that fold.")] = 1,
    auto: Annotated[
        bool, typer.Option("--auto", help="Promote where every row is equal.")
    ] = False,
    operator: Operator = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Begin one, or show the one that is under way."""
    from childregistry.v1 import admin_service_pb2 as pb
    from ops.terminal import answered, say

    request = pb.StartRebuildRequest(
        projections=names or (),
        workers=workers,
        source=pb.StartRebuildRequest.Source.Value(f"SOURCE_{source.name}"),
        promote_if_equal=auto,
    )
    found = answered(
        "StartRebuild", request, server, tls, _caller(operator), as_json=as_json
    ).rebuild
    if not as_json:
        say(_line(found))


def show(
    number: Number,
    operator: Operator = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show how far one is, its rate, the time left, and what came of it.

    Exit 1 where it failed, or where rows differ and it was not promoted.
    """
    from childregistry.v1 import admin_service_pb2 as pb
    from ops.terminal import answered, say

    request = pb.GetRebuildRequest(number=number)
    found = answered(
        "GetRebuild", request, server, tls, _caller(operator), as_json=as_json
    ).rebuild
    if not as_json:
        say(_line(found))
    raise typer.Exit(_end(found))


def every(
    operator: Operator = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """List those that the node knows of since it started, the newest first."""
    from childregistry.v1 import admin_service_pb2 as pb
    from ops.terminal import answered, say

    request = pb.ListRebuildsRequest()
    found = answered(
        "ListRebuilds", request, server, tls, _caller(operator), as_json=as_json
    )
    if as_json:
        return
    for one in found.rebuilds:
        say(_line(one))
    if not found.rebuilds:
        say("none since the node started")


def cancel(
    number: Number,
    operator: Operator = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """End one that is under way; nothing of it stays."""
    from childregistry.v1 import admin_service_pb2 as pb
    from ops.terminal import answered, say

    request = pb.CancelRebuildRequest(number=number)
    found = answered(
        "CancelRebuild", request, server, tls, _caller(operator), as_json=as_json
    ).rebuild
    if not as_json:
        say(_line(found))


def promote(
    number: Number,
    even_if_different: Annotated[
        bool, typer.Option("--even-if-different", help="Also where rows differ.")
    ] = False,
    operator: Operator = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Compare what one has built once more, and make it what answers.

    That is begun here; `show` tells what came of it.
    """
    from childregistry.v1 import admin_service_pb2 as pb
    from ops.terminal import answered, say

    request = pb.PromoteRebuildRequest(
        number=number, even_if_different=even_if_different
    )
    found = answered(
        "PromoteRebuild", request, server, tls, _caller(operator), as_json=as_json
    ).rebuild
    if not as_json:
        say(_line(found))


def _caller(operator: str) -> tuple[str, str]:
    from ops.client import OPERATOR_OFFICE

    return (operator, OPERATOR_OFFICE) if operator else ("", "")


def _end(found: Any) -> int:  # noqa: ANN401  a generated message
    from ops.terminal import Exit

    told = type(found)
    well = all(one.equal or one.promoted for one in found.projections)
    differs = found.state == told.STATE_DONE and not well
    return Exit.WRONG if differs or found.state == told.STATE_FAILED else Exit.DONE


def _line(got: Any) -> str:  # noqa: ANN401  a generated message
    state = type(got).State.Name(got.state).removeprefix("STATE_").lower()
    left = f", {got.seconds_left:.0f} s left" if got.HasField("seconds_left") else ""
    lines = [
        f"rebuild {got.number} by {got.operator}: {state}, {got.position} of "
        f"{got.head}, {got.events_per_second:,.0f} events/s{left} {got.failure}".strip()
    ]
    for one in got.projections:
        how = one.not_compared or ("equal" if one.equal else "rows DIFFER")
        answers = ", now answers" if one.promoted else ""
        lines.append(f"  {one.projection}: {how}{answers} ({one.file})")
        lines += [f"    differs: {child}" for child in one.different]
    return "\n".join(lines)
