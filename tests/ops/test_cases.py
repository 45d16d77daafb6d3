"""The published cases: as judged, safe to send again, and nobody's name in them.

Beside them stand cases of the same patterns that nobody published: invented, lawful,
and in no folder that the rules could have been fitted to. Their answers were written
down from the law.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from childregistry.v1 import custody_service_pb2 as custody
from ops.before_court import earlier
from ops.casebook import FOLDER, Case, load
from ops.demo import anachronisms, differences, unlike
from tests.support.audited import agree
from tests.support.judge import Auditor
from tests.support.maintained import holds_after_every
from tests.support.server import Client, Running, served

INVENTED = load(Path(__file__).parents[1] / "cases")
PUBLISHED = load()
CASES = [*PUBLISHED, *INVENTED]
HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Told:
    """A server that was told all cases, with the receipts by request id."""

    running: Running
    folder: Path
    receipts: dict[str, Any]


def send(running: Running, case: Case) -> dict[str, Any]:
    receipts = {}
    for item in case.submissions:
        with running.client(item.authority, item.office) as client:
            receipts[item.request_id] = client.called(item.method, item.request).receipt
    return receipts


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("cases")
    with served(folder) as running:
        receipts: dict[str, Any] = {}
        for case in CASES:
            receipts |= send(running, case)
        yield Told(running, folder, receipts)


def asked(client: Client, child: str, date: str) -> custody.Custody:
    request = custody.GetCustodyRequest(child=child, as_of=custody.AsOf(date=date))
    found: custody.Custody = client.called("GetCustody", request).custody
    return found


def test_there_are_sixteen_and_twelve_more_and_no_two_share_a_key() -> None:
    assert len(PUBLISHED) == 16
    assert len(INVENTED) == 12
    keys = [item.request_id for case in CASES for item in case.submissions]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_guardianship_is_what_the_judgment_ordered(told: Told, case: Case) -> None:
    with told.running.client("an-auditor", "procuratorate") as client:
        for expected in case.expected:
            found = asked(client, case.children[expected.child], expected.date)
            assert list(differences(case, expected, found)) == []
        for child in case.children.values():
            request = custody.ListCustodyPeriodsRequest(child=child)
            listed = client.called("ListCustodyPeriods", request).periods
            assert list(anachronisms(case, listed)) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_act_of_a_case_is_refused(told: Told, case: Case) -> None:
    for item in case.submissions:
        assert not told.receipts[item.request_id].HasField("refused")


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case.name)
def test_the_court_finds_what_was_done_before_the_application(
    told: Told, case: Case
) -> None:
    """By its own questions, and as known when the application came to the record."""
    with told.running.client(case.court, "court") as court:
        found = earlier(court.called, case)
        assert unlike(case, found) == []
        if case.earlier.told_afterwards:
            unknown = replace(case.earlier, told_afterwards=False)
            then = earlier(court.called, replace(case, earlier=unknown))
            assert (then.stages, then.warnings) == ((), 0)


def test_the_stages_before_an_application_are_of_many_kinds() -> None:
    stages = [stage for case in PUBLISHED for stage in case.earlier.stages]
    codes = {code for stage in stages for code in stage.codes}
    assert {"educated", "admonished", "punished", "imprisoned"} <= codes
    kinds = {stage.what for stage in stages}
    assert {"ReportFiled", "ReferralDone", "ApplicationAdvised"} <= kinds
    assert sum(case.earlier.warnings for case in PUBLISHED) == 6


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case.name)
def test_evidence_of_a_condition_is_what_was_published_of_the_case(case: Case) -> None:
    for item in case.submissions:
        command = item.request.WhichOneof("command")
        if command == "record_condition":
            paper = item.request.record_condition.evidence
            assert paper.sha256 == sha256(case.source.encode()).digest()
            assert paper.size == len(case.source.encode())


def test_all_sent_again_change_nothing(told: Told) -> None:
    before = told.running.registry.log.head()
    for case in CASES:
        for request_id, again in send(told.running, case).items():
            assert again.repeated
            again.repeated = False
            assert again == told.receipts[request_id]
    assert told.running.registry.log.head() == before


def test_no_stored_byte_has_a_name_an_address_or_free_text(told: Told) -> None:
    """Nothing of what people read about the cases is in the node's files."""
    stored = b"".join(
        path.read_bytes() for path in told.folder.rglob("*") if path.is_file()
    )
    assert len(stored) > 100_000
    texts = {t for case in CASES for t in (case.title, case.source)}
    texts |= {t for case in CASES for t in (*case.chosen, *case.not_yet_recorded)}
    parts = {part for case in CASES for part in case.people.values() if " " in part}
    for text in texts | parts:
        assert text.encode() not in stored, text


def test_the_files_hold_pseudonyms_and_public_ids_only() -> None:
    folders = (FOLDER, Path(__file__).parents[1] / "cases")
    for path in (path for folder in folders for path in folder.iterdir()):
        assert not HAN.search(path.read_text(encoding="utf-8"))
    digest, media_type = r"[A-Za-z0-9+/]{43}=", "application/pdf|text/plain"
    words = rf"[a-z0-9-]+|[A-Z_]+|[a-z_]+|\d{{4}}(-\d\d){{0,2}}|{digest}|{media_type}"
    plain = re.compile(rf'"(?:{words})"')
    for path in (path for folder in folders for path in folder.glob("*.jsonl")):
        for text in re.findall(r'"[^"]*"', path.read_text(encoding="utf-8")):
            assert plain.fullmatch(text), text


def test_after_every_entry_what_is_maintained_is_what_a_rebuild_makes(
    told: Told, tmp_path: Path
) -> None:
    entries = told.running.registry.log.read(0, 10_000)
    assert len(entries) > len(told.receipts)
    holds_after_every(entries, tmp_path)


def test_two_auditors_find_the_log_of_all_cases_right(
    told: Told, auditor: Auditor
) -> None:
    """Beside the running server, from its own file."""
    said = agree(auditor, told.folder)
    assert said[-1].startswith("RESULT     nothing was changed")
    assert not any("unreadable" in line for line in said)
