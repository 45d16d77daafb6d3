"""The feed on the command line: follow it, resume it, prove that nothing is missing.

What lives here: arguments and what is shown. What never does: following
(`ops.subscriber`).
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ops.options import DEFAULT_SERVER, AsJson, Authority, OfficeName, Server, TlsFolder

Values = list[str] | None


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(subscribe)


def subscribe(
    state: Annotated[
        Path | None,
        typer.Option(help="Keeps the place; the next run goes on from it."),
    ] = None,
    types: Annotated[Values, typer.Option("--type", help="Of events.")] = None,
    children: Annotated[Values, typer.Option("--child", help="By id.")] = None,
    jurisdictions: Annotated[Values, typer.Option("--jurisdiction")] = None,
    submitters: Annotated[Values, typer.Option("--submitter")] = None,
    causes: Annotated[Values, typer.Option("--cause")] = None,
    after: Annotated[int, typer.Option(help="Begin after this position.")] = 0,
    until: Annotated[int, typer.Option(help="End at this position; 0: go on.")] = 0,
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Follow the feed, checking each entry; exit 7 where one is missing or altered.

    An entry is shown before its place is kept: after a kill the last ones may be shown
    again under the same numbers, and none is ever left out.
    """
    from events.feed import FeedBrokenError, Filter
    from ops.show import console
    from ops.subscriber import OtherSubscriptionError, State, follow, told
    from ops.terminal import Exit, complain, connection, ending, say

    wanted = Filter(
        types=frozenset(types or ()),
        children=frozenset(children or ()),
        jurisdictions=frozenset(jurisdictions or ()),
        submitters=frozenset(submitters or ()),
        causes=frozenset(causes or ()),
    )
    try:
        kept = State(state, wanted, after)
        with (
            ending(),
            connection(server, tls, (authority, office)) as client,
            contextlib.suppress(KeyboardInterrupt),
        ):
            for one in follow(client, kept, until):
                if as_json:
                    say(told(one))
                elif isinstance(one, str):
                    console().print(f"[dim]{one}: position {kept.place.position}[/dim]")
                else:
                    shown = ", ".join(header.type for header in one.events)
                    console().print(
                        f"{one.number}  position {one.position}  "
                        f"{one.recorded_at:%Y-%m-%d %H:%M:%S}Z  "
                        f"{one.submitter}  {shown}"
                    )
    except OtherSubscriptionError as error:
        complain(error)
        raise typer.Exit(Exit.USAGE) from error
    except FeedBrokenError as error:
        complain(error)
        raise typer.Exit(Exit.DAMAGED) from error
