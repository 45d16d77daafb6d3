"""The published cases on a grid of dates and states of knowledge, as bytes kept.

`golden/custody_grid.json` says for each case and child, after none, one, two … of the
case's submissions, from which day of the grid on the answer is another. The file is
read by people once and compared for ever; the plain model must say the same.

    python -m tests.ops.test_cases_grid     # writes it anew; then read the difference
"""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from pathlib import Path

from events.timeline import Answer
from ops.casebook import Case, load
from tests.projections import oracle
from tests.support.registry import TIMEOUT_S
from tests.support.server import Running, served

GOLDEN = Path(__file__).parents[1] / "golden" / "custody_grid.json"
HALF_YEARS = [date(year, month, 1) for year in range(1996, 2031) for month in (1, 7)]
Grid = dict[str, list[list[str]]]


def days(case: Case) -> list[date]:
    """Return the half-years, and each day that the judgment decides with its eve."""
    decided = {date.fromisoformat(one.date) for one in case.expected}
    return sorted({*HALF_YEARS, *decided, *(day - timedelta(1) for day in decided)})


def positions(running: Running, case: Case) -> list[int]:
    """Send a case; return the position before it and after each submission."""
    at = [running.registry.log.head().position]
    for item in case.submissions:
        with running.client(item.authority, item.office) as client:
            at.append(int(client.called(item.method, item.request).receipt.position))
    return at


def said(case: Case, found: Answer | None) -> str:
    """Return an answer in one line, people by their part in the case."""
    if found is None:
        return "not known"
    certain = sorted(
        f"{period.role}={case.part(period.holder.id) if period.holder else 'nobody'}"
        for period in found.certain
    )
    to = sorted(case.part(holder.id) for holder in found.hand_over_to)
    possible = f" possible:{len(found.possible)}" if found.possible else ""
    return f"{found.status}: {' '.join(certain)} -> {' '.join(to)}{possible}"


def grid(running: Running) -> Grid:
    """Tell all cases; return every answer, and hold each against the plain model."""
    found: Grid = {}
    custody = running.registry.custody
    for case in load():
        known = positions(running, case)
        running.registry.runner.wait(max(known), TIMEOUT_S)
        entries = running.registry.log.read(0, max(known))
        for part, child in case.children.items():
            for count, at in enumerate(known):
                state = oracle.known(entries, child, at)
                line: list[list[str]] = []
                for day in days(case):
                    one = custody.custody(child, day, at)
                    wanted = oracle.custody(state, day)
                    assert (one and (one.answer, one.unreadable)) == wanted
                    words = said(case, one.answer if one else None)
                    if not line or line[-1][1] != words:
                        line.append([day.isoformat(), words])
                found[f"{case.name} {part} after {count}"] = line
    return found


def told() -> Grid:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as running:
        return grid(running)


def test_every_case_answers_as_kept_on_every_date_in_every_state_of_knowledge() -> None:
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    found = told()
    assert found == kept
    assert len(found) > 60
    assert any(len(line) > 3 for line in found.values())


if __name__ == "__main__":
    text = json.dumps(told(), indent=1, ensure_ascii=False, sort_keys=True)
    GOLDEN.write_text(text + "\n", encoding="utf-8")
