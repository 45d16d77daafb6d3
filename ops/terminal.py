"""What every command of the command line shares: ends, connections, words, bars.

What lives here: exit codes and how errors become them. What never does: a command.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

import typer


class Exit(IntEnum):
    """What the command's end means to a script."""

    DONE = 0
    WRONG = 1
    USAGE = 2
    INVALID = 3
    NOT_FOUND = 4
    OTHER_CONTENT = 5
    TRY_AGAIN = 6
    DAMAGED = 7
    REFUSED = 8


BY_STATUS = {
    "INVALID_ARGUMENT": Exit.INVALID,
    "NOT_FOUND": Exit.NOT_FOUND,
    "ALREADY_EXISTS": Exit.OTHER_CONTENT,
    "DATA_LOSS": Exit.DAMAGED,
    "UNAUTHENTICATED": Exit.USAGE,
    "RESOURCE_EXHAUSTED": Exit.TRY_AGAIN,
    "UNAVAILABLE": Exit.TRY_AGAIN,
    "ABORTED": Exit.TRY_AGAIN,
    "DEADLINE_EXCEEDED": Exit.TRY_AGAIN,
}


@contextmanager
def ending() -> Iterator[None]:
    """End with a line and a code where something that can go wrong went wrong."""
    from events.log import LogDamagedError, LogError
    from events.topic import TopicError
    from events.topic_audit import TopicExistsError
    from events.tree import EvidenceError
    from ops.backup import BackupError
    from ops.client import CallError
    from ops.config import ConfigError
    from registry.bootstrap import KeeperBusyError, TopicUnfitError
    from registry.identity import IdentitiesError
    from registry.relay import PublishedUnfitError
    from registry.server import InsecureError

    try:
        yield
    except CallError as error:
        complain(error)
        raise typer.Exit(BY_STATUS.get(error.status, Exit.WRONG)) from error
    except (ConfigError, IdentitiesError, InsecureError) as error:
        complain(error)
        raise typer.Exit(Exit.USAGE) from error
    except LogDamagedError as error:
        complain(error)
        raise typer.Exit(Exit.DAMAGED) from error
    except (LogError, TopicError) as error:
        complain(error)
        raise typer.Exit(Exit.TRY_AGAIN) from error
    except (
        KeeperBusyError,
        TopicUnfitError,
        TopicExistsError,
        PublishedUnfitError,
    ) as error:
        complain(error)
        raise typer.Exit(Exit.WRONG) from error
    except (BackupError, EvidenceError, OSError, sqlite3.Error) as error:
        complain(error)
        raise typer.Exit(Exit.WRONG) from error


def node_of(path: Path) -> Any:  # noqa: ANN401  ops.config is imported when asked
    """Return the configuration of a node. Raises ConfigError."""
    from ops.config import load

    return load(path)


def kafka_of(path: Path) -> Any:  # noqa: ANN401  likewise
    """Return where a node's topic is. Raises ConfigError where it has none."""
    from ops.config import ConfigError

    kafka = node_of(path).config.kafka
    if kafka is None:
        message = f"{path}: has no [kafka]"
        raise ConfigError(message)
    return kafka


def published_of(path: Path) -> tuple[Any, Any]:
    """Return a node, and where it publishes. Raises ConfigError where it does not."""
    from ops.config import ConfigError

    node = node_of(path)
    if node.published is None:
        message = f"{path}: has no [published]"
        raise ConfigError(message)
    return node, node.published


@contextmanager
def connection(
    server: str, tls: Path | None, who: tuple[str, str] = ("", "")
) -> Iterator[Any]:
    """Connect to a server, with the files of a folder where it asks for TLS."""
    from ops.client import Credentials, connected

    credentials = None
    if tls is not None:
        credentials = Credentials(
            server=tls / "server-ca.pem",
            key=tls / "client.key",
            certificate=tls / "client.pem",
        )
    with connected(server, credentials, who) as client:
        yield client


def answered(  # noqa: PLR0913  what a command line says
    method: str,
    request: Any,  # noqa: ANN401  any message
    server: str,
    tls: Path | None,
    who: tuple[str, str] = ("", ""),
    *,
    as_json: bool,
) -> Any:  # noqa: ANN401  any message
    """Call a method and return its answer; as JSON it is said already."""
    from ops.submission_file import as_json as told

    with ending(), connection(server, tls, who) as client:
        got = client.called(method, request)
    if as_json:
        say(told(got))
    return got


def as_of_message(day: str, known_at: str) -> Any:  # noqa: ANN401  a generated message
    """Return the two times of a question, as the options give them."""
    from childregistry.v1 import custody_service_pb2 as pb

    asked = pb.AsOf(date=day)
    if not known_at:
        return asked
    if known_at.isdecimal():
        asked.position = int(known_at)
        return asked
    try:
        moment = datetime.fromisoformat(known_at)
    except ValueError as error:
        message = "is a position, or a time such as 2015-03-01T12:00:00+08:00"
        raise typer.BadParameter(message, param_hint="--known-at") from error
    if moment.tzinfo is None:
        message = "a time names its zone, such as +08:00"
        raise typer.BadParameter(message, param_hint="--known-at")
    asked.time.FromDatetime(moment.astimezone(UTC))
    return asked


def rests_on(state: Any) -> None:  # noqa: ANN401  a generated message
    """Print the state that an answer rests on."""
    settled = "settled" if state.settled else "may still change as more is recorded"
    say(f"as known at position {state.known_at} of {state.head}; {settled}")


def say(told: object) -> None:
    """Print text, or anything else as one line of JSON."""
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    print(text, flush=True)  # noqa: T201  the command line's own output


def complain(error: Exception, *, as_json: bool = False, line: int = 0) -> None:
    """Print an error where errors go, with the line of the file it is about."""
    where = line or getattr(error, "line", 0)
    told: dict[str, object] = {"error": str(error), "kind": type(error).__name__}
    told |= {"line": where} if where else {}
    text = json.dumps(told, ensure_ascii=False) if as_json else f"{where or ''} {error}"
    print(text.strip(), file=sys.stderr, flush=True)  # noqa: T201  the command's own


@contextmanager
def progress_bar(title: str) -> Iterator[Any]:
    """Show a bar with the time left and a rate on a terminal, and nothing elsewhere.

    What it gives takes how much is done, of how much, and the rate in words.
    """
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    # Beside the answer, which may go into a file while a person looks on.
    beside = Console(stderr=True)
    columns = (*Progress.get_default_columns(), TextColumn("{task.fields[rate]}"))
    with Progress(
        *columns,
        console=beside,
        transient=True,
        redirect_stdout=False,  # an answer that comes meanwhile is no part of it
        disable=not beside.is_terminal,
    ) as shown:
        task = shown.add_task(title, total=None, rate="")

        def update(done: int, total: int, rate: str = "") -> None:
            shown.update(task, completed=done, total=total, rate=rate)

        yield update


@contextmanager
def bar(total: int) -> Iterator[Any]:
    """Show how many of a number of submissions are done."""
    with progress_bar("submitting") as update:
        done = iter(range(1, total + 1))
        yield lambda: update(next(done), total)
