"""The page of the law is fresh and whole; an article shows what cites it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from events.embedded import EmbeddedLog
from events.guardianship import Office, TimelineChanged
from events.timeline import Cause
from ops.cli import app
from ops.law_table import PAGE, articles, citing, named, page
from ops.terminal import Exit
from registry.law import MODULES, civil_code
from tests.support.planted import damaged, put, record_of
from tests.support.registry import ORIGIN, opened, submission, submit
from tests.support.stories import CHILD, FATHER, MOTHER, born, judgment, outcome

ROOT = Path(__file__).parents[2]
CONFIG = """registry = "registry.example/cn-320300"
node = "tongshan-1"
data_dir = "."
"""


def recorded(folder: Path) -> Path:
    """A child whose father a court disqualified in 2022."""
    with opened(folder) as registry:
        child = born(CHILD, "2012-10-01", FATHER, MOTHER)
        submit(registry, submission(child, "born", "police", Office.POLICE))
        said = judgment("2022-03-01", outcome(disqualified=(FATHER,)))
        submit(registry, submission(said, "judged"))
    return folder / "log.sqlite"


def test_the_page_is_what_the_law_functions_say_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make law-table`"


def test_the_page_changes_when_a_rule_does(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Is it otherwise? (CC 27(1)).\n\nOur English."
    monkeypatch.setattr(civil_code.parents_are_guardians, "__doc__", said)
    assert PAGE.read_text(encoding="utf-8") != page()


def test_every_module_of_the_law_is_on_the_page() -> None:
    assert {one.function.partition(".")[0] for one in articles()} == set(MODULES)


@pytest.mark.parametrize("test", sorted({one.test for one in articles()}))
def test_each_named_test_exists_and_asks_its_functions(test: str) -> None:
    text = (ROOT / test).read_text(encoding="utf-8")
    named = [one.function.partition(".")[2] for one in articles() if one.test == test]
    assert [name for name in named if name not in text] == []


def test_an_article_means_its_paragraphs_and_no_longer_number() -> None:
    assert {one.cited for one in named("CC 36(2)")} == {"CC 36(2)"}
    whole = {one.cited for one in named("CC 36")}
    assert {"CC 36(1)", "CC 36(2)", "CC 36(3)"} <= whole
    assert not any(one.startswith(("CC 37", "CC 361")) for one in whole)
    assert not any(one.cited.startswith("CC 17") for one in named("CC 1"))


def test_recalled_articles_say_so() -> None:
    assert not any(one.read for one in articles() if one.act.short == "GPCL")
    assert all(one.read for one in named("CC 36"))


def test_the_events_that_cite_an_article_are_found_where_they_are(
    tmp_path: Path,
) -> None:
    log = recorded(tmp_path)
    found = list(citing(log, "CC 36(1)"))
    assert {"GuardianDisqualified", "TimelineChanged"} <= {e["type"] for e in found}
    assert len({e["position"] for e in found}) == 1
    assert list(citing(log, "MPL 94")) == []
    with pytest.raises(FileNotFoundError):
        list(citing(tmp_path / "elsewhere.sqlite", "CC 36"))


def test_an_entry_that_cannot_be_read_is_named_and_not_passed_over(
    tmp_path: Path,
) -> None:
    with closing(EmbeddedLog(recorded(tmp_path), ORIGIN)) as log:
        changed = TimelineChanged(
            rules=1, cause=Cause.ACT, act=None, withdrawn=(1,), asserted=()
        )
        at = put(log, damaged(record_of(log, [(CHILD, changed)]), 0))
    found = list(citing(tmp_path / "log.sqlite", "CC 36(1)"))
    assert found[-1] == {"position": at, "not_read_of": [CHILD]}
    config = tmp_path / "childregistry.toml"
    config.write_text(CONFIG)
    shown = CliRunner().invoke(app, ["law", "CC 36(1)", "-c", str(config)])
    assert f"{at}  NOT READ" in shown.stdout


def test_the_command_shows_sentence_and_events(tmp_path: Path) -> None:
    recorded(tmp_path)
    config = tmp_path / "childregistry.toml"
    config.write_text(CONFIG)
    asked = ["law", "CC 36(2)", "-c", str(config)]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == Exit.DONE
    assert "本条规定的有关个人、组织包括" in shown.stdout
    asked = ["law", "CC 36(1)", "-c", str(config), "--json"]
    lines = CliRunner().invoke(app, asked).stdout.splitlines()
    told = [json.loads(line) for line in lines]
    assert any(one.get("type") == "GuardianDisqualified" for one in told)


def test_an_article_that_nothing_cites_is_not_found() -> None:
    assert CliRunner().invoke(app, ["law", "CC 9999"]).exit_code == Exit.NOT_FOUND
