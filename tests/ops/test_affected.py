"""`childregistry affected`: what a published judgment and its correction changed.

The positions are those of a node that has told the case's file and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.terminal import Exit
from tests.ops.test_cli import CHILD, FILE, HEAD, TONGSHAN, Node, configured, run
from tests.ops.test_cli import running as serving_node
from tests.support.registry import child_id

BORN, FILED, JUDGED, CORRECTED = 3, 4, 6, HEAD + 1
SURE, PERHAPS = "2015-02-04/2022-10-01", "2022-10-01/2022-10-31"
"""The birth is told as of October 2004: in October 2022 she may be of age."""
BY_BIRTH = "father=parent mother=parent"
BY_JUDGMENT = "tongshan-civil-affairs=state_guardian"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("affected")
    with serving_node(configured(folder)) as started:
        assert run("submit", str(FILE), started.server).returncode == Exit.DONE
        (folder / "correction.jsonl").write_text(json.dumps(correction()) + "\n")
        sent = started.json("submit", str(folder / "correction.jsonl"), started.server)
        assert [int(receipt["position"]) for receipt in sent] == [CORRECTED]
        yield started


def correction() -> dict[str, Any]:
    """Return the judgment's line with the father alone disqualified."""
    lines = [json.loads(line) for line in FILE.read_text().splitlines()]
    (judgment,) = [line for line in lines if "record_decision" in line]
    right = judgment.pop("record_decision")
    del right["children"][0]["disqualified"][1:]
    replacement = {"record_decision": right}
    reason = "ANNUL_REASON_WRONG_CONTENT"
    told = {"position": JUDGED, "reason": reason, "replacement": replacement}
    asked = child_id("correction of the judgment")
    return {**judgment, "request_id": asked, "correct_submission": told}


def said(custody: dict[str, Any]) -> str:
    """Return an answer about guardians in one line, people by their part."""
    status = custody["status"].removeprefix("STATUS_").lower()
    lines = {"LINE_RELATION", "LINE_COVER", "LINE_GAP"}
    periods = [*custody.get("certain", ()), *custody.get("possible", ())]
    holders = sorted(
        f"{TONGSHAN.part(p['holder']['id'])}={p['role'].removeprefix('ROLE_').lower()}"
        for p in periods
        if p["line"] in lines
    )
    return f"{status}: {' '.join(holders)}"


def told(comparison: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            f"{past['first_known_at']}-{past['last_known_at']}",
            f"{past.get('first_day', '')}/{past.get('until', '')}",
            said(past["answered"]),
        )
        for past in comparison.get("past_answers", ())
    ]


def affected(node: Node, position: int) -> dict[str, Any]:
    (got,) = node.json("affected", str(position), node.server)
    (one,) = got["comparisons"]
    assert one["child"] == CHILD
    found: dict[str, Any] = one
    return found


def test_the_birth_changed_no_answer_since_there_was_none(node: Node) -> None:
    one = affected(node, BORN)
    assert one["stretches"]
    assert told(one) == []
    shown = run("affected", str(BORN), node.server).stdout.decode()
    assert "the child was not known" in shown


def test_the_judgment_ended_what_had_been_answered_of_the_days_from_its_own_on(
    node: Node,
) -> None:
    before = f"{BORN}-{JUDGED - 1}"
    assert told(affected(node, JUDGED)) == [
        (before, SURE, f"guardian: {BY_BIRTH}"),
        (before, PERHAPS, f"uncertain: {BY_BIRTH}"),
    ]


def test_the_correction_ended_what_the_judgment_said_and_brings_nothing_back(
    node: Node,
) -> None:
    before, between = f"{BORN}-{JUDGED - 1}", f"{JUDGED}-{CORRECTED - 1}"
    assert told(affected(node, CORRECTED)) == [
        (between, SURE, f"guardian: {BY_JUDGMENT}"),
        (between, PERHAPS, f"uncertain: {BY_JUDGMENT}"),
        (before, SURE, f"guardian: {BY_BIRTH}"),
        (before, PERHAPS, f"uncertain: {BY_BIRTH}"),
    ]


def test_what_is_told_is_what_the_node_answers_for_those_times(node: Node) -> None:
    for past in affected(node, CORRECTED)["past_answers"]:
        first, last = past["first_known_at"], past["last_known_at"]
        began = datetime.fromisoformat(past["given_from"])
        ended = datetime.fromisoformat(past["given_until"])
        assert began.astimezone(UTC) < ended.astimezone(UTC)
        eve = ended - timedelta(microseconds=1)
        for known in (first, last, began.isoformat(), eve.isoformat()):
            day = past["first_day"]
            asked = ("custody", CHILD, f"--as-of={day}", f"--known-at={known}")
            (found,) = node.json(*asked, node.server)
            assert said(found["custody"]) == said(past["answered"])
            known_at = found["read_state"]["known_at"]
            assert int(first) <= int(known_at) <= int(last)


def test_a_person_reads_when_what_was_answered_and_what_is_said_now(
    node: Node,
) -> None:
    (stood, *_) = affected(node, CORRECTED)["past_answers"]
    shown = run("affected", str(CORRECTED), node.server).stdout.decode()
    table = shown[shown.index("given in the past, and no more") :]
    mother = next(who for who, part in TONGSHAN.people.items() if part == "mother")
    lines = table[: table.index("├")].splitlines()
    cells = [line.split("│")[1:-1] for line in lines if line.startswith("│")]
    given, days, answered, now, ended = (
        " ".join(" ".join(column).split()) for column in zip(*cells, strict=True)
    )
    assert given == (
        f"as known at {JUDGED} to {CORRECTED - 1}: "
        f"{moment(stood['given_from'])} until {moment(stood['given_until'])}"
    )
    assert days == "2015-02-04 until 2022-10-01"
    assert answered == f"guardian disqualified {mother}"
    assert now == f"guardian parent {mother} hand over to {mother}"
    assert ended == f"entry {CORRECTED}"


def moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}Z"
