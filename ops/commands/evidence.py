"""Evidence to take along: exported from a node, opened anywhere.

What lives here: arguments. What never does: the work (`events.evidence`,
`projections.evidence`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile
from ops.terminal import ending, node_of, say


def add_to(app: typer.Typer) -> None:
    """Add `export` and `open`."""
    app.command()(export)
    app.command(name="open")(open_)


def export(
    target: Annotated[Path, typer.Argument(help="A folder that is not there.")],
    child: Annotated[
        list[str] | None, typer.Option(help="Whose bodies are included.")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(help="A case whose bodies are included.")
    ] = None,
    entries: Annotated[
        str, typer.Option("--range", help="Only entries FIRST-LAST, each with a proof.")
    ] = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Export the log up to its signed head, with the bodies of what is named only."""
    from events.evidence import Scope
    from events.evidence import export as written
    from events.keys import load_key
    from ops.config import ConfigError

    first, dash, last = entries.partition("-")
    if entries and not (dash and first.isdecimal() and last.isdecimal()):
        message = "is FIRST-LAST, two positions"
        raise typer.BadParameter(message, param_hint="--range")
    scope = Scope(
        children=frozenset(child or ()),
        cases=frozenset(case or ()),
        entries=(int(first), int(last)) if entries else None,
    )
    with ending():
        node = node_of(config).config
        if node.signing is None:
            message = f"{config}: has no [signing]"
            raise ConfigError(message)
        key = load_key(node.signing.key).verifier
        size = written(node.data_dir, target, scope, key)
    told = {"folder": str(target), "head": size}
    say(told if as_json else f"{target}: under the head of {size} entries")


def open_(
    folder: Annotated[Path, typer.Argument(help="Exported evidence.")],
    key: Annotated[list[str], typer.Option(help="Key of the log, from elsewhere.")],
    child: Annotated[str, typer.Option(help="Answer about this child.")] = "",
    as_of: Annotated[str, typer.Option(help="On this date, YYYY-MM-DD.")] = "",
) -> None:
    """Verify exported evidence, and replay it; needs no node."""
    from projections.evidence import main

    asked = [part for vkey in key for part in ("--key", vkey)]
    asked += ["--child", child] if child else []
    asked += ["--as-of", as_of] if as_of else []
    raise typer.Exit(main([str(folder), *asked]))
