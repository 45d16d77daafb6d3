"""The log's keys: made, shown, adopted, retired, and its heads begun or joined.

What lives here: arguments and output. What never does: keys (`events.keys`), their life
(`registry.key_life`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.options import DEFAULT_CONFIG, AsJson, ConfigFile
from ops.terminal import ending, node_of, say


def add_to(app: typer.Typer) -> None:
    """Add the group `keys`."""
    group = typer.Typer(help="The key that signs heads.", no_args_is_help=True)
    app.add_typer(group, name="keys")
    for command in (new, show, begin, join, adopt, retire, line):
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


def join(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Let this node sign beside others whose heads log is the same topic."""
    from events.takeover import join as joined
    from registry.bootstrap import keeper, open_heads
    from registry.sources import system_sources

    with ending():
        node, signing = _signing(config)
        with (
            keeper(node.data_dir),
            open_heads(node, signing, system_sources()) as (heads, own),
        ):
            joined(heads, own, node.registry)
    say(f"{node.registry}: this node signs beside the others")


def adopt(
    file: Annotated[Path, typer.Argument(help="The key's file; made where not there.")],
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Record a further key, signed by one in force; then list it in `more_keys`."""
    from events.keys import load_key, make_key
    from registry.key_life import KeyLife
    from registry.sources import system_sources

    with ending(), _keyring(config) as (node, log, keys):
        key = load_key(file) if file.exists() else make_key(file, node.registry)
        found = KeyLife(log, system_sources(), node.node, keys).adopt(key)
        _say_line(found, as_json=as_json)


def retire(
    key: Annotated[str, typer.Argument(help="The key that signs no more, as text.")],
    because: Annotated[
        str, typer.Option(help="rotated, compromised or lost.")
    ] = "rotated",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Record that a key signs nothing from now on; what it signed stays right."""
    from events.key_line import KeyAct
    from events.notes import parse_verifier
    from registry.key_life import KeyLife
    from registry.sources import system_sources

    reasons = [act.value for act in KeyAct if act is not KeyAct.ADOPTED]
    if because not in reasons:
        message = f"is one of {', '.join(reasons)}"
        raise typer.BadParameter(message)
    with ending(), _keyring(config) as (node, log, keys):
        old = parse_verifier(key)
        life = KeyLife(log, system_sources(), node.node, keys)
        found = life.retire(old, KeyAct(because))
        _say_line(found, as_json=as_json)


def line(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the log's keys with the entries from and before which each signs."""
    from contextlib import closing

    from events.reading import FollowedLog
    from registry.keyring import Keyring

    with ending():
        node = node_of(config).config
        with closing(FollowedLog(node.data_dir / "log.sqlite", node.registry)) as log:
            found = Keyring(log, ()).line(log.head().position)
    _say_line(found, as_json=as_json)


def _say_line(found: Any, *, as_json: bool) -> None:  # noqa: ANN401  events are imported when asked
    """Print a line as the text that `receipt verify --line` reads."""
    from events.key_line import line_text

    if not as_json:
        say(line_text(found).decode().removesuffix("\n"))
        return
    for span in found.spans:
        told = {
            "from": span.adopted,
            "before": span.retired,
            "because": span.because,
            "vkey": span.key.vkey,
        }
        say(told)


@contextmanager
def _keyring(config: Path) -> Iterator[Any]:
    """Yield node, log and held keys of a stopped node."""
    from registry.bootstrap import keeper, keyring, open_log

    node, signing = _signing(config)
    with keeper(node.data_dir), open_log(node) as log:
        yield node, log, keyring(log, signing)


def _signing(path: Any) -> Any:  # noqa: ANN401  ops.config is imported when asked
    """Return a node and its signing. Raises ConfigError where it has none."""
    from ops.config import ConfigError

    node = node_of(path).config
    if node.signing is None:
        message = f"{path}: has no [signing]"
        raise ConfigError(message)
    return node, node.signing
