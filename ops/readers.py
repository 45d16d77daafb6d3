"""The readers of a node: processes that answer questions from the keeper's files.

What lives here: starting them, starting again one that died, and what runs in each.
What never does: answers (`registry.beside`, `registry.server`).

A reader ends when its keeper does, however that ends: the keeper holds one end of a
pipe and writes nothing; the reader sees it close. A reader that dies takes the calls
with it that were under way there; clients connect again and find another.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
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

from ops.config import NodeConfig
from registry.beside import open_beside
from registry.server import Listen, reading

READY_S: Final = 30.0
"""A reader opens files and binds a port; what takes longer will not come."""
STOP_S: Final = 15.0
"""Calls under way are drained; then it is killed."""
AGAIN_S: Final = 0.5
"""Between the death of a reader and the next one in its place."""

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


@dataclass(slots=True)
class _Reader:
    """A process, and our end of the pipe that it lives by."""

    process: BaseProcess
    pipe: Connection

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(STOP_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@contextmanager
def beside(node: NodeConfig, listen: Listen) -> Iterator[None]:
    """Keep a node's readers running, on the port that its keeper has.

    Raises ReaderLostError where they do not come up.
    """
    readers = [_start(node, listen) for _ in range(node.readers)]
    ending = threading.Event()
    watch = threading.Thread(
        target=_watch, args=(node, listen, readers, ending), name="readers"
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


def _start(node: NodeConfig, listen: Listen) -> _Reader:
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(
        target=read, args=(node, listen, theirs), name="childregistry-reader"
    )
    process.start()
    theirs.close()
    return _Reader(process, ours)


def _ready(reader: _Reader) -> None:
    with suppress(EOFError):  # told below: it died
        if reader.pipe.poll(READY_S):
            reader.pipe.recv()
            return
    reader.stop()
    message = "a reader did not come up; its own output says why"
    raise ReaderLostError(message)


def _watch(
    node: NodeConfig, listen: Listen, readers: list[_Reader], ending: threading.Event
) -> None:
    while not ending.is_set():
        wait([reader.process.sentinel for reader in readers], AGAIN_S)
        for index, reader in enumerate(readers):
            if not reader.process.is_alive() and not ending.wait(AGAIN_S):
                reader.pipe.close()
                readers[index] = _start(node, listen)


def read(node: NodeConfig, listen: Listen, pipe: Connection) -> None:
    """Be a reader until the keeper ends or a signal says so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the keeper's, who tells us

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)

        def keeper_gone() -> None:
            loop.remove_reader(pipe.fileno())
            stop.set()

        loop.add_reader(pipe.fileno(), keeper_gone)
        async with reading(opened, listen) as running:
            gc.collect()
            gc.freeze()  # as its keeper does: what stays is not gone over again
            pipe.send(running.port)
            await stop.wait()

    with open_beside(node.config, listen.door) as opened:
        uvloop.run(serve())


def shared(listen: Listen, port: int) -> Listen:
    """Return where readers listen: the keeper's own host and port."""
    host = listen.address.rpartition(":")[0]
    return replace(listen, address=f"{host}:{port}")
