"""One child's story, one place's work and figures, on the command line.

What lives here: arguments and what is shown. What never does: the answer.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.options import DEFAULT_SERVER, AsJson, Server, TlsFolder

AsOf = Annotated[str, typer.Option(help="The day on which what is due is judged.")]
KnownAt = Annotated[
    str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="As CSV, for a statistics office.")]
Jurisdiction = Annotated[str, typer.Argument(help="The place's code.")]


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(story)
    app.command()(workload)
    app.command()(indicators)
    app.command()(statistics)


def story(
    child: Annotated[str, typer.Argument(help="The child's id.")],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Tell what everybody did for a child and owes to it, gaps and overlaps marked."""
    from childregistry.v1 import coordination_service_pb2 as pb
    from childregistry.v1 import types_pb2
    from ops.show import name
    from ops.submission_file import as_json as told
    from ops.terminal import as_of_message, connection, ending, rests_on, say

    request = pb.ListStoryRequest(
        child=child, as_of=as_of_message(as_of, known_at), page_size=1_000
    )
    with ending(), connection(server, tls) as client:
        for got in client.pages("ListStory", request):
            for line in got.lines:
                if as_json:
                    say(told(line))
                    continue
                until = f" to {line.until}" if line.until else ""
                by = f" by {name(types_pb2.Office, line.by)}" if line.by else ""
                who = f" ({line.who})" if line.who else ""
                marks = f"  {', '.join(line.marks).upper()}" if line.marks else ""
                say(f"{line.on}{until}  {line.what}{by}{who}  {line.stream}{marks}")
    if not as_json:
        rests_on(got.read_state)


def workload(
    jurisdiction: Jurisdiction,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Say what is open in a place, by department and age, the most overdue first."""
    from childregistry.v1 import coordination_service_pb2 as pb
    from ops.terminal import answered, as_of_message

    request = pb.ListWorkloadRequest(
        jurisdiction=jurisdiction, as_of=as_of_message(as_of, known_at)
    )
    columns = (
        *("department", "open", "overdue"),
        *("to_30_days", "to_90_days", "to_365_days", "older"),
    )
    got = answered("ListWorkload", request, server, tls, as_json=as_json)
    _show(got, "workloads", columns, as_csv=as_csv, as_json=as_json)


def indicators(
    jurisdiction: Jurisdiction,
    first: Annotated[
        str, typer.Option("--from", help="A day of the first quarter, YYYY-MM-DD.")
    ],
    quarters: Annotated[int, typer.Option(help="How many quarters.")] = 4,
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Say how soon a place acts and who stands alone, quarter by quarter."""
    from childregistry.v1 import coordination_service_pb2 as pb
    from ops.terminal import answered, as_of_message

    request = pb.ListIndicatorsRequest(
        jurisdiction=jurisdiction,
        quarters=quarters,
        as_of=as_of_message("", known_at),
    )
    setattr(request, "from", first)
    columns = (
        *("quarter", "reports", "unanswered", "days_to_first_action"),
        *("applications", "undecided", "days_to_decision", "with_a_day", "overdue"),
        *("children", "without_guardian", "uncertain", "temporary_beyond_a_year"),
    )
    got = answered("ListIndicators", request, server, tls, as_json=as_json)
    _show(got, "indicators", columns, as_csv=as_csv, as_json=as_json)


def statistics(
    jurisdiction: Jurisdiction,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Count the children of a place in each class on a day, for a statistics office."""
    from childregistry.v1 import coordination_service_pb2 as pb
    from ops.terminal import answered, as_of_message

    request = pb.CountClassesRequest(
        jurisdiction=jurisdiction, as_of=as_of_message(as_of, known_at)
    )
    got = answered("CountClasses", request, server, tls, as_json=as_json)
    columns = ("scheme", "name", "certain", "possible")
    _show(got, "classes", columns, as_csv=as_csv, as_json=as_json)


def _show(
    got: Any,  # noqa: ANN401  any message
    rows: str,
    columns: tuple[str, ...],
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show the rows of an answer as a table; as CSV alone where that is asked for."""
    import csv
    import sys

    from rich.table import Table

    from ops.show import console
    from ops.terminal import rests_on

    if as_json:
        return
    cells = [[_cell(one, column) for column in columns] for one in getattr(got, rows)]
    if as_csv:
        csv.writer(sys.stdout).writerows([columns, *cells])
        return
    table = Table(*(column.replace("_", " ") for column in columns))
    for row in cells:
        table.add_row(*row)
    console().print(table)
    rests_on(got.read_state)


def _cell(one: Any, column: str) -> str:  # noqa: ANN401  any message
    """Return a field's text; empty where the field is left out."""
    field = one.DESCRIPTOR.fields_by_name[column]
    if field.has_presence and not one.HasField(column):
        return ""
    return str(getattr(one, column))
