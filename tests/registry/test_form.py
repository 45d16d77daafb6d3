"""Names find no field to stand in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.document import Document
from events.timeline import Holder, HolderKind
from registry.commands import Command
from registry.form import MAX_ITEMS, check_form
from registry.refusal import InvalidError
from tests.support.registry import body, person
from tests.support.stories import CHILD, FATHER, born, judgment, outcome

NAMED = Holder(kind=HolderKind.PERSON, id="wang-xiaoming")
JUDGMENT = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
PAPER = Document(sha256=b"short", media_type="application/pdf", size=1)


def test_accepts_ids_and_a_case_number() -> None:
    check_form(replace(JUDGMENT, number="(2015)铜民特字第1号"))
    check_form(replace(JUDGMENT, number="\uff082015\uff09铜民特字第1号"))


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (born("wang-xiaoming", "2004-10"), "child"),
        (born(CHILD, "2004-10", NAMED), "parents[0].id"),
        (replace(JUDGMENT, case="the case of Wang"), "case"),
        (replace(JUDGMENT, court="Tongshan Court"), "court"),
        (replace(JUDGMENT, number="Wang, aged ten"), "number"),
        (replace(JUDGMENT, document=PAPER), "document.sha256"),
        (
            judgment("2015-02-04", outcome(designated=(body("Wang Li"),))),
            "children[0].designated[0].id",
        ),
        (
            judgment(
                "2015-02-04", outcome(designated=(person("x"),) * (MAX_ITEMS + 1))
            ),
            "children[0].designated",
        ),
    ],
)
def test_refuses_what_could_hold_a_name(command: Command, field: str) -> None:
    with pytest.raises(InvalidError) as raised:
        check_form(command)
    assert raised.value.field == field
