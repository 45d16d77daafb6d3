"""Every bar and every warning to a guardian, each with its article and its source."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.dates import PartialDate
from events.guardianship import EndReason, Office
from events.proceedings import Asked
from events.timeline import Holder
from registry.child import Child
from registry.eligibility import Known, Remark, Weight, looks_at_wards, remarks
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    end,
    judgment,
    lost,
    outcome,
)
from tests.support.telling import Telling, day

AUNT = person("tongshan aunt")
SIBLING = child_id("tongshan elder child")
OTHER_CASE = child_id("the elder child's case")
ON = day("2023-06-01")
COURT, POLICE, CIVIL = Office.COURT, Office.POLICE, Office.CIVIL_AFFAIRS


@pytest.fixture
def telling() -> Telling:
    told = Telling()
    told.tell(born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
    told.tell(born(SIBLING, "2010-10-01", FATHER, MOTHER), POLICE)
    return told


def asked(
    telling: Telling,
    who: Holder,
    on: PartialDate = ON,
    pending: frozenset[str] = frozenset(),
) -> tuple[Remark, ...]:
    known = Known(
        name=CHILD,
        child=telling.children[CHILD],
        himself=telling.children.get(who.id),
        wards={SIBLING: telling.children[SIBLING]},
        pending=pending,
    )
    return remarks(known, who, on)


def against(said: tuple[Remark, ...], weight: Weight) -> dict[str, Remark]:
    return {r.finding.reason: r for r in said if r.weight is weight}


def test_nothing_is_said_against_a_parent_who_is_guardian(telling: Telling) -> None:
    telling.tell(end(EndReason.GUARDIAN_DIED, "2020-01-01", MOTHER), POLICE)
    said = asked(telling, FATHER)
    assert {r.weight for r in said} == {Weight.NONE}
    assert {a for r in said for a in r.finding.articles} == {
        "CC 17",
        "CC 31(1)",
        "CC 31(2)",
    }


def test_a_parent_who_stands_comes_before_anybody_else(telling: Telling) -> None:
    warned = against(asked(telling, AUNT), Weight.WARNING)["a_parent_is_guardian"]
    assert warned.finding.articles == ("CC 31(1)",)
    assert against(asked(telling, AUNT), Weight.BAR) == {}


def test_who_is_disqualified_for_the_child_is_barred_by_that_judgment(
    telling: Telling,
) -> None:
    telling.tell(judgment("2022-03-20", outcome(disqualified=(FATHER,))), COURT)
    said = asked(telling, FATHER, day("2022-04-01"))
    assert said[0].weight is Weight.BAR
    assert said[0].finding.reason == "disqualified_for_this_child"
    assert (said[0].stream, said[0].case) == (f"child/{CHILD}", CASE)
    warned = against(said, Weight.WARNING)
    assert "OP14 38(1)" in warned["before_the_window"].finding.articles
    assert against(asked(telling, FATHER, day("2022-03-19")), Weight.BAR) == {}
    in_window = asked(telling, FATHER, day("2022-08-01"))
    assert set(against(in_window, Weight.BAR)) == {"disqualified_for_this_child"}
    assert "before_the_window" not in against(in_window, Weight.WARNING)


def test_an_intentional_crime_against_the_ward_bars_for_ever(telling: Telling) -> None:
    crime = outcome(disqualified=(FATHER,), crime=True)
    telling.tell(judgment("2022-03-20", crime), COURT)
    bars = against(asked(telling, FATHER), Weight.BAR)
    assert bars["intentional_crime_against_ward"].finding.articles == ("CC 38",)


def test_a_judgment_about_another_child_is_a_warning_with_its_source(
    telling: Telling,
) -> None:
    gone = outcome(SIBLING, disqualified=(FATHER,))
    telling.tell(judgment("2022-03-20", gone, case=OTHER_CASE), COURT)
    said = asked(telling, FATHER)
    warned = against(said, Weight.WARNING)["disqualified_for_another_child"]
    assert (warned.stream, warned.case) == (f"child/{SIBLING}", OTHER_CASE)
    assert "CC 36(1)" in warned.finding.articles
    assert against(said, Weight.BAR) == {}
    telling.tell(
        judgment("2023-01-01", outcome(SIBLING, restored=(FATHER,)), case=OTHER_CASE),
        COURT,
    )
    after = against(asked(telling, FATHER), Weight.WARNING)
    assert "disqualified_for_another_child" not in after


@pytest.mark.parametrize(
    ("reason", "article"),
    [
        (EndReason.GUARDIAN_DIED, "CC 39(1)(3)"),
        (EndReason.CAPACITY_LOST, "CC 39(1)(2)"),
    ],
)
def test_who_died_or_lost_capacity_is_barred_whichever_ward_says_so(
    telling: Telling, reason: EndReason, article: str
) -> None:
    by = POLICE if reason is EndReason.GUARDIAN_DIED else COURT
    telling.tell(end(reason, "2022-01-01", FATHER, SIBLING), by)
    bar = against(asked(telling, FATHER), Weight.BAR)[f"ends_{reason}"]
    assert bar.finding.articles == (article,)
    assert bar.stream == f"child/{SIBLING}"
    assert against(asked(telling, FATHER, day("2021-12-31")), Weight.BAR) == {}


def test_a_minor_guards_nobody_until_the_birthday(telling: Telling) -> None:
    brother = person("tongshan elder child")
    assert brother.id == SIBLING
    (bar,) = against(asked(telling, brother), Weight.BAR).values()
    assert (bar.finding.reason, bar.finding.articles) == (
        "is_a_minor_himself",
        ("CC 17",),
    )
    assert against(asked(telling, brother, day("2028-09-30")), Weight.BAR)
    assert against(asked(telling, brother, day("2028-10-01")), Weight.BAR) == {}


def test_an_adult_or_a_dead_child_needs_no_guardian(telling: Telling) -> None:
    bars = against(asked(telling, AUNT, day("2033-10-01")), Weight.BAR)
    assert set(bars) == {"eighteen_or_over"}
    telling.tell(end(EndReason.WARD_DIED, "2022-01-01", None), POLICE)
    bars = against(asked(telling, AUNT), Weight.BAR)
    assert set(bars) == {"ends_ward_died"}


def test_who_cannot_be_found_is_warned_of(telling: Telling) -> None:
    telling.tell(lost(FATHER, "2023-01-01"), POLICE)
    warned = against(asked(telling, FATHER), Weight.WARNING)["whereabouts_are_lost"]
    assert warned.finding.articles == ("MPL 92(1)",)
    before = against(asked(telling, FATHER, day("2022-12-31")), Weight.WARNING)
    assert "whereabouts_are_lost" not in before


def test_an_application_that_no_court_decided_is_warned_of(telling: Telling) -> None:
    standing = ApplicantClass.CIVIL_AFFAIRS
    command = application(Asked.DISQUALIFY, standing, "2023-05-01", FATHER)
    telling.tell(command, CIVIL)
    warned = against(asked(telling, FATHER, pending=frozenset({CASE})), Weight.WARNING)
    found = warned["disqualification_is_asked"]
    assert (found.case, found.finding.articles[0]) == (CASE, "CC 36(1)")
    for who, pending in ((FATHER, frozenset()), (AUNT, frozenset({CASE}))):
        said = asked(telling, who, pending=pending)
        assert "disqualification_is_asked" not in against(said, Weight.WARNING)


def test_the_law_of_the_day_is_cited(telling: Telling) -> None:
    early = asked(telling, AUNT, day("2016-01-01"))
    cited = {a for r in early for a in r.finding.articles}
    assert {"GPCL 16(3)"} <= cited
    assert not {a for a in cited if a.startswith("CC 31")}


def test_a_body_is_not_looked_for_in_every_ward() -> None:
    assert looks_at_wards(FATHER)
    assert not looks_at_wards(body("tongshan-civil-affairs"))


def test_of_a_child_of_whom_nothing_is_known_nothing_is_said() -> None:
    known = Known(
        name=CHILD, child=Child(), himself=None, wards={}, pending=frozenset()
    )
    assert {r.weight for r in remarks(known, AUNT, ON)} == {Weight.NONE}
