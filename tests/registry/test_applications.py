"""Who may ask a court for what, and what becomes of the case until the judgment."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass, ApplicationFiled, TrialLimitReason
from events.guardianship import NamedInApplication, Office
from events.limits import LimitKind
from events.proceedings import Asked
from registry.commands import (
    AcceptApplication,
    MoveTrialLimit,
    TerminateProcedure,
    WithdrawApplication,
)
from registry.refusal import InvalidError, NotKnownError
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    FATHER,
    MOTHER,
    application,
    born,
    designate,
    judgment,
    outcome,
)
from tests.support.telling import Telling, day

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
GRANDMOTHER = person("tongshan grandmother")
UNCLE = person("tongshan uncle")
NEVER = {
    "procuratorate": (
        "procurator_advises_and_supports",
        "recommendation_to_civil_affairs",
    ),
    "police": ("police_report_and_remove", "report_to_civil_affairs"),
}
EDITIONS = [
    ("2006-03-01", "GPCL 18(3)"),
    ("2014-06-13", "MPL12 53"),
    ("2015-01-07", "OP14 27"),
    ("2018-06-26", "GPR 36(2)"),
    ("2022-05-10", "CC 36(2)"),
]


@pytest.fixture
def story() -> Telling:
    told = Telling()
    told.tell(born(CHILD, "2004-10", FATHER, MOTHER), POLICE)
    return told


@pytest.mark.parametrize("on", [on for on, _ in EDITIONS])
@pytest.mark.parametrize("standing", [s for s in ApplicantClass if s not in NEVER])
def test_every_class_that_may_apply_is_recorded_with_its_article(
    story: Telling, standing: ApplicantClass, on: str
) -> None:
    told = story.tell(application(Asked.DISQUALIFY, standing, on, FATHER), COURT)
    filed, named = told.events
    assert isinstance(filed, ApplicationFiled)
    assert isinstance(named, NamedInApplication)
    assert filed.findings
    assert told.warnings == set()


@pytest.mark.parametrize(("on", "article"), EDITIONS)
@pytest.mark.parametrize("standing", sorted(NEVER))
def test_those_who_may_not_apply_are_refused_by_the_law_of_the_day(
    story: Telling, standing: str, on: str, article: str
) -> None:
    asked = application(Asked.DISQUALIFY, ApplicantClass(standing), on, FATHER)
    refused = story.refused(asked, COURT)
    assert (refused.reason, refused.instead) == NEVER[standing]
    act = article.split(maxsplit=1)[0]
    assert any(a.split()[0] in {act, "GPCL"} for a in refused.articles)


@pytest.mark.parametrize("asked", [Asked.RESTORE, Asked.CHANGE, Asked.DESIGNATE])
@pytest.mark.parametrize("standing", sorted(NEVER))
def test_they_ask_for_nothing_else_either(
    story: Telling, standing: str, asked: Asked
) -> None:
    command = application(asked, ApplicantClass(standing), "2022-05-10", FATHER)
    assert story.refused(command, COURT).reason == NEVER[standing][0]


@pytest.mark.parametrize("asked", list(Asked))
@pytest.mark.parametrize("on", [on for on, _ in EDITIONS])
def test_a_refusal_names_an_article_in_every_edition(
    story: Telling, asked: Asked, on: str
) -> None:
    """Also where that day's law had no article on what is asked."""
    command = application(asked, ApplicantClass.PROCURATORATE, on, FATHER)
    assert story.refused(command, COURT).articles


def test_a_guardian_does_not_apply_against_himself(story: Telling) -> None:
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.PARENT, "2022-05-10", FATHER, who=FATHER
    )
    refused = story.refused(asked, COURT)
    assert refused.reason == "guardian_against_himself"
    assert refused.instead == "application_by_another"


def test_the_other_parent_may_apply(story: Telling) -> None:
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.PARENT, "2022-05-10", FATHER, who=MOTHER
    )
    assert story.tell(asked, COURT).warnings == set()


def test_an_office_applies_in_its_own_standing_only(story: Telling) -> None:
    asked = application(Asked.DISQUALIFY, ApplicantClass.PARENT, "2022-05-10", FATHER)
    with pytest.raises(InvalidError, match=r"applicant\.standing"):
        story.tell(asked, Office.SCHOOL)


def test_disqualification_is_asked_of_somebody(story: Telling) -> None:
    asked = application(Asked.DISQUALIFY, ApplicantClass.SCHOOL, "2022-05-10")
    with pytest.raises(InvalidError, match="respondents"):
        story.tell(asked, COURT)


def test_an_application_moves_nothing(story: Telling) -> None:
    before = story.children[CHILD].live
    _file(story)
    assert story.children[CHILD].live == before


def _file(story: Telling, standing: ApplicantClass = ApplicantClass.SCHOOL) -> None:
    asked = application(
        Asked.DISQUALIFY, standing, "2022-05-10", FATHER, who=body("xuzhou-school")
    )
    story.tell(asked, COURT)


def _accept(story: Telling, on: str) -> list[str]:
    told = story.tell(AcceptApplication(case=CASE, on=day(on)), COURT)
    return told.due(LimitKind.TRIAL)


def test_docketing_opens_thirty_days_of_trial(story: Telling) -> None:
    _file(story)
    assert _accept(story, "2022-05-12") == ["2022-06-13"]  # the 11th is a Saturday


def test_docketing_before_filing_is_recorded_and_warned_of(story: Telling) -> None:
    _file(story)
    told = story.tell(AcceptApplication(case=CASE, on=day("2022-05-09")), COURT)
    assert told.warnings == {"docketed_before_filing"}


@pytest.mark.parametrize(("on", "late"), [("2022-06-13", False), ("2022-06-14", True)])
def test_a_judgment_after_the_time_for_trial_is_recorded_and_warned_of(
    story: Telling, on: str, late: bool
) -> None:
    _file(story)
    _accept(story, "2022-05-12")
    told = story.tell(judgment(on, outcome(disqualified=(FATHER,))), COURT)
    assert ("decided_late" in told.warnings) is late
    assert story.guardians(CHILD, on) == {MOTHER}


def test_public_notice_moves_the_time_for_trial(story: Telling) -> None:
    _file(story)
    _accept(story, "2022-05-12")
    notice = MoveTrialLimit(
        case=CASE,
        on=day("2022-05-16"),
        reason=TrialLimitReason.PUBLIC_NOTICE,
        until=day("2022-07-15"),
    )
    told = story.tell(notice, COURT)
    assert told.due(LimitKind.TRIAL) == ["2022-08-15"]  # the 14th is a Sunday
    decided = story.tell(judgment("2022-08-15", outcome(dismissed=(FATHER,))), COURT)
    assert "decided_late" not in decided.warnings


def test_the_president_extends_the_trial_to_a_day(story: Telling) -> None:
    _file(story)
    _accept(story, "2022-05-12")
    extended = MoveTrialLimit(
        case=CASE,
        on=day("2022-06-10"),
        reason=TrialLimitReason.EXTENDED,
        until=day("2022-07-13"),
    )
    assert story.tell(extended, COURT).due(LimitKind.TRIAL) == ["2022-07-13"]
    late = story.tell(judgment("2022-07-14", outcome(dismissed=(FATHER,))), COURT)
    assert "decided_late" in late.warnings


def test_withdrawal_moves_nothing_and_revives_the_last_resort(story: Telling) -> None:
    _file(story)
    told = story.tell(WithdrawApplication(case=CASE, on=day("2022-05-20")), COURT)
    assert told.due(LimitKind.LAST_RESORT) == ["2022-06-20"]  # the 19th is a Sunday
    assert story.guardians(CHILD, "2022-05-21") == {FATHER, MOTHER}


def test_withdrawal_by_civil_affairs_leaves_nobody_after_it(story: Telling) -> None:
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.CIVIL_AFFAIRS, "2022-05-10", FATHER
    )
    story.tell(asked, CIVIL, BUREAU)
    withdrawn = WithdrawApplication(case=CASE, on=day("2022-05-20"))
    assert story.tell(withdrawn, CIVIL, BUREAU).due(LimitKind.LAST_RESORT) == []


def test_nobody_withdraws_anothers_application(story: Telling) -> None:
    _file(story)
    withdrawn = WithdrawApplication(case=CASE, on=day("2022-05-20"))
    refused = story.refused(withdrawn, Office.SCHOOL, "another-school")
    assert refused.reason == "not_the_applicant"
    story.tell(withdrawn, Office.SCHOOL, "xuzhou-school")


def test_a_judgment_after_withdrawal_is_recorded_and_warned_of(story: Telling) -> None:
    _file(story)
    story.tell(WithdrawApplication(case=CASE, on=day("2022-05-20")), COURT)
    told = story.tell(judgment("2022-06-01", outcome(disqualified=(FATHER,))), COURT)
    assert "already_decided" in told.warnings
    assert story.guardians(CHILD, "2022-06-01") == {MOTHER}


def test_a_procedure_ended_as_civil_dispute_decided_nothing(story: Telling) -> None:
    _file(story)
    told = story.tell(TerminateProcedure(case=CASE, on=day("2022-06-01")), COURT)
    assert "procedure_ended_undecided" in told.reasons
    assert story.guardians(CHILD, "2022-06-02") == {FATHER, MOTHER}


@pytest.mark.parametrize(
    "command",
    [
        AcceptApplication(case=CASE, on=day("2022-05-12")),
        WithdrawApplication(case=CASE, on=day("2022-05-12")),
        TerminateProcedure(case=CASE, on=day("2022-05-12")),
    ],
)
def test_procedure_without_an_application_is_not_known(
    story: Telling,
    command: AcceptApplication | WithdrawApplication | TerminateProcedure,
) -> None:
    with pytest.raises(NotKnownError):
        story.tell(command, COURT)


@pytest.mark.parametrize(
    ("objected", "asked", "warned"),
    [
        ("2022-06-06", Asked.OBJECT, set()),
        ("2022-06-07", Asked.CHANGE, {"late_so_a_change"}),
    ],
)
def test_a_late_objection_is_recorded_as_what_it_has_become(
    story: Telling, objected: str, asked: Asked, warned: set[str]
) -> None:
    story.tell(judgment("2022-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    told = story.tell(
        designate("2022-05-02", UNCLE, notified="2022-05-05"), Office.COMMITTEE
    )
    assert told.due(LimitKind.OBJECTION) == ["2022-06-06"]
    command = application(
        Asked.OBJECT,
        ApplicantClass.GRANDPARENT,
        objected,
        who=GRANDMOTHER,
        case=child_id("objection"),
    )
    filed = story.tell(command, COURT)
    assert filed.warnings == warned
    assert [e.asked for e in filed.events] == [asked, asked]


def test_an_objection_to_no_designation_is_recorded_and_warned_of(
    story: Telling,
) -> None:
    command = application(
        Asked.OBJECT, ApplicantClass.GRANDPARENT, "2022-06-06", who=GRANDMOTHER
    )
    assert story.tell(command, COURT).warnings == {"no_designation_on_record"}
