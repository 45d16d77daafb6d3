"""One table of reasons: every code in it is used, and every use is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from events.guardianship import EndReason, Finding
from registry import guardianship, measures, petitions
from registry.law.instead import INSTEAD
from registry.law.reasons import REASONS, cited_as, finding

REGISTRY = Path(__file__).parents[3] / "registry"
SOURCES = [
    *(p for p in REGISTRY.glob("*.py")),
    *(p for p in (REGISTRY / "law").glob("*.py") if p.stem != "reasons"),
]
WORDS = {
    word
    for path in SOURCES
    for word in re.findall(r'"([a-z][a-z_]+)"', path.read_text(encoding="utf-8"))
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("code", sorted(REASONS))
def test_reason_has_both_wordings_and_is_used(code: str) -> None:
    reason = REASONS[code]
    assert reason.english.isascii()
    assert CHINESE.search(reason.chinese)
    ends = {f"ends_{end}" for end in EndReason}
    assert code in WORDS | ends


@pytest.mark.parametrize("code", sorted(INSTEAD))
def test_what_would_be_accepted_instead_has_both_wordings(code: str) -> None:
    english, chinese = INSTEAD[code]
    assert english.isascii()
    assert CHINESE.search(chinese)
    assert code in WORDS


@pytest.mark.parametrize(
    "table",
    [
        guardianship.INSTEAD,
        measures.INSTEAD,
        petitions.INSTEAD,
        petitions.OUTSIDE_THE_WINDOW,
    ],
)
def test_refusals_are_for_reasons_that_do_not_hold(table: dict[str, str]) -> None:
    for reason, instead in table.items():
        assert not REASONS[reason].holds
        assert instead in INSTEAD


def test_no_refusal_is_without_an_article() -> None:
    empty = re.compile(r"RefusedError\([^)]*, \(\),")
    for path in SOURCES:
        assert not empty.search(path.read_text(encoding="utf-8")), path


def test_the_reason_says_whether_it_holds() -> None:
    assert finding("is_minor", ("CC 17",), "under_eighteen") == Finding(
        question="is_minor", holds=True, articles=("CC 17",), reason="under_eighteen"
    )
    assert not finding("is_minor", ("CC 17",), "eighteen_or_over").holds


def test_an_unknown_reason_is_a_programmers_error() -> None:
    with pytest.raises(KeyError):
        finding("is_minor", (), "because")


def test_one_acts_finding_is_cited_as_anothers() -> None:
    found = finding("is_next", ("CC 27(1)", "CC 30"), "a_parent_is_guardian")
    assert cited_as(found, "CC", "GPR").articles == ("GPR 27(1)", "GPR 30")
