"""The keys that a node holds, each signing only what is of its time.

What lives here: `Keyring`, which joins private keys with the line that the log itself
tells of them. What never does: files of keys (`events.keys`), the rule of the line
(`events.key_line`).

A log that says nothing of keys leaves it to the node: all that it holds sign. From the
first adoption on, a key signs the positions that are its own and no others, so a key
folder of yesterday, whose key was retired since, signs nothing new.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from events.entry import KEY_ADOPTED, KEY_RETIRED, REGISTRY_STREAM
from events.heads import OtherHistoryError
from events.key_line import KeyLine, KeyLineError, statement_in
from events.log import Head, StoredBody
from events.notes import Signer, Verifier, signed


class Told(Protocol):
    """What a keyring reads of a log, or of a stopped node's file."""

    @property
    def registry(self) -> str:
        """The log's name."""
        ...

    def head(self) -> Head:
        """Return the last entry applied here."""
        ...

    def stream(self, name: str, above: int = -1) -> list[StoredBody]:
        """Return the events of a stream with versions above `above`, in order."""
        ...


class Keyring:
    """A log's keys as far as this node holds them; safe to ask from any thread."""

    def __init__(self, log: Told, held: Sequence[Signer]) -> None:
        for key in held:
            if key.name != log.registry:
                raise OtherHistoryError(key.name, f"the log is {log.registry}")
        self._log = log
        self._held = tuple(held)
        self._lock = threading.Lock()
        self._line = KeyLine(log.registry)
        self._upto = -1
        self._version = -1

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._log.registry

    def line(self, position: int) -> KeyLine:
        """Return the line of the log's keys, true up to a position at least."""
        with self._lock:
            if position > self._upto:
                self._read()
            return self._line

    def known(self) -> list[Verifier]:
        """Return every key whose signature this node believes."""
        line = self.line(self._log.head().position)
        ours = [key.verifier for key in self._held]
        return list(dict.fromkeys([*ours, *(span.key for span in line.spans)]))

    def in_force(self, position: int) -> list[Signer]:
        """Return the held keys that sign for a position."""
        line = self.line(position)
        return [key for key in self._held if line.signs(key.verifier, position)]

    def demanded(self, position: int) -> list[Signer]:
        """Return the held keys that sign for a position. KeyLineError where none."""
        found = self.in_force(position)
        if not found:
            place = f"position {position}"
            raise KeyLineError(place, "no key held here is in force there")
        return found

    def sign(self, text: bytes, position: int) -> bytes:
        """Return the note of a text about a position; empty where no key here may."""
        keys = self.in_force(position)
        return signed(text, *(key.sign(text) for key in keys)) if keys else b""

    def _read(self) -> None:
        upto = self._log.head().position
        for stored in self._log.stream(REGISTRY_STREAM, above=self._version):
            self._version = stored.version
            if stored.fingerprint not in {KEY_ADOPTED, KEY_RETIRED}:
                continue
            text = statement_in(stored.body)
            # What has no effect on the line is an auditor's fault, not a signer's.
            with suppress(KeyLineError):
                if text is not None:
                    self._line = self._line.told(
                        stored.position, stored.fingerprint, text
                    )
        self._upto = upto
