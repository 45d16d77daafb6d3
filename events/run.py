"""A run of records of known shapes, taken as the next entries one after the other.

What lives here: `advance`, acceptance for records that were opened by their shape. What
never does: the last word. Where it stops, the reference reader (`events.entry`) says
which rule failed, if one did.

A shape and its digests leave of the rules the parent, a time above the head's, a new
key and versions above their streams': what is asked of the entries before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import pack, unpack
from typing import Final

from events.entry import NO_VERSION, MemoryState
from events.log import Head
from events.shape import Opened, Taken

_PUSHED: Final = (
    (0x007F007F007F007F, 0x7F007F007F007F00, 1),
    (0x00003FFF00003FFF, 0x3FFF00003FFF0000, 2),
    (0x000000000FFFFFFF, 0x0FFFFFFF00000000, 4),
)
"""The bits of a lane that stay, those that are pushed down, and by how many bits."""
_LANE_BYTES: Final = 8
_FULL_LANE: Final = (1 << 64) - 1


def advance(state: MemoryState, opened: Sequence[Opened]) -> list[Taken]:
    """Take records up to the first that is not the next entry; the state goes along."""
    taken: list[Taken] = []
    keys, versions = state.keys, state.versions
    position, parent, before = state.head
    times = times_of([one[2] for one in opened])
    for (previous, hash_, _, authority, request_id, events), recorded_at in zip(
        opened, times, strict=True
    ):
        key = authority, request_id
        if previous != parent or recorded_at <= before or key in keys:
            break
        last: dict[str, int] = {}
        for stream, version, _, _, _ in events:
            if version <= last.get(stream, versions.get(stream, NO_VERSION)):
                break
            last[stream] = version
        else:
            versions |= last
            keys.add(key)
            parent, before = hash_, recorded_at
            taken.append((hash_, recorded_at, authority, request_id, events))
            continue
        break
    state.head = Head(position + len(taken), parent, before)
    return taken


def times_of(written: Sequence[bytes]) -> tuple[int, ...]:
    """Return zigzag varints of eight bytes as numbers.

    All at once: each has a lane of 64 bits in one large number, and their sevens of
    bits are pushed together in all lanes by the same few operations.
    """
    bits, ones = int.from_bytes(b"".join(written), "little"), _ones(len(written))
    for stay, push, by in _PUSHED:
        bits = bits & stay * ones | (bits & push * ones) >> by
    signs = (bits & ones) * _FULL_LANE
    numbers = (bits & (_FULL_LANE - 1) * ones) >> 1 ^ signs
    size = _LANE_BYTES * len(written)
    return unpack(f"<{len(written)}q", numbers.to_bytes(size, "little"))


@lru_cache
def _ones(count: int) -> int:
    """Return a one in each of so many lanes."""
    return int.from_bytes(pack("<Q", 1) * count, "little")
