"""A process of its own that writes a new file.

What lives here: `FileWriter`, the way there and back. What never does: judgment
(`events.bulk`), files (`events.new_file`). Making and judging records costs about what
writing their rows does, so two cores make a log in half the time.
"""

from __future__ import annotations

import marshal
import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from events.new_file import Judged, NewFile, remove

ENDED_S: Final = 60.0
"""How long a process that said its last word may take to end."""
_PROCESSES: Final = multiprocessing.get_context("spawn")


class FileWriter:
    """Hands rows over; raises what `events.new_file` raises, where it came to it.

    OSError where the process is gone.
    """

    def __init__(self, pipe: Connection, process: BaseProcess) -> None:
        self._pipe = pipe
        self._process = process

    def add(self, judged: Judged) -> None:
        """Give what comes next; wait until what came before is taken."""
        self._say(tuple(judged))

    def finish(
        self, schemas: Sequence[tuple[bytes, str]], meta: Mapping[str, str]
    ) -> None:
        """Have the file made whole and durable."""
        self._say((None, (schemas, dict(meta))))
        fault = self._heard()
        if fault is not None:
            raise fault

    def kill(self) -> None:
        """End the process at once: what it wrote is not kept."""
        self._process.kill()
        self._process.join()

    def _say(self, what: Any) -> None:  # noqa: ANN401  tuples, lists, texts and bytes
        try:
            self._pipe.send_bytes(marshal.dumps(what))
        except ConnectionError as error:
            raise self._heard() or _gone() from error

    def _heard(self) -> Exception | None:
        """Return the process's last word: its fault, where it has one."""
        try:
            fault: Exception | None = self._pipe.recv()
        except (EOFError, ConnectionError):
            return _gone()
        return fault


def _gone() -> OSError:
    return OSError("the process that wrote the file is gone")


@contextmanager
def file_writer(path: Path) -> Iterator[FileWriter]:
    """Write a file that is not there; what is not finished in the block is deleted."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_write, args=(path, theirs), daemon=True)
    process.start()
    theirs.close()
    writer = FileWriter(ours, process)
    try:
        yield writer
    finally:
        ours.close()  # it ends, and where it was not told to finish deletes
        process.join(ENDED_S)
        writer.kill()
        remove(path)


def _told(pipe: Connection) -> Any:  # noqa: ANN401  what `_say` said
    return marshal.loads(pipe.recv_bytes())  # noqa: S302  our parent's own


def _write(path: Path, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent ends it, by the pipe
    with pipe, closing(NewFile(path)) as file:
        try:
            while (told := _told(pipe))[0] is not None:
                file.add(Judged._make(told))
            file.finish(*told[1])
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001  the parent raises it
            pipe.send(error)
            return
        pipe.send(None)
