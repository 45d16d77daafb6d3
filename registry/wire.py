"""The codec of this release: every event and every command.

What lives here: the one list that joins the two vocabularies. What never does: bytes.
"""

from __future__ import annotations

from typing import get_args

from events.codec import EVENT_CLASSES, Codec
from registry.commands import Command, Replaceable

COMMAND_CLASSES: tuple[type, ...] = tuple(
    dict.fromkeys(get_args(Replaceable) + get_args(Command))
)
"""Every type of command of this release."""

CODEC = Codec(EVENT_CLASSES + COMMAND_CLASSES)
"""Encodes and decodes all that this release knows."""
