"""The stamper: has published heads time-stamped by an authority of the operator's.

What lives here: the thread that asks, and the folder of stamps. What never does: the
bytes (`events.time_stamp`), publishing; nothing waits for a stamp.

    <folder>/<size>        the three lines of a head, as they are signed
    <folder>/<size>.tsr    the authority's answer over them

A stamp is kept when it is whole, and says of its head and of every entry below it: not
later than this. An authority that does not answer is asked again at the next time; the
reason stands in `trouble`.
"""

from __future__ import annotations

import http.client
import logging
import os
import secrets
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

from events.files import sync_folder
from events.notes import parse_checkpoint, text_of
from events.time_stamp import (
    MAX_ANSWER_BYTES,
    NONCE_BYTES,
    QUERY,
    REPLY,
    TimeStampError,
    check_answer,
    query,
)
from events.tree import EvidenceError

STAMPS: Final = "stamps"
SUFFIX: Final = ".tsr"
EVERY_S: Final = 3_600.0
"""An hour: a stamp covers all before it, and authorities count what they are asked."""
TIMEOUT_S: Final = 30.0

log = logging.getLogger(__name__)


class Stamper:
    """Keeps a folder of stamps; `newest` gives the published head's note."""

    def __init__(
        self,
        folder: Path,
        url: str,
        newest: Callable[[], bytes | None],
        every_s: float = EVERY_S,
    ) -> None:
        self._folder = folder
        self._url = url
        self._newest = newest
        self._every_s = every_s
        self._trouble: str | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stamper", daemon=True)

    @property
    def trouble(self) -> str | None:
        """Why the last head was not stamped, or None."""
        return self._trouble

    def start(self) -> None:
        """Ask in a thread of its own until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Stop; a question under way is waited for."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def step(self) -> bool:
        """Have the newest head stamped, where it is not; whether it is.

        Raises EvidenceError, OSError: nothing was kept.
        """
        note = self._newest()
        if note is None:
            return False
        text = text_of(note)
        size = parse_checkpoint(text).head.size
        if (self._folder / f"{size}{SUFFIX}").exists():
            return True
        answer = stamp(self._url, text)
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, content in ((f"{size}", text), (f"{size}{SUFFIX}", answer)):
            _keep(self._folder / name, content)
        sync_folder(self._folder)
        return True

    def _run(self) -> None:
        wait_s = 0.0
        while not self._closing.wait(wait_s):
            # Before the first head there is nothing to stamp: it comes in a moment.
            wait_s = self._every_s
            try:
                if not self.step():
                    wait_s = min(1.0, self._every_s)
                self._told(None)
            except (EvidenceError, OSError) as error:
                self._told(str(error))

    def _told(self, trouble: str | None) -> None:
        if trouble != self._trouble and trouble is not None:
            log.error("no head is stamped: %s", trouble)
        self._trouble = trouble


def stamp(url: str, text: bytes) -> bytes:
    """Return an authority's stamp of a text. Raises TimeStampError, OSError."""
    if not url.startswith(("http://", "https://")):
        raise TimeStampError(url, "must be an address of HTTP")
    nonce = secrets.token_bytes(NONCE_BYTES)
    asked = urllib.request.Request(  # noqa: S310  checked above
        url, query(text, nonce), {"Content-Type": QUERY}, method="POST"
    )
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:  # noqa: S310  likewise
            kind = answer.headers.get_content_type()
            content = answer.read(MAX_ANSWER_BYTES + 1)
    except http.client.HTTPException as error:
        raise TimeStampError(url, f"does not answer: {error!r}") from error
    if kind != REPLY or len(content) > MAX_ANSWER_BYTES:
        raise TimeStampError(url, f"answers with {len(content)} bytes of {kind}")
    check_answer(content, text, nonce)
    return bytes(content)


def newest_stamp(folder: Path, size: int) -> tuple[int, bytes] | None:
    """Return size and stamp of the largest stamped head up to a size, if any is."""
    sizes = [
        int(path.stem)
        for path in folder.glob(f"*{SUFFIX}")
        if path.stem.isascii() and path.stem.isdigit() and int(path.stem) <= size
    ]
    if not sizes:
        return None
    return max(sizes), (folder / f"{max(sizes)}{SUFFIX}").read_bytes()


def _keep(path: Path, content: bytes) -> None:
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
