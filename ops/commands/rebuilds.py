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

    request = pb.StartRebuildRequest(
        projections=names or (),
        workers=workers,
        source=pb.StartRebuildRequest.Source.Value(f"SOURCE_{source.name}"),
        promote_if_equal=auto,
    )
    _called("StartRebuild", request, (server, tls, operator), as_json=as_json)


def show(
    number: Number,
    operator: Operator = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show how far one is, its rate, the time left, and what came of it."""
    from childregistry.v1 import admin_service_pb2 as pb

    request = pb.GetRebuildRequest(number=number)
    _called("GetRebuild", request, (server, tls, operator), as_json=as_json)


def cancel(
    number: Number,
    operator: Operator = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """End one; nothing of it stays."""
    from childregistry.v1 import admin_service_pb2 as pb

    request = pb.CancelRebuildRequest(number=number)
    _called("CancelRebuild", request, (server, tls, operator), as_json=as_json)


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
    """Compare what one has built once more, and make it what answers."""
    from childregistry.v1 import admin_service_pb2 as pb

    request = pb.PromoteRebuildRequest(
        number=number, even_if_different=even_if_different
    )
    _called("PromoteRebuild", request, (server, tls, operator), as_json=as_json)


def _called(
    method: str,
    request: Any,  # noqa: ANN401  any message
    where: tuple[str, Any, str],
    *,
    as_json: bool,
) -> None:
    from ops.client import OPERATOR_OFFICE
    from ops.submission_file import as_json as told
    from ops.terminal import connection, ending, say

    server, tls, operator = where
    who = (operator, OPERATOR_OFFICE) if operator else ("", "")
    with ending(), connection(server, tls, who) as client:
        got = client.called(method, request).rebuild
    say(told(got) if as_json else _line(got))


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
