"""Judging a stopped node's folder, and what it answers from.

What lives here: arguments and output. What never does: the audit (`events.verify`), the
replay (`projections.rebuild`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.options import DEFAULT_CONFIG, ConfigFile
from ops.terminal import Exit, ending, node_of, progress_bar, say

if TYPE_CHECKING:  # the other commands do without them
    from projections.rebuild import Told
    from registry.rebuilding import Outcome


def add_to(app: typer.Typer) -> None:
    """Add `verify`."""
    app.command()(verify)


def verify(
    config: ConfigFile = DEFAULT_CONFIG,
    vkey: Annotated[list[str] | None, typer.Option(help="Key of the log.")] = None,
    projections: Annotated[
        bool, typer.Option(help="Also replay the projections and compare each row.")
    ] = True,
) -> None:
    """Judge every record, row, index, tile and head of this node's folder, offline.

    Then fold the log anew and compare every row of the projections that answer.
    """
    from events.verify import main as judge
    from registry.rebuilding import aside

    with ending():
        node = node_of(config).config
        keys = [part for key in vkey or () for part in ("--vkey", key)]
        found = judge([str(node.data_dir), "--indexes", *keys])
        if found or not projections:
            raise typer.Exit(found)
        with progress_bar("replaying") as progress:

            def tell(told: Told) -> bool:
                progress(told.position, told.head)
                return True

            for outcome in aside(node.data_dir, node.registry, tell):
                found |= _replayed(outcome)
    raise typer.Exit(found)


def _replayed(outcome: Outcome) -> int:
    """Say how a projection compares with its replay; 1 where a row differs."""
    name, compared = outcome.built.projection.name, outcome.comparison
    if compared is None:
        say(f"{'NOT SEEN':<10} projection {name}: {outcome.why}")
        return Exit.DONE
    if compared.equal:
        at = compared.checkpoint.position
        say(f"{'replayed':<10} {name}: every row at entry {at} is the log's")
        return Exit.DONE
    say(f"{'FAULT':<10} projection {name}: differs for {', '.join(compared.different)}")
    return Exit.WRONG
