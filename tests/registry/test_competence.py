"""The competence matrix is the table of COMPETENCE.md, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from events.conditions import Condition
from events.dates import PartialDate
from events.guardianship import EndReason, Office, PlacementForm, Way
from events.proceedings import TemporaryEnd
from events.reports import Response
from events.timeline import Role
from registry.commands import (
    Command,
    EndGuardianship,
    EndTemporaryArrangement,
    EstablishGuardianship,
    RecordPlacement,
    Replaceable,
    StartTemporaryArrangement,
)
from registry.competence import MATRIX, competent, kind_of, may_submit
from registry.law.citations import is_verified
from registry.matter_commands import RecordResponse
from registry.measures import TEMPORARY_ROLES
from tests.registry.test_conditions import RECORDED
from tests.support.registry import body
from tests.support.stories import CHILD

TEXT = Path(__file__).parents[2] / "registry" / "COMPETENCE.md"
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split(" |")]
    for line in TEXT.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
]
OFFICES = [Office(name.replace("'", "").replace(" ", "_")) for name in ROWS[0][1:-1]]
TABLE = {row[0]: row for row in ROWS[1:]}
ON = PartialDate("2022-06-01")


def name_of(kind: tuple[type, str | None]) -> str:
    return f"{kind[0].__name__} {kind[1] or ''}".strip()


def test_the_table_has_a_row_for_every_kind_and_a_column_for_every_office() -> None:
    assert set(TABLE) == {name_of(kind) for kind in MATRIX}
    assert set(OFFICES) == set(Office) - {Office.REGISTRY}


@pytest.mark.parametrize(
    ("kind", "office"),
    list(product(MATRIX, OFFICES)),
    ids=lambda part: part if isinstance(part, str) else name_of(part),
)
def test_the_matrix_is_the_table(kind: tuple[type, str | None], office: Office) -> None:
    cell = TABLE[name_of(kind)][1 + OFFICES.index(office)]
    assert may_submit(office, kind) is (cell == "yes")
    assert cell in {"yes", ""}


@pytest.mark.parametrize("kind", MATRIX, ids=name_of)
def test_the_articles_are_the_tables(kind: tuple[type, str | None]) -> None:
    row = TABLE[name_of(kind)]
    assert ", ".join(competent(kind)[1]) == (row[-1] if len(row) > 14 else "")
    recalled = {a for a in competent(kind)[1] if not is_verified(a)}
    assert recalled <= {"OP14 15", "OP14 16", "OP14 19", "CPL 147"}


@pytest.mark.parametrize("kind", MATRIX, ids=name_of)
def test_the_registry_itself_is_competent_for_nothing(
    kind: tuple[type, str | None],
) -> None:
    assert not may_submit(Office.REGISTRY, kind)


def test_every_command_has_a_row() -> None:
    commands = set(get_args(Replaceable)) | set(get_args(Command))
    assert {command for command, _ in MATRIX} == commands


def started(role: Role) -> StartTemporaryArrangement:
    return StartTemporaryArrangement(
        child=CHILD,
        holder=body("bureau"),
        role=role,
        limb=None,
        on=ON,
        order=0,
        until=None,
    )


def test_every_role_way_form_and_reason_has_a_row_of_its_own() -> None:
    holder = body("bureau")
    kinds = {kind_of(started(role)) for role in TEMPORARY_ROLES}
    for way in Way:
        command = EstablishGuardianship(
            child=CHILD,
            holders=(holder,),
            way=way,
            kin=None,
            limb=None,
            testator=None,
            on=ON,
            order=0,
        )
        kinds.add(kind_of(command))
    for form in PlacementForm:
        placed = RecordPlacement(child=CHILD, holder=holder, form=form, on=ON, order=0)
        kinds.add(kind_of(placed))
    for reason in EndReason:
        ended = EndGuardianship(child=CHILD, who=None, reason=reason, on=ON, order=0)
        kinds.add(kind_of(ended))
    stop = EndTemporaryArrangement(
        child=CHILD,
        started=3,
        end=TemporaryEnd.RETURNED,
        assessed_on=None,
        on=ON,
        order=0,
    )
    kinds |= {kind_of(stop, role) for role in TEMPORARY_ROLES}
    for response in Response:
        answer = RecordResponse(
            report=CHILD, response=response, whom=None, on=ON, document=None
        )
        kinds.add(kind_of(answer))
    for condition in Condition:
        began = replace(RECORDED, what=condition)
        kinds.add(kind_of(began))
    assert kinds == {kind for kind in MATRIX if kind[1] is not None}


def test_a_role_that_nobody_can_begin_is_anybodys_who_may_begin_one() -> None:
    """So that the fault is one of form, and not a refusal for competence."""
    offices, articles = competent(kind_of(started(Role.PARENT)))
    assert Office.CIVIL_AFFAIRS in offices
    assert Office.SCHOOL not in offices
    assert "MPL 92" in articles
