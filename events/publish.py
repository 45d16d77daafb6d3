"""Writing the tree as files: resumable, and the signed head last.

What lives here: `TileBuilder`, which brings the layout of `events.tiles` up to date
from entries in order and publishes signed heads over it. What never does: signing
(`events.heads`), HTTP.

*Killed at any instant.* A file is written aside, made durable, then renamed to its
path, so a path holds all of its bytes or is not there. How far all of it is durable
stands in `.built`, written last; opening goes on from there, and writes again what was
written beyond: the same bytes, for every file is a function of its path and the log. A
file that is there and differs is evidence, and is refused, never overwritten. Without
`.built` everything is built from entry 1, and so compared.

*Only continuations are published.* The checkpoint is replaced last of all, and only
by a head that is the tiles' own and proved consistent with the published one.

Partial tiles stay until the full one is there: every published head can be proved.

    TileError
    ├── FolderBusyError      another builder writes this folder
    └── DiskRefusedError     the disk took nothing more; open anew and go on
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from events.files import sync_folder
from events.log import StoredEntry
from events.notes import (
    Checkpoint,
    NoteError,
    Verifier,
    open_note,
    parse_checkpoint,
)
from events.proof import prove_consistency, verify_consistency
from events.tiles import (
    CHECKPOINT,
    ENTRIES,
    HEIGHT,
    TILE_BYTES,
    WIDTH,
    TiledTree,
    TileError,
    bundle_of,
    edge_root,
    leaf_texts,
    tile_path,
)
from events.tree import (
    HASH_BYTES,
    TreeHead,
    leaf_hash,
    leaf_hashes,
    leaf_text,
    root_of,
)

SETTLE_EVERY: Final = WIDTH * WIDTH
"""Entries between two durable states while catching up: half a second's work."""
READ_LIMIT: Final = 1_000
"""Entries read at a time: a few megabytes."""
SYNC_THREADS: Final = 8
"""One by one, 512 files took 1.5 s; by four threads or more, 0.06 s (ext4)."""
_BUILT: Final = ".built"
_LOCK: Final = ".lock"
_ASIDE: Final = ".aside"


class FolderBusyError(TileError):
    """Another builder writes this folder."""


class DiskRefusedError(TileError):
    """The disk took nothing more; open the folder anew and go on."""


class Source(Protocol):
    """What tiles are built from: the reading half of `events.log.Log`."""

    def read(self, after: int, limit: int) -> list[StoredEntry]:
        """Return up to `limit` entries with positions above `after`, in order."""
        ...


def entries(log: Source, after: int, upto: int) -> Iterator[tuple[int, bytes]]:
    """Yield position and frame hash of the entries above `after`, up to `upto`."""
    while after < upto:
        batch = log.read(after, min(READ_LIMIT, upto - after))
        if not batch:
            return
        yield from ((entry.position, entry.hash) for entry in batch)
        after = batch[-1].position


class TileBuilder:
    """The one writer of a folder of tiles. After any error, close it and open anew.

    Raises FolderBusyError, TileError where the folder is of another log or damaged.
    """

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder = folder
        self._origin = origin
        self._size = 0
        self._edges = [bytearray()]
        self._bundle = bytearray()
        self._waiting: list[tuple[Path, Path]] = []
        self._filled: list[tuple[int, int]] = []
        self._touched: set[Path] = set()
        self._broken = False
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / _LOCK).open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder / _ASIDE, ignore_errors=True)
            (folder / _ASIDE).mkdir()
            self._resume()
        except BlockingIOError as error:
            self.close()
            raise FolderBusyError(str(folder), "another builder writes it") from error
        except BaseException:
            self.close()
            raise

    @property
    def head(self) -> TreeHead:
        """Size and root of what was built."""
        return TreeHead(size=self._size, root=edge_root(self._edges))

    def read(self, path: str) -> bytes | None:
        """Return the bytes at a path of the layout, None where there are none."""
        return read_file(self._folder, path)

    def extend(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """Add entries, given as position and frame hash, in order and without gaps.

        Not durable before `save`. Raises TileError, DiskRefusedError.
        """
        with self._working():
            leaves, bundle, size = self._edges[0], self._bundle, self._size
            for position, frame_hash in entries:
                if position != size + 1 or len(frame_hash) != HASH_BYTES:
                    place = f"entry {position}"
                    raise TileError(place, f"must be {size + 1}, with a hash")
                text = leaf_text(position, frame_hash)
                bundle += len(text).to_bytes(2, "big") + text
                leaves += leaf_hash(text)
                size = self._size = position
                if size % WIDTH == 0:
                    self._fill()

    def save(self) -> None:
        """Write the tiles in which the tree ends; all is durable on return.

        Raises TileError, DiskRefusedError.
        """
        with self._working():
            self._save()

    def publish(self, note: bytes, known: Collection[Verifier]) -> None:
        """Replace the checkpoint by a signed head of what was built.

        Refused are a head that is not the tiles' own, or not a continuation of the
        one that is published. Raises NoteError, ProofError, TileError.
        """
        new = parse_checkpoint(open_note(note, known).text)
        if new != Checkpoint(origin=self._origin, head=self.head):
            rule = f"head of size {new.head.size} is not that of the tiles"
            raise TileError(CHECKPOINT, f"{rule}, {self._origin} of size {self._size}")
        last = self.published(known)
        with self._working():
            self._save()
            if last is not None:
                tree = TiledTree(self.read, new.head.size)
                proof = prove_consistency(tree, last.size, new.head.size)
                verify_consistency(last, new.head, proof)
            self._replace(CHECKPOINT, note)

    def published(self, known: Collection[Verifier]) -> TreeHead | None:
        """Return the published head, verified; None where none is. Raises NoteError."""
        note = self.read(CHECKPOINT)
        if note is None:
            return None
        return parse_checkpoint(open_note(note, known).text).head

    def close(self) -> None:
        """Let another builder have the folder; what was not saved is built again."""
        self._broken = True
        self._lock.close()

    def _fill(self) -> None:
        """Write what has just become full, from the leaves up."""
        self._write(tile_path(ENTRIES, self._size // WIDTH - 1), self._bundle)
        self._bundle.clear()
        level, count = 0, self._size // WIDTH
        while len(self._edges[level]) == TILE_BYTES:
            edge = self._edges[level]
            self._write(tile_path(level, count - 1), edge)
            self._filled.append((level, count - 1))
            if level + 1 == len(self._edges):
                self._edges.append(bytearray())
            self._edges[level + 1] += root_of(edge)
            edge.clear()
            level, count = level + 1, count // WIDTH
        if self._size % SETTLE_EVERY == 0:
            self._save()

    def _save(self) -> None:
        for level, edge in enumerate(self._edges):
            if edge:
                number = self._size >> (HEIGHT * (level + 1))
                self._write(tile_path(level, number, len(edge) // HASH_BYTES), edge)
        if self._bundle:
            number, width = divmod(self._size, WIDTH)
            self._write(tile_path(ENTRIES, number, width), self._bundle)
        self._settle()
        for level, number in self._filled:
            for kind in (level, ENTRIES) if level == 0 else (level,):
                partial = self._folder / (tile_path(kind, number) + ".p")
                if partial.exists():
                    shutil.rmtree(partial)
        self._filled.clear()
        marker = Checkpoint(origin=self._origin, head=self.head)
        self._replace(_BUILT, marker.text)

    def _write(self, path: str, content: bytes | bytearray) -> None:
        """Write a file aside; it gets its path when all of them are durable."""
        there = self.read(path)
        if there is not None and there != content:
            raise TileError(path, "is not what the log says; set the folder aside")
        final = self._folder / path
        # Also of files found there: a killed builder may not have come to it.
        self._touched.update(final.parents[: path.count("/") + 1])
        if there is None:
            aside = self._folder / _ASIDE / str(len(self._waiting))
            aside.write_bytes(content)
            self._waiting.append((aside, final))

    def _settle(self) -> None:
        # Asked for together, many files are durable in the time of a few.
        with ThreadPoolExecutor(SYNC_THREADS) as pool:
            list(pool.map(_sync, [aside for aside, _ in self._waiting]))
        for aside, final in self._waiting:
            final.parent.mkdir(parents=True, exist_ok=True)
            aside.rename(final)
        for folder in self._touched:
            sync_folder(folder)
        self._waiting.clear()
        self._touched.clear()

    def _replace(self, path: str, content: bytes) -> None:
        aside = self._folder / _ASIDE / path
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(self._folder / path)
        sync_folder(self._folder)

    def _resume(self) -> None:
        """Go on from the last durable state. Raises TileError."""
        content = self.read(_BUILT)
        if content is None:
            return
        try:
            built = parse_checkpoint(content)
        except NoteError as error:
            raise TileError(_BUILT, f"{error}; remove it to build anew") from error
        if built.origin != self._origin:
            raise TileError(_BUILT, f"is of {built.origin}, not of {self._origin}")
        self._size = count = built.head.size
        tree = TiledTree(self.read, self._size)
        self._edges = []
        while count or not self._edges:
            level, width = len(self._edges), count % WIDTH
            first = count - width
            nodes = [tree.node(level * HEIGHT, n) for n in range(first, first + width)]
            self._edges.append(bytearray(b"".join(nodes)))
            count //= WIDTH
        self._bundle = self._partial_bundle()
        if self.head != built.head:
            raise TileError(_BUILT, "its root is not that of the tiles")

    def _partial_bundle(self) -> bytearray:
        """Return the bundle in which the tree ends. Raises TileError."""
        number, width = divmod(self._size, WIDTH)
        if not width:
            return bytearray()
        path = tile_path(ENTRIES, number, width)
        content = self.read(path)
        if content is None:  # killed after the full one came and before `.built` did
            content = self.read(tile_path(ENTRIES, number)) or b""
        texts = leaf_texts(content, path)[:width]
        if b"".join(leaf_hashes(texts)) != self._edges[0]:
            raise TileError(path, f"is not that of {tile_path(0, number, width)}")
        return bytearray(bundle_of(texts))

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Take nothing after an error: what stands in memory may be half of a step."""
        assert not self._broken, "a builder that failed or was closed"  # noqa: S101  a fault of ours
        self._broken = True
        try:
            yield
        except OSError as error:
            place = str(error.filename or self._folder)
            raise DiskRefusedError(place, str(error.strerror)) from error
        self._broken = False


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def read_file(folder: Path, path: str) -> bytes | None:
    """Return the bytes at a path of a folder of tiles, None where there are none."""
    try:
        return (folder / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
