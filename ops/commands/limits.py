"""Limits on the command line: what must be done by which day, overdue first.

What lives here: arguments and what is shown. What never does: the work.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.options import DEFAULT_SERVER, AsJson, Server, TlsFolder

MAX_SHOWN = 10_000
"""Limits shown by one call: whoever needs more asks with a filter, or over gRPC."""


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(limits)


def limits(
    owner: Annotated[
        str, typer.Option(help="Whose: civil_affairs, party, or a body's id.")
    ] = "",
    child: Annotated[str, typer.Option(help="A child's, and its cases'.")] = "",
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only what is overdue on the day.")
    ] = False,
    ended: Annotated[
        bool, typer.Option("--ended", help="Met, moved and withdrawn ones too.")
    ] = False,
    as_of: Annotated[str, typer.Option(help="The day, YYYY-MM-DD; empty: today.")] = "",
    known_at: Annotated[
        str, typer.Option(help="What was known: a position, or a time in ISO 8601.")
    ] = "",
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """List what must be done by which day and by whom, overdue first."""
    from childregistry.v1 import limits_service_pb2 as pb
    from ops.submission_file import as_json as told
    from ops.terminal import as_of_message, connection, ending, rests_on, say

    request = pb.ListLimitsRequest(
        owner=owner,
        child=child,
        overdue_only=overdue,
        include_ended=ended,
        as_of=as_of_message(as_of, known_at),
        page_size=1_000,
    )
    shown = 0
    with ending(), connection(server, tls) as client:
        for got in client.pages("ListLimits", request):
            for one in got.limits:
                say(told(one) if as_json else _line(one))
            shown += len(got.limits)
            if shown >= MAX_SHOWN:
                break
    if as_json:
        return
    for name in got.unreadable:
        say(f"uncertain: an entry of {name} cannot be read")
    for position in got.unreadable_entries:
        say(f"uncertain: entry {position} cannot be read")
    if got.next_page_token:
        say(f"more than {MAX_SHOWN}: narrow the question")
    if not shown:
        say("no limits")
    rests_on(got.read_state)


def _line(one: Any) -> str:  # noqa: ANN401  a generated message
    from childregistry.v1 import limits_service_pb2 as pb

    state = pb.LimitState.Name(one.state).removeprefix("LIMIT_STATE_").lower()
    how = "OVERDUE" if one.overdue else state
    early = " at the earliest" if one.at_the_earliest else ""
    passed = f", passing recorded at {one.passed_at}" if one.passed_at else ""
    by = f", by {one.by_stream} {one.by_version}" if one.by_stream else ""
    return (
        f"{how:9} {one.due}{early}  {one.kind}  {one.owner}  "
        f"{one.stream} {one.version} (position {one.set_at}{passed}{by}); "
        f"{', '.join(one.articles)}"
    )
