"""Cases, and who may be guardian of whom, on the command line.

What lives here: arguments and what is shown. What never does: the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from ops.options import DEFAULT_SERVER, AsJson, Server, TlsFolder

AsOf = Annotated[str, typer.Option(help="The day, YYYY-MM-DD; empty: today.")]
KnownAt = Annotated[
    str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
]
CaseId = Annotated[str, typer.Argument(help="The case's id.")]
PAGE = 1_000
MAX_SHOWN = 10_000
"""Items shown by one call: whoever needs more narrows the question."""


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(docket)
    app.command()(application)
    app.command()(case)
    app.command()(eligible)
    app.command()(wards)


def docket(
    court: Annotated[str, typer.Option(help="A court's docket.")] = "",
    applicant: Annotated[str, typer.Option(help="What a bureau or person asked.")] = "",
    jurisdiction: Annotated[
        str, typer.Option(help="A bureau's place: cases of its children.")
    ] = "",
    child: Annotated[str, typer.Option(help="Cases that name a child.")] = "",
    state: Annotated[
        list[str] | None,
        typer.Option(
            help="Only in this state, again for more: filed, accepted, withdrawn, "
            "terminated, granted, partly_granted, dismissed; pending: the first two."
        ),
    ] = None,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """List applications, the oldest first, with where each stands on the day."""
    from childregistry.v1 import docket_service_pb2 as pb
    from ops.terminal import as_of_message, rests_on, say

    request = pb.ListApplicationsRequest(
        court=court,
        applicant=applicant,
        jurisdiction=jurisdiction,
        child=child,
        states=_states(state or []),
        as_of=as_of_message(as_of, known_at),
        page_size=PAGE,
    )
    got, shown = _pages(
        "ListApplications", request, "applications", _line, (server, tls, as_json)
    )
    if not as_json:
        _uncertain(got)
        say(f"{shown} cases" if shown else "no cases")
        rests_on(got.read_state)


def application(
    case: CaseId,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show one case: what it asks, where it stands, what it decided for whom."""
    from childregistry.v1 import docket_service_pb2 as pb
    from ops.show import holder
    from ops.submission_file import as_json as told
    from ops.terminal import as_of_message, connection, ending, rests_on, say

    request = pb.GetApplicationRequest(case=case, as_of=as_of_message(as_of, known_at))
    with ending(), connection(server, tls) as client:
        got = client.called("GetApplication", request)
    if as_json:
        say(told(got))
        return
    say(_line(got.application))
    for one in got.children:
        parts = ("respondents", "disqualified", "dismissed", "restored", "designated")
        listed = [
            f"{part}: {', '.join(map(holder, getattr(one, part)))}"
            for part in parts
            if getattr(one, part)
        ]
        say(f"    child {one.child}; {'; '.join(listed)}")
    _uncertain(got)
    rests_on(got.read_state)


def case(
    case: CaseId,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show a case's file: everything recorded in it, in order of legal days."""
    from childregistry.v1 import docket_service_pb2 as pb
    from ops.terminal import as_of_message, rests_on

    request = pb.GetCaseFileRequest(
        case=case, as_of=as_of_message(as_of, known_at), page_size=PAGE
    )
    got, _ = _pages("GetCaseFile", request, "facts", _fact, (server, tls, as_json))
    if not as_json:
        _uncertain(got)
        rests_on(got.read_state)


def eligible(
    holder: Annotated[str, typer.Argument(help="A person's id, or a body's.")],
    child: Annotated[str, typer.Argument(help="The child's id.")],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say every bar and warning there is to somebody as guardian of a child.

    Ends with 0 where no bar is on record, with 1 where there is one.
    """
    from childregistry.v1 import guardian_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import (
        Exit,
        as_of_message,
        connection,
        ending,
        rests_on,
        say,
    )

    request = pb.CheckEligibilityRequest(
        holder=_holder(holder), child=child, as_of=as_of_message(as_of, known_at)
    )
    with ending(), connection(server, tls) as client:
        got = client.called("CheckEligibility", request)
    if as_json:
        say(told(got))
    else:
        for remark in got.remarks:
            say(_remark(remark))
        _uncertain(got)
        say("no bar on record" if got.eligible else "BARRED, or not to be said")
        rests_on(got.read_state)
    if not got.eligible:
        raise typer.Exit(Exit.WRONG)


def wards(
    holder: Annotated[str, typer.Argument(help="A person's id, or a body's.")],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """List the children of whom somebody is guardian, carer, payer, or barred."""
    from childregistry.v1 import guardian_service_pb2 as pb
    from ops.terminal import as_of_message, rests_on, say

    request = pb.ListWardsRequest(
        holder=_holder(holder), as_of=as_of_message(as_of, known_at), page_size=PAGE
    )
    got, shown = _pages("ListWards", request, "wards", _ward, (server, tls, as_json))
    if not as_json:
        for name in got.unreadable:
            say(f"uncertain: an entry of {name} cannot be read")
        say(f"{shown} children" if shown else "no children")
        rests_on(got.read_state)


def _pages(
    method: str,
    request: Any,  # noqa: ANN401  any message with pages
    listed: str,
    line: Callable[[Any], str],
    where: tuple[str, Path | None, bool],
) -> tuple[Any, int]:
    """Print every item of an answer's pages; return the last page and the count."""
    from ops.submission_file import as_json as told
    from ops.terminal import connection, ending, say

    server, tls, as_json = where
    shown = 0
    with ending(), connection(server, tls) as client:
        for got in client.pages(method, request):
            for one in getattr(got, listed):
                say(told(one) if as_json else line(one))
            shown += len(getattr(got, listed))
            if shown >= MAX_SHOWN:
                break
    if got.next_page_token and not as_json:
        say(f"more than {MAX_SHOWN}: narrow the question")
    return got, shown


def _states(said: list[str]) -> list[Any]:
    from childregistry.v1 import docket_service_pb2 as pb

    names = [n for one in said for n in _MEANT.get(one, (one,))]
    known = dict(pb.CaseState.items())
    wrong = [n for n in names if f"CASE_STATE_{n.upper()}" not in known]
    if wrong:
        message = f"no such state: {wrong[0]}"
        raise typer.BadParameter(message, param_hint="--state")
    return [known[f"CASE_STATE_{n.upper()}"] for n in names]


_MEANT = {"pending": ("filed", "accepted")}


def _holder(said: str) -> Any:  # noqa: ANN401  a generated message
    """Return a person where the id has a person's form, else a body."""
    from childregistry.v1 import types_pb2

    try:
        UUID(said)
        kind = types_pb2.HOLDER_KIND_PERSON
    except ValueError:
        kind = types_pb2.HOLDER_KIND_BODY
    return types_pb2.Holder(kind=kind, id=said)


def _line(one: Any) -> str:  # noqa: ANN401  a generated message
    from childregistry.v1 import docket_service_pb2 as pb
    from childregistry.v1 import types_pb2
    from ops.show import holder, name

    state = name(pb.CaseState, one.state) + ("" if one.certain else " (perhaps)")
    asked = "no application on record"
    if one.HasField("asked"):
        who = holder(one.applicant.holder)
        asked = f"{name(types_pb2.Asked, one.asked)}, asked by {who}"
    elif one.HasField("protection"):
        who = holder(one.applicant.holder)
        about = name(types_pb2.ProtectionAsked, one.protection)
        asked = f"protection order ({about}), asked by {who}"
    children = ", ".join(one.children) or "no child"
    return (
        f"{one.on:10}  {state:14}  {one.case}  {one.court}: {asked}; {children} "
        f"(position {one.opened_at})"
    )


def _fact(one: Any) -> str:  # noqa: ANN401  a generated message
    from ops.show import holder

    who = ", ".join(map(holder, one.holders))
    gone = "  TAKEN BACK" if one.annulled else ""
    act = f" of {one.act}" if one.HasField("act") else ""
    due = "".join(f"; {li.kind} {li.due} ({li.owner})" for li in one.limits)
    cited = sorted({a for f in one.findings for a in f.articles})
    warned = [f.reason for f in one.findings if not f.holds]
    against = f"; against it: {', '.join(warned)}" if warned else ""
    return (
        f"{one.on:10}  {one.type}{act} {' '.join(one.codes)}  {who}{gone}{due}{against}"
        f"  [{', '.join(cited)}] {one.stream} {one.version} (position {one.position})"
    )


def _remark(remark: Any) -> str:  # noqa: ANN401  a generated message
    from childregistry.v1 import guardian_service_pb2 as pb
    from ops.show import name
    from registry.law.reasons import REASONS

    weight = name(pb.Weight, remark.weight)
    found = remark.finding
    said = REASONS[found.reason]
    where = f"; {remark.stream} {remark.version}" if remark.stream else ""
    where += f", case {remark.case}" if remark.case else ""
    shown = weight.upper() if remark.weight == pb.WEIGHT_BAR else weight
    return (
        f"{shown:8} {said.english} ({said.chinese})  "
        f"[{', '.join(found.articles)}]{where}"
    )


def _ward(ward: Any) -> str:  # noqa: ANN401  a generated message
    from childregistry.v1 import types_pb2
    from ops.show import name

    told = [
        f"{name(types_pb2.Role, p.role)} from {getattr(p, 'from')}{sure}"
        for listed, sure in ((ward.certain, ""), (ward.possible, " (perhaps)"))
        for p in listed
    ]
    return f"{ward.child}  {'; '.join(told)}"


def _uncertain(got: Any) -> None:  # noqa: ANN401  a generated message
    from ops.terminal import say

    for position in got.unreadable:
        say(f"uncertain: entry {position} cannot be read")
