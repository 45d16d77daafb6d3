"""Webhooks on the command line: delivered, parked, tried again.

What lives here: arguments and what is shown. What never does: the work
(`ops.webhooks`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.options import AsJson

File = Annotated[
    Path, typer.Option("--config", "-c", help="Endpoints and secrets, a TOML file.")
]
DEFAULT = Path("webhooks.toml")


def add_to(app: typer.Typer) -> None:
    """Add the group `webhooks`."""
    group = typer.Typer(help="Notifications to small offices.", no_args_is_help=True)
    app.add_typer(group, name="webhooks")
    for command in (run, parked, replay):
        group.command()(command)


def run(
    config: File = DEFAULT,
    until: Annotated[int, typer.Option(help="End at this position; 0: go on.")] = 0,
) -> None:
    """Follow the feed and deliver until stopped; exit 7 where the feed lacks an entry.

    What is delivered may come again after a kill, under the same webhook-id.
    """
    import signal
    import sqlite3
    import threading

    from events.feed import FeedBrokenError
    from ops.terminal import Exit, complain, ending, say
    from ops.webhooks.endpoints import load
    from ops.webhooks.outbox import OtherEndpointError
    from ops.webhooks.runner import Runner, RunningError, alone

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with ending():
        hooks = load(config)
        try:
            with alone(hooks.state) as outbox:
                runner = Runner(hooks, outbox, until)
                say(f"delivering to {len(hooks.endpoints)} endpoints")
                runner.run(stop)
                for endpoint in hooks.endpoints:
                    done, left = outbox.counts(endpoint.name)
                    say(f"{endpoint.name}: {done} delivered, {left} wait")
        except FeedBrokenError as error:
            complain(error)
            raise typer.Exit(Exit.DAMAGED) from error
        except (RunningError, OtherEndpointError, sqlite3.Error) as error:
            complain(error)
            raise typer.Exit(Exit.WRONG) from error


def parked(config: File = DEFAULT, as_json: AsJson = False) -> None:
    """List what was given up, why, and how much waits behind it; exit 1 where any."""
    from ops.terminal import Exit, ending, say
    from ops.webhooks.endpoints import load
    from ops.webhooks.outbox import Outbox

    with ending():
        outbox = Outbox(load(config).state)
        found = outbox.parked()
        outbox.close()
    for one in found:
        told = {
            "endpoint": one.endpoint,
            "id": one.id,
            "key": one.key,
            "attempts": one.attempts,
            "reason": one.reason,
            "held": one.held,
        }
        line = f"{one.endpoint}  {one.id}  {one.key}  {one.reason}"
        line += f"  {one.held} behind it"
        say(told if as_json else line)
    raise typer.Exit(Exit.WRONG if found else Exit.DONE)


def replay(
    endpoint: Annotated[str, typer.Argument(help="Whose parked notices.")],
    id_: Annotated[str, typer.Option("--id", help="Only this one; all.")] = "",
    config: File = DEFAULT,
) -> None:
    """Have parked notices tried again, in their order; exit 4 where there are none."""
    import time

    from ops.terminal import Exit, ending, say
    from ops.webhooks.endpoints import load
    from ops.webhooks.outbox import Outbox

    with ending():
        outbox = Outbox(load(config).state)
        count = outbox.replay(endpoint, time.time(), id_)
        outbox.close()
    say(f"{count} are tried again")
    raise typer.Exit(Exit.DONE if count else Exit.NOT_FOUND)
