"""What is owed to a child, and its classes, on the command line.

What lives here: arguments and what is shown. What never does: the answer.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.options import DEFAULT_SERVER, AsJson, Server, TlsFolder


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(duties)
    app.command()(classify)


def duties(
    child: Annotated[str, typer.Option(help="About this child, by id.")] = "",
    jurisdiction: Annotated[str, typer.Option(help="Or of this jurisdiction.")] = "",
    ended_too: Annotated[
        bool, typer.Option("--all", help="Also what is done and answered.")
    ] = False,
    as_of: Annotated[
        str, typer.Option(help="The day on which what is due is judged.")
    ] = "",
    known_at: Annotated[
        str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
    ] = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say who owes what: reports, duties, referrals, with gaps and overlaps marked."""
    from childregistry.v1 import duty_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import as_of_message, connection, ending, rests_on, say

    if bool(child) == bool(jurisdiction):
        message = "one of --child and --jurisdiction is given"
        raise typer.BadParameter(message)
    request = pb.ListMattersRequest(
        ended_too=ended_too, as_of=as_of_message(as_of, known_at)
    )
    if child:
        request.child = child
    else:
        request.jurisdiction = jurisdiction
    with ending(), connection(server, tls) as client:
        for got in client.pages("ListMatters", request):
            if as_json:
                say(told(got))
            else:
                _show(got)
    if not as_json:
        say(f"{got.warnings} warnings, {got.unheeded} visits that found them unheeded")
        rests_on(got.read_state)


def classify(
    child: Annotated[str, typer.Argument(help="The child's id.")],
    as_of: Annotated[str, typer.Option(help="The day, YYYY-MM-DD.")] = "",
    known_at: Annotated[
        str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
    ] = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say in which classes a child is on a day, by which notice and which facts."""
    from childregistry.v1 import duty_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import as_of_message, connection, ending, rests_on, say

    request = pb.ClassifyChildRequest(child=child, as_of=as_of_message(as_of, known_at))
    with ending(), connection(server, tls) as client:
        got = client.called("ClassifyChild", request)
    if as_json:
        say(told(got))
        return
    for one in got.classes:
        sure = "" if one.certain else " (perhaps)"
        say(f"{one.scheme}: {one.name}{sure}, by {one.source}")
        say(f"    {', '.join(one.facts)}")
    if not got.classes:
        say("in no class, by what is recorded")
    rests_on(got.read_state)


def _show(got: Any) -> None:  # noqa: ANN401  a generated message
    from rich.table import Table

    from childregistry.v1 import duty_service_pb2 as pb
    from ops.show import console, holder, name

    table = Table()
    for column in ("matter", "owed", "status", "who", "due", "marked", "last"):
        table.add_column(column, overflow="fold")
    for one in got.matters:
        marks = [mark for mark in ("overdue", "orphan") if getattr(one, mark)]
        marks += [f"overlaps {other}" for other in one.overlaps]
        last = one.facts[-1]
        table.add_row(
            one.stream,
            one.owed,
            name(pb.MatterStatus, one.status),
            holder(one.holder) if one.HasField("holder") else "NOBODY",
            one.due,
            ", ".join(marks),
            f"{last.on} {last.type} {' '.join(last.codes)}".strip(),
        )
    console().print(table)
