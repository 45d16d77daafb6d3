"""The log of a synthetic province: which children live which lives, in what order.

What lives here: `Province`, the records of its log one after the other, the same bytes
for the same numbers and seed; `grow`, which judges them and makes a log of them. What
never does: decisions (`telling`), law.

Of each kind of life and year of birth a few are told, each act decided for real; a
child lives one of them, drawn by chance, under ids of its own.
"""

from __future__ import annotations

import hashlib
import math
import random
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from events.bulk import Bulk
from events.embedded import EmbeddedLog
from events.frame import SALT_BYTES
from events.ingest import Candidate
from events.log import Head
from ops.synthetic import rates
from ops.synthetic.lives import COUNTIES, Intended
from ops.synthetic.plots import Kind
from ops.synthetic.telling import (
    LAST,
    MAX_ACTS,
    NODE,
    Numbers,
    Place,
    Told,
    governed,
    told,
    uuid_of,
)
from ops.synthetic.writer import file_writer
from projections.view import uncollected
from registry.announce import adopt
from registry.china import CHINA
from registry.sources import Sources
from registry.wire import CODEC

TOLD: Final = {kind: 24 if kind is Kind.QUIET else 12 for kind in Kind}
"""Lives told for each kind and year of birth."""
GROUP: Final = 128
"""Entries handed over together: few enough to stay in a core's own memory."""
MICROSECONDS_APART: Final = 1_000
DAY_US: Final = 86_400_000_000
_CHILDREN: Final = 1 << 22

Progress = Callable[[int, int], None]
"""Told how many entries are written, and of how many."""


@dataclass(slots=True)
class Province:
    """Children and the lives they live; `records` makes the log's records."""

    numbers: Numbers
    kinds: dict[Kind, int] = field(default_factory=dict)
    events: int = 0
    """How many events the records made so far hold."""
    _lives: list[Told] = field(default_factory=list)
    _lived: array[int] = field(default_factory=lambda: array("L"))
    _order: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        numbers = self.numbers
        chance = random.Random(f"{numbers.seed}/children")  # noqa: S311  data
        years = range(numbers.first.year - rates.AGE_AT_MOST, LAST.year)
        places: dict[Place, int] = {}
        for _ in range(numbers.children):
            year = chance.choice(years)
            kind = _kind(chance, self._exposed(year))
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            place = (kind, year, chance.randrange(TOLD[kind]))
            self._lived.append(places.setdefault(place, len(places)))
        self._lives = told(numbers, list(places))
        for county in range(1, COUNTIES + 1):
            self._lived.append(len(self._lives))
            self._lives.append(governed(numbers, county))
        acts = [
            [
                cast.day.toordinal() * _CHILDREN * MAX_ACTS + n
                for n, cast in enumerate(life.casts)
            ]
            for life in self._lives
        ]
        for child, life in enumerate(self._lived):
            own = child * MAX_ACTS
            self._order += [act + own for act in acts[life]]
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
            rest, number = divmod(place, MAX_ACTS)
            day, child = divmod(rest, _CHILDREN)
            cast = self._lives[self._lived[child]].casts[number]
            drawn = hashlib.shake_256(b"%b%d/%d" % (seed, child, number))
            chance = drawn.digest(SALT_BYTES + cast.salt_bytes)
            recorded_at = max(recorded_at + MICROSECONDS_APART, _midnight(day))
            made = cast.copy(
                [_id(seed, child, one) for one in cast.used],
                uuid_of(chance[:SALT_BYTES].hex().encode()),
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

    def _exposed(self, year: int) -> float:
        """Return how many years of a child born in a year lie in the log."""
        return max(0.0, min(LAST.year, year + 18) - max(self.numbers.first.year, year))


def grow(path: Path, numbers: Numbers, progress: Progress) -> tuple[Province, Head]:
    """Write a province's log to a file that is not there; return it and its head.

    Every record is judged as any store judges it. Raises FileExistsError, and OSError
    or sqlite3.Error where the disk does not take it; nothing is left then.
    """
    if path.exists():
        raise FileExistsError(path)
    bulk = Bulk(numbers.registry)
    with uncollected(), file_writer(path) as file:
        file.add(bulk.take(map(_candidate, _adopted(numbers))))
        province = Province(numbers)
        records = map(_candidate, province.records(bulk.head))
        while group := list(islice(records, GROUP)):
            judged = bulk.take(group)
            if len(judged.entries) != len(group):
                message = f"a made record was voided after {bulk.head.position}"
                raise RuntimeError(message)
            file.add(judged)
            progress(bulk.head.position, province.entries)
        file.finish(bulk.schemas, {"registry": numbers.registry})
        return province, bulk.head


def _candidate(record: bytes) -> Candidate:
    return Candidate(record=record)


def _adopted(numbers: Numbers) -> list[bytes]:
    """Return the records that announce the formats and rules of a log."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.sqlite"
        with closing(EmbeddedLog(path, numbers.registry)) as log:
            adopt(log, CODEC, _sources(numbers), NODE, CHINA)
            return [entry.record for entry in log.read(0, log.head().position)]


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
    drawn = hashlib.blake2b(b"%b%d.%d" % (seed, child, number), digest_size=16)
    return uuid_of(drawn.hexdigest().encode())


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
