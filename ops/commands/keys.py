"""The log's key: made, shown, and its heads begun.

What lives here: arguments and output. What never does: keys (`events.keys`).
"""

from __future__ import annotations

from typing import Any

import typer

from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile
from ops.terminal import ending, node_of, say


def add_to(app: typer.Typer) -> None:
    """Add the group `keys`."""
    group = typer.Typer(help="The key that signs heads.", no_args_is_help=True)
    app.add_typer(group, name="keys")
    for command in (new, show, begin):
        group.command()(command)


def new(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Make the log's key in the file that the configuration names, and show it."""
    from events.keys import make_key

    with ending():
        node, signing = _signing(config)
        made = make_key(signing.key, node.registry)
    say({"vkey": made.verifier.vkey} if as_json else made.verifier.vkey)


def show(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show the public half of the log's key, for those who verify."""
    from events.keys import load_key

    with ending():
        vkey = load_key(_signing(config)[1].key).verifier.vkey
    say({"vkey": vkey} if as_json else vkey)


def begin(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Say that no head was ever signed of this log: once, before its first start."""
    from events.heads import begin as fix
    from registry.bootstrap import keeper, open_heads
    from registry.sources import system_sources

    with ending():
        node, signing = _signing(config)
        with (
            keeper(node.data_dir),
            open_heads(node, signing, system_sources()) as stores,
        ):
            fix(stores, node.registry)
    say(f"{node.registry}: heads begin with the empty tree")


def _signing(path: Any) -> Any:  # noqa: ANN401  ops.config is imported when asked
    """Return a node and its signing. Raises ConfigError where it has none."""
    from ops.config import ConfigError

    node = node_of(path).config
    if node.signing is None:
        message = f"{path}: has no [signing]"
        raise ConfigError(message)
    return node, node.signing
