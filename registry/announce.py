"""The registry's own entries: the formats and the rules that it adopts.

What lives here: what this release knows that the log has not adopted, and `adopt`. An
empty log is begun with entry 1, announcements only, and entry 2, the rules. What never
does: an announcement on a log that has entries without a person's asking: upgrade all
nodes, then announce; there is no way back.
"""

from __future__ import annotations

import time

from events.codec import Codec
from events.draft import Draft, DraftEvent, OpaqueContent, assemble
from events.entry import Authentication, AuthenticationKind, Provenance
from events.log import Head, Log, LogError, LogUnavailableError, Verdict
from events.registry import RulesAdopted, SchemaAdopted
from registry.pack import LawPack
from registry.sources import Sources

STREAM = "registry"
"""The registry's own stream."""
ADOPT_TIMEOUT_S = 30.0
"""An operator waits for this; a broker that just started may need most of it."""
ATTEMPTS = 5
"""Nodes that start together on an empty log race for entry 1; one of them wins."""


def missing(log: Log, codec: Codec) -> dict[bytes, str]:
    """Return the schemas of this release that the log has not announced."""
    announced = log.schemas()
    return {key: text for key, text in codec.texts.items() if key not in announced}


def adopted_rules(log: Log, codec: Codec) -> int:
    """Return the number of the rules adopted last; 0 where none are."""
    number = 0
    for stored in log.stream(STREAM):
        event = codec.decode(stored.fingerprint, stored.body)
        if isinstance(event, RulesAdopted):
            number = event.number
    return number


class NotAdoptedError(LogError):
    """The log has not adopted this release's formats or rules: it does not write."""


class Gate:
    """Whether this release may write: its formats and its rules are the log's own.

    Nodes of an old and a new release run side by side during an upgrade; those whose
    rules are not the adopted ones go on answering and do not write.
    """

    def __init__(self, log: Log, codec: Codec, law: LawPack) -> None:
        self._log = log
        self._wanted = law.rules.number
        self._codec = codec
        self._head: Head | None = None
        """Up to where this was looked at: nothing was adopted since it stands there."""
        self._seen = 0
        self._rules = 0
        self._missing = len(codec.texts)

    def check(self) -> None:
        """Raise NotAdoptedError where this release may not write now."""
        head = self._log.head()
        if head != self._head:
            self._look()
            self._head = head
        if self._missing:
            message = f"{self._missing} formats of this release are not adopted"
            raise NotAdoptedError(message)
        if self._rules != self._wanted:
            message = (
                f"rules {self._rules} are adopted, this release has {self._wanted}"
            )
            raise NotAdoptedError(message)

    def _look(self) -> None:
        for stored in self._log.stream(STREAM, above=self._seen):
            self._seen = stored.version
            if stored.type == RulesAdopted.__name__:
                event = self._codec.decode(stored.fingerprint, stored.body)
                if isinstance(event, RulesAdopted):
                    self._rules = event.number
        if self._missing:
            self._missing = len(missing(self._log, self._codec))


def adopt(log: Log, codec: Codec, sources: Sources, node: str, law: LawPack) -> None:
    """Announce the missing schemas, then the rules, each as an entry of its own.

    Raises LogUnavailableError where other writers won every attempt.
    """
    for _ in range(ATTEMPTS):
        log.catch_up(time.monotonic() + ADOPT_TIMEOUT_S)
        schemas = missing(log, codec)
        if schemas:
            events: list[object] = [
                SchemaAdopted(fingerprint=key, text=text)
                for key, text in schemas.items()
            ]
        elif adopted_rules(log, codec) != law.rules.number:
            events = [RulesAdopted(number=law.rules.number, digest=law.digest)]
        else:
            return
        record_own(log, codec, sources, node, events)
    message = "other writers won every attempt to adopt formats"
    raise LogUnavailableError(message)


def record_own(
    log: Log, codec: Codec, sources: Sources, node: str, events: list[object]
) -> Verdict:
    """Append events to the registry's own stream as one entry; return its verdict."""
    first = log.last_version(STREAM) + 1
    head = log.head()
    draft = Draft(
        registry=log.registry,
        authority=log.registry,
        request_id=f"adopt/{head.position + 1}",
        request=OpaqueContent(type="adopt", content=b""),
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer=node,
        cause="adopt",
        events=tuple(
            DraftEvent(
                stream=STREAM,
                version=version,
                event=event,
                concerns=None,
                jurisdiction=None,
                urgent=False,
            )
            for version, event in enumerate(events, first)
        ),
    )
    recorded_at = max(sources.clock(), head.recorded_at + 1)
    record = assemble(draft, head.hash, recorded_at, sources.salt, codec)
    (verdict,) = log.append([record], time.monotonic() + ADOPT_TIMEOUT_S)
    return verdict
