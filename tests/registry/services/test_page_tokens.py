"""Page tokens: what an answer gave comes back whole, and nothing else is taken."""

from __future__ import annotations

import base64
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.refusal import InvalidError
from registry.services.page_tokens import MAX_DIGITS, number_in, opened, size_of, token

DAY = date(2022, 4, 1)
APPLIED = 40


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@given(
    st.dates(),
    st.integers(0, APPLIED),
    st.lists(st.text(st.characters(exclude_characters=".", codec="utf-8"))),
)
def test_a_token_says_what_it_was_made_from(
    day: date, known_at: int, place: list[str]
) -> None:
    said = token(day, known_at, *place)
    assert opened(said, APPLIED, len(place)) == (day, known_at, tuple(place))


@given(st.text() | st.binary().map(lambda said: packed(said.hex())))
def test_what_no_answer_gave_is_refused_by_name(said: str) -> None:
    with pytest.raises(InvalidError, match="page_token"):
        opened(said, APPLIED, 1)


@pytest.mark.parametrize(
    "text",
    [
        f"2022-04-01.{APPLIED + 1}.7",  # a state that is not known yet
        "2022-04-01.-1.7",
        "2022-04-01.07.7",
        "2022-04-01.٧.7",
        "20220401.7.7",
        "2022-02-30.7.7",
        "2022-04-01.7",
        "2022-04-01.7.7.7",
        f"2022-04-01.{'9' * 5_000}.7",
    ],
)
def test_a_forged_token_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidError, match="page_token"):
        opened(packed(text), APPLIED, 1)


@pytest.mark.parametrize(
    "part", ["", "-1", "07", "٧", "1e3", "9" * (MAX_DIGITS + 1), "9" * 5_000]
)
def test_a_forged_number_of_a_place_is_refused_by_name(part: str) -> None:
    with pytest.raises(InvalidError, match="page_token"):
        number_in(part)


@given(st.integers(0, 10**MAX_DIGITS - 1))
def test_a_number_of_a_place_is_read_back(number: int) -> None:
    assert number_in(str(number)) == number


@pytest.mark.parametrize(("asked", "size"), [(0, 100), (7, 7), (5_000, 1_000)])
def test_a_page_has_a_size_whatever_is_asked(asked: int, size: int) -> None:
    assert size_of(asked) == size


def test_a_negative_size_is_refused_by_name() -> None:
    with pytest.raises(InvalidError, match="page_size"):
        size_of(-1)
