"""Answers as a person reads them: tables of custody, periods, facts and receipts.

What lives here: words and columns. What never does: calls. The same without a
terminal: no colours then, nothing cut.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table

from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import submission_service_pb2 as submission
from childregistry.v1 import types_pb2
from registry.law.instead import INSTEAD
from registry.law.reasons import REASONS

STATUS = {
    types_pb2.STATUS_GUARDIAN: "a guardian has custody",
    types_pb2.STATUS_COVERED: "a temporary arrangement covers the child",
    types_pb2.STATUS_GAP: "NOBODY: no guardian and no temporary guardian",
    types_pb2.STATUS_UNCERTAIN: "UNCERTAIN: the record allows several readings",
    types_pb2.STATUS_NONE: "nobody is needed: before birth, of age, or dead",
}


def console() -> Console:
    """Return where answers go: as wide as the terminal, or as the answer."""
    out = Console()
    return out if out.is_terminal else Console(width=160, no_color=True)


def name(enum: Any, number: int) -> str:  # noqa: ANN401  any generated enum
    """Return a symbol as words."""
    symbol: str = enum.Name(number)
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    return symbol.removeprefix(prefix).replace("_", " ").lower()


def holder(who: types_pb2.Holder) -> str:
    """Return a holder: bodies by their public id, persons by their pseudonym."""
    return who.id or "-"


def custody_answer(out: Console, found: custody.Custody) -> None:
    """Print who has custody on a date, and what else stands on it."""
    out.print(f"[bold]{found.date}[/bold]  {STATUS[found.status]}")
    to = ", ".join(holder(who) for who in found.hand_over_to)
    out.print(f"may be handed to: {to or 'nobody, by what is recorded'}")
    for position in found.unreadable:
        out.print(f"entry {position} cannot be read")
    if found.HasField("transferred_to"):
        there = found.transferred_to
        out.print(f"since {there.on} in {there.registry}, as child {there.child}")
    if found.certain:
        out.print(periods(found.certain, "stands"))
    if found.possible:
        out.print(periods(found.possible, "stands in some readings of a date"))


def periods(listed: Any, title: str) -> Table:  # noqa: ANN401  a repeated field
    """Return a table of periods."""
    table = Table(title=title, title_justify="left", title_style="")
    for column in ("from", "until", "line", "role", "who", "article", "duty"):
        table.add_column(column, overflow="fold")
    for period in listed:
        duty = period.duty
        table.add_row(
            getattr(period, "from"),
            period.until or "",
            name(types_pb2.Line, period.line),
            name(types_pb2.Role, period.role),
            holder(period.holder) if period.HasField("holder") else "",
            ", ".join(period.articles),
            f"{duty.who}, due {duty.due}" if duty.who else "",
        )
    return table


def past_answers(out: Console, compared: custody.Comparison) -> None:
    """Print which answers of the past are given no more, when they were, and why not.

    Nothing where no answer differs.
    """
    if not compared.stretches:
        return
    if not compared.past_answers:
        out.print("before that the child was not known: no answer was another")
        return
    title = (
        f"given in the past, and no more at {compared.after} (what both say left out)"
    )
    table = Table(title=title, title_justify="left", title_style="", show_lines=True)
    for column in ("given", "about days", "answered", "now", "ended by"):
        table.add_column(column, overflow="fold")
    for past in compared.past_answers:
        stretch = next(one for one in compared.stretches if _covers(one, past))
        then, now = _said(past.answered), _said(stretch.after)
        table.add_row(
            f"as known at {past.first_known_at} to {past.last_known_at}:\n"
            f"{_moment(past.given_from)} until\n{_moment(past.given_until)}",
            f"{past.first_day or 'always'} until\n{past.until or 'ever'}",
            _in_short(past.answered, [line for line in then if line not in now]),
            _in_short(stretch.after, [line for line in now if line not in then]),
            f"entry {past.last_known_at + 1}",
        )
    out.print(table)
    if compared.past_answers_left_out:
        out.print(f"and {compared.past_answers_left_out} more")


def _covers(stretch: custody.Stretch, past: custody.PastAnswer) -> bool:
    """Whether the first day of a past answer is in a stretch: days are texts."""
    first, until = stretch.first_day, stretch.until
    return first <= past.first_day and (not until or past.first_day < until)


def _said(found: custody.Custody) -> list[str]:
    """Return a line for each period of an answer, and for whom to go to."""
    periods = [
        f"{perhaps}{name(types_pb2.Role, period.role)} {period.holder.id}".rstrip()
        for listed, perhaps in ((found.certain, ""), (found.possible, "perhaps "))
        for period in listed
    ]
    return [*periods, *(f"hand over to {holder(who)}" for who in found.hand_over_to)]


def _in_short(found: custody.Custody, lines: list[str]) -> str:
    return "\n".join([name(types_pb2.Status, found.status), *lines])


def _moment(when: Timestamp) -> str:
    return f"{when.ToDatetime():%Y-%m-%d %H:%M:%S}Z"


def facts(listed: Any) -> Table:  # noqa: ANN401  a repeated field
    """Return a table of facts, in the order in which they were recorded."""
    table = Table(title="recorded", title_justify="left", title_style="")
    for column in ("position", "fact", "on", "by", "who", "law"):
        table.add_column(column, overflow="fold")
    for fact in listed:
        law = [
            f"{'' if finding.holds else 'AGAINST: '}{said(finding.reason)} "
            f"({', '.join(finding.articles)})"
            for finding in fact.findings
        ]
        table.add_row(
            f"{fact.position}.{fact.index}",
            fact.type + (" (annulled)" if fact.annulled else ""),
            fact.on,
            name(types_pb2.Office, fact.by),
            ", ".join(holder(who) for who in fact.holders),
            "\n".join(law),
        )
    return table


def receipt(out: Console, got: submission.Receipt) -> None:
    """Print one line for a receipt, and one for each thing the law said against it."""
    again = ", recorded before" if got.repeated else ""
    out.print(
        f"position {got.position}{again}  {got.hash.hex()[:16]}  {got.request_id}"
    )
    if got.HasField("refused"):
        articles = ", ".join(got.refused.articles)
        out.print(f"  REFUSED by law: {said(got.refused.reason)} ({articles})")
        if got.refused.instead:
            out.print(f"  instead: {said(got.refused.instead)}")
    for finding in got.warnings:
        out.print(f"  warning: {said(finding.reason)} ({', '.join(finding.articles)})")
    for one in got.conflicts:
        where = " ".join(filter(None, (one.source, one.source_on, one.court)))
        out.print(f"  conflict: {one.kind.replace('_', ' ')}, with {where}")


def said(code: str) -> str:
    """Return a code of the law as people read it, in both languages, and the code."""
    if code in REASONS:
        reason = REASONS[code]
        return f"{reason.english} / {reason.chinese} ({code})"
    if code in INSTEAD:
        english, chinese = INSTEAD[code]
        return f"{english} / {chinese} ({code})"
    return code.replace("+", " or ").replace("_", " ")
