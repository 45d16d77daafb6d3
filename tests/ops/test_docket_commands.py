"""Cases, eligibility and wards as a person asks for them, against a node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.terminal import Exit
from tests.ops.test_cli import CHILD, FILE, TONGSHAN, Node, configured, run, running

FATHER = next(who for who, part in TONGSHAN.people.items() if part == "father")
ON = "--as-of=2015-03-01"
COURT, BUREAU = "tongshan-court", "tongshan-civil-affairs"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder: Path = tmp_path_factory.mktemp("docket")
    with running(configured(folder)) as started:
        started.json("submit", str(FILE), started.server)
        yield started


def case_of(node: Node) -> str:
    (found,) = node.json("docket", f"--court={COURT}", ON, node.server)
    return str(found["case"])


def test_the_docket_is_listed_and_narrowed(node: Node) -> None:
    case = case_of(node)
    for option in (f"--applicant={BUREAU}", f"--child={CHILD}"):
        (found,) = node.json("docket", option, ON, node.server)
        assert (found["case"], found["state"]) == (case, "CASE_STATE_GRANTED")
    pending = ("docket", f"--court={COURT}", "--state=pending", node.server)
    assert node.json(*pending, "--as-of=2015-02-01")[0]["case"] == case
    shown = run(*pending, ON)
    assert shown.returncode == Exit.DONE
    assert b"no cases" in shown.stdout
    assert run("docket", node.server).returncode == Exit.INVALID
    assert run("docket", f"--court={COURT}", "--state=won").returncode == Exit.USAGE


def test_an_application_and_its_file_are_read_by_a_person(node: Node) -> None:
    case = case_of(node)
    shown = run("application", case, ON, node.server).stdout.decode()
    for word in ("granted", "disqualify", BUREAU, CHILD, FATHER, "respondents"):
        assert word in shown
    told = run("case", case, ON, node.server).stdout.decode()
    for word in ("2015-01-07", "ApplicationFiled", "GuardianDisqualified", "position"):
        assert word in told
    facts = node.json("case", case, ON, node.server)
    assert len(facts) == len(told.splitlines()) - 1
    unknown = run("case", "00000000-0000-4000-8000-000000000000", node.server)
    assert unknown.returncode == Exit.NOT_FOUND


def test_who_is_barred_is_said_with_the_article_and_ends_with_one(node: Node) -> None:
    barred = run("eligible", FATHER, CHILD, ON, node.server)
    assert barred.returncode == Exit.WRONG
    shown = barred.stdout.decode()
    for word in ("BAR", "disqualified for this child", "监护人资格", "GPCL 16(3)"):
        assert word in shown
    before = run("eligible", FATHER, CHILD, "--as-of=2015-01-01", node.server)
    assert before.returncode == Exit.DONE
    told = json.loads(run("eligible", BUREAU, CHILD, ON, node.server, "--json").stdout)
    assert told["eligible"] is True


def test_wards_are_listed_with_their_roles(node: Node) -> None:
    shown = run("wards", BUREAU, ON, node.server).stdout.decode()
    assert CHILD in shown
    assert "guardian from 2015-02-04" in shown
    assert "disqualified" in run("wards", FATHER, ON, node.server).stdout.decode()
    early = run("wards", BUREAU, "--as-of=2014-01-01", node.server).stdout.decode()
    assert "no children" in early
