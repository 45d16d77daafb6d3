"""Composition root: from a configuration to a registry that runs.

What lives here: `Config`, and `open_registry`, the one place where the parts meet.
What never does: logic. Clock and salts come in as arguments, so that two runs can be
compared byte by byte.
"""

from __future__ import annotations

import fcntl
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from events.log import EMPTY, Log
from events.store import EmbeddedLog
from projections.custody import FOLD, Custody
from registry.announce import adopt
from registry.wire import CODEC
from registry.writer import Sources, Writer

EMBEDDED_CLOCK_LEAD_US = 1_000_000
"""How far the last entry may be ahead of the clock: time services slew within that."""
SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a node is: its folder, the log's origin, its own name in entries."""

    data_dir: Path
    registry: str
    node: str


class KeeperBusyError(Exception):
    """Another process keeps this data folder."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The parts of a running registry."""

    log: Log
    writer: Writer
    custody: Custody


def system_sources() -> Sources:
    """Return this machine's clock and the operating system's randomness."""
    return Sources(
        clock=lambda: time.time_ns() // 1_000,
        salt=lambda: secrets.token_bytes(SALT_BYTES),
    )


@contextmanager
def open_registry(config: Config, sources: Sources) -> Iterator[Registry]:
    """Open the embedded registry of a folder, as its only keeper.

    Raises KeeperBusyError where another process keeps the folder. A new log adopts
    this release's formats and rules; an existing one is taken as it stands.
    """
    config.data_dir.mkdir(parents=True, exist_ok=True)
    with (config.data_dir / "keeper.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another process keeps {config.data_dir}"
            raise KeeperBusyError(message) from error
        log = EmbeddedLog(config.data_dir / "log.sqlite", config.registry)
        try:
            if log.head() == EMPTY:
                adopt(log, CODEC, sources, config.node)
            custody = Custody(config.data_dir / f"custody.{FOLD}.sqlite")
            custody.follow(log)
            lead = EMBEDDED_CLOCK_LEAD_US
            writer = Writer(log, CODEC, sources, node=config.node, clock_lead_us=lead)
            try:
                yield Registry(log, writer, custody)
            finally:
                writer.close()
                custody.close()
        finally:
            log.close()
