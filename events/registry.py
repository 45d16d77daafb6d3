"""The vocabulary of the registry's own stream: formats, rules, refusals, keys.

What lives here: facts about the record itself. What never does: facts about a child
or a case. The stream is `registry`.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.dates import PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaAdopted:
    """A schema may be used from the next entry on: its CRC-64-AVRO and its text."""

    fingerprint: bytes
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesAdopted:
    """The rules in force from here: their number and a SHA-256 of their source."""

    number: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRefused:
    """A submission was refused by law: the code of the reason, and the articles.

    `instead` is the code of what would be accepted; where the office is not competent,
    the offices that are.
    """

    reason: str
    articles: tuple[str, ...]
    instead: str
    child: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPassed:
    """A limit opened by an event ran out: that event's stream and version.

    An event may open several limits, so `LimitRanOut` is recorded instead; this type
    stays because a released schema does.
    """

    stream: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRanOut:
    """The day of a limit passed while it was open: a reminder, without legal effect.

    `stream` and `version` are those of the event that opened it; `kind`, `due` and
    `who` are what that event says of it. No rule ever looks for this event.
    """

    stream: str
    version: int
    kind: str
    due: PartialDate
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAdopted:
    """A key signs from this entry on; the first of a log signed from entry 1 on.

    `statement` is a signed note that names the key (`events.key_line`).
    """

    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRetired:
    """A key signs neither this entry nor any after it; `statement` as in KeyAdopted."""

    statement: str


RegistryEvent = (
    SchemaAdopted
    | RulesAdopted
    | SubmissionRefused
    | LimitPassed
    | LimitRanOut
    | KeyAdopted
    | KeyRetired
)
"""Everything that may stand in the registry's stream."""
