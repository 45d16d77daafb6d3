"""Who uses a file now, so that closing it waits for them.

What lives here: a count. What never does: the file. SQLite's connections are closed by
one thread while others may be inside them; a connection that goes away under a reader
takes the process with it, so none goes before the last reader has come out.
"""

from __future__ import annotations

import threading
from types import TracebackType

from events.log import LogClosedError


class InUse:
    """Lets users in until it is ended, and ends when the last has left.

    It is entered at every single read: so it is its own context, with a bare lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = threading.Condition(self._lock)
        self._users = 0
        self._ended = False

    def used(self) -> InUse:
        """Use the file while inside. Entering raises LogClosedError once it closes."""
        return self

    def __enter__(self) -> None:
        with self._lock:
            if self._ended:
                raise LogClosedError
            self._users += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        with self._lock:
            self._users -= 1
            if self._ended:
                self._left.notify_all()

    def end(self) -> bool:
        """Let nobody in any more and wait for those inside; False on a second call."""
        with self._lock:
            first, self._ended = not self._ended, True
            self._left.wait_for(lambda: not self._users)
        return first
