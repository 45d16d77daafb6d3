"""The ways in which the registry says no.

What lives here: one tree of errors. What never does: transport (the services map it).

    Fault                     nothing is recorded; true as of a position of the log
    ├── InvalidError          the form of the submission: names the field and the rule
    └── NotKnownError         a child, case or entry that is not in positions 1 to n
    RefusedError              refused by law or competence: recorded, gets a receipt
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from events.guardianship import Finding


class Fault(Exception):  # noqa: N818  the field's word for a fault of form
    """Nothing is recorded. Says "not in 1 to n", never "will not be"."""

    position: int = 0

    def as_of(self, position: int) -> Self:
        """Return the fault, marked with the position up to which it is true."""
        self.position = position
        return self


class InvalidError(Fault):
    """The submission's form is wrong: `field` breaks `rule`."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class NotKnownError(Fault):
    """The submission names something the log does not hold."""

    def __init__(self, resource: str) -> None:
        super().__init__(resource)
        self.resource = resource


class NotDoneError(Exception):
    """What is asked for needs a rebuild that is done."""


class RefusedError(Exception):
    """Refused by law: the reason's code, the articles, and what would be accepted."""

    def __init__(self, reason: str, articles: tuple[str, ...], instead: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.articles = articles
        self.instead = instead


def refuse_unless(findings: Iterable[Finding], instead: Mapping[str, str]) -> None:
    """Raise RefusedError for the first finding that does not hold and may refuse.

    `instead` says what would be accepted, by reason; a reason it lacks only warns.
    """
    for found in findings:
        if not found.holds and found.reason in instead:
            raise RefusedError(found.reason, found.articles, instead[found.reason])
