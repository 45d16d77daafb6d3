"""The feed on the command line: follow it, resume it, prove that nothing is missing.

What lives here: arguments and what is shown. What never does: following
(`ops.subscriber`, `ops.named`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.options import DEFAULT_SERVER, AsJson, Authority, OfficeName, Server, TlsFolder

Values = list[str] | None


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(subscribe)


def subscribe(
    name: Annotated[
        str,
        typer.Argument(
            help="A subscription of one's own; empty: what the options say."
        ),
    ] = "",
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
    again under the same numbers, and none is ever left out. A subscription by name is
    acknowledged on the way; without a file it goes on behind what was acknowledged.
    """
    from events.feed import FeedBrokenError, Filter
    from ops.named import Follower, TakenOverError
    from ops.subscriber import OtherSubscriptionError, State, follow
    from ops.terminal import Exit, complain, connection, ending

    wanted = Filter(
        types=frozenset(types or ()),
        children=frozenset(children or ()),
        jurisdictions=frozenset(jurisdictions or ()),
        submitters=frozenset(submitters or ()),
        causes=frozenset(causes or ()),
    )
    if name and (wanted != Filter() or after):
        message = "a subscription by name has its own filter and beginning"
        raise typer.BadParameter(message, param_hint="NAME")
    try:
        with (
            ending(),
            connection(server, tls, (authority, office)) as client,
            contextlib.suppress(KeyboardInterrupt),
        ):
            if name:
                follower = Follower(client, name, state)
                _show(follower.follow(until), follower.at, name, as_json=as_json)
            else:
                kept = State(state, wanted, after)
                given = follow(client, kept, until)
                _show(
                    given, lambda: (kept.place.position, None), "feed", as_json=as_json
                )
    except OtherSubscriptionError as error:
        complain(error)
        raise typer.Exit(Exit.USAGE) from error
    except FeedBrokenError as error:
        complain(error)
        raise typer.Exit(Exit.DAMAGED) from error
    except TakenOverError as error:
        complain(error)
        raise typer.Exit(Exit.WRONG) from error


def _show(
    given: Iterator[Any],
    at: Callable[[], tuple[int, int | None]],
    title: str,
    *,
    as_json: bool,
) -> None:
    """Show what a feed gives: a live view on a terminal, lines elsewhere."""
    from rich.live import Live

    from ops.feed_view import View
    from ops.show import console
    from ops.subscriber import told
    from ops.terminal import say

    out = console()
    if as_json or not out.is_terminal:
        for one in given:
            if as_json:
                say(told(one))
            elif isinstance(one, str):
                out.print(f"[dim]{one}: position {at()[0]}[/dim]")
            else:
                shown = ", ".join(header.type for header in one.events)
                out.print(
                    f"{one.number}  position {one.position}  "
                    f"{one.recorded_at:%Y-%m-%d %H:%M:%S}Z  "
                    f"{one.submitter}  {shown}"
                )
        return
    view = View(title)
    with Live(get_renderable=view.drawn, console=out, refresh_per_second=4):
        for one in given:
            position, view.acknowledged = at()
            view.take(one, position)
