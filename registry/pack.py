"""A law pack: what the core asks of a country's law, and all that it asks.

What lives here: the interface. What never does: law. `registry.china` is the first
pack; the composition root chooses one (`registry.bootstrap`), and the core (writer,
dispatch, states, corrections, announcements, timers) imports this interface alone.

The core does not know how many may hold at once, whether a removal takes all, who
decides, whether there must be an application, and at what age childhood ends. It knows
streams, facts, periods and lines; a pack makes facts of commands, and periods of facts:

* **who holds**, in which role, from when: `rules`, a pure function of the facts that
  stand. Where it cannot be said, the period's boundary is a partial date, or there is a
  gap with whose duty it is; the tools for spans are `registry.spans`, `registry.gaps`
  and `registry.kept_apart`, which a pack may use or leave.
* **who may act**: `competence`, for every kind of command.
* **what an act makes**: the `on_…` functions, from states and a command to the events
  of each stream, differences included. They raise RefusedError with article and what
  would be accepted instead, InvalidError for form, NotKnownError for names.
* **what people are told**: roles, grounds, ages and deadlines, in two languages where
  they are words.

A pack is pure and reads no clock. One that changes what a timeline is gets a new number
in `rules`, which is adopted in the log before any node writes by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from events.dates import PartialDate
from events.guardianship import Office
from events.proceedings import Ground
from events.timeline import Role
from registry.case import Case
from registry.child import Child
from registry.commands import Command, RecordCapacityLost, RecordDeath
from registry.refusal import RefusedError
from registry.rules import Rules

Effects = list[tuple[str, list[Any]]]
"""Streams with the events that a command adds to each, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One name in English and in the country's own language."""

    english: str
    own: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the law in force on a day: an age or a time, and where it stands."""

    name: str
    number: int
    unit: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LawPack:
    """A country's law; see the module for what each part answers."""

    country: str
    """ISO 3166, in lower case."""
    rules: Rules
    digest: bytes
    """SHA-256 of the sources of the rules, adopted with their number."""

    competence: Callable[[Command, Child, Office], RefusedError | None]
    """How an act outside an office's competence is refused; None where it may act.

    The child is the one whose temporary arrangement is ended, else an empty one.
    """
    on_child: Callable[[Child, Any, Office], Effects]
    on_case: Callable[[Case, Any, Office, str], Effects]
    on_case_and_child: Callable[[Case, Child, Any, Office], Effects]
    on_case_and_children: Callable[[Case, dict[str, Child], Any, Office], Effects]
    on_ward: Callable[[Child, RecordDeath | RecordCapacityLost, Office], list[Any]]
    """What a fact about a person adds to one ward's stream; nothing where it holds
    nothing of this child."""
    on_own_death: Callable[[Child, RecordDeath, Office], list[Any]]
    on_matters: Callable[[Any, Any, Office, str], Effects]
    """Acts beside the guardianship, on whatever streams the states are asked for."""

    conflicts: Callable[[Any, Effects, Command], Effects]
    """What a command adds, and beside it what that contradicts of the record; from the
    states, as `on_matters` has them. It refuses nothing."""

    roles: Mapping[Role, Words]
    grounds: Mapping[Ground, tuple[str, ...]]
    """Grounds of a removal that this law knows, with their articles."""
    of_age: Callable[[PartialDate], PartialDate]
    """From a birth date to the first day on which nobody is guardian any more."""
    numbers: Callable[[PartialDate], tuple[Number, ...]]
    """Ages and deadlines in force on a day."""
