"""Who uses a file now, so that closing it waits for them.

What lives here: a count. What never does: the file. SQLite's connections are closed by
one thread while others may be inside them; a connection that goes away under a reader
takes the process with it, so none goes before the last reader has come out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from events.log import LogClosedError


class InUse:
    """Lets users in until it is ended, and ends when the last has left."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._users = 0
        self._ended = False

    @contextmanager
    def used(self) -> Iterator[None]:
        """Use the file. Raises LogClosedError once it is being closed."""
        with self._changed:
            if self._ended:
                raise LogClosedError
            self._users += 1
        try:
            yield
        finally:
            with self._changed:
                self._users -= 1
                if self._ended:
                    self._changed.notify_all()

    def end(self) -> bool:
        """Let nobody in any more and wait for those inside; False on a second call."""
        with self._changed:
            first, self._ended = not self._ended, True
            self._changed.wait_for(lambda: not self._users)
        return first
