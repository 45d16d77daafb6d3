"""The tree as files that anyone can fetch and keep: c2sp.org/tlog-tiles.

What lives here: the layout, `TiledTree`, which reads hashes from tiles, and `faults`,
which names every file that is not as the log or the signed head says. What never does:
writing (`events.publish`), HTTP.

    checkpoint                    the last published head, a signed note
    tile/<level>/<number>         256 hashes: of leaves on level 0, of full tiles above
    tile/<level>/<number>.p/<w>   the same with w hashes, for a tree that ends in it
    tile/entries/<number>[.p/<w>] the texts of 256 or w leaves, each after its length
                                  as two bytes, the higher first

A number is written in groups of three digits, all but the last after an x: 1234067 is
`x001/x234/067`. Every file but `checkpoint` is a function of its path and the log: it
never changes, and a rebuild makes the same bytes. A partial file that is gone is read
from the full one: the format lets a log delete it then.

    TileError(place, rule)         place is the file's path, and the slot in it
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from typing import Final

from events.tree import (
    COMMITMENT,
    EMPTY_ROOT,
    HASH_BYTES,
    EvidenceError,
    Tree,
    TreeHead,
    head_of,
    leaf_hashes,
    root_of,
)

WIDTH: Final = 256
"""Hashes in a full tile: eight levels of the tree."""
HEIGHT: Final = 8
TILE_BYTES: Final = WIDTH * HASH_BYTES
CHECKPOINT: Final = "checkpoint"
ENTRIES: Final = "entries"
MAX_BUNDLE_BYTES: Final = WIDTH * (2 + 0xFFFF)
"""What the two bytes of length allow; ours have a third of a percent of it."""
_CACHED_TILES: Final = 1_024
"""Eight megabytes: all upper tiles of a log of millions."""

Read = Callable[[str], bytes | None]
"""Returns the bytes of a path of the layout, None where there are none."""


class TileError(EvidenceError):
    """A file of the layout is missing, or not what it must be."""


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile of a level, or of a bundle of `entries`."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{suffix}"


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, number and width of every tile of a tree, leaves first."""
    level, count = 0, size
    while count:
        for number in range(count // WIDTH):
            yield level, number, WIDTH
        if count % WIDTH:
            yield level, count // WIDTH, count % WIDTH
        level, count = level + 1, count // WIDTH


class TiledTree:
    """A tree of a given size whose hashes stand in tiles.

    What is read is not trusted: a proof made from it is verified against a signed
    head.
    """

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self._size = size
        self._tile = lru_cache(_CACHED_TILES)(self._fetch)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the `index`-th full subtree of 2^level leaves.

        Raises TileError.
        """
        tier, inside = divmod(level, HEIGHT)
        first = index << inside
        tile = self._tile(tier, first // WIDTH)
        at = first % WIDTH * HASH_BYTES
        return root_of(tile[at : at + (HASH_BYTES << inside)])

    def _fetch(self, tier: int, number: int) -> bytes:
        count = self._size >> (HEIGHT * tier)
        return _hashes(self._read, tier, number, min(WIDTH, count - number * WIDTH))


class Bundles:
    """What the full bundles of a log must be: 32 bytes for each of them."""

    def __init__(self) -> None:
        self._digests = bytearray()
        self._texts: list[bytes] = []

    def extend(self, texts: Sequence[bytes]) -> None:
        """Go on by the texts of the leaves that follow."""
        self._texts += texts
        while len(self._texts) >= WIDTH:
            bundle = bundle_of(self._texts[:WIDTH])
            self._digests += sha256(bundle).digest()
            del self._texts[:WIDTH]

    def has(self, number: int, content: bytes) -> bool:
        """Whether a full bundle is that of the log, byte for byte."""
        at = number * HASH_BYTES
        return sha256(content).digest() == self._digests[at : at + HASH_BYTES]


def bundle_of(texts: Sequence[bytes]) -> bytes:
    """Return the bundle of some leaves' texts."""
    sizes = [len(text).to_bytes(2, "big") for text in texts]
    if len(set(sizes)) == 1:  # of nearly all: positions of as many digits
        return sizes[0] + sizes[0].join(texts)
    return b"".join(chain.from_iterable(zip(sizes, texts, strict=True)))


def faults(
    read: Read, head: TreeHead, log: Tree | None = None, bundles: Bundles | None = None
) -> Iterator[TileError]:
    """Yield every file of the layout that is not what a head asks for, leaves first.

    With the log's own tree at hand each hash is compared with it, so that the place
    is exact; a bundle that is the log's as a whole is not hashed leaf by leaf.
    Without it bundles are hashed into tiles, tiles into those above them, and the
    whole into the head: a fault then names the lowest place where two files disagree.
    Yields nothing only where every byte is proved.
    """
    if log is not None and log.size < head.size:
        rule = f"covers {head.size} entries, and the log has {log.size}"
        yield TileError(CHECKPOINT, rule)
        log = None
    elif log is not None and head_of(log, head.size) != head:
        yield TileError(CHECKPOINT, "its root is not the log's")
    below, above = bytearray(), bytearray()  # roots of the full tiles of a level
    edges: list[bytes] = []
    reached = 0
    for level, number, width in tiles_of(head.size):
        if level != reached:
            below, above, reached = above, bytearray(), level
        start, end = number * WIDTH, number * WIDTH + width
        ours = None
        if log is not None:
            ours = log.hashes(level * HEIGHT, start, end)
        if level == 0:
            expected = ours
            if ours is None or not _is_the_logs(read, number, width, bundles):
                expected = yield from _bundle(read, number, width, ours)
        else:
            expected = bytes(below[start * HASH_BYTES : end * HASH_BYTES])
        tile = yield from _tile(read, (level, number, width), ours or expected)
        if width < WIDTH:
            edges.append(tile)
        elif log is None:  # else the log says what stands above
            above += root_of(tile)
    if edge_root(edges) != head.root:
        yield TileError(CHECKPOINT, "its root is not that of the tiles")


def _tile(
    read: Read, which: tuple[int, int, int], expected: bytes | None
) -> Generator[TileError, None, bytes]:
    """Yield the faults of a tile; return what the tiles above are compared with."""
    level, _, width = which
    path = tile_path(*which)
    try:
        tile = _hashes(read, *which)
    except TileError as error:
        yield error
        return expected or bytes(width * HASH_BYTES)
    rule = f"is not the root of a tile of level {level - 1}"
    if level == 0:
        rule = f"is not the hash of {tile_path(ENTRIES, *which[1:])}"
    for slot in _differing(tile, expected or tile):
        yield TileError(f"{path}#{slot}", rule)
    return tile


def _is_the_logs(read: Read, number: int, width: int, bundles: Bundles | None) -> bool:
    content = None if width < WIDTH else read(tile_path(ENTRIES, number))
    return content is not None and bundles is not None and bundles.has(number, content)


def _bundle(
    read: Read, number: int, width: int, ours: bytes | None
) -> Generator[TileError, None, bytes | None]:
    """Yield the faults of a bundle; return its leaves' hashes where it has all."""
    try:
        path, texts = _texts(read, number, width)
    except TileError as error:
        yield error
        return None
    hashes = b"".join(leaf_hashes(texts))
    if hashes == ours:
        return hashes  # and so is every text, with the position in it
    for slot, text in enumerate(texts):
        position = number * WIDTH + slot + 1
        if not text.startswith(COMMITMENT % (position, b"")):
            yield TileError(f"{path}#{slot}", f"is not the entry {position}")
    for slot in _differing(hashes, ours or hashes):
        yield TileError(f"{path}#{slot}", "is not the log's entry")
    return hashes


def _differing(found: bytes, expected: bytes) -> Iterator[int]:
    """Yield the slots in which two rows of hashes differ."""
    if found == expected:
        return
    for at in range(0, len(found), HASH_BYTES):
        if found[at : at + HASH_BYTES] != expected[at : at + HASH_BYTES]:
            yield at // HASH_BYTES


def edge_root(edges: Sequence[bytes | bytearray]) -> bytes:
    """Return the root of a tree from its partial tiles, leaves' level first.

    What stands below a tile's last hash is the last leaf of the tree over that tile.
    """
    tail = b""
    for tile in edges:
        if tile or tail:
            tail = root_of(tile + tail)
    return tail or EMPTY_ROOT


def leaf_texts(bundle: bytes, path: str) -> list[bytes]:
    """Return the leaves' texts of a bundle. Raises TileError."""
    texts, at = list[bytes](), 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle) or at + 2 > len(bundle):
            raise TileError(path, f"is cut short at byte {at}")
        texts.append(bundle[at + 2 : end])
        at = end
    return texts


def _hashes(read: Read, level: int, number: int, width: int) -> bytes:
    """Return the first hashes of a tile. Raises TileError."""
    path, there, content = _fetched(read, level, number, width)
    if len(content) != there * HASH_BYTES:
        rule = f"has {len(content)} bytes, must have {there * HASH_BYTES}"
        raise TileError(path, rule)
    return content[: width * HASH_BYTES]


def _texts(read: Read, number: int, width: int) -> tuple[str, list[bytes]]:
    """Return path and leaves' texts of a bundle, as many as it has. TileError."""
    path, there, content = _fetched(read, ENTRIES, number, width)
    texts = leaf_texts(content, path)
    if len(texts) != there:
        raise TileError(path, f"has {len(texts)} entries, must have {there}")
    return path, texts[:width]


def _fetched(
    read: Read, level: int | str, number: int, width: int
) -> tuple[str, int, bytes]:
    """Return path, width and bytes of a file, or of the full one after it."""
    for there in (width, WIDTH):
        content = read(tile_path(level, number, there))
        if content is not None:
            return tile_path(level, number, there), there, content
    raise TileError(tile_path(level, number, width), "is missing")
