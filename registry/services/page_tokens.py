"""Page tokens: a place in an answer, with the day and the state it is of.

What lives here: tokens that say several parts, and their check. What never does: what
the parts mean. A token keeps to the question's day and state of knowledge, so pages
together are one answer, whatever is recorded meanwhile.
"""

from __future__ import annotations

import base64
from datetime import date

from registry.refusal import InvalidError

PAGE = 100
MAX_PAGE = 1_000
MAX_DIGITS = 18
"""Digits of a number in a token: what any file and any language can hold."""
_RULE = "is a token of the page before"


def size_of(asked: int) -> int:
    """Return how many items a page has. Raises InvalidError for a negative number."""
    if asked < 0:
        raise InvalidError("page_size", "is not negative")
    return min(asked or PAGE, MAX_PAGE)


def token(day: date, known_at: int, *place: str) -> str:
    """Return the token of a place, whose parts have no dot."""
    text = ".".join((day.isoformat(), str(known_at), *place))
    return base64.urlsafe_b64encode(text.encode()).decode()


def opened(said: str, applied: int, parts: int) -> tuple[date, int, tuple[str, ...]]:
    """Return day, state and place of a token. Raises InvalidError where it is none."""
    try:
        text = base64.urlsafe_b64decode(said.encode()).decode()
        first, known, *place = text.split(".")
        day, known_at = date.fromisoformat(first), int(known)
    except ValueError as error:
        raise InvalidError("page_token", _RULE) from error
    right = len(place) == parts and 0 <= known_at <= applied
    if not right or token(day, known_at, *place) != said:
        raise InvalidError("page_token", _RULE)
    return day, known_at, tuple(place)


def number_in(part: str) -> int:
    """Return a number that is part of a place. Raises InvalidError where it is none."""
    right = part.isascii() and part.isdecimal() and len(part) <= MAX_DIGITS
    if not right or str(int(part)) != part:
        raise InvalidError("page_token", _RULE)
    return int(part)
