"""The registry's own entries: the formats and the rules that it adopts.

What lives here: entry 1 (announcements only), the rules' number, and `adopt`, which a
person calls after all nodes were upgraded. What never does: an announcement without
being asked on a log that has entries: there is no way back (runbook).
"""

from __future__ import annotations

import hashlib
import inspect
import time
from dataclasses import dataclass

from events.codec import Codec
from events.draft import Draft, DraftEvent, assemble
from events.entry import Authentication, AuthenticationKind, Provenance
from events.log import Accepted, Log
from events.registry import RulesAdopted, SchemaAdopted
from registry import child_effects, timeline
from registry.commands import AdoptFormats, AdoptRules
from registry.timeline import RULES_NUMBER
from registry.writer import Sources

STREAM = "registry"
"""The registry's own stream."""
ADOPT_TIMEOUT_S = 30.0
"""An operator waits for this; a broker that just started may need most of it."""
ATTEMPTS = 5
"""Nodes that start together on an empty log race for entry 1; one of them wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What this release knows and the log has not adopted."""

    schemas: tuple[bytes, ...]
    rules: bool
