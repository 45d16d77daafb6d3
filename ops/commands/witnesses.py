"""A witness of heads: run at another authority, and asked.

What lives here: arguments and output. What never does: the rule (`events.witness`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.options import DEFAULT_CONFIG, ConfigFile
from ops.terminal import ending, node_of, say


def add_to(app: typer.Typer) -> None:
    """Add the group `witness`."""
    group = typer.Typer(help="A witness of signed heads.", no_args_is_help=True)
    app.add_typer(group, name="witness")
    for command in (new, serve, ask):
        group.command()(command)


def new(
    key: Annotated[Path, typer.Argument(help="The key's file, not there yet.")],
    name: Annotated[str, typer.Option(help="The witness's name.")],
) -> None:
    """Make a witness's key, and show its public half."""
    from events.keys import make_key
    from events.notes import KeyKind

    with ending():
        say(make_key(key, name, KeyKind.WITNESS).verifier.vkey)


def serve(
    key: Annotated[Path, typer.Argument(help="The witness's key.")],
    folder: Annotated[Path, typer.Option(help="Where last heads are kept.")],
    log: Annotated[list[str], typer.Option(help="Key of a log to witness.")],
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: a free one.")] = 8081,
) -> None:
    """Remember the last head of each log, and sign what continues it."""
    import time

    from events.keys import load_key
    from events.notes import parse_verifier
    from events.witness import Witness
    from ops.witness import WitnessServer

    with ending():
        known = [parse_verifier(vkey) for vkey in log]
        witness = Witness(folder, load_key(key), known, lambda: int(time.time()))
        with WitnessServer(witness, host, port) as server:
            say(f"witness on {server.url}")
            server.serve_forever()


def ask(
    url: Annotated[str, typer.Argument(help="The witness's address.")],
    witness: Annotated[str, typer.Option(help="The witness's key, from elsewhere.")],
    to: Annotated[Path, typer.Option(help="File for the cosigned head.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Have this node's published head cosigned, and keep it as a file."""
    from events.evidence import BagError
    from events.notes import parse_checkpoint, parse_verifier, text_of
    from events.publish import read_file
    from events.tiles import CHECKPOINT, TiledTree
    from registry.witnesses import ask as cosigned

    with ending():
        folder = node_of(config).config.data_dir / "tiles"
        note = read_file(folder, CHECKPOINT)
        if note is None:
            raise BagError(str(folder), "has no published head")
        size = parse_checkpoint(text_of(note)).head.size
        tree = TiledTree(lambda path: read_file(folder, path), size)
        to.write_bytes(cosigned(url, note, tree, parse_verifier(witness)))
    say(f"{to}: head of {size} entries, cosigned")
