"""CC 1259: which words include the number, and which exclude it."""

from __future__ import annotations

from registry.law import periods


def test_words_include_or_exclude_the_number() -> None:
    for value, least, most, under, over in (
        (17, False, True, True, False),
        (18, True, True, False, False),
        (19, True, False, False, True),
    ):
        assert periods.at_least(value, 18) is least
        assert periods.at_most(value, 18) is most
        assert periods.under(value, 18) is under
        assert periods.over(value, 18) is over
