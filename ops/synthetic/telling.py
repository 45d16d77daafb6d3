"""The lives that a province's children live: told for real, before any is copied.

What lives here: `Numbers`, what a province is made from; `told`, the lives of places,
each a pure function of them. What never does: who lives which (`province`).

A place is a kind of life, a year of birth and a number of chance. Lives do not know of
each other, so many are told by all the machine's cores.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from events.guardianship import Office
from ops.synthetic.copies import Cast
from ops.synthetic.counties import govern, home_of
from ops.synthetic.lives import COUNTIES, Intended, Life
from ops.synthetic.plots import Kind, live

LAST: Final = date(2026, 1, 1)
"""The day on which every synthetic log ends."""
MAX_YEARS: Final = 11
"""A log begins when the joint Opinions came in force, or later: the law is known."""
MAX_CHILDREN: Final = 2_000_000
"""Two million: the order of the log is kept in memory, about 40 bytes an entry."""
MAX_ACTS: Final = 1 << 10
"""More acts than any life has."""
NODE: Final = "synthetic"
_MANY: Final = 500
"""Lives worth a process: one is told in some milliseconds."""

Place = tuple[Kind, int, int]
"""Kind of life, year of birth, number."""


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
class Told:
    """A told life to copy: its acts, and what classes it intends."""

    casts: list[Cast]
    intended: tuple[Intended, ...]


def told(numbers: Numbers, places: Sequence[Place]) -> list[Told]:
    """Return the lives of places, in their order."""
    tell, cores = partial(_told, numbers), os.cpu_count() or 1
    if len(places) < _MANY or cores == 1:
        return list(map(tell, places))
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=spawning) as pool:
        return list(pool.map(tell, places, chunksize=_MANY // 10))


def governed(numbers: Numbers, county: int) -> Told:
    """Return a county's years as a life: nobody else lives them."""
    life = _life(numbers, _chance(numbers, f"county/{county}"), numbers.first, county)
    govern(life)
    return _cast(life, numbers)


def uuid_of(digits: bytes) -> bytes:
    """Return thirty-two digits as a UUID of version 4."""
    return b"%b-%b-4%b-a%b-%b" % (
        digits[:8],
        digits[8:12],
        digits[13:16],
        digits[17:20],
        digits[20:],
    )


def _told(numbers: Numbers, place: Place) -> Told:
    kind, year, number = place
    chance = _chance(numbers, f"{kind}/{year}/{number}")
    born = date(year, 1, 1) + timedelta(days=chance.randrange(365))
    life = _life(numbers, chance, born, chance.randint(1, COUNTIES))
    life.presume(home_of(life), Office.CIVIL_AFFAIRS)
    live(life, kind)
    return _cast(life, numbers)


def _chance(numbers: Numbers, what: str) -> random.Random:
    return random.Random(f"{numbers.seed}/{what}")  # noqa: S311  data


def _life(numbers: Numbers, chance: random.Random, born: date, county: int) -> Life:
    seed = f"{numbers.seed}/{numbers.registry}/home/{county}"
    digits = hashlib.sha256(seed.encode()).hexdigest()[:32].encode()
    house = uuid_of(digits).decode()
    return Life(chance, born, numbers.first, LAST, county, house)


def _cast(life: Life, numbers: Numbers) -> Told:
    assert len(life.acts) < MAX_ACTS  # noqa: S101  a plot's own bound
    casts = [Cast(act, life.ids, numbers.registry, NODE) for act in life.acts]
    return Told(casts, tuple(life.intended))
