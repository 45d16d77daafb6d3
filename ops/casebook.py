"""The published cases, as the project keeps them: submissions, and what must follow.

What lives here: reading `cases/<year>-<place>.jsonl` (submissions, as any file of
them) and `.toml` (what the case is, what was chosen, who is meant by which pseudonym,
the answers that the judgment demands, and what of the time before the application the
court must find). What never does: sending, showing.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.submission_file import FileSubmission, read

FOLDER = Path(__file__).with_name("cases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must be answered of a child on a date: people by their part in the case."""

    child: str
    date: str
    status: str
    custody: frozenset[str]
    hand_over_to: frozenset[str]
    articles: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One act before an application: of whom, when, by which office, with its codes."""

    child: str
    on: str
    by: str
    what: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What was done before an application, in the order of its days.

    `warnings` is how often guardians were told to do better. `told_afterwards`: the
    registry heard of it only after the judgment.
    """

    stages: tuple[Stage, ...]
    warnings: int
    told_afterwards: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One published case."""

    name: str
    title: str
    court: str
    year: int
    source: str
    chosen: tuple[str, ...]
    not_yet_recorded: tuple[str, ...]
    never_cited: tuple[str, ...]
    people: dict[str, str]
    """A person's part in the case, by pseudonym."""
    submissions: tuple[FileSubmission, ...]
    expected: tuple[Expectation, ...]
    earlier: Earlier

    @property
    def children(self) -> dict[str, str]:
        """The children's pseudonyms, by their part in the case."""
        parts = dict.fromkeys(expected.child for expected in self.expected)
        by_part = {part: person for person, part in self.people.items()}
        return {part: by_part[part] for part in parts}

    def part(self, holder: str) -> str:
        """Return who a holder is: a person's part, or a body's public id."""
        return self.people.get(holder, holder)


def load(folder: Path = FOLDER) -> list[Case]:
    """Return all cases of a folder, the published ones by default, oldest first."""
    return [_case(path) for path in sorted(folder.glob("*.toml"))]


def _case(path: Path) -> Case:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    submissions, faults = read(path.with_suffix(".jsonl").read_bytes())
    if faults:
        raise faults[0]
    expected = [
        Expectation(
            child=one["child"],
            date=one["date"],
            status=one["status"],
            custody=frozenset(one["custody"]),
            hand_over_to=frozenset(one["hand_over_to"]),
            articles=frozenset(one.get("articles", ())),
        )
        for one in told["expect"]
    ]
    return Case(
        name=path.stem,
        title=told["title"],
        court=told["court"],
        year=told["year"],
        source=told["source"],
        chosen=tuple(told["chosen"]),
        not_yet_recorded=tuple(told["not_yet_recorded"]),
        never_cited=tuple(told["never_cited"]),
        people=told["people"],
        submissions=tuple(submissions),
        expected=tuple(expected),
        earlier=_earlier(told.get("earlier", {})),
    )


def _earlier(told: dict[str, Any]) -> Earlier:
    stages = [
        Stage(
            child=one.get("child", "child"),
            on=one["on"],
            by=one["by"],
            what=one["what"],
            codes=frozenset(one.get("codes", ())),
        )
        for one in told.get("stages", ())
    ]
    return Earlier(
        stages=tuple(stages),
        warnings=told.get("warnings", 0),
        told_afterwards=told.get("told_afterwards", False),
    )
