"""The plots of synthetic lives: what happens to a child, day after day.

What lives here: one function for each kind of life. Days and turns are drawn by
chance; whether an act may be recorded is the deciders' question, never one of a plot.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import date, timedelta
from enum import StrEnum

from events.birth import Birth, BirthSource, Precision
from events.guardianship import Office, PlacementForm
from events.timeline import Holder
from ops.synthetic import rates
from ops.synthetic.courts import YEAR, sued
from ops.synthetic.covers import covered, end_placement
from ops.synthetic.lives import Life, Plot, written
from ops.synthetic.reports import admonished, helped
from ops.synthetic.situations import (
    follows,
    in_difficulty,
    left_behind,
    orphaned,
    unattended,
)
from registry.commands import (
    RecordDeath,
    RecordPlacement,
    RecordWhereabouts,
    RegisterChild,
)


class Kind(StrEnum):
    """The kinds of lives, by the gravest thing that happens."""

    QUIET = "quiet"
    IN_DIFFICULTY = "in_difficulty"
    UNATTENDED = "unattended"
    ORPHANED = "orphaned"
    REPORTED = "reported"
    ADMONISHED = "admonished"
    COVERED = "covered"
    SUED = "sued"


def live(life: Life, kind: Kind) -> None:
    """Tell a life of a kind, from its registration to the log's end or majority."""
    life.start(_main(life, kind))
    life.run()


def _main(life: Life, kind: Kind) -> Plot:
    parents = yield from _registered(life, kind)
    begin = max(life.born, life.first) + timedelta(days=61)
    end = min(life.last, life.grown)
    if begin >= end:
        return
    if kind is Kind.QUIET:
        yield from _left_behind(life, parents, begin, end)
        return
    turn = begin + timedelta(days=life.chance.randrange((end - begin).days))
    standing = yield from _left_behind(life, parents, begin, turn)
    yield from _TURNS[kind](life, standing, turn)


def _registered(life: Life, kind: Kind) -> Generator[date, None, tuple[Holder, ...]]:
    """Register the child, at birth or when the register begins."""
    one = life.happens(rates.ONE_PARENT_KNOWN) and kind is not Kind.UNATTENDED
    parents = (life.person(),) if one else (life.person(), life.person())
    on = written(life.born)
    source = BirthSource.HOUSEHOLD_REGISTER
    command = RegisterChild(
        child=life.child,
        birth=Birth(date=on, precision=Precision.STATED, source=source),
        on=on,
        jurisdiction=life.place,
        parents=parents,
    )
    day = life.later(max(life.born, life.first), 0, 60)
    yield day
    life.tell(day, command, Office.POLICE)
    return parents


def _left_behind(
    life: Life, parents: tuple[Holder, ...], begin: date, end: date
) -> Generator[date, None, tuple[Holder, ...]]:
    """Entrust the child to grandparents while its parents work away, again and again.

    Now and then a parent dies or is lost from sight. Returns those who live.
    """
    grandparent = life.person()
    standing, lost = list(parents), set[Holder]()
    day = begin
    while True:
        home = day
        day += timedelta(days=1 + int(life.chance.expovariate(rates.ENTRUSTED / YEAR)))
        yield min(day, end)
        _fates(life, standing, lost, home, min(day, end))
        back = life.later(day, 150, 500)
        if day >= end or back >= end or not standing:
            return tuple(standing)
        placed = RecordPlacement(
            child=life.child,
            holder=grandparent,
            form=PlacementForm.ENTRUSTED,
            on=written(day),
            order=0,
        )
        life.tell(day, placed, Office.COMMITTEE)
        if life.happens(rates.AWAY_RECORDED):
            life.start(left_behind(life, day, back, tuple(standing)))
        yield back
        end_placement(life, back, Office.COMMITTEE)
        day = back


def _fates(
    life: Life, standing: list[Holder], lost: set[Holder], home: date, day: date
) -> None:
    """Decide by chance who died or was lost since a day at home, and record it."""
    since = (day - home).days / YEAR
    for who in list(standing):
        if life.happens(rates.PARENT_DIES * since):
            life.tell(day, RecordDeath(person=who.id, on=written(day)), Office.POLICE)
            standing.remove(who)
        elif who in lost and life.happens(rates.FOUND_AGAIN):
            _whereabouts(life, who, day, lost=False)
            lost.discard(who)
        elif who not in lost and life.happens(rates.PARENT_LOST * since):
            _whereabouts(life, who, day, lost=True)
            lost.add(who)
    if not standing:
        follows(life, day)


def _whereabouts(life: Life, who: Holder, day: date, *, lost: bool) -> None:
    command = RecordWhereabouts(
        child=life.child, who=who, lost=lost, on=written(day), order=0
    )
    life.tell(day, command, Office.POLICE)


_TURNS: dict[Kind, Callable[[Life, tuple[Holder, ...], date], Plot]] = {
    Kind.IN_DIFFICULTY: in_difficulty,
    Kind.UNATTENDED: unattended,
    Kind.ORPHANED: orphaned,
    Kind.REPORTED: helped,
    Kind.ADMONISHED: admonished,
    Kind.COVERED: covered,
    Kind.SUED: sued,
}
