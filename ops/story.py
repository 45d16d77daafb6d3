"""The demonstration as a judge would read it: acts, then who had custody, and why.

What lives here: words and tables, with people by their part in the case. What never
does: calls, checks.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1 import types_pb2
from ops.casebook import Case, Earlier
from ops.show import STATUS, name, said
from ops.submission_file import FileSubmission

ORDER = (
    types_pb2.LINE_RELATION,
    types_pb2.LINE_COVER,
    types_pb2.LINE_GAP,
    types_pb2.LINE_PLACEMENT,
    types_pb2.LINE_BAR,
    types_pb2.LINE_MAINTENANCE,
)


def heading(out: Console, case: Case) -> None:
    """Print what case this is."""
    out.print()
    out.rule(f"{case.year}  {case.court}", align="left")
    out.print(f"[bold]{escape(case.title)}[/bold]")
    out.print(f"{escape(case.source)}")
    if case.chosen:
        out.print(f"not published, chosen: {'; '.join(case.chosen)}")


def act(
    out: Console, case: Case, item: FileSubmission, got: submission.Receipt
) -> None:
    """Print one act with its place in the log and what the law said against it."""
    command = item.request.WhichOneof("command")
    stated = getattr(item.request, command)
    on = next(
        (
            getattr(stated, field)
            for field in ("effective_on", "filed_on", "on")
            if hasattr(stated, field)
        ),
        "",
    )
    by = case.part(item.authority)
    out.print(f"  {got.position:>4}  {on:<10}  {by}: {command.replace('_', ' ')}")
    if got.HasField("refused"):
        out.print(f"        refused: {said(got.refused.reason)}")
    for finding in got.warnings:
        law = ", ".join(finding.articles)
        out.print(f"        warning: {said(finding.reason)} ({law})")


def before(out: Console, found: Earlier, *, right: bool) -> None:
    """Print what the court finds that was done before the application."""
    if not found.stages:
        return
    mark = "as recorded" if right else "[bold red]WRONG[/bold red]"
    when = "told afterwards" if found.told_afterwards else "at the application"
    out.print(f"  what the court finds, {when}  {mark}")
    for stage in found.stages:
        codes = ", ".join(sorted(stage.codes)).replace("_", " ")
        out.print(f"        {stage.on:<10}  {stage.by}: {stage.what} {codes}".rstrip())
    if found.warnings:
        out.print(f"        told to do better: {found.warnings} times")


def timeline(out: Console, case: Case, part: str, periods: Any) -> None:  # noqa: ANN401  a repeated field
    """Print a child's whole timeline."""
    table = Table(title=f"the {part}", title_justify="left", title_style="")
    for column in ("from", "until", "line", "role", "who", "under"):
        table.add_column(column, overflow="fold")
    for period in sorted(
        periods, key=lambda p: (ORDER.index(p.line), getattr(p, "from"), p.number)
    ):
        who = case.part(period.holder.id) if period.HasField("holder") else ""
        if period.duty.who:
            who = f"duty of {period.duty.who}, due {period.duty.due}"
        if period.hand_over == types_pb2.HAND_OVER_NO and period.line == ORDER[0]:
            who += " (not to be handed the child)"
        table.add_row(
            getattr(period, "from"),
            period.until or "",
            name(types_pb2.Line, period.line),
            name(types_pb2.Role, period.role),
            who,
            ", ".join(period.articles),
        )
    out.print(table)


def answer(out: Console, case: Case, found: custody.Custody, *, right: bool) -> None:
    """Print one answer, and whether the judgment demands it."""
    to = ", ".join(sorted(case.part(holder.id) for holder in found.hand_over_to))
    mark = "as judged" if right else "[bold red]WRONG[/bold red]"
    out.print(
        f"  {found.date}  {STATUS[found.status]}; hand over to: {to or '-'}  {mark}"
    )


def correction(out: Console, case: Case, position: int, by: int) -> None:
    """Print what is corrected."""
    out.print()
    out.rule("a correction", align="left")
    out.print(
        f"{case.court} takes back position {position} and puts another judgment in its "
        f"place at position {by}: the mother was not disqualified."
    )


def known(out: Console, case: Case, found: custody.Custody, position: int) -> None:
    """Print who had custody as known at a position."""
    out.print(f"as known at position {position}:")
    for period in found.certain:
        if period.line in ORDER[:3]:
            who = case.part(period.holder.id)
            role = name(types_pb2.Role, period.role)
            since = f"since {getattr(period, 'from')} ({', '.join(period.articles)})"
            out.print(f"  {found.date}  {who}, {role}, {since}")
