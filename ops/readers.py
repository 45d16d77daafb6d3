"""The readers of a node: processes that answer questions from the keeper's files.

What lives here: starting them, starting again one that died, and what runs in each.
What never does: answers (`registry.beside`, `registry.server`).

One may have an address of its own and give the feed there: a thousand followers are
then no part of the interpreter that decides and answers, and come after it where both
want a processor.

A reader ends when its keeper does, however that ends: the keeper holds one end of a
pipe and writes nothing; the reader sees it close. A reader that dies takes the calls
with it that were under way there; clients connect again and find another.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import uvloop

from ops.collector import settle
from ops.config import NodeConfig
from registry.beside import open_beside
from registry.server import Listen, check_secure, feeding, reading

READY_S: Final = 30.0
"""A reader opens files and binds a port; what takes longer will not come."""
STOP_S: Final = 15.0
"""Calls under way are drained; then it is killed."""
AGAIN_S: Final = 0.5
"""Between the death of a reader and the next one in its place."""

FEED_NICE: Final = 10
"""By how much the feed comes after the keeper. Beside a thousand followers on two cores
a question's slowest hundredth took 18 and 28 ms without it and 15 and 17 with it."""

_PROCESSES: Final = multiprocessing.get_context("spawn")


class ReaderLostError(Exception):
    """A reader did not come up."""


@contextmanager
def door() -> Iterator[str]:
    """Give the address of a socket that only this user's processes can reach.

    In a folder for temporary files: the path of a socket has at most 100 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="childregistry-") as folder:
        yield f"unix:{Path(folder) / 'keeper'}"


@dataclass(frozen=True, slots=True)
class _Role:
    """Where a reader listens, and whether it gives the feed itself."""

    listen: Listen
    feed: bool = False


@dataclass(slots=True)
class _Reader:
    """A process, our end of the pipe that it lives by, and what it is."""

    process: BaseProcess
    pipe: Connection
    role: _Role

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(STOP_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@contextmanager
def beside(node: NodeConfig, listen: Listen) -> Iterator[None]:
    """Keep a node's readers running, on the port that its keeper has, and its feed.

    Raises InsecureError; ReaderLostError where they do not come up.
    """
    roles = [_Role(listen)] * node.readers
    if node.feed:
        alone = replace(listen, address=node.feed, shared=False)
        check_secure(alone)
        roles.append(_Role(alone, feed=True))
    readers = [_start(node, role) for role in roles]
    ending = threading.Event()
    watch = threading.Thread(
        target=_watch, args=(node, readers, ending), name="readers"
    )
    try:
        for reader in readers:
            _ready(reader)
        watch.start()
        yield
    finally:
        ending.set()
        if watch.ident is not None:
            watch.join()
        for reader in readers:
            reader.stop()


def _start(node: NodeConfig, role: _Role) -> _Reader:
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(
        target=read, args=(node, role, theirs), name="childregistry-reader"
    )
    process.start()
    theirs.close()
    return _Reader(process, ours, role)


def _ready(reader: _Reader) -> None:
    with suppress(EOFError):  # told below: it died
        if reader.pipe.poll(READY_S):
            reader.pipe.recv()
            return
    reader.stop()
    message = f"{reader.role.listen.address}: a reader did not come up; it says why"
    raise ReaderLostError(message)


def _watch(node: NodeConfig, readers: list[_Reader], ending: threading.Event) -> None:
    while not ending.is_set():
        wait([reader.process.sentinel for reader in readers], AGAIN_S)
        for index, reader in enumerate(readers):
            if not reader.process.is_alive() and not ending.wait(AGAIN_S):
                reader.pipe.close()
                readers[index] = _start(node, reader.role)


def read(node: NodeConfig, role: _Role, pipe: Connection) -> None:
    """Be a reader until the keeper ends or a signal says so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the keeper's, who tells us
    if role.feed:
        os.nice(FEED_NICE)

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)

        def keeper_gone() -> None:
            loop.remove_reader(pipe.fileno())
            stop.set()

        loop.add_reader(pipe.fileno(), keeper_gone)
        served = feeding if role.feed else reading
        async with served(opened, role.listen) as running:
            settle()
            pipe.send(running.port)
            await stop.wait()

    with open_beside(node.config, role.listen.door) as opened:
        uvloop.run(serve())


def at(listen: Listen, port: int) -> Listen:
    """Return where readers listen: the keeper's own host and port."""
    host = listen.address.rpartition(":")[0]
    return replace(listen, address=f"{host}:{port}")
