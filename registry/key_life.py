"""Adopting and retiring the log's keys: an operator's acts, recorded as entries.

What lives here: `KeyLife`. What never does: files of keys
(`events.keys`), the rule by which a statement has effect (`events.key_line`), which is
applied here before anything is recorded, so that nothing without effect is.
"""

from __future__ import annotations

import time

from events.entry import KEY_ADOPTED, KEY_RETIRED
from events.key_line import KeyAct, KeyLine, KeyLineError, statement
from events.log import Accepted, Log
from events.notes import Signer, Verifier
from events.registry import KeyAdopted, KeyRetired
from registry.announce import ADOPT_TIMEOUT_S, NotAdoptedError, missing, record_own
from registry.keyring import Keyring
from registry.sources import Sources
from registry.wire import CODEC


class KeyLife:
    """The operator's hand on a log's keys, of which this node holds some."""

    def __init__(self, log: Log, sources: Sources, node: str, keys: Keyring) -> None:
        self._log = log
        self._sources = sources
        self._node = node
        self._keys = keys

    def adopt(self, new: Signer) -> KeyLine:
        """Record that a key signs from now on; the first time, the one in use before.

        Raises KeyLineError where the line does not take it, NotAdoptedError where this
        release's formats were not announced, and what the log raises.
        """
        line = self._ready()
        if not line.spans:
            first = self._keys.demanded(self._log.head().position)[0]
            said = statement(KeyAct.ADOPTED, first.verifier, [first])
            line = self._recorded(line, KeyAdopted(statement=said))
            if first.verifier == new.verifier:
                return line
        by = [*self._keys.demanded(self._log.head().position), new]
        said = statement(KeyAct.ADOPTED, new.verifier, list(dict.fromkeys(by)))
        return self._recorded(line, KeyAdopted(statement=said))

    def retire(self, old: Verifier, because: KeyAct) -> KeyLine:
        """Record that a key signs no more. Raises as `adopt` does."""
        line = self._ready()
        by = self._keys.demanded(self._log.head().position)
        said = statement(because, old, by)
        return self._recorded(line, KeyRetired(statement=said))

    def _ready(self) -> KeyLine:
        self._log.catch_up(time.monotonic() + ADOPT_TIMEOUT_S)
        if found := missing(self._log, CODEC):
            message = f"{len(found)} formats of this release are not adopted"
            raise NotAdoptedError(message)
        return self._keys.line(self._log.head().position)

    def _recorded(self, line: KeyLine, event: KeyAdopted | KeyRetired) -> KeyLine:
        """Record an event where the line takes it; return the line after it."""
        act = KEY_ADOPTED if isinstance(event, KeyAdopted) else KEY_RETIRED
        line.told(self._log.head().position + 1, act, event.statement)
        verdict = record_own(self._log, CODEC, self._sources, self._node, [event])
        if not isinstance(verdict, Accepted):
            rule = f"another was first ({verdict.reason}): try again"
            raise KeyLineError("entry", rule)
        return line.told(verdict.position, act, event.statement)
