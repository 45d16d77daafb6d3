"""Protection orders: who asks, in which hours, how long, review, and whom they part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from events.cases import ApplicantClass
from events.guardianship import EndReason, Office, PlacementForm
from events.limits import LimitKind
from events.proceedings import (
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
)
from events.timeline import HandOver, Holder, Line, Role, Status
from registry.refusal import InvalidError, NotKnownError
from tests.support.registry import body, child_id, person
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    asks_protection,
    born,
    decides_protection,
    end,
    judgment,
    outcome,
    place,
    start,
)
from tests.support.telling import Telling, Told

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
WOMEN = Office.WOMENS_FEDERATION
ORDER, REVIEW = ProtectionAsked.ORDER, ProtectionAsked.REVIEW
ORDERED, REFUSED = ProtectionOutcome.ORDERED, ProtectionOutcome.REFUSED
EXTENDED, CHANGED = ProtectionOutcome.EXTENDED, ProtectionOutcome.CHANGED
REVOKED, UPHELD = ProtectionOutcome.REVOKED, ProtectionOutcome.UPHELD
NO_CONTACT = (ProtectionMeasure.NO_CONTACT,)
NO_VIOLENCE = (ProtectionMeasure.NO_VIOLENCE,)
GRANDMOTHER = person("tongshan grandmother")


@pytest.fixture
def story() -> Telling:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    return told


def ordered(
    story: Telling,
    *against: Holder,
    measures: tuple[ProtectionMeasure, ...] = NO_CONTACT,
) -> Told:
    """Asked for on 10 May 2022, made on the 12th for half a year."""
    who = against or (FATHER,)
    story.tell(asks_protection(ORDER, "2022-05-10", *who), WOMEN)
    said = decides_protection(
        ORDERED, "2022-05-12", *who, until="2022-11-12", measures=measures
    )
    return story.tell(said, COURT)


LETS = "named_by_the_law", "asks_for_itself", "the_list_is_open"
CLOSED = "not_in_the_closed_list"
NAMED_IN_2016 = {
    *("parent", "grandparent", "sibling", "ward"),
    *("police", "womens_federation", "committee", "rescue_institution"),
}


@pytest.mark.parametrize("standing", list(ApplicantClass))
def test_the_list_of_2016_is_closed(story: Telling, standing: ApplicantClass) -> None:
    asked = asks_protection(ORDER, "2019-05-10", FATHER, standing=standing)
    if standing.value in NAMED_IN_2016:
        assert story.tell(asked, COURT).warnings == set()
    else:
        refused = story.refused(asked, COURT)
        assert (refused.reason, refused.articles) == (CLOSED, ("DV 23(2)",))
        assert refused.instead == "application_by_those_who_may"


@pytest.mark.parametrize(
    ("on", "article"), [("2021-06-01", "MPL 108(1)"), ("2022-08-01", "PSPO 2")]
)
@pytest.mark.parametrize("standing", list(ApplicantClass))
def test_since_2021_units_concerned_may_ask_and_the_procurator_supports(
    story: Telling, standing: ApplicantClass, on: str, article: str
) -> None:
    asked = asks_protection(ORDER, on, FATHER, standing=standing)
    if standing is ApplicantClass.PROCURATORATE:
        refused = story.refused(asked, COURT)
        assert refused.instead == "application_by_those_who_may"
    else:
        assert article in story.tell(asked, COURT).articles


def test_before_the_law_of_2021_a_school_was_not_among_those_who_may(
    story: Telling,
) -> None:
    asked = asks_protection(ORDER, "2021-05-31", FATHER, standing=ApplicantClass.SCHOOL)
    assert story.refused(asked, COURT).reason == CLOSED


@pytest.mark.parametrize("on", ["2019-05-10", "2022-05-10", "2022-09-10"])
def test_nobody_asks_for_protection_of_the_child_from_himself(
    story: Telling, on: str
) -> None:
    asked = asks_protection(
        ORDER, on, FATHER, who=FATHER, standing=ApplicantClass.PARENT
    )
    refused = story.refused(asked, COURT)
    assert refused.reason == "respondent_himself"


def test_the_other_parent_asks(story: Telling) -> None:
    asked = asks_protection(
        ORDER, "2022-05-10", FATHER, who=MOTHER, standing=ApplicantClass.PARENT
    )
    assert story.tell(asked, COURT).warnings == set()


def test_an_office_asks_in_its_own_standing_only(story: Telling) -> None:
    asked = asks_protection(ORDER, "2022-05-10", FATHER)
    with pytest.raises(InvalidError, match=r"applicant\.standing"):
        story.tell(asked, POLICE)
    own = asks_protection(ORDER, "2022-05-10", FATHER, standing=ApplicantClass.POLICE)
    story.tell(own, POLICE)


HOURS = [
    ("2022-05-10", 600, False, ["2022-05-13"]),
    ("2022-05-10", 600, True, ["2022-05-11"]),
    ("2022-05-10", None, False, ["2022-05-13"]),
    ("2022-05-10", 1430, False, ["2022-05-13"]),  # from midnight: to midnight
    ("2024-02-27", 600, False, ["2024-03-01"]),  # a leap year
    ("2015-05-10", 600, False, ["2015-05-12"]),  # 48 hours by the Opinions
    ("2014-05-10", 600, False, []),
]


@pytest.mark.parametrize(("on", "minute", "urgent", "due"), HOURS)
def test_the_courts_hours_are_a_limit(
    story: Telling, on: str, minute: int | None, due: list[str], *, urgent: bool
) -> None:
    asked = asks_protection(ORDER, on, FATHER, minute=minute, urgent=urgent)
    assert story.tell(asked, WOMEN).due(LimitKind.ORDER_RULING) == due


@pytest.mark.parametrize(
    ("urgent", "on", "minute", "late"),
    [
        (False, "2022-05-13", 599, False),
        (False, "2022-05-13", 600, False),
        (False, "2022-05-13", 601, True),
        (True, "2022-05-11", 600, False),
        (True, "2022-05-11", 601, True),
        (False, "2022-05-13", None, False),
        (False, "2022-05-14", None, True),
    ],
)
def test_an_order_after_its_hours_is_recorded_and_warned_of(
    story: Telling, on: str, minute: int | None, *, urgent: bool, late: bool
) -> None:
    asked = asks_protection(ORDER, "2022-05-10", FATHER, minute=600, urgent=urgent)
    story.tell(asked, WOMEN)
    said = decides_protection(
        ORDERED, on, FATHER, until="2022-11-10", measures=NO_CONTACT, minute=minute
    )
    assert story.tell(said, COURT).warnings == ({"decided_late"} if late else set())
    assert story.hands(CHILD, on) == {MOTHER}


def test_an_order_parts_the_respondent_and_moves_no_guardianship(
    story: Telling,
) -> None:
    ordered(story)
    assert story.guardians(CHILD, "2022-05-12") == {FATHER, MOTHER}
    assert story.hands(CHILD, "2022-05-11") == {FATHER, MOTHER}
    assert story.hands(CHILD, "2022-05-12") == {MOTHER}
    assert story.hands(CHILD, "2022-11-12") == {MOTHER}
    assert story.hands(CHILD, "2022-11-13") == {FATHER, MOTHER}
    (period,) = story.line(CHILD, Line.PROTECTION, "2022-06-01")
    assert (period.holder, period.role) == (FATHER, Role.KEPT_AWAY)
    assert period.articles == ("DV 29", "DV 30")
    assert story.line(CHILD, Line.PROTECTION, "2022-11-13") == []
    assert story.line(CHILD, Line.BAR, "2022-06-01") == []


@pytest.mark.parametrize("measure", list(ProtectionMeasure))
def test_each_measure_says_whether_the_child_may_be_handed_over(
    story: Telling, measure: ProtectionMeasure
) -> None:
    ordered(story, measures=(measure,))
    found = {p.holder: p for p in story.line(CHILD, Line.RELATION, "2022-06-01")}
    apart = measure in {ProtectionMeasure.NO_CONTACT, ProtectionMeasure.MOVE_OUT}
    wanted = HandOver.NO if apart else HandOver.UNKNOWN
    assert found[FATHER].hand_over is wanted
    assert found[MOTHER].hand_over is HandOver.YES


def test_both_parents_kept_away_leave_a_guardian_and_nobody_to_hand_over_to(
    story: Telling,
) -> None:
    ordered(story, FATHER, MOTHER)
    assert story.status(CHILD, "2022-06-01") is Status.GUARDIAN
    assert story.hands(CHILD, "2022-06-01") == set()
    told = story.tell(
        start(Role.STATE_TEMPORARY_GUARDIAN, "2022-06-02", body(BUREAU), limb=6), CIVIL
    )
    assert told.warnings == set()
    assert story.hands(CHILD, "2022-06-02") == {body(BUREAU)}


def test_a_carer_against_whom_an_order_stands_is_not_handed_the_child(
    story: Telling,
) -> None:
    story.tell(place(PlacementForm.KIN, "2022-01-01", GRANDMOTHER), CIVIL)
    ordered(story, GRANDMOTHER)
    for day, to in (("2022-06-01", HandOver.NO), ("2022-11-13", HandOver.YES)):
        (period,) = story.line(CHILD, Line.PLACEMENT, day)
        assert period.hand_over is to


@pytest.mark.parametrize(
    ("until", "warned"),
    [
        ("2022-11-11", set()),
        ("2022-11-12", set()),
        ("2022-11-13", {"longer_than_six_months"}),
    ],
)
def test_an_order_of_more_than_six_months_is_recorded_and_warned_of(
    story: Telling, until: str, warned: set[str]
) -> None:
    story.tell(asks_protection(ORDER, "2022-05-10", FATHER), WOMEN)
    said = decides_protection(
        ORDERED, "2022-05-12", FATHER, until=until, measures=NO_CONTACT
    )
    told = story.tell(said, COURT)
    assert told.warnings == warned
    assert told.due(LimitKind.ORDER_ENDS) == [until]
    assert story.hands(CHILD, until) == {MOTHER}


def test_a_refused_application_leaves_everything_as_it_was(story: Telling) -> None:
    story.tell(asks_protection(ORDER, "2022-05-10", FATHER), WOMEN)
    before = story.children[CHILD]
    told = story.tell(decides_protection(REFUSED, "2022-05-12"), COURT)
    assert story.children[CHILD] == before
    assert told.due(LimitKind.ORDER_REVIEW) == ["2022-05-17"]
    assert told.due(LimitKind.ORDER_ENDS) == []


def test_a_decision_before_its_application_is_recorded_and_warned_of(
    story: Telling,
) -> None:
    said = decides_protection(
        ORDERED, "2022-05-12", FATHER, until="2022-11-12", measures=NO_CONTACT
    )
    assert story.tell(said, COURT).warnings == {"application_not_on_record"}
    assert story.hands(CHILD, "2022-05-12") == {MOTHER}


CHANGES = [
    ProtectionAsked.EXTENSION,
    ProtectionAsked.CHANGE,
    ProtectionAsked.REVOCATION,
]


@pytest.mark.parametrize("asked", CHANGES)
@pytest.mark.parametrize(
    ("on", "refused"),
    [("2022-11-11", False), ("2022-11-12", False), ("2022-11-13", True)],
)
def test_what_is_asked_about_an_order_is_asked_before_it_ends(
    story: Telling, asked: ProtectionAsked, on: str, *, refused: bool
) -> None:
    ordered(story)
    command = asks_protection(asked, on, FATHER)
    if refused:
        found = story.refused(command, WOMEN)
        assert (found.reason, found.articles) == ("no_order_in_force", ("DV 30",))
        assert found.instead == "new_application_for_protection"
    else:
        assert story.tell(command, WOMEN).warnings == set()


@pytest.mark.parametrize("asked", CHANGES)
def test_the_respondent_has_no_order_changed_and_may_ask_for_review(
    story: Telling, asked: ProtectionAsked
) -> None:
    ordered(story)
    his = {"who": FATHER, "standing": ApplicantClass.PARENT}
    found = story.refused(asks_protection(asked, "2022-05-14", FATHER, **his), COURT)  # type: ignore[arg-type]
    assert found.reason == "not_asked_by_the_protected"
    assert found.instead == "application_by_the_protected"
    story.tell(asks_protection(REVIEW, "2022-05-14", FATHER, **his), COURT)  # type: ignore[arg-type]


def test_an_extension_stands_from_its_day_for_its_own_half_year(story: Telling) -> None:
    ordered(story)
    asked = asks_protection(ProtectionAsked.EXTENSION, "2022-11-10", FATHER)
    story.tell(asked, WOMEN)
    said = decides_protection(
        EXTENDED, "2022-11-11", FATHER, until="2023-05-11", measures=NO_CONTACT
    )
    assert story.tell(said, COURT).warnings == set()
    assert story.hands(CHILD, "2022-11-13") == {MOTHER}
    assert story.hands(CHILD, "2023-05-11") == {MOTHER}
    assert story.hands(CHILD, "2023-05-12") == {FATHER, MOTHER}
    assert len(story.line(CHILD, Line.PROTECTION, "2022-11-11")) == 1


def test_an_extension_of_what_had_ended_is_recorded_and_warned_of(
    story: Telling,
) -> None:
    ordered(story)
    said = decides_protection(
        EXTENDED, "2022-12-01", FATHER, until="2023-05-11", measures=NO_CONTACT
    )
    warned = story.tell(said, COURT).warnings
    assert "no_order_in_force" in warned
    assert story.hands(CHILD, "2022-11-20") == {FATHER, MOTHER}
    assert story.hands(CHILD, "2022-12-01") == {MOTHER}


def test_a_change_takes_the_place_of_what_stood(story: Telling) -> None:
    ordered(story)
    asked = asks_protection(ProtectionAsked.CHANGE, "2022-07-01", FATHER)
    story.tell(asked, WOMEN)
    said = decides_protection(
        CHANGED, "2022-07-02", FATHER, until="2022-11-12", measures=NO_VIOLENCE
    )
    assert story.tell(said, COURT).warnings == set()
    (before,) = story.line(CHILD, Line.PROTECTION, "2022-07-01")
    (after,) = story.line(CHILD, Line.PROTECTION, "2022-07-02")
    assert before.opened_by != after.opened_by
    found = {p.holder: p for p in story.line(CHILD, Line.RELATION, "2022-07-02")}
    assert found[FATHER].hand_over is HandOver.UNKNOWN


def test_a_revoked_order_stands_no_longer(story: Telling) -> None:
    ordered(story)
    asked = asks_protection(ProtectionAsked.REVOCATION, "2022-07-01", FATHER)
    story.tell(asked, WOMEN)
    assert (
        story.tell(decides_protection(REVOKED, "2022-07-02"), COURT).warnings == set()
    )
    assert story.hands(CHILD, "2022-07-01") == {MOTHER}
    assert story.hands(CHILD, "2022-07-02") == {FATHER, MOTHER}
    again = asks_protection(ProtectionAsked.EXTENSION, "2022-07-03", FATHER)
    assert story.refused(again, WOMEN).reason == "no_order_in_force"


@pytest.mark.parametrize(
    ("on", "refused"),
    [
        ("2022-05-16", None),
        ("2022-05-17", None),
        ("2022-05-18", "later_than_five_days"),
    ],
)
def test_review_is_asked_within_five_days(
    story: Telling, on: str, refused: str | None
) -> None:
    ordered(story)
    his = asks_protection(
        REVIEW, on, FATHER, who=FATHER, standing=ApplicantClass.PARENT
    )
    if refused:
        found = story.refused(his, COURT)
        assert (found.reason, found.articles) == (refused, ("DV 31",))
    else:
        told = story.tell(his, COURT)
        assert "stands_under_review" in told.reasons
        assert story.hands(CHILD, on) == {MOTHER}
        assert told.due(LimitKind.ORDER_RULING) == []


def test_review_is_asked_once(story: Telling) -> None:
    ordered(story)
    his = asks_protection(
        REVIEW, "2022-05-14", FATHER, who=FATHER, standing=ApplicantClass.PARENT
    )
    story.tell(his, COURT)
    assert story.refused(his, COURT).reason == "reviewed_already"
    assert story.tell(decides_protection(UPHELD, "2022-05-16"), COURT).warnings == set()
    later = asks_protection(
        REVIEW, "2022-05-17", FATHER, who=FATHER, standing=ApplicantClass.PARENT
    )
    assert story.refused(later, COURT).reason == "reviewed_already"
    assert story.hands(CHILD, "2022-05-17") == {MOTHER}


def test_review_of_nothing_is_refused(story: Telling) -> None:
    story.tell(asks_protection(ORDER, "2022-05-10", FATHER), WOMEN)
    his = asks_protection(
        REVIEW, "2022-05-11", FATHER, who=FATHER, standing=ApplicantClass.PARENT
    )
    assert story.refused(his, COURT).reason == "nothing_to_review"


def test_an_order_may_be_a_case_of_its_own_or_stand_beside_another(
    story: Telling,
) -> None:
    """Orders of two cases stand beside each other; the stricter one counts."""
    ordered(story, measures=NO_VIOLENCE)
    own = child_id("a case of protection")
    story.tell(asks_protection(ORDER, "2022-06-01", FATHER, case=own), WOMEN)
    said = decides_protection(
        ORDERED,
        "2022-06-02",
        FATHER,
        until="2022-07-01",
        measures=NO_CONTACT,
        case=own,
    )
    story.tell(said, COURT)
    days = ("2022-06-01", "2022-06-02", "2022-07-01", "2022-07-02")
    his = [
        period.hand_over
        for day in days
        for period in story.line(CHILD, Line.RELATION, day)
        if period.holder == FATHER
    ]
    assert his == [
        HandOver.UNKNOWN,
        HandOver.NO,
        HandOver.NO,
        HandOver.UNKNOWN,
    ]
    assert len(story.line(CHILD, Line.PROTECTION, "2022-06-15")) == 2


def test_a_disqualification_while_an_order_stands_ends_the_guardianship_only(
    story: Telling,
) -> None:
    ordered(story)
    story.tell(judgment("2022-06-15", outcome(disqualified=(FATHER,))), COURT)
    assert story.guardians(CHILD, "2022-06-15") == {MOTHER}
    assert len(story.line(CHILD, Line.PROTECTION, "2022-06-15")) == 1


def test_an_order_outlives_full_capacity_and_not_its_last_day(story: Telling) -> None:
    old = child_id("a child of 2006")
    story.tell(born(old, "2006-03-01", FATHER), POLICE)
    asked = asks_protection(ORDER, "2022-05-10", FATHER, child=old)
    story.tell(asked, WOMEN)
    said = decides_protection(
        ORDERED,
        "2022-05-12",
        FATHER,
        until="2022-11-12",
        measures=NO_CONTACT,
        child=old,
    )
    story.tell(said, COURT)
    story.tell(end(EndReason.FULL_CAPACITY, "2022-06-01", None, old), CIVIL)
    assert story.status(old, "2022-06-01") is Status.NONE
    assert len(story.line(old, Line.PROTECTION, "2022-11-12")) == 1
    assert story.line(old, Line.PROTECTION, "2022-11-13") == []


FORMS: list[tuple[dict[str, object], str]] = [
    ({"against": ()}, "against"),
    ({"against": (FATHER, FATHER)}, "against"),
    ({"measures": ()}, "measures"),
    ({"measures": NO_CONTACT * 2}, "measures"),
    ({"until": None}, "until"),
    ({"until": "2022-11"}, "until"),
    ({"until": "2022-05-11"}, "until"),
    ({"minute": 1440}, "minute"),
    ({"minute": -1}, "minute"),
    ({"outcome": REFUSED}, "against"),
    ({"outcome": REVOKED}, "against"),
    ({"outcome": UPHELD}, "against"),
]


@pytest.mark.parametrize(("wrong", "field"), FORMS)
def test_a_decision_that_says_too_much_or_too_little_is_invalid(
    story: Telling, wrong: dict[str, object], field: str
) -> None:
    story.tell(asks_protection(ORDER, "2022-05-10", FATHER), WOMEN)
    right = decides_protection(
        ORDERED, "2022-05-12", FATHER, until="2022-11-12", measures=NO_CONTACT
    )
    if isinstance(wrong.get("until"), str):
        wrong = {"until": type(right.on)(str(wrong["until"]))}
    with pytest.raises(InvalidError) as raised:
        story.tell(replace(right, **wrong), COURT)  # type: ignore[arg-type]
    assert raised.value.field == field


def test_an_application_names_a_respondent_and_a_known_child(story: Telling) -> None:
    with pytest.raises(InvalidError, match="respondents"):
        story.tell(asks_protection(ORDER, "2022-05-10"), WOMEN)
    unknown = asks_protection(ORDER, "2022-05-10", FATHER, child=child_id("unknown"))
    with pytest.raises(NotKnownError):
        story.tell(unknown, WOMEN)


def test_an_order_is_of_one_child(story: Telling) -> None:
    sibling = child_id("a sibling")
    story.tell(born(sibling, "2014-05-01", FATHER, MOTHER), POLICE)
    ordered(story)
    with pytest.raises(InvalidError, match="child"):
        story.tell(asks_protection(ORDER, "2022-05-10", FATHER, child=sibling), WOMEN)
    assert story.hands(sibling, "2022-06-01") == {FATHER, MOTHER}
