"""Filters: what of an entry is somebody's to be told.

What lives here: the filter, a pure function of frames, and its one text. What never
does: numbers and chains (`events.feed`), bodies.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from events.frame import EventHeader, Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a subscription is about: each set that is not empty must be met.

    `types` and `children` and `jurisdictions` are of an event, `submitters` and
    `causes` of its entry.
    """

    types: frozenset[str] = field(default_factory=frozenset)
    children: frozenset[str] = field(default_factory=frozenset)
    jurisdictions: frozenset[str] = field(default_factory=frozenset)
    submitters: frozenset[str] = field(default_factory=frozenset)
    causes: frozenset[str] = field(default_factory=frozenset)

    @property
    def text(self) -> str:
        """The filter in one way only: a line `name=value` for each, sorted."""
        names = [one.name for one in fields(self)]
        lines = {f"{name}={value}" for name in names for value in getattr(self, name)}
        return "\n".join(sorted(lines))

    def takes(self, frame: Frame) -> tuple[bool, ...]:
        """Return for each event of an entry whether it is taken."""
        whole = (not self.submitters or frame.authority in self.submitters) and (
            not self.causes or frame.cause in self.causes
        )
        return tuple(whole and self._takes_event(header) for header in frame.events)

    def _takes_event(self, header: EventHeader) -> bool:
        return (
            (not self.types or header.type in self.types)
            and (not self.children or header.concerns in self.children)
            and (not self.jurisdictions or header.jurisdiction in self.jurisdictions)
        )
