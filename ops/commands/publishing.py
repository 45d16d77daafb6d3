"""Publishing on the command line: the log's events into the published topic.

What lives here: arguments and what is shown. What never does: the work
(`registry.relay`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile
from ops.terminal import ending, published_of, say


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(publish)


def publish(
    config: ConfigFile = DEFAULT_CONFIG,
    once: Annotated[
        bool, typer.Option("--once", help="End when all is published that there is.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Publish the log's events until stopped, from a folder that no node serves from.

    A node whose configuration has [published] does the same while it serves; several
    on one topic send the same records more than once, and lose none.
    """
    from ops.publish import run

    with ending():
        node, where = published_of(config)

        def told(position: int) -> None:
            done = {"topic": where.topic, "position": position}
            say(done if as_json else f"{where.topic}: published up to {position}")

        run(node.config, where, told, once=once)
