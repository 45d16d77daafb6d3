"""The log of a synthetic province: which children live which lives, in what order.

What lives here: `Province`, the records of its log one after the other, the same bytes
for the same numbers and seed; `grow`, which has a log of the embedded store accept
them. What never does: decisions (`lives`), law.

Of each kind of life and year of birth a few are told, each act decided for real; a
child lives one of them, drawn by chance, under ids of its own.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from events.embedded import EmbeddedLog
from events.frame import SALT_BYTES
from events.guardianship import Office
from events.ingest import Candidate
from events.log import Accepted, Head
from ops.synthetic import rates
from ops.synthetic.copies import Cast
from ops.synthetic.counties import govern, home_of
from ops.synthetic.lives import COUNTIES, Intended, Life
from ops.synthetic.plots import Kind, live
from registry.announce import adopt
from registry.china import CHINA
from registry.sources import Sources
from registry.wire import CODEC

LAST: Final = date(2026, 1, 1)
"""The day on which every synthetic log ends."""
MAX_YEARS: Final = 11
"""A log begins when the joint Opinions came in force, or later: the law is known."""
MAX_CHILDREN: Final = 2_000_000
"""Two million: the order of the log is kept in memory, about 40 bytes an entry."""
TOLD: Final = {kind: 24 if kind is Kind.QUIET else 12 for kind in Kind}
"""Lives told for each kind and year of birth."""
GROUP: Final = 2_000
"""Entries accepted in one transaction."""
MICROSECONDS_APART: Final = 1_000
DAY_US: Final = 86_400_000_000
NODE: Final = "synthetic"
_ACTS: Final = 1 << 10
"""More acts than any life has: an act's place in a number that orders the log."""
_CHILDREN: Final = 1 << 22

Progress = Callable[[int, int], None]
"""Told how many entries are written, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a province is made from. Raises ValueError outside its bounds."""

    children: int
    years: int
    seed: int
    registry: str

    def __post_init__(self) -> None:
        if not 1 <= self.children <= MAX_CHILDREN:
            message = f"children: 1 to {MAX_CHILDREN}"
            raise ValueError(message)
        if not 1 <= self.years <= MAX_YEARS:
            message = f"years: 1 to {MAX_YEARS}"
            raise ValueError(message)

    @property
    def first(self) -> date:
        """The day on which the log begins."""
        return LAST.replace(year=LAST.year - self.years)


@dataclass(frozen=True, slots=True)
class _Told:
    """A told life to copy: its acts, and what classes it intends."""

    casts: list[Cast]
    intended: tuple[Intended, ...]


@dataclass(slots=True)
class Province:
    """Children and the lives they live; `records` makes the log's records."""

    numbers: Numbers
    kinds: dict[Kind, int] = field(default_factory=dict)
    events: int = 0
    """How many events the records made so far hold."""
    _lives: list[_Told] = field(default_factory=list)
    _places: dict[tuple[Kind, int, int], int] = field(default_factory=dict)
    _lived: array[int] = field(default_factory=lambda: array("L"))
    _order: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(f"{self.numbers.seed}/children")  # noqa: S311  data
        years = range(self.numbers.first.year - rates.AGE_AT_MOST, LAST.year)
        for _ in range(self.numbers.children):
            year = chance.choice(years)
            kind = _kind(chance, self._exposed(year))
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            self._lives_as(self._place(kind, year, chance.randrange(TOLD[kind])))
        for county in range(1, COUNTIES + 1):
            self._lives.append(self._governed(county))
            self._lives_as(len(self._lives) - 1)
        self._order.sort()

    @property
    def entries(self) -> int:
        """How many entries the children's lives make."""
        return len(self._order)

    def records(self, head: Head) -> Iterator[bytes]:
        """Yield each entry's record, in order, chained upon a head."""
        self.events = 0
        previous, recorded_at = head.hash, head.recorded_at
        seed = self._seed
        for place in self._order:
            rest, number = divmod(place, _ACTS)
            day, child = divmod(rest, _CHILDREN)
            cast = self._lives[self._lived[child]].casts[number]
            drawn = hashlib.shake_256(b"%b%d/%d" % (seed, child, number))
            chance = drawn.digest(SALT_BYTES + cast.salt_bytes)
            recorded_at = max(recorded_at + MICROSECONDS_APART, _midnight(day))
            made = cast.copy(
                [_id(seed, child, one) for one in cast.used],
                _uuid(chance[:SALT_BYTES].hex().encode()),
                chance[SALT_BYTES:],
                previous,
                recorded_at,
            )
            previous = made.hash
            self.events += cast.events
            yield made.record

    @property
    def _seed(self) -> bytes:
        return f"{self.numbers.seed}/{self.numbers.registry}/".encode()

    def intended(self) -> Iterator[tuple[str, Intended]]:
        """Yield each child's id with a class that its plot has it in on a day."""
        for child in range(self.numbers.children):
            told = self._lives[self._lived[child]]
            if told.intended:
                name = _id(self._seed, child, 0).decode()
                yield from ((name, one) for one in told.intended)

    def _lives_as(self, place: int) -> None:
        """Have the next child, or county, live the life of a place."""
        child = len(self._lived)
        self._lived.append(place)
        self._order += [
            (cast.day.toordinal() * _CHILDREN + child) * _ACTS + number
            for number, cast in enumerate(self._lives[place].casts)
        ]

    def _exposed(self, year: int) -> float:
        """Return how many years of a child born in a year lie in the log."""
        return max(0.0, min(LAST.year, year + 18) - max(self.numbers.first.year, year))

    def _place(self, kind: Kind, year: int, number: int) -> int:
        """Return where a life stands, told when it is asked for first."""
        key = (kind, year, number)
        if key not in self._places:
            self._places[key] = len(self._lives)
            self._lives.append(self._told(kind, year, number))
        return self._places[key]

    def _told(self, kind: Kind, year: int, number: int) -> _Told:
        chance = self._chance(f"{kind}/{year}/{number}")
        born = date(year, 1, 1) + timedelta(days=chance.randrange(365))
        life = self._life(chance, born, chance.randint(1, COUNTIES))
        life.presume(home_of(life), Office.CIVIL_AFFAIRS)
        live(life, kind)
        return self._cast(life)

    def _governed(self, county: int) -> _Told:
        """Return a county's years as a life: nobody else lives them."""
        life = self._life(self._chance(f"county/{county}"), self.numbers.first, county)
        govern(life)
        return self._cast(life)

    def _chance(self, what: str) -> random.Random:
        return random.Random(f"{self.numbers.seed}/{what}")  # noqa: S311  data

    def _life(self, chance: random.Random, born: date, county: int) -> Life:
        seed = f"{self.numbers.seed}/{self.numbers.registry}/home/{county}"
        digits = hashlib.sha256(seed.encode()).hexdigest()[:32].encode()
        house = _uuid(digits).decode()
        return Life(chance, born, self.numbers.first, LAST, county, house)

    def _cast(self, life: Life) -> _Told:
        assert len(life.acts) < _ACTS  # noqa: S101  a plot's own bound
        registry = self.numbers.registry
        casts = [Cast(act, life.ids, registry, NODE) for act in life.acts]
        return _Told(casts, tuple(life.intended))


def grow(path: Path, numbers: Numbers, progress: Progress) -> tuple[Province, Head]:
    """Write a province's log to a file that is not there; return it and its head.

    Every record passes the store's own acceptance. Raises FileExistsError, and OSError
    or LogUnavailableError where the disk does not take it; nothing is left then.
    """
    if path.exists():
        raise FileExistsError(path)
    province = Province(numbers)
    part = path.with_name(f"{path.name}.part")
    _remove(part)
    try:
        head = _fill(part, province, progress)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(path)
    finally:
        _remove(part)
    return province, head


class _Unfinished(EmbeddedLog):
    """A log in a file that has no name of its own yet: waiting for the disk is late."""

    synchronous = "OFF"


def _fill(path: Path, province: Province, progress: Progress) -> Head:
    log = _Unfinished(path, province.numbers.registry)
    try:
        adopt(log, CODEC, _sources(province.numbers), NODE, CHINA)
        records = province.records(log.head())
        while group := list(islice(records, GROUP)):
            verdicts = log.ingest([Candidate(record=record) for record in group])
            if not all(isinstance(verdict, Accepted) for verdict in verdicts):
                message = f"a made record was voided: {verdicts}"
                raise RuntimeError(message)
            progress(log.head().position, province.entries)
        return log.head()
    finally:
        log.close()


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _sources(numbers: Numbers) -> Sources:
    """Return a clock that stands where the log begins, and salts of the seed."""
    chance = random.Random(f"{numbers.seed}/adopted")  # noqa: S311  data, no secret
    start = _midnight(numbers.first.toordinal())
    return Sources(clock=lambda: start, salt=lambda: chance.randbytes(SALT_BYTES))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _midnight(ordinal: int) -> int:
    return (ordinal - _EPOCH) * DAY_US


def _id(seed: bytes, child: int, number: int) -> bytes:
    """Return an id of a child's life, by chance of the seed; the first is its own."""
    drawn = hashlib.shake_128(b"%b%d.%d" % (seed, child, number))
    return _uuid(drawn.hexdigest(16).encode())


def _uuid(digits: bytes) -> bytes:
    """Return thirty-two digits as a UUID of version 4."""
    return b"%b-%b-4%b-a%b-%b" % (
        digits[:8],
        digits[8:12],
        digits[13:16],
        digits[17:20],
        digits[20:],
    )


_GRAVER: Final = (
    rates.SUED_OF_REPORTED + rates.COVERED_OF_REPORTED + rates.ADMONISHED_OF_REPORTED
)
_A_YEAR: Final = {
    Kind.SUED: rates.REPORTED * rates.SUED_OF_REPORTED,
    Kind.COVERED: rates.REPORTED * rates.COVERED_OF_REPORTED,
    Kind.ADMONISHED: rates.REPORTED * rates.ADMONISHED_OF_REPORTED,
    Kind.REPORTED: rates.REPORTED * (1 - _GRAVER),
    Kind.ORPHANED: rates.ORPHANED,
    Kind.UNATTENDED: rates.UNATTENDED,
    Kind.IN_DIFFICULTY: rates.IN_DIFFICULTY,
}
"""How often a child comes to each kind of life, the gravest first."""


def _kind(chance: random.Random, exposed: float) -> Kind:
    """Draw the kind of a life by the years that it lies in the log."""
    drawn = chance.random()
    for kind, rate in _A_YEAR.items():
        drawn -= 1 - math.exp(-rate * exposed)
        if drawn < 0:
            return kind
    return Kind.QUIET
