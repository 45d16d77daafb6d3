"""What befalls one synthetic child: acts by competent offices, decided for real.

What lives here: `Life`, which has each act decided by the same function as the writer
does (`registry.dispatch.decide`: form, competence, law), on the state that the acts
before it left, without a log. What never does: when what happens (`plots`), bytes.

An act that is refused would be a mistake of the plot and stops the making: a synthetic
log holds nothing that the law said no to.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

from events.dates import PartialDate
from events.document import Document
from events.draft import DraftEvent
from events.duties import Department
from events.entry import Provenance
from events.guardianship import Office
from events.log import Log, StoredBody
from events.registry import SubmissionRefused
from events.timeline import Holder, HolderKind
from registry.china import CHINA
from registry.commands import Command
from registry.dispatch import decide
from registry.expected import Expected
from registry.wire import CODEC

COUNTIES = 12
"""Counties of the province: each has its court, bureau, police and committee."""


class PlotError(Exception):
    """An act of a plot was refused: the plot is wrong, not the law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One decided act: who submitted what on which day, and what it records."""

    day: date
    authority: str
    command: Command
    provenance: Provenance
    events: tuple[DraftEvent, ...]


Plot = Iterator[date]
"""What befalls a life: says each day on which it goes on, and acts then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """A class that the child of a life is surely in on a day, by its plot."""

    on: date
    scheme: str
    name: str


class _Nothing:
    """A log without entries: what a life's first act is decided on."""

    def stream(self, _name: str, _above: int = -1) -> list[StoredBody]:
        return []

    def children_of(self, _holder: str) -> list[str]:
        return []

    def last_version(self, _stream: str) -> int:
        return 0

    def schemas(self) -> Mapping[bytes, str]:
        return CODEC.texts


@dataclass(slots=True)
class Life:
    """A child's acts so far, its people, and the chance by which they were drawn.

    Acts after `last` are not recorded: the log ends there.
    """

    chance: random.Random
    born: date
    first: date
    last: date
    county: int
    house: str = ""
    """The county's welfare home; it is registered before any life begins."""
    acts: list[Act] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    child: str = ""
    intended: list[Intended] = field(default_factory=list)
    _agenda: list[tuple[date, int, Plot]] = field(default_factory=list)
    _started: int = 0
    _expected: Expected = field(init=False)

    def __post_init__(self) -> None:
        self._expected = Expected(cast("Log", _Nothing()), CODEC, CHINA)
        self.child = self.new_id()

    @property
    def grown(self) -> date:
        """The first day on which the child is no minor any more."""
        day = self.born
        leap = (day.month, day.day) == (2, 29)
        return date(day.year + 18, 3, 1) if leap else day.replace(year=day.year + 18)

    @property
    def place(self) -> str:
        """The county's code."""
        return f"cn-3299{self.county:02}"

    def start(self, plot: Plot) -> None:
        """Let a plot befall the life beside those that do already."""
        day = next(plot, None)
        if day is not None:
            heapq.heappush(self._agenda, (day, self._started, plot))
            self._started += 1

    def run(self) -> None:
        """Let every plot go on, day by day, until the log ends."""
        while self._agenda:
            day, _, plot = heapq.heappop(self._agenda)
            if day < self.last:
                self.start(plot)

    def intend(self, on: date, scheme: str, name: str) -> None:
        """Keep that the child is surely in a class on a day, where the log has it."""
        if on < self.last and on < self.grown:
            self.intended.append(Intended(on=on, scheme=scheme, name=name))

    def document(self) -> Document:
        """Return a document of some act; copies of a life share its digest."""
        return Document(
            sha256=self.chance.randbytes(32), media_type="application/pdf", size=40_000
        )

    def new_id(self) -> str:
        """Return a new id of this life's own."""
        made = str(UUID(int=self.chance.getrandbits(128), version=4))
        self.ids.append(made)
        return made

    def person(self) -> Holder:
        """Return a person nobody has met yet."""
        return Holder(kind=HolderKind.PERSON, id=self.new_id())

    def authority(self, office: Office) -> str:
        """Return the county's own authority of an office."""
        return f"county-{self.county:02}-{office.value.replace('_', '-')}"

    def body(self, office: Office) -> Holder:
        """Return the same as a holder."""
        return Holder(kind=HolderKind.BODY, id=self.authority(office))

    def department(self, department: Department) -> Holder:
        """Return a department of the county, which may have no office, as a holder."""
        name = f"county-{self.county:02}-{department.value.replace('_', '-')}"
        return Holder(kind=HolderKind.BODY, id=name)

    def later(self, day: date, least: int, most: int) -> date:
        """Return a day so many days later."""
        return day + timedelta(days=self.chance.randint(least, most))

    def happens(self, share: float) -> bool:
        """Whether something of this probability happens now."""
        return self.chance.random() < share

    def presume(self, command: Command, office: Office) -> None:
        """Take what another life records as recorded before this one begins."""
        made = decide(self._expected, command, self.authority(office), office)
        self._expected.advance(made)

    def tell(
        self, day: date, command: Command, office: Office, *, at_majority: bool = False
    ) -> bool:
        """Record an act of a day; False where the log or childhood ended before it.

        `at_majority` is of what ends on the very day of coming of age. Raises PlotError
        where the act is refused or precedes an act told already.
        """
        if self.acts and day < self.acts[-1].day:
            message = f"{type(command).__name__} of {day} is told too late"
            raise PlotError(message)
        grown = day > self.grown if at_majority else day >= self.grown
        if day >= self.last or grown:
            return False
        authority = self.authority(office)
        decided = decide(self._expected, command, authority, office)
        if any(isinstance(event, SubmissionRefused) for event in decided.recorded):
            message = f"{type(command).__name__} of {day}: {decided.recorded}"
            raise PlotError(message)
        self._expected.advance(decided)
        act = Act(
            day=day,
            authority=authority,
            command=command,
            provenance=Provenance.LIVE if day >= self.first else Provenance.BACK_LOADED,
            events=decided.events,
        )
        self.acts.append(act)
        return True

    def version(self, kind: type) -> int:
        """Return the version of the last event of a kind on the child's stream."""
        return max(
            draft.version
            for act in self.acts
            for draft in act.events
            if isinstance(draft.event, kind)
        )


def written(day: date) -> PartialDate:
    """Return a day as events write it."""
    return PartialDate(day.isoformat())


def warnings(acts: Sequence[Act]) -> set[str]:
    """Return the reasons for which the law said no to acts that stand all the same."""
    found: list[Any] = [
        finding
        for act in acts
        for draft in act.events
        for finding in getattr(draft.event, "findings", ())
    ]
    return {one.reason for one in found if not one.holds}
