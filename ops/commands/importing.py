"""Importing a jurisdiction's existing files, on the command line.

What lives here: arguments and what is shown. What never does: the work.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.options import DEFAULT_SERVER, AsJson, Authority, OfficeName, Server, TlsFolder


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(help="CSV with --map, else JSON; or -.")],
    mapped: Annotated[
        Path | None, typer.Option("--map", help="Which column goes into which field.")
    ] = None,
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Submit many rows in one stream, each with its own outcome; safe to send again."""
    from ops.terminal import Exit, bar, complain, connection, ending, say

    with ending():
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    rows, faults = _read(content, mapped)
    for fault in faults:
        complain(fault, as_json=as_json)
    counts = {"recorded": 0, "repeated": 0, "refused": 0, "faulty": len(faults)}
    with (
        ending(),
        connection(server, tls, (authority, office)) as client,
        bar(len(rows)) as step,
    ):
        for row, outcome in _sent(client, rows):
            step()
            counts[_counted(outcome)] += 1
            if as_json:
                say(_as_json(outcome))
            elif outcome.HasField("fault"):
                _complain(row.line, outcome.fault)
    if not as_json:
        say(", ".join(f"{count} {what}" for what, count in counts.items()))
    raise typer.Exit(Exit.INVALID if counts["faulty"] else Exit.DONE)


def _read(content: bytes, mapped: Path | None) -> tuple[list[Any], list[Any]]:
    """Return the rows that can be sent, and what is wrong with the others."""
    from ops.import_map import MapError, load_map, rows_of
    from ops.submission_file import FileFaultError, read, submission_of

    if mapped is None:
        return read(content)
    rows: list[Any] = []
    faults: list[Any] = []
    try:
        for line, row in rows_of(content, load_map(mapped)):
            if isinstance(row, FileFaultError):
                faults.append(row)
                continue
            try:
                rows.append(submission_of(line, row))
            except FileFaultError as fault:
                faults.append(fault)
    except MapError as error:
        raise typer.BadParameter(str(error), param_hint="--map") from error
    except FileFaultError as fault:
        faults.append(fault)
    return rows, faults


def _sent(client: Any, rows: Sequence[Any]) -> Any:  # noqa: ANN401  pairs of row and outcome
    """Give the rows with their outcomes; those of one submitter in one stream."""
    from ops.importer import send

    for _, own in groupby(rows, key=lambda row: (row.authority, row.office)):
        yield from send(client, list(own))


def _counted(outcome: Any) -> str:  # noqa: ANN401  a generated message
    if outcome.HasField("fault"):
        return "faulty"
    if outcome.receipt.HasField("refused"):
        return "refused"
    return "repeated" if outcome.receipt.repeated else "recorded"


def _complain(line: int, fault: Any) -> None:  # noqa: ANN401  a generated message
    where = f"{fault.field}: " if fault.field else ""
    typer.echo(f"{line} {where}{fault.rule}", err=True)


def _as_json(message: Any) -> dict[str, Any]:  # noqa: ANN401  any message
    from ops.submission_file import as_json

    return as_json(message)
