"""The state as guardian: temporary and long-term, placement, return, and its ends."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass
from events.guardianship import (
    ChildPlaced,
    EndReason,
    Office,
    PlacementForm,
    TemporaryArrangementStarted,
    Way,
)
from events.limits import LimitKind
from events.proceedings import Asked, TemporaryEnd
from events.timeline import HandOver, Line, Role, Status
from registry.commands import EndPlacement
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
    place,
    start,
    stop,
)
from tests.support.telling import Telling, day

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
COMMITTEE, RESCUE = Office.COMMITTEE, Office.RESCUE_INSTITUTION
STATE = Role.STATE_TEMPORARY_GUARDIAN
UNCLE = person("tongshan uncle")
KEPT = body(BUREAU)


@pytest.fixture
def story() -> Telling:
    told = Telling()
    told.tell(born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
    return told


def nobody(story: Telling) -> None:
    for who in (FATHER, MOTHER):
        story.tell(end(EndReason.GUARDIAN_DIED, "2022-01-10", who), POLICE)


def gone(story: Telling) -> None:
    for who in (FATHER, MOTHER):
        story.tell(lost(who, "2022-01-10"), POLICE)


def remain(_: Telling) -> None:
    """Leave both parents where they are."""


NO = {"limb_not_stated"}
FOUND, NEEDS, HELD = (
    {"a_guardian_can_be_found"},
    {"limb_needs_a_guardian"},
    {"a_guardian_is_on_record"},
)
LIMBS = [
    (1, remain, FOUND),
    (1, gone, set()),
    (1, nobody, set()),
    (2, remain, FOUND),
    (2, gone, set()),
    (3, remain, set()),
    (3, nobody, NEEDS),
    (4, remain, set()),
    (4, nobody, NEEDS),
    (5, remain, set()),
    (5, nobody, NEEDS),
    (6, remain, set()),
    (6, nobody, NEEDS),
    (7, remain, set()),
    (7, nobody, set()),
    (None, remain, NO),
]


@pytest.mark.parametrize(("limb", "before", "warned"), LIMBS)
def test_temporary_guardianship_by_each_limb_is_recorded(
    story: Telling, limb: int | None, before: object, warned: set[str]
) -> None:
    before(story)  # type: ignore[operator]
    told = story.tell(start(STATE, "2022-02-01", KEPT, limb=limb), CIVIL)
    assert told.warnings == warned
    assert story.hands(CHILD, "2022-02-01") == {KEPT}
    assert story.status(CHILD, "2022-02-01") is Status.COVERED


def test_parents_keep_their_guardianship_under_temporary_guardianship(
    story: Telling,
) -> None:
    story.tell(start(STATE, "2022-02-01", KEPT, limb=6), CIVIL)
    assert story.guardians(CHILD, "2022-02-01") == {FATHER, MOTHER}


def test_a_year_is_an_alarm_and_no_end(story: Telling) -> None:
    told = story.tell(start(STATE, "2022-02-01", KEPT, limb=4), CIVIL)
    assert told.due(LimitKind.TEMPORARY_GUARDIANSHIP) == ["2023-02-01"]
    assert story.hands(CHILD, "2024-02-01") == {KEPT}


def test_the_expected_end_is_an_alarm_and_no_end(story: Telling) -> None:
    command = start(STATE, "2022-02-01", KEPT, limb=4, until="2022-06-01")
    assert story.tell(command, CIVIL).due(LimitKind.EXPECTED_END) == ["2022-06-01"]
    assert story.hands(CHILD, "2022-07-01") == {KEPT}


@pytest.mark.parametrize("limb", range(1, 8))
def test_civil_affairs_owes_an_application_where_the_guardian_failed_the_child(
    story: Telling, limb: int
) -> None:
    """Limbs 4 to 6 of MPL 92 are grounds of CC 36(1): it knows them, and must apply."""
    told = story.tell(start(STATE, "2022-02-01", KEPT, limb=limb), CIVIL)
    owed = ["2022-03-03"] if limb in {4, 5, 6} else []
    assert told.due(LimitKind.LAST_RESORT) == owed


@pytest.mark.parametrize(
    ("on", "cited"),
    [
        ("2014-12-31", None),
        ("2015-01-01", "OP14 30"),
        ("2017-09-30", "OP14 30"),
        ("2017-10-01", "GPR 36(3)"),
        ("2020-12-31", "GPR 36(3)"),
        ("2021-01-01", "CC 36(3)"),
    ],
)
def test_the_duty_to_apply_is_that_of_its_day(
    story: Telling, on: str, cited: str | None
) -> None:
    told = story.tell(start(STATE, on, KEPT, limb=4), CIVIL)
    limits = [li for e in told.events for li in getattr(e, "limits", ())]
    owed = [li.articles[0] for li in limits if li.kind is LimitKind.LAST_RESORT]
    assert owed == ([cited] if cited else [])
    found = [f for e in told.events for f in getattr(e, "findings", ())]
    must = [f.articles[0] for f in found if f.reason == "duty_of_last_resort"]
    assert must == (owed if on >= "2017-10-01" else [])


def test_nobody_waits_for_civil_affairs_where_somebody_has_applied(
    story: Telling,
) -> None:
    asked = Asked.DISQUALIFY
    sued = application(asked, ApplicantClass.GRANDPARENT, "2022-01-20", FATHER)
    story.tell(sued, COURT)
    told = story.tell(start(STATE, "2022-02-01", KEPT, limb=6), CIVIL)
    assert told.due(LimitKind.LAST_RESORT) == []
    story.tell(judgment("2022-02-20", outcome(dismissed=(FATHER,))), COURT)
    again = story.tell(start(STATE, "2022-03-01", KEPT, limb=6), CIVIL)
    assert again.due(LimitKind.LAST_RESORT) == ["2022-03-31"]


@pytest.mark.parametrize("limb", [0, 8, -1])
def test_a_limb_that_is_none_of_the_seven_is_invalid(story: Telling, limb: int) -> None:
    with pytest.raises(InvalidError, match="limb"):
        story.tell(start(STATE, "2022-02-01", KEPT, limb=limb), CIVIL)


def test_another_role_has_no_limb(story: Telling) -> None:
    with pytest.raises(InvalidError, match="limb"):
        story.tell(start(Role.TEMPORARY_CARE, "2022-02-01", KEPT, limb=1), CIVIL)


def test_a_person_is_no_state_guardian(story: Telling) -> None:
    with pytest.raises(InvalidError, match="holder"):
        story.tell(start(STATE, "2022-02-01", UNCLE, limb=4), CIVIL)


def test_before_the_opinions_no_rule_is_known(story: Telling) -> None:
    old = child_id("a child of 2008")
    story.tell(born(old, "2008-01-01", FATHER), POLICE)
    told = story.tell(start(STATE, "2014-02-01", KEPT, child=old), CIVIL)
    assert told.warnings == {"no_rule_of_the_date"}
    later = story.tell(start(STATE, "2016-02-01", KEPT, child=old), CIVIL)
    assert (later.warnings, later.articles) == (set(), {"OP14 15"})


@pytest.mark.parametrize("form", [f for f in PlacementForm if f.value != "entrusted"])
def test_every_form_of_placement_is_seen_and_moves_no_guardianship(
    story: Telling, form: PlacementForm
) -> None:
    story.tell(start(STATE, "2022-02-01", KEPT, limb=6), CIVIL)
    told = story.tell(place(form, "2022-02-02", UNCLE), CIVIL)
    assert told.warnings == set()
    (period,) = story.line(CHILD, Line.PLACEMENT, "2022-02-02")
    assert (period.holder, period.role) == (UNCLE, Role.CARER)
    assert story.guardians(CHILD, "2022-02-02") == {FATHER, MOTHER}
    assert story.hands(CHILD, "2022-02-02") == {KEPT}


def test_a_placement_ends_by_its_own_act(story: Telling) -> None:
    story.tell(place(PlacementForm.FOSTER, "2022-02-02", UNCLE), CIVIL)
    version = story.version(CHILD, ChildPlaced)
    ended = EndPlacement(child=CHILD, started=version, on=day("2022-05-01"), order=0)
    story.tell(ended, CIVIL)
    assert story.line(CHILD, Line.PLACEMENT, "2022-04-30")
    assert story.line(CHILD, Line.PLACEMENT, "2022-05-01") == []


@pytest.mark.parametrize("on", ["2022-02-01", "2022-01-01"])
def test_a_placement_does_not_end_before_it_began(story: Telling, on: str) -> None:
    story.tell(place(PlacementForm.FOSTER, "2022-02-02", UNCLE), CIVIL)
    version = story.version(CHILD, ChildPlaced)
    with pytest.raises(InvalidError, match="on"):
        story.tell(
            EndPlacement(child=CHILD, started=version, on=day(on), order=0), CIVIL
        )


def test_care_by_one_who_is_disqualified_is_seen_and_warned_of(story: Telling) -> None:
    story.tell(judgment("2022-01-05", outcome(disqualified=(FATHER,))), COURT)
    told = story.tell(place(PlacementForm.KIN, "2022-02-02", FATHER), CIVIL)
    assert told.warnings == {"disqualified_for_this_child"}
    (period,) = story.line(CHILD, Line.PLACEMENT, "2022-02-02")
    assert period.hand_over is HandOver.NO


def test_a_carer_who_is_disqualified_later_is_not_to_be_handed_the_child(
    story: Telling,
) -> None:
    story.tell(place(PlacementForm.KIN, "2022-01-02", FATHER), CIVIL)
    story.tell(judgment("2022-02-05", outcome(disqualified=(FATHER,))), COURT)
    (before,) = story.line(CHILD, Line.PLACEMENT, "2022-02-04")
    (after,) = story.line(CHILD, Line.PLACEMENT, "2022-02-05")
    assert (before.hand_over, after.hand_over) == (HandOver.YES, HandOver.NO)
    version = story.version(CHILD, ChildPlaced)
    ended = EndPlacement(child=CHILD, started=version, on=day("2022-03-01"), order=0)
    story.tell(ended, CIVIL)
    assert story.line(CHILD, Line.PLACEMENT, "2022-03-01") == []


@pytest.mark.parametrize(
    ("assessed", "before", "warned"),
    [
        ("2022-05-20", remain, set()),
        ("2022-06-01", remain, set()),
        ("2022-06-02", remain, {"returned_unassessed"}),
        (None, remain, {"returned_unassessed"}),
        ("2022-05-20", gone, {"nobody_to_return_to"}),
        ("2022-05-20", nobody, {"nobody_to_return_to"}),
    ],
)
def test_a_return_needs_an_assessment_and_somebody_to_return_to(
    story: Telling, assessed: str | None, before: object, warned: set[str]
) -> None:
    before(story)  # type: ignore[operator]
    story.tell(start(STATE, "2022-02-01", KEPT, limb=7), CIVIL)
    version = story.version(CHILD, TemporaryArrangementStarted)
    command = stop(version, "2022-06-01", TemporaryEnd.RETURNED, assessed=assessed)
    assert story.tell(command, CIVIL).warnings == warned
    gap = Status.GAP if before is nobody else Status.GUARDIAN
    assert story.status(CHILD, "2022-06-01") is gap


def test_a_committee_designation_ends_no_temporary_state_guardianship(
    story: Telling,
) -> None:
    nobody(story)
    story.tell(start(STATE, "2022-02-01", KEPT, limb=7), CIVIL)
    story.tell(designate("2022-03-01", UNCLE), COMMITTEE)
    assert story.hands(CHILD, "2022-03-02") == {KEPT}


@pytest.mark.parametrize("by", [CIVIL, COMMITTEE])
def test_a_designation_ends_the_temporary_guardian_before_it(
    story: Telling, by: Office
) -> None:
    nobody(story)
    story.tell(start(Role.TEMPORARY_GUARDIAN, "2022-02-01", KEPT), COMMITTEE)
    story.tell(designate("2022-03-01", UNCLE), by)
    assert story.hands(CHILD, "2022-02-28") == {KEPT}
    assert story.hands(CHILD, "2022-03-01") == {UNCLE}


def test_a_courts_measures_are_ended_by_a_court(story: Telling) -> None:
    said = outcome(disqualified=(FATHER, MOTHER), measures=KEPT)
    story.tell(judgment("2022-02-01", said), COURT)
    assert story.hands(CHILD, "2022-02-01") == {KEPT}
    story.tell(designate("2022-03-01", UNCLE), CIVIL)
    assert story.hands(CHILD, "2022-03-02") == {KEPT}
    later = judgment("2022-04-01", outcome(designated=(UNCLE,)), case=child_id("later"))
    story.tell(later, COURT)
    assert story.hands(CHILD, "2022-04-01") == {UNCLE}


LONG = [
    (1, remain, FOUND),
    (1, gone, set()),
    (2, remain, HELD),
    (2, nobody, set()),
    (3, remain, HELD),
    (3, nobody, set()),
    (4, nobody, {"no_designation_on_record"}),
    (5, remain, set()),
    (None, nobody, NO),
]


@pytest.mark.parametrize(("limb", "before", "warned"), LONG)
def test_long_term_guardianship_by_each_limb_is_recorded(
    story: Telling, limb: int | None, before: object, warned: set[str]
) -> None:
    before(story)  # type: ignore[operator]
    told = story.tell(establish(Way.LONG_TERM, "2022-02-01", KEPT, limb=limb), CIVIL)
    assert told.warnings == warned
    assert KEPT in story.guardians(CHILD, "2022-02-01")


def test_limb_four_rests_on_the_courts_designation(story: Telling) -> None:
    said = outcome(disqualified=(FATHER, MOTHER), designated=(KEPT,))
    story.tell(judgment("2022-01-10", said), COURT)
    told = story.tell(establish(Way.LONG_TERM, "2022-02-01", KEPT, limb=4), CIVIL)
    assert told.warnings == set()
    assert story.guardians(CHILD, "2022-02-01") == {KEPT}


def test_temporary_turns_long_term(story: Telling) -> None:
    gone(story)
    story.tell(start(STATE, "2022-02-01", KEPT, limb=1), CIVIL)
    story.tell(establish(Way.LONG_TERM, "2022-08-01", KEPT, limb=1), CIVIL)
    assert story.status(CHILD, "2022-07-31") is Status.COVERED
    assert story.status(CHILD, "2022-08-01") is Status.GUARDIAN
    assert story.hands(CHILD, "2022-08-01") == {KEPT}


def test_a_parent_who_comes_back_is_not_handed_the_child_unassessed(
    story: Telling,
) -> None:
    gone(story)
    story.tell(establish(Way.LONG_TERM, "2022-02-01", KEPT, limb=1), CIVIL)
    story.tell(lost(MOTHER, "2022-06-01", found=True), POLICE)
    assert story.guardians(CHILD, "2022-06-02") == {FATHER, MOTHER, KEPT}
    assert story.hands(CHILD, "2022-06-02") == {KEPT}
    story.tell(end(EndReason.CHANGED_BY_COURT, "2022-09-01", KEPT), COURT)
    assert story.hands(CHILD, "2022-09-01") == {MOTHER}


def test_adoption_ends_the_states_guardianship_and_all_ties(story: Telling) -> None:
    said = outcome(disqualified=(FATHER, MOTHER), designated=(KEPT,))
    story.tell(judgment("2021-01-10", said), COURT)
    adopter = person("adoptive mother")
    told = story.tell(establish(Way.ADOPTION, "2022-03-01", adopter), CIVIL)
    assert told.warnings == set()
    assert story.guardians(CHILD, "2022-03-01") == {adopter}
    support = story.line(CHILD, Line.MAINTENANCE, "2022-03-01")
    assert [p.holder for p in support] == [adopter]


@pytest.mark.parametrize(
    ("on", "crime", "warned"),
    [
        ("2022-01-09", None, {"adopted_within_the_year"}),
        ("2022-01-10", None, set()),
        ("2021-02-01", True, set()),
    ],
)
def test_adoption_waits_a_year_unless_restoration_is_barred(
    story: Telling, on: str, crime: bool | None, warned: set[str]
) -> None:
    said = outcome(disqualified=(FATHER, MOTHER), designated=(KEPT,), crime=crime)
    story.tell(judgment("2021-01-10", said), COURT)
    told = story.tell(establish(Way.ADOPTION, on, person("adoptive mother")), CIVIL)
    assert told.warnings == warned


def test_who_is_disqualified_does_not_come_back_by_adoption(story: Telling) -> None:
    story.tell(judgment("2021-01-10", outcome(disqualified=(FATHER, MOTHER))), COURT)
    told = story.tell(establish(Way.ADOPTION, "2022-03-01", FATHER), CIVIL)
    assert "disqualified_for_this_child" in told.warnings
    assert story.status(CHILD, "2022-03-01") is Status.GAP


def test_a_dissolved_adoption_ends_the_adopters_ties_and_revives_no_guardian(
    story: Telling,
) -> None:
    """Who was disqualified does not come back by it; the other parent by an act."""
    story.tell(judgment("2021-01-10", outcome(disqualified=(FATHER,))), COURT)
    adopter = person("adoptive mother")
    story.tell(establish(Way.ADOPTION, "2022-03-01", adopter), CIVIL)
    told = story.tell(end(EndReason.ADOPTION_DISSOLVED, "2023-03-01", adopter), CIVIL)
    assert told.articles == {"CC 1117"}
    assert story.status(CHILD, "2023-03-01") is Status.GAP
    assert story.line(CHILD, Line.MAINTENANCE, "2023-03-01") == []
    back = story.tell(establish(Way.BIRTH, "2023-03-01", FATHER, MOTHER), CIVIL)
    assert back.warnings == {"disqualified_for_this_child"}
    assert story.guardians(CHILD, "2023-03-01") == {MOTHER}
    payers = {p.holder for p in story.line(CHILD, Line.MAINTENANCE, "2023-03-01")}
    assert payers == {FATHER, MOTHER}


def test_no_birth_parent_goes_by_a_dissolved_adoption(story: Telling) -> None:
    story.tell(end(EndReason.ADOPTION_DISSOLVED, "2023-03-01", FATHER), CIVIL)
    assert story.guardians(CHILD, "2023-03-01") == {FATHER, MOTHER}
    assert len(story.line(CHILD, Line.MAINTENANCE, "2023-03-01")) == 2


def test_emergency_care_moves_nothing(story: Telling) -> None:
    told = story.tell(start(Role.TEMPORARY_CARE, "2022-02-01", UNCLE), COMMITTEE)
    assert told.articles == {"CC 34(4)"}
    assert story.hands(CHILD, "2022-02-01") == {FATHER, MOTHER}


def test_a_rescue_station_was_temporary_guardian_under_the_opinions(
    story: Telling,
) -> None:
    """Hegang and Changde 2015: the station itself held, and handed back."""
    station = body("hegang-rescue-station")
    old = child_id("a child of 2007")
    story.tell(born(old, "2007-04", FATHER), POLICE)
    begin = start(STATE, "2015-03-01", station, child=old)
    assert story.tell(begin, RESCUE).warnings == set()
    assert story.hands(old, "2015-03-01") == {station}
    version = story.version(old, TemporaryArrangementStarted)
    back = stop(
        version, "2015-06-01", TemporaryEnd.RETURNED, assessed="2015-05-20", child=old
    )
    assert story.tell(back, RESCUE).warnings == set()
    assert story.hands(old, "2015-06-01") == {FATHER}


def test_since_2021_a_rescue_station_protects_and_does_not_hand_back(
    story: Telling,
) -> None:
    """What protects is recorded and warned of; what ends the protection is refused."""
    station = body("hegang-rescue-station")
    told = story.tell(start(STATE, "2022-02-01", station, limb=6), RESCUE)
    assert told.warnings == {"not_civil_affairs_act"}
    assert story.hands(CHILD, "2022-02-01") == {station}
    version = story.version(CHILD, TemporaryArrangementStarted)
    back = stop(version, "2022-06-01", TemporaryEnd.RETURNED, assessed="2022-05-20")
    refused = story.refused(back, RESCUE)
    assert refused.reason == "end_is_civil_affairs"
    assert refused.instead == "act_of_civil_affairs"
    assert story.hands(CHILD, "2022-06-01") == {station}
    assert story.tell(back, CIVIL).warnings == set()
