"""Restoration: who, when, never after what, and what ceases in the same entry."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.guardianship import EndReason, Office, Way
from events.limits import LimitKind
from events.proceedings import Asked, Kin
from events.timeline import Holder, Line, Role
from registry.commands import FileApplication
from registry.refusal import InvalidError
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    designate,
    end,
    establish,
    judgment,
    lost,
    outcome,
)
from tests.support.telling import Telling

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
GRANDMOTHER = person("tongshan grandmother")
BACK = child_id("restoration")


def story(
    on: str,
    *,
    crime: bool | None = None,
    bar: int | None = None,
    bureau: bool = True,
) -> Telling:
    """Both parents disqualified on a day, the bureau designated."""
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    said = outcome(
        disqualified=(FATHER, MOTHER),
        designated=(body(BUREAU),) if bureau else (),
        crime=crime,
        bar=bar,
    )
    told.tell(judgment(on, said), COURT)
    return told


def asks(on: str, who: Holder, standing: ApplicantClass) -> FileApplication:
    return application(Asked.RESTORE, standing, on, body(BUREAU), who=who, case=BACK)


@pytest.mark.parametrize(
    ("gone", "asked", "refused"),
    [
        ("2015-02-04", "2015-05-03", "before_the_window"),
        ("2015-02-04", "2015-05-04", None),
        ("2015-02-04", "2016-02-04", None),
        ("2015-02-04", "2016-02-05", "after_the_window"),
    ],
)
def test_under_the_opinions_alone_the_window_is_law(
    gone: str, asked: str, refused: str | None
) -> None:
    told = story(gone)
    command = asks(asked, MOTHER, ApplicantClass.PARENT)
    if refused is None:
        assert told.tell(command, COURT).warnings == set()
    else:
        found = told.refused(command, COURT)
        assert found.reason == refused
        assert found.instead == "application_in_the_window"
        assert found.articles == ("OP14 38(1)",)


@pytest.mark.parametrize(
    ("asked", "warned"),
    [
        ("2022-05-09", {"before_the_window"}),
        ("2022-05-10", set()),
        ("2023-02-10", set()),
        ("2023-02-11", {"after_the_window"}),
    ],
)
def test_under_the_code_the_window_is_a_warning(asked: str, warned: set[str]) -> None:
    told = story("2022-02-10")
    command = asks(asked, MOTHER, ApplicantClass.PARENT)
    assert told.tell(command, COURT).warnings == warned


def test_the_judgment_says_when_the_window_opens_and_closes() -> None:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    judged = told.tell(judgment("2021-02-05", outcome(disqualified=(FATHER,))), COURT)
    assert judged.due(LimitKind.RESTORATION_OPENS) == ["2021-05-05"]
    assert judged.due(LimitKind.RESTORATION_CLOSES) == ["2022-02-07"]
    assert judged.due(LimitKind.ADOPTION_OPENS) == ["2022-02-05"]


def test_after_a_crime_against_the_ward_no_window_is_promised() -> None:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    said = outcome(disqualified=(FATHER,), crime=True)
    judged = told.tell(judgment("2021-02-05", said), COURT)
    assert judged.due(LimitKind.RESTORATION_OPENS) == []
    assert judged.due(LimitKind.ADOPTION_OPENS) == []


@pytest.mark.parametrize(
    ("on", "article"), [("2018-06-01", "GPR 38"), ("2022-06-01", "CC 38")]
)
def test_an_application_after_a_crime_against_the_ward_is_refused_for_ever(
    on: str, article: str
) -> None:
    told = story(str(int(on[:4]) - 1) + "-12-01", crime=True)
    refused = told.refused(asks(on, FATHER, ApplicantClass.PARENT), COURT)
    assert refused.reason == "intentional_crime_against_ward"
    assert (refused.articles, refused.instead) == ((article,), "nothing")


def test_under_the_opinions_alone_a_crime_is_a_warning() -> None:
    told = story("2015-02-04", crime=True)
    filed = told.tell(asks("2015-06-01", FATHER, ApplicantClass.PARENT), COURT)
    assert filed.warnings == {"bar_not_stated"}


@pytest.mark.parametrize("bar", [1, 2, 3])
@pytest.mark.parametrize("on", ["2015-02-04", "2018-02-05", "2022-02-10"])
def test_a_limb_of_the_general_bar_is_a_warning_by_its_number(
    on: str, bar: int
) -> None:
    """Another question than a crime against the ward, in every edition."""
    told = story(on, bar=bar)
    year = str(int(on[:4]))
    asked = asks(f"{year}-06-01", FATHER, ApplicantClass.PARENT)
    filed = told.tell(asked, COURT)
    assert filed.warnings == {"generally_not_restored"}
    assert f"OP14 40(2)({bar})" in filed.articles


def test_attempted_killing_with_a_short_sentence_bars_by_the_code_alone() -> None:
    """Three and a half years meet no limb of the Opinions; the Code bars for ever."""
    told = story("2022-02-10", crime=True)
    refused = told.refused(asks("2022-06-01", FATHER, ApplicantClass.PARENT), COURT)
    assert refused.articles == ("CC 38",)


@pytest.mark.parametrize("bar", [0, 4])
def test_a_bar_that_is_none_of_the_three_is_invalid(bar: int) -> None:
    with pytest.raises(InvalidError, match="restoration_bar"):
        story("2022-02-10", bar=bar)


def test_where_restoration_is_generally_barred_adoption_waits_for_nothing() -> None:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    said = outcome(disqualified=(FATHER,), bar=1)
    judged = told.tell(judgment("2021-02-05", said), COURT)
    assert judged.due(LimitKind.RESTORATION_OPENS) == ["2021-05-05"]
    assert judged.due(LimitKind.ADOPTION_OPENS) == []


@pytest.mark.parametrize(
    "standing",
    [
        s
        for s in ApplicantClass
        if s
        not in {
            ApplicantClass.PARENT,
            ApplicantClass.CHILD_OF_WARD,
            ApplicantClass.PROCURATORATE,
            ApplicantClass.POLICE,
        }
    ],
)
def test_nobody_but_a_parent_or_child_of_the_ward_asks(
    standing: ApplicantClass,
) -> None:
    told = story("2022-02-10")
    refused = told.refused(asks("2022-06-01", MOTHER, standing), COURT)
    assert refused.reason == "no_parent_of_ward"
    assert refused.instead == "application_for_change_of_guardian"


def test_a_grandmother_once_disqualified_is_not_restored_whatever_she_claims() -> None:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", MOTHER), POLICE)
    told.tell(end(EndReason.GUARDIAN_DIED, "2019-03-01", MOTHER), POLICE)
    told.tell(
        establish(Way.ORDER, "2019-03-02", GRANDMOTHER, kin=Kin.GRANDPARENT), CIVIL
    )
    told.tell(judgment("2022-02-10", outcome(disqualified=(GRANDMOTHER,))), COURT)
    claimed = asks("2022-06-01", GRANDMOTHER, ApplicantClass.PARENT)
    assert told.refused(claimed, COURT).reason == "no_parent_of_ward"
    said = judgment("2022-07-01", outcome(restored=(GRANDMOTHER,)), case=BACK)
    restored = told.tell(said, COURT)
    assert "no_parent_of_ward" in restored.warnings
    (period,) = told.line(CHILD, Line.RELATION, "2022-07-01")
    assert (period.holder, period.role) == (GRANDMOTHER, Role.GUARDIAN)


def test_nobody_asks_for_another() -> None:
    told = story("2022-02-10")
    command = application(
        Asked.RESTORE,
        ApplicantClass.PARENT,
        "2022-06-01",
        FATHER,
        who=person("the father's brother"),
        case=BACK,
    )
    refused = told.refused(command, COURT)
    assert refused.reason == "asked_by_another"
    assert refused.instead == "application_by_the_person"


def test_who_was_never_disqualified_may_be_late_news_and_is_warned_of() -> None:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    filed = told.tell(asks("2022-06-01", FATHER, ApplicantClass.PARENT), COURT)
    assert filed.warnings == {"was_not_disqualified"}


def test_before_the_opinions_no_law_of_restoration_is_known() -> None:
    told = story("2013-02-10")
    filed = told.tell(asks("2013-06-01", MOTHER, ApplicantClass.PARENT), COURT)
    assert filed.warnings == {"opinions_not_yet_in_force", "no_rule_of_the_date"}


def test_the_designated_guardian_ceases_in_the_same_entry() -> None:
    told = story("2022-02-10")
    restored = told.tell(
        judgment("2022-09-01", outcome(restored=(MOTHER,)), case=BACK), COURT
    )
    kinds = [type(e).__name__ for e in restored.events]
    assert kinds == ["DecisionRecorded", "GuardianRestored", "TimelineChanged"]
    assert told.guardians(CHILD, "2022-08-31") == {body(BUREAU)}
    assert told.guardians(CHILD, "2022-09-01") == {MOTHER}
    assert told.hands(CHILD, "2022-09-01") == {MOTHER}


def test_a_guardian_whom_no_court_designated_stays() -> None:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    told.tell(judgment("2022-02-10", outcome(disqualified=(FATHER,))), COURT)
    told.tell(judgment("2022-09-01", outcome(restored=(FATHER,)), case=BACK), COURT)
    assert told.guardians(CHILD, "2022-09-01") == {FATHER, MOTHER}


def test_long_term_guardianship_ends_with_the_restoration_of_a_parent() -> None:
    told = story("2022-02-10", bureau=False)
    told.tell(establish(Way.LONG_TERM, "2022-03-01", body(BUREAU), limb=5), CIVIL)
    told.tell(judgment("2022-09-01", outcome(restored=(MOTHER,)), case=BACK), COURT)
    assert told.guardians(CHILD, "2022-09-01") == {MOTHER}


def test_who_was_long_term_before_the_court_designated_it_ceases_too() -> None:
    told = story("2022-02-10", bureau=False)
    told.tell(establish(Way.LONG_TERM, "2022-02-11", body(BUREAU), limb=5), CIVIL)
    later = judgment(
        "2022-03-01", outcome(designated=(body(BUREAU),)), case=child_id("later")
    )
    told.tell(later, COURT)
    told.tell(judgment("2022-09-01", outcome(restored=(MOTHER,)), case=BACK), COURT)
    assert told.guardians(CHILD, "2022-09-01") == {MOTHER}


def test_a_judgment_against_the_law_is_recorded_and_warned_of() -> None:
    told = story("2022-02-10", crime=True)
    restored = told.tell(
        judgment("2022-09-01", outcome(restored=(FATHER,)), case=BACK), COURT
    )
    assert "intentional_crime_against_ward" in restored.warnings
    assert told.guardians(CHILD, "2022-09-01") == {FATHER}
    assert told.line(CHILD, Line.BAR, "2022-09-01")[0].holder == MOTHER


@pytest.mark.parametrize("looked_for", [False, True])
def test_a_person_whom_the_court_designated_ceases_and_a_committees_does_not(
    *, looked_for: bool
) -> None:
    """Also one who could not be found for a while: guardian by the same act."""
    uncle, aunt = person("tongshan uncle"), person("tongshan aunt")
    told = story("2022-02-10", bureau=False)
    told.tell(designate("2022-03-01", aunt), Office.COMMITTEE)
    later = judgment("2022-03-02", outcome(designated=(uncle,)), case=child_id("later"))
    told.tell(later, COURT)
    if looked_for:
        told.tell(lost(uncle, "2022-04-01"), POLICE)
        told.tell(lost(uncle, "2022-05-01", found=True), POLICE)
    told.tell(judgment("2022-09-01", outcome(restored=(MOTHER,)), case=BACK), COURT)
    assert told.guardians(CHILD, "2022-08-31") == {uncle, aunt}
    assert told.guardians(CHILD, "2022-09-01") == {MOTHER, aunt}
    told.tell(end(EndReason.GUARDIAN_DIED, "2023-01-01", MOTHER), POLICE)
    payers = told.line(CHILD, Line.MAINTENANCE, "2023-01-01")
    assert [p.holder for p in payers] == [FATHER]
