"""The bureau kit on the command line.

What lives here: arguments and what is shown. What never does: the work
(`ops.bureau_kit`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Join the commands of this room."""
    app.command()(kit)


def kit(
    folder: Annotated[Path, typer.Argument(help="A folder that is new or empty.")],
) -> None:
    """Write what a bureau's programmers need: contract, schemas, vectors, consumers."""
    from ops.bureau_kit import FolderInUseError, export
    from ops.terminal import Exit, complain, ending, say

    with ending():
        try:
            export(folder)
        except FolderInUseError as error:
            complain(error)
            raise typer.Exit(Exit.USAGE) from error
    say(f"{folder}: begin with README.md")
