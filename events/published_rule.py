"""The rule of a published topic: which events it has, in how many partitions.

What lives here: the rule, and its text in one way only, which opens every partition.
What never does: records, chains (`events.published`), Kafka.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from events.frame import EventHeader

MAX_PARTITIONS: Final = 256
"""A national registry has a few writes a second: more would only be idle."""
PUBLIC_KINDS: Final = frozenset({"case", "child"})
"""Streams whose facts are public. Those of matters name who reported whom, which is
confidential (DV 14): they are published only where an operator says so."""
PUBLIC_TYPES: Final = frozenset(
    {
        "ActAnnulled",
        "ActReinstated",
        "ChildRegistered",
        "ConflictFound",
        "DecisionRecorded",
        "DisqualificationDismissed",
        "GuardianDesignated",
        "GuardianDisqualified",
        "GuardianRestored",
        "GuardianshipEnded",
        "GuardianshipEstablished",
        "PersonsFoundOne",
        "TemporaryArrangementEnded",
        "TemporaryArrangementStarted",
    }
)
"""The least that a bureau needs: who became, was removed as and is again guardian, and
what undoes it. All else is published only where its name stands in the rule: what a
child wished, protection orders, where a child lives or went and who is lost, what is
only applied for; and `TimelineChanged`, whose periods say all of that."""


class PublishedFormError(Exception):
    """A record of the topic, or its rule, is not of this format."""


class Wire(StrEnum):
    """How a value begins: with the Avro, or as schema registries of Confluent have it.

    The latter: a zero byte, the schema's id in four bytes, big-endian, then the Avro.
    """

    PLAIN = "plain"
    CONFLUENT = "confluent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a topic is, for ever: chosen when it is made, and kept in its openings.

    `kinds` are beginnings of streams (`child`, `case`, …), `types` names of events:
    what is not named is not published. Raises PublishedFormError outside the bounds.
    """

    registry: str
    partitions: int
    kinds: frozenset[str] = PUBLIC_KINDS
    types: frozenset[str] = PUBLIC_TYPES
    wire: Wire = Wire.PLAIN

    def __post_init__(self) -> None:
        if not 1 <= self.partitions <= MAX_PARTITIONS:
            message = f"partitions: is 1 to {MAX_PARTITIONS}"
            raise PublishedFormError(message)
        for name in ("kinds", "types"):
            if any(not one or set(one) & set("\n=") for one in getattr(self, name)):
                message = f"{name}: each is not empty, without = and line feeds"
                raise PublishedFormError(message)
            if not getattr(self, name):
                message = f"{name}: at least one"
                raise PublishedFormError(message)

    @property
    def text(self) -> str:
        """The rule in one way only: lines `name=value`, sorted."""
        lines = [f"registry={self.registry}", f"partitions={self.partitions}"]
        lines += [f"kind={kind}" for kind in self.kinds]
        lines += [f"type={name}" for name in self.types]
        return "\n".join(sorted([*lines, f"wire={self.wire}"]))

    def takes(self, header: EventHeader) -> bool:
        """Whether an event is published."""
        kind = header.stream.partition("/")[0]
        return kind in self.kinds and header.type in self.types


def parse_rule(text: str) -> Rule:
    """Return the rule of its text. Raises PublishedFormError."""
    told: dict[str, list[str]] = {}
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        told.setdefault(name, []).append(value)
    try:
        rule = Rule(
            registry=told["registry"][0],
            partitions=int(told["partitions"][0]),
            kinds=frozenset(told["kind"]),
            types=frozenset(told["type"]),
            wire=Wire(told["wire"][0]),
        )
    except (KeyError, ValueError) as error:
        message = f"no rule of a published topic: {error}"
        raise PublishedFormError(message) from error
    if rule.text != text:
        message = "no rule of a published topic: not in its one form"
        raise PublishedFormError(message)
    return rule
