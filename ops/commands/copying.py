"""Moving a log to another store.

What lives here: arguments and output. What never does: the copying (`ops.copy_log`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile
from ops.terminal import ending, node_of, progress_bar, say


def add_to(app: typer.Typer) -> None:
    """Add the command `copy`."""
    app.command()(copy)


def copy(
    to: Annotated[Path, typer.Option("--to", help="The other node's configuration.")],
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy this log into another node's, embedded or Kafka; stop both nodes first."""
    from base64 import b64encode

    from ops.copy_log import copy as moved
    from registry.bootstrap import keeper, open_log

    with ending():
        source, target = node_of(config).config, node_of(to).config
        with (
            keeper(source.data_dir),
            keeper(target.data_dir),
            open_log(source) as one,
            open_log(target) as other,
            progress_bar("copying") as progress,
        ):
            head = moved(one, other, progress)
    told = {"entries": head.size, "root": b64encode(head.root).decode()}
    say(told if as_json else f"{head.size} entries, equal in both; tree {told['root']}")
