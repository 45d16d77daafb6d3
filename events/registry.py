"""The vocabulary of the registry's own stream: formats, rules, refusals.

What lives here: facts about the record itself. What never does: facts about a child
or a case. The stream is `registry`.
"""

from __future__ import annotations

from dataclasses import dataclass


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
    """A limit opened by an event ran out: that event's stream and version."""

    stream: str
    version: int


RegistryEvent = SchemaAdopted | RulesAdopted | SubmissionRefused | LimitPassed
"""Everything that may stand in the registry's stream."""
