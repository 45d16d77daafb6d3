"""Python's garbage collector in a process that serves: it holds up every call.

What lives here: what it is told once a process is up. What never does: memory.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 1_000
"""How many objects are made, less those that are gone, between two looks at the young.
A look holds up everybody, by about a microsecond an object; at 10,000 it took 25 to 40
ms, once a second, beside a thousand readers, whose waiting is made of objects."""
OLDER: Final = 1_000
"""Looks at the young for each at those that outlived one, which takes 60 to 120 ms
there. What is in a cycle here is young when it is left (each call leaves one)."""


def settle() -> None:
    """Let it never look at what there is now again, and at little at once from here."""
    gc.collect()
    gc.freeze()  # what stays: a full collection took 55 ms of every call
    gc.set_threshold(YOUNG, OLDER)
