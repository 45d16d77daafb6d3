"""A synthetic province on the command line: a lawful log, the same for the same seed.

What lives here: arguments and what is shown. What never does: the making
(`ops.synthetic`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.options import AsJson


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(generate)


def generate(
    to: Annotated[Path, typer.Option(help="The log's file, which is not there yet.")],
    children: Annotated[int, typer.Option(help="Recorded children.")] = 1_000,
    years: Annotated[int, typer.Option(help="Years, up to the end of 2025.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    registry: Annotated[
        str, typer.Option(help="The log's origin, as a node's configuration says it.")
    ] = "synthetic.example/cn-329900",
    as_json: AsJson = False,
) -> None:
    """Write the log of a synthetic province: no real child, every act decided by law.

    Stopped anywhere, it leaves no file of that name. Exit 2 where a number is out of
    bounds or the file is there already.
    """
    import time

    from ops.synthetic.province import grow
    from ops.synthetic.telling import Numbers
    from ops.terminal import ending, progress_bar, say

    try:
        numbers = Numbers(children=children, years=years, seed=seed, registry=registry)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if to.exists():
        message = f"{to} is there already"
        raise typer.BadParameter(message, param_hint="--to")
    started = time.monotonic()
    with ending(), progress_bar("recording") as progress:
        province, head = grow(to, numbers, progress)
    told = {
        "file": str(to),
        "registry": registry,
        "children": children,
        "entries": head.position,
        "events": province.events,
        "hash": head.hash.hex(),
        "lives": {kind.value: count for kind, count in sorted(province.kinds.items())},
        "seconds": round(time.monotonic() - started, 3),
    }
    line = (
        f"{to}: {head.position} entries, {province.events} events of {children} "
        f"children in {told['seconds']} s, head {told['hash']}"
    )
    say(told if as_json else line)
