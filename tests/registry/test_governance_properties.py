"""Whatever is submitted about matters: duties, referrals, money and houses add up."""

from __future__ import annotations

import random
import types
from collections import Counter
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from events.accounts import balance
from events.dates import PartialDate
from events.document import Document
from events.guardianship import ActAnnulled, ActReinstated, Office
from events.matter_kinds import MatterEvent
from events.matters import Matter, MatterStatus, holder_of, status_of
from events.plans import FundAllocated, FundPaid, MisuseFound, UnspentReturned
from events.registry import SubmissionRefused
from events.residents import ChildTakenIn
from events.timeline import Holder
from projections.care import house
from projections.matters import KnownMatter, judged
from registry.competence import competent, kind_of
from registry.dispatch import decide
from registry.expected import Decided
from registry.matter_commands import MatterCommand
from registry.refusal import Fault
from tests.support.record import AUTHORITY, Record
from tests.support.registry import body, child_id, person
from tests.support.stories import CHILD, FATHER, MOTHER

COMMANDS = get_args(MatterCommand)
EVENTS = set(get_args(MatterEvent)) - {ActAnnulled, ActReinstated}
OFFICES = [office for office in Office if office is not Office.REGISTRY]
ACTS = 4_000
LATER = date(2024, 6, 1)
PEOPLE = {"whom", "supervisor", "carer", "who"}
"""Fields in which persons often stand; in the others bodies do."""
BODIES = [body(authority) for authority in sorted(set(AUTHORITY.values()))]


def value(kind: Any, name: str, chance: random.Random) -> Any:  # noqa: ANN401, PLR0911  of any type
    """A value of a field: ids from small pools, so that acts meet."""
    if get_origin(kind) in {Union, types.UnionType}:
        options = [option for option in get_args(kind) if option is not types.NoneType]
        left_out = chance.random() < 0.3
        return None if left_out else value(chance.choice(options), name, chance)
    if get_origin(kind) is tuple:
        (item, *_) = get_args(kind)
        return tuple([value(item, name, chance) for _ in range(chance.randint(1, 2))])
    if kind is Holder:
        people = [FATHER, MOTHER, person("the deputy director")]
        either = name in PEOPLE and chance.random() < 0.7
        return chance.choice(people if either else BODIES)
    if kind is Document:
        return Document(sha256=bytes(32), media_type="application/pdf", size=9)
    if is_dataclass(kind) and isinstance(kind, type):
        return made(kind, chance)
    if kind is PartialDate:
        on = date(2022, 1, 1) + timedelta(days=chance.randint(0, 90))
        return PartialDate(on.isoformat())
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return chance.choice(list(kind))
    if kind is str:
        return text(name, chance)
    plain = {
        bool: chance.random() < 0.5,
        int: chance.randint(1, 400 if name == "amount" else 4),
    }
    return plain[kind]


def text(name: str, chance: random.Random) -> str:
    if name == "child":
        return CHILD
    if name == "jurisdiction":
        return "cn-320312"
    return child_id(f"{name} {chance.randint(1, 4)}")


def made(kind: type, chance: random.Random) -> Any:  # noqa: ANN401  of any class
    hints = get_type_hints(kind)
    return kind(**{f.name: value(hints[f.name], f.name, chance) for f in fields(kind)})


def submitted(record: Record, chance: random.Random) -> Decided | Fault:
    """What becomes of an act: an entry, perhaps of a refusal, or a typed fault."""
    command = made(chance.choice(COMMANDS), chance)
    own = competent(kind_of(command))[0]
    office = chance.choice(own if chance.random() < 0.9 else OFFICES)
    authority = chance.choice([AUTHORITY[office], chance.choice(BODIES).id])
    try:
        decided = decide(record._expected, command, authority, office)
    except Fault as fault:
        return fault
    record._expected.advance(decided)
    return decided


def refused(decided: Decided) -> bool:
    return any(isinstance(event, SubmissionRefused) for event in decided.recorded)


def known(record: Record, streams: set[str]) -> list[KnownMatter]:
    loaded: list[tuple[str, Matter, tuple[()]]] = []
    for stream in sorted(streams):
        kind, _, name = stream.partition("/")
        loaded.append((stream, record.matter(kind, name), ()))
    return list(judged(loaded, LATER))


def every_duty_has_its_end_or_its_owner(matters: list[KnownMatter]) -> None:
    for one in matters:
        if one.stream.startswith("duty/") and one.state.opening is not None:
            ended = one.status in {MatterStatus.DONE, MatterStatus.BREACHED}
            owner = holder_of(one.state)
            assert ended or one.status is MatterStatus.OPEN
            assert one.orphan == (owner is None and one.status is not MatterStatus.DONE)


def every_referral_and_complaint_has_one_holder(matters: list[KnownMatter]) -> None:
    for one in matters:
        if one.stream.startswith(("referral/", "complaint/")) and one.state.opening:
            assert holder_of(one.state) is not None


def money_adds_up(matters: list[KnownMatter]) -> None:
    for one in matters:
        if not one.stream.startswith("fund/"):
            continue
        sums: Counter[type] = Counter()
        for fact in one.state.standing():
            if isinstance(
                fact, FundAllocated | FundPaid | UnspentReturned | MisuseFound
            ):
                sums[type(fact)] += fact.amount
        account = balance(one.state)
        assert account.allocated == sums[FundAllocated]
        assert account.paid == sums[FundPaid]
        assert account.left == sums[FundAllocated] - sums[FundPaid] - account.returned
        assert account.left >= 0
        assert account.misused <= account.paid


def residents_are_the_stays_that_are_open(matters: list[KnownMatter]) -> None:
    for one in matters:
        if not one.stream.startswith("home/") or one.state.opening is None:
            continue
        name = one.stream.partition("/")[2]
        about = [
            other
            for other in matters
            if getattr(other.state.opening, "home", None) == name
        ]
        stays = [
            other
            for other in about
            if isinstance(other.state.opening, ChildTakenIn)
            and status_of(other.state) is not MatterStatus.DONE
        ]
        assert house(one.state, about, LATER).residents == len(stays)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_submitted_is_an_entry_or_a_fault_and_adds_up(seed: int) -> None:
    chance, record = random.Random(seed), Record()  # noqa: S311  a history
    streams: set[str] = set()
    accepted: set[str] = set()
    for number in range(ACTS):
        outcome = submitted(record, chance)
        if isinstance(outcome, Decided) and not refused(outcome):
            streams |= {draft.stream for draft in outcome.events}
            accepted |= {draft.event.__class__.__name__ for draft in outcome.events}
        if number % 50 == 0 or number == ACTS - 1:
            matters = known(record, streams)
            every_duty_has_its_end_or_its_owner(matters)
            every_referral_and_complaint_has_one_holder(matters)
            money_adds_up(matters)
            residents_are_the_stays_that_are_open(matters)
    assert len(accepted) > 25  # of the acts that there are


def test_every_act_about_matters_is_accepted_in_some_history() -> None:
    """So that the histories above are about all of them."""
    seen: set[type] = set()
    for seed in range(40):
        chance, record = random.Random(seed), Record()  # noqa: S311  a history
        for _ in range(ACTS):
            outcome = submitted(record, chance)
            if isinstance(outcome, Decided) and not refused(outcome):
                seen |= {type(draft.event) for draft in outcome.events}
        if seen == EVENTS:
            break
    assert seen == EVENTS
