"""The publisher: one thread that builds tiles and signs heads over them.

What lives here: following the log at a tick, and what an operator sees of it. What
never does: the rule by which heads are signed (`events.heads`), the bytes of tiles
(`events.publish`), anything that a submission waits for: it reads what was accepted,
on a connection of its own.

At each tick on which the log has grown, the new entries are built into tiles, made
durable, and their head is fixed in both failure domains, signed by the keys in force
there, cosigned by as many witnesses as the policy demands, and published. Where a step
fails nothing is published, the reason stands in `trouble`, and the next tick begins
from what is durable. A log whose last covered entry is not the one in the tiles has
another history, and is never signed over.

Several nodes may sign one log, its heads log being a topic (`shared`): each then comes
up to the heads that others fixed before it signs (`events.takeover`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from events.heads import HeadStore, OtherHistoryError, TreeBehindError, sign_next
from events.log import Log, LogClosedError, LogError
from events.notes import parse_checkpoint, text_of
from events.publish import TileBuilder, entries, read_file
from events.takeover import HeadHistory, follow
from events.tiles import CHECKPOINT, TiledTree
from events.tree import EvidenceError, Nodes, TreeHead, leaf_hash, leaf_text
from registry.keyring import Keyring

TICK_S: Final = 0.5
"""An entry is covered within a second: half of it to wait, half to build and sign."""
MOST: Final = 65_536
"""Entries built in one step: a log that was never published is caught up in steps."""

BEHIND_S: Final = 1.0
"""How long a step waits for entries that another signer's head covers already."""
Cosign = Callable[[bytes, Nodes], bytes]
"""Returns a head with the witnesses' signatures. Raises EvidenceError: too few."""

log = logging.getLogger(__name__)


def nobody(note: bytes, tree: Nodes) -> bytes:
    """Return a head as it is: no witness is asked."""
    del tree
    return note


class Publisher:
    """Keeps a folder of tiles and its signed head up to a log.

    `stores` are the domains in which heads are fixed; `shared` is the first of them
    where other nodes sign too.
    """

    def __init__(  # noqa: PLR0913  its parts
        self,
        log: Log,
        folder: Path,
        keys: Keyring,
        stores: Sequence[HeadStore],
        *,
        cosign: Cosign = nobody,
        shared: HeadHistory | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        self._log = log
        self._folder = folder
        self._keys = keys
        self._stores = stores
        self._cosign = cosign
        self._shared = shared
        self._tick_s = tick_s
        self._builder: TileBuilder | None = None
        self._published: bytes | None = None
        self._trouble: str | None = None
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    @property
    def keys(self) -> Keyring:
        """The log's keys, as far as this node holds them."""
        return self._keys

    @property
    def trouble(self) -> str | None:
        """Why nothing is signed now, or None."""
        return self._trouble

    @property
    def note(self) -> bytes | None:
        """The newest published head, as it was signed; None where none was."""
        return self._published

    @property
    def head(self) -> TreeHead | None:
        """The newest published head; None where none was."""
        note = self._published
        return None if note is None else parse_checkpoint(text_of(note)).head

    def tree(self, size: int) -> TiledTree:
        """Return the tree of a published size, as its tiles have it."""
        return TiledTree(lambda path: read_file(self._folder, path), size)

    def start(self) -> None:
        """Follow the log in a thread of its own until `close`."""
        self._thread.start()

    def step(self) -> None:
        """Build what is new, sign and publish its head.

        Raises EvidenceError, LogError: nothing was published, and the next step begins
        from what is durable.
        """
        try:
            self._step()
        except BaseException:
            self._leave()
            raise

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until a published head covers a position; False when time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: self._covers(position), timeout_s)

    def close(self) -> None:
        """Stop; what was not published yet is published after the next start."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._leave()

    def _step(self) -> None:
        builder = self._builder or self._open()
        self._await_others()
        position = min(self._log.head().position, builder.head.size + MOST)
        if builder.head.size > position:
            place = f"log of {position} entries"
            raise TreeBehindError(place, f"tiles cover {builder.head.size}")
        if self._published is not None and self._covers(position):
            return
        builder.extend(entries(self._log, builder.head.size, position))
        builder.save()
        tree = TiledTree(builder.read, builder.head.size)
        if self._shared is not None:
            for own in self._stores[1:]:
                follow(self._shared, own, tree)
        signers = self._keys.demanded(builder.head.size)
        note = self._cosign(sign_next(self._stores, tree, *signers), tree)
        builder.publish(note, self._keys.known())
        self._say(note)

    def _await_others(self) -> None:
        """Wait a moment for entries that another node's signed head covers."""
        last = None if self._shared is None else self._shared.last()
        if last is not None:
            self._log.wait(last.checkpoint.head.size, BEHIND_S)

    def _open(self) -> TileBuilder:
        """Open the folder, and compare its end with the log's entry there."""
        builder = TileBuilder(self._folder, self._log.registry)
        self._builder = builder
        size = builder.head.size
        found = self._log.read(size - 1, 1) if size else []
        if found:
            ours = leaf_hash(leaf_text(size, found[0].hash))
            if TiledTree(builder.read, size).node(0, size - 1) != ours:
                place = f"entry {size}"
                raise OtherHistoryError(place, "is not the one in the tiles")
        if builder.published(self._keys.known()) is not None:
            self._say(builder.read(CHECKPOINT))
        return builder

    def _say(self, note: bytes | None) -> None:
        with self._changed:
            self._published = note
            self._changed.notify_all()

    def _covers(self, position: int) -> bool:
        head = self.head
        return head is not None and head.size >= position

    def _leave(self) -> None:
        if self._builder is not None:
            self._builder.close()
            self._builder = None

    def _told(self, trouble: str | None) -> None:
        if trouble != self._trouble and trouble is not None:
            log.error("no head is signed: %s", trouble)
        self._trouble = trouble

    def _run(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                self.step()
            except LogClosedError:
                return
            except (EvidenceError, LogError, OSError) as error:
                self._told(str(error))
            else:
                self._told(None)
            left = self._tick_s - (time.monotonic() - began)
            self._closing.wait(max(0.0, left))
