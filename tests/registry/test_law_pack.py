"""Another country's law in the same core: nothing of the first is taken for law."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from events.dates import PartialDate
from events.guardianship import EndReason, Office
from events.proceedings import Ground
from events.timeline import HandOver, Line, Role, Status
from registry.announce import NotAdoptedError
from registry.bootstrap import Config, Registry, open_registry
from registry.china import CHINA
from registry.commands import Command
from registry.law.reasons import REASONS
from registry.receipt import Receipt
from tests.support.england import ENGLAND
from tests.support.registry import (
    ORIGIN,
    body,
    opened,
    person,
    sources,
    submission,
    submit,
)
from tests.support.stories import (
    CHILD,
    born,
    end,
    judgment,
    outcome,
    start,
)

MOTHER, FATHER = person("an English mother"), person("an English father")
COUNCIL = body("leeds-council")
COURT, CIVIL = Office.COURT, Office.CIVIL_AFFAIRS
DAY = PartialDate("2022-05-10")


@pytest.fixture
def england(tmp_path: Path) -> Iterator[Registry]:
    config = Config(data_dir=tmp_path, registry=ORIGIN, node="leeds-1")
    with open_registry(config, sources(), ENGLAND) as registry:
        child = born(CHILD, "2015-03-01", MOTHER, FATHER)
        act(registry, child, CIVIL)
        yield registry


def act(registry: Registry, command: Command, by: Office = COURT) -> Receipt:
    key = f"act {registry.log.head().position}"
    who = "tongshan-court" if by is COURT else "leeds-council"
    return submit(registry, submission(command, key, who, by))


def asked(registry: Registry, day: str) -> tuple[Status, set[str], set[str]]:
    """Return the status, who holds, and to whom the child may be handed."""
    found = registry.custody.custody(CHILD, date.fromisoformat(day), None)
    assert found is not None
    holders = {
        p.holder.id
        for p in found.answer.certain
        if p.holder and p.line in {Line.RELATION, Line.COVER}
    }
    return found.answer.status, holders, {h.id for h in found.answer.hand_over_to}


def care_order(registry: Registry) -> Receipt:
    said = outcome(designated=(COUNCIL,))
    return act(registry, judgment("2022-06-01", said))


def test_holders_are_concurrent_and_a_removal_takes_part_not_all(
    england: Registry,
) -> None:
    receipt = care_order(england)
    assert receipt.warnings == ()  # no application is needed, none is missed
    parents = {MOTHER.id, FATHER.id}
    assert asked(england, "2022-05-31") == (Status.GUARDIAN, parents, parents)
    assert asked(england, "2022-06-01") == (
        Status.GUARDIAN,
        {*parents, COUNCIL.id},
        {COUNCIL.id},
    )
    found = england.custody.custody(CHILD, date(2022, 6, 1), None)
    assert found is not None
    limited = {p.holder: p.hand_over for p in found.answer.certain}
    assert limited[MOTHER] is HandOver.NO
    assert {a for p in found.answer.certain for a in p.articles} == {
        "CA 1989 s 2(1)",
        "CA 1989 s 33(3)",
    }
    assert england.barred.barred(MOTHER.id, date(2022, 6, 1)).bars == ()


def test_a_discharged_order_gives_back_what_it_took(england: Registry) -> None:
    care_order(england)
    act(england, end(EndReason.COURT_FOUND, "2023-06-01", COUNCIL))
    parents = {MOTHER.id, FATHER.id}
    assert asked(england, "2023-05-31")[2] == {COUNCIL.id}
    assert asked(england, "2023-06-01") == (Status.GUARDIAN, parents, parents)


def test_an_emergency_order_ends_by_itself(england: Registry) -> None:
    """In the first pack an expected end is an alarm, and ends nothing."""
    order = start(Role.TEMPORARY_GUARDIAN, "2022-05-10", COUNCIL, until="2022-05-18")
    act(england, order)
    assert asked(england, "2022-05-17")[0] is Status.COVERED
    assert asked(england, "2022-05-18")[0] is Status.GUARDIAN


def test_what_this_law_refuses_is_recorded_with_its_own_article(
    england: Registry,
) -> None:
    order = start(Role.TEMPORARY_GUARDIAN, "2022-05-10", COUNCIL, until="2022-05-19")
    refused = act(england, order).refused
    assert refused is not None
    assert refused.articles == ("CA 1989 s 45(1)",)
    assert refused.reason not in REASONS  # no word of the other country's


def test_competence_is_this_laws_own(england: Registry) -> None:
    refused = act(england, end(EndReason.COURT_FOUND, "2023-06-01", COUNCIL), CIVIL)
    assert refused.refused is not None
    assert refused.refused.articles == ("CA 1989 s 31(1)",)


def test_there_is_no_silent_gap_under_this_law_either(england: Registry) -> None:
    act(england, end(EndReason.COURT_FOUND, "2023-06-01", MOTHER))
    act(england, end(EndReason.COURT_FOUND, "2023-06-01", FATHER))
    found = england.custody.custody(CHILD, date(2023, 6, 1), None)
    assert found is not None
    (gap,) = [p for p in found.answer.certain if p.line is Line.GAP]
    assert gap.duty is not None
    assert gap.duty.who == "local_authority"
    assert asked(england, "2033-03-01")[0] is Status.NONE


def test_a_log_under_one_law_is_not_written_under_another(tmp_path: Path) -> None:
    with opened(tmp_path) as registry:
        submit(
            registry,
            submission(born(CHILD, "2015-03-01", MOTHER), "born", "police", CIVIL),
        )
    config = Config(data_dir=tmp_path, registry=ORIGIN, node="leeds-1")
    with open_registry(config, sources(), ENGLAND) as registry:
        late = time.monotonic() + 5
        future = registry.writer.submit(
            submission(judgment("2022-06-01", outcome(designated=(COUNCIL,))), "late"),
            late,
        )
        with pytest.raises(NotAdoptedError, match="rules 1 are adopted"):
            future.result(5)


@pytest.mark.parametrize("role", list(Role))
def test_the_first_pack_names_every_role_in_two_languages(role: Role) -> None:
    words = CHINA.roles[role]
    assert words.english.isascii()
    assert not words.own.isascii()


@pytest.mark.parametrize("ground", list(Ground))
def test_the_first_pack_knows_every_ground_by_its_article(ground: Ground) -> None:
    assert CHINA.grounds[ground][0].startswith("CC 36(1)")


@pytest.mark.parametrize(
    ("on", "hours"), [("2014-12-31", None), ("2015-01-01", 48), ("2016-03-01", 72)]
)
def test_the_numbers_of_a_day_are_those_in_force(on: str, hours: int | None) -> None:
    found = {n.name: n for n in CHINA.numbers(PartialDate(on))}
    name = "time to decide on a protection order, from receiving the application"
    assert (found[name].number if name in found else None) == hours
    assert found["majority"].number == 18


@pytest.mark.parametrize("pack", [CHINA, ENGLAND], ids=lambda pack: pack.country)
def test_childhood_ends_where_the_pack_says(pack: object) -> None:
    assert pack.of_age(PartialDate("2004-10-05")) == "2022-10-05"  # type: ignore[attr-defined]
