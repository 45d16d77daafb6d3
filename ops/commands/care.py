"""Guarantees, funds, houses and the public report, on the command line.

What lives here: arguments and what is shown. What never does: the answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ops.options import DEFAULT_SERVER, AsJson, Server, TlsFolder

AsOf = Annotated[str, typer.Option(help="The day on which what is due is judged.")]
KnownAt = Annotated[
    str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
]


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(guarantees)
    app.command()(funds)
    app.command()(home)
    app.command("public-report")(public_report)


def guarantees(
    child: Annotated[str, typer.Argument(help="The child's id.")],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say what a child is guaranteed, by whom, and what was delivered or missed."""
    from childregistry.v1 import care_pb2
    from childregistry.v1 import care_service_pb2 as pb
    from ops.show import name
    from ops.terminal import answered, as_of_message, rests_on, say

    request = pb.ListGuaranteesRequest(
        child=child, as_of=as_of_message(as_of, known_at)
    )
    got = answered("ListGuarantees", request, server, tls, as_json=as_json)
    if as_json:
        return
    for one in got.guarantees:
        kind = name(care_pb2.Guarantee, one.item.guarantee)
        ended = "" if one.open else ", ended"
        say(f"{one.plan} {one.item.item}: {kind} by {one.item.owner.id}{ended}")
        said = f"    due {one.due}, delivered {one.delivered}, missed {one.missed}"
        say(f"{said}, {one.paid_fen / 100:.2f} yuan")
        if one.overdue:
            say(f"    nothing recorded from {', '.join(one.overdue)}")
    rests_on(got.read_state)


def funds(
    jurisdiction: Annotated[str, typer.Argument(help="The place's code.")],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say where the money of a place is, by guarantee and class of children."""
    from rich.table import Table

    from childregistry.v1 import care_pb2
    from childregistry.v1 import care_service_pb2 as pb
    from ops.show import console, name
    from ops.terminal import answered, as_of_message, rests_on

    request = pb.ListFundsRequest(
        jurisdiction=jurisdiction, as_of=as_of_message(as_of, known_at)
    )
    got = answered("ListFunds", request, server, tls, as_json=as_json)
    if as_json:
        return
    sums = ("allocated", "paid", "returned", "misused", "left", "unspent")
    table = Table("guarantee", "children", "funds", *(f"{s} (yuan)" for s in sums))
    for one in got.funds:
        table.add_row(
            name(care_pb2.Guarantee, one.guarantee),
            name(care_pb2.FundClass, one.beneficiaries),
            str(one.funds),
            *(f"{getattr(one, f'{s}_fen') / 100:.2f}" for s in sums),
        )
    console().print(table)
    rests_on(got.read_state)


def home(
    house: Annotated[str, typer.Argument(help="The house's id.")],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say what a welfare home answers for: within, to children, society, supervisor."""
    from childregistry.v1 import care_service_pb2 as pb
    from ops.terminal import answered, as_of_message, rests_on, say

    request = pb.GetHomeRequest(home=house, as_of=as_of_message(as_of, known_at))
    got = answered("GetHome", request, server, tls, as_json=as_json)
    if as_json:
        return
    for view in ("within", "to_children", "to_society", "to_supervisor"):
        say(view.replace("_", " "))
        for field, value in _as_json(getattr(got, view)).items():
            say(f"    {field.replace('_', ' ')}: {value}")
    rests_on(got.read_state)


def public_report(
    year: Annotated[int, typer.Argument(help="The calendar year of recording, UTC.")],
    log: Annotated[
        Path | None,
        typer.Option(help="Compute it from this log file or export, with no server."),
    ] = None,
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say what was recorded in a year, with no number below ten."""
    from childregistry.v1 import care_service_pb2 as pb
    from ops.terminal import answered, say

    if log is not None:
        got = _computed(log, year)
        if as_json:
            say(_as_json(got))
    else:
        request = pb.GetPublicReportRequest(year=year)
        got = answered("GetPublicReport", request, server, tls, as_json=as_json)
    if as_json:
        return
    for cell in got.cells:
        say(f"{cell.jurisdiction}  {cell.type}: {cell.at_least} or more")
    say(f"positions {got.first} to {got.last}; in steps of {got.step}")


def _computed(log: Path, year: int) -> Any:  # noqa: ANN401  a generated message
    from childregistry.v1 import care_service_pb2 as pb
    from projections.openness import STEP, YearNotOverError, report_of
    from projections.replay import UnusableError

    try:
        made = report_of(log, year)
    except (YearNotOverError, UnusableError) as error:
        message = f"no report of {year} can be made of this file: {error}"
        raise typer.BadParameter(message) from error
    cells = [
        pb.PublicCell(
            jurisdiction=cell.jurisdiction, type=cell.type, at_least=cell.at_least
        )
        for cell in made.cells
    ]
    return pb.GetPublicReportResponse(
        cells=cells, first=made.first, last=made.last, step=STEP
    )


def _as_json(message: Any) -> dict[str, Any]:  # noqa: ANN401  any message
    from ops.submission_file import as_json

    return as_json(message)
