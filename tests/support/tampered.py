"""Edits of published tiles and bundles, for those who must find them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from events.tiles import leaf_texts

Change = Callable[[Path], object]
"""Changes a folder of tiles."""


def edited(path: str, edit: Callable[[bytes], bytes]) -> Change:
    def change(folder: Path) -> None:
        file = folder / path
        file.write_bytes(edit(file.read_bytes()))

    return change


def bit(slot: int) -> Callable[[bytes], bytes]:
    """Flip one bit of a hash in a tile."""
    at = slot * 32
    return lambda c: c[:at] + bytes([c[at] ^ 1]) + c[at + 1 :]


def bundle(edit: Callable[[list[bytes]], object]) -> Callable[[bytes], bytes]:
    """Edit the texts of a bundle."""

    def edit_bytes(content: bytes) -> bytes:
        texts = leaf_texts(content, "")
        edit(texts)
        return b"".join(len(t).to_bytes(2, "big") + t for t in texts)

    return edit_bytes
