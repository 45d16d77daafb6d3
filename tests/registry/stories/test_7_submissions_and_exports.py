"""A county brings its paper files: imported row by row, gone on with, and counted.

What the office had on paper comes as a table and as JSON lines, with one bad row and a
line that broke; then live acts follow, and the statistics office takes its tables.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from childregistry.v1 import duty_service_pb2 as duty
from events.cases import ApplicantClass
from events.conditions import Condition
from events.duties import Department
from events.guardianship import Office
from events.proceedings import Asked, Wish
from events.reports import Compliance, Reporter, ReportOutcome, Response, Suspicion
from events.timeline import Holder, HolderKind
from ops.submission_file import as_json
from ops.terminal import Exit
from registry.case_commands import HearWish
from registry.commands import Command
from registry.condition_commands import RecordCondition
from registry.matter_commands import (
    AnswerReport,
    FileReport,
    ReceiveReport,
    RecordResponse,
    RecordVisit,
)
from registry.services.translate import message_of, snake
from tests.ops.test_cli import run
from tests.ops.test_import import FILES, MAP, table
from tests.support.record import AUTHORITY
from tests.support.registry import child_id
from tests.support.stories import CASE, application, judgment, outcome
from tests.support.tale import PAPER, PLACE, Tale, on, tale

CIVIL, COURT, POLICE = Office.CIVIL_AFFAIRS, Office.COURT, Office.POLICE
COMMITTEE, SCHOOL = Office.COMMITTEE, Office.SCHOOL
REPORT = child_id("an old report, found in a folder")
BAD = "F-9,2014-13-01,320312,,,,"


def imported(story: Tale, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Run the command line's import; its exit code and each row's outcome."""
    server = f"--server=127.0.0.1:{story.running.port}"
    done = run("import", *arguments, server, "--json")
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def the_table_of_children(story: Tale, folder: Path) -> tuple[str, Holder, Holder]:
    """Return the first child and its parents, by the pseudonyms that they got."""
    key, mapped, file = (folder / name for name in ("key", "map.toml", "files.csv"))
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    mapped.write_text(MAP, encoding="utf-8")
    file.write_bytes(table(FILES[0], BAD, *FILES[1:]))
    given = (str(file), "--map", str(mapped))
    code, rows = imported(story, *given)
    assert code == Exit.INVALID
    assert [row["row"] for row in rows if "receipt" in row] == ["2", "4", "5"]
    file.write_bytes(table(*FILES))  # the bad row is looked at again by a person
    code, again = imported(story, *given)
    assert code == Exit.DONE
    assert all(row["receipt"].pop("repeated") for row in again)
    assert [row["receipt"] for row in again] == [
        row["receipt"] for row in rows if "receipt" in row
    ]
    child = rows[0]["receipt"]["events"][0]["stream"].removeprefix("child/")
    parents = sorted(story.hands("2020-01-01", child))
    father, mother = (Holder(kind=HolderKind.PERSON, id=one) for one in parents)
    return child, father, mother


def line(office: Office, command: Command, request: str) -> str:
    return json.dumps(
        {
            "authority": AUTHORITY[office],
            "office": office.value,
            "request_id": child_id(request),
            "provenance": "BACK_LOADED",
            snake(type(command).__name__): as_json(message_of(command)),
        }
    )


def old_acts(child: str, father: Holder) -> tuple[tuple[Office, Command], ...]:
    seen = FileReport(
        report=REPORT,
        child=child,
        jurisdiction=PLACE,
        reporter=Reporter.COMMITTEE,
        suspicion=Suspicion.NEGLECT,
        to=Department.CIVIL_AFFAIRS,
        on=on("2021-09"),
        document=None,
    )
    warned = RecordResponse(
        report=REPORT,
        response=Response.ADMONISHED,
        whom=father,
        on=on("2021-10-04"),
        document=None,
    )
    looked = RecordVisit(
        report=REPORT, compliance=Compliance.DOES_NOT, on=on("2021-11")
    )
    poor = RecordCondition(
        condition=child_id("the old file of the poor"),
        what=Condition.POVERTY,
        child=child,
        jurisdiction=PLACE,
        who=None,
        grade=None,
        mental=False,
        on=on("2020"),
        evidence=PAPER,
    )
    return (
        (COMMITTEE, seen),
        (POLICE, warned),
        (COMMITTEE, looked),
        (COMMITTEE, poor),
    )


def the_old_reports(story: Tale, folder: Path, child: str, father: Holder) -> None:
    """JSON lines that broke off in the middle; sent again whole, nothing is twice."""
    told = enumerate(old_acts(child, father))
    lines = [line(by, one, f"old {number}") for number, (by, one) in told]
    file = folder / "old.jsonl"
    file.write_text("\n".join(lines[:2]), encoding="utf-8")
    assert imported(story, str(file))[0] == Exit.DONE
    file.write_text("\n".join(lines), encoding="utf-8")
    code, rows = imported(story, str(file))
    assert code == Exit.DONE
    repeated = [row["receipt"].get("repeated", False) for row in rows]
    assert repeated == [True, True, False, False]
    before = story.running.registry.log.head()
    assert imported(story, str(file))[0] == Exit.DONE
    assert story.running.registry.log.head() == before


def live_acts_go_on_from_the_files(
    story: Tale, child: str, father: Holder, mother: Holder
) -> None:
    story.tell(CIVIL, ReceiveReport(report=REPORT, on=on("2022-05-02")))
    civil = ApplicantClass.CIVIL_AFFAIRS
    asks = application(Asked.DISQUALIFY, civil, "2022-05-10", father, child=child)
    filed = story.tell(CIVIL, asks).position
    seen = story.matters("2022-05-10", child, known=filed)
    assert (seen.warnings, seen.unheeded) == (1, 1)
    wish = HearWish(
        child=child,
        case=CASE,
        wish=Wish.WITH,
        toward=mother,
        on=on("2022-05-20"),
        order=0,
    )
    story.tell(COURT, wish)
    story.tell(COURT, judgment("2022-06-01", outcome(child, disqualified=(father,))))
    answer = AnswerReport(
        report=REPORT, outcome=ReportOutcome.APPLICATION_FILED, on=on("2022-05-15")
    )
    story.tell(CIVIL, answer)
    assert story.hands("2022-06-01", child) == {mother.id}
    report = story.matter(f"report/{REPORT}", "2022-12-31", child)
    assert report.status == duty.MATTER_STATUS_DONE


def the_statistics_office_takes_its_tables(story: Tale, child: str) -> None:
    server = f"--server=127.0.0.1:{story.running.port}"
    asked = ("statistics", PLACE, "--as-of=2022-12-31", server, "--csv")
    table_of_classes = run(*asked).stdout.decode()
    counted = list(csv.DictReader(table_of_classes.splitlines()))
    told = {f"{row['scheme']}: {row['name']}": row["certain"] for row in counted}
    poor = {"state_council_2016: poverty": "1", "shang_xiaoyuan: social_poor": "1"}
    assert poor.items() <= told.items()
    assert set(poor) <= set(story.classes("2022-12-31", child))
    assert child not in table_of_classes
    wanted = ("indicators", PLACE, "--from=2022-04-01", server, "--csv")
    rows = list(csv.DictReader(run(*wanted).stdout.decode().splitlines()))
    assert (rows[0]["quarter"], rows[0]["applications"]) == ("2022-Q2", "1")
    assert rows[0]["days_to_decision"] == "22.0"
    assert rows[0]["children"] == "3"


def test_paper_files_become_a_record_that_goes_on_and_is_counted(
    tmp_path: Path,
) -> None:
    with tale(tmp_path / "node") as story:
        child, father, mother = the_table_of_children(story, tmp_path)
        the_old_reports(story, tmp_path, child, father)
        live_acts_go_on_from_the_files(story, child, father, mother)
        the_statistics_office_takes_its_tables(story, child)
        story.ends("2022-12-31", child)
