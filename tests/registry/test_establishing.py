"""All ways to become guardian, and that none makes one beside a parent who is."""

from __future__ import annotations

import pytest

from events.guardianship import EndReason, Office, PlacementForm, Way
from events.limits import LimitKind
from events.proceedings import Kin
from events.timeline import Holder, HolderKind, Line, Role, Status
from registry.commands import EstablishGuardianship
from registry.refusal import InvalidError
from tests.support.registry import body, person
from tests.support.stories import (
    BUREAU,
    CHILD,
    FATHER,
    MOTHER,
    born,
    designate,
    end,
    establish,
    judgment,
    lost,
    outcome,
    place,
    start,
)
from tests.support.telling import Telling

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
COMMITTEE = Office.COMMITTEE
GRANDMOTHER = person("tongshan grandmother")
GRANDFATHER = person("tongshan grandfather")
BROTHER = person("tongshan elder brother")
UNCLE = person("tongshan uncle")
HOME = body("tongshan-childrens-home")


@pytest.fixture
def story() -> Telling:
    told = Telling()
    told.tell(born(CHILD, "2015-10-01", FATHER, MOTHER), POLICE)
    return told


@pytest.fixture
def orphan(story: Telling) -> Telling:
    for who in (FATHER, MOTHER):
        story.tell(end(EndReason.GUARDIAN_DIED, "2021-05-10", who), POLICE)
    return story


def order(kin: Kin, *who: Holder) -> EstablishGuardianship:
    return establish(Way.ORDER, "2021-06-01", *who, kin=kin)


LAWFUL = [
    (order(Kin.GRANDPARENT, GRANDMOTHER, GRANDFATHER), COMMITTEE, "CC 27(2)(1)"),
    (order(Kin.SIBLING, BROTHER), CIVIL, "CC 27(2)(2)"),
    (establish(Way.CONSENT, "2021-06-01", UNCLE), COMMITTEE, "CC 27(2)(3)"),
    (establish(Way.CONSENT, "2021-06-01", HOME), CIVIL, "CC 27(2)(3)"),
    (establish(Way.AGREEMENT, "2021-06-01", UNCLE, GRANDMOTHER), CIVIL, "CC 30"),
    (
        establish(Way.WILL, "2021-05-10", UNCLE, testator=MOTHER),
        CIVIL,
        "CC 29",
    ),
    (establish(Way.NOBODY_QUALIFIED, "2021-06-01", HOME), COMMITTEE, "CC 32"),
    (establish(Way.LONG_TERM, "2021-06-01", HOME, limb=2), CIVIL, "MPL 94(2)"),
]


@pytest.mark.parametrize(("command", "by", "article"), LAWFUL)
def test_every_way_makes_a_guardian_of_an_orphan(
    orphan: Telling, command: EstablishGuardianship, by: Office, article: str
) -> None:
    told = orphan.tell(command, by)
    assert told.warnings == set()
    assert article in told.articles
    assert orphan.guardians(CHILD, "2021-06-01") == set(command.holders)
    assert orphan.hands(CHILD, "2021-06-01") == set(command.holders)


BESIDE = [
    order(Kin.GRANDPARENT, GRANDMOTHER),
    order(Kin.SIBLING, BROTHER),
    establish(Way.CONSENT, "2021-06-01", UNCLE),
    establish(Way.AGREEMENT, "2021-06-01", UNCLE),
    establish(Way.WILL, "2021-05-10", UNCLE, testator=FATHER),
]


@pytest.mark.parametrize("command", BESIDE)
@pytest.mark.parametrize("by", [COMMITTEE, CIVIL])
def test_no_way_makes_a_guardian_beside_the_other_parent(
    story: Telling, command: EstablishGuardianship, by: Office
) -> None:
    story.tell(end(EndReason.GUARDIAN_DIED, "2021-05-10", FATHER), POLICE)
    if command.way is Way.WILL and by is COMMITTEE:
        by = COURT  # a committee records no wills
    refused = story.refused(command, by)
    assert refused.reason == "a_parent_is_guardian"
    assert refused.instead == "end_of_the_parents_guardianship_first"


def test_a_parent_who_cannot_be_found_is_guardian_still(story: Telling) -> None:
    for who in (FATHER, MOTHER):
        story.tell(lost(who, "2021-05-10"), POLICE)
    refused = story.refused(order(Kin.GRANDPARENT, GRANDMOTHER), CIVIL)
    assert refused.reason == "a_parent_is_guardian"
    assert story.hands(CHILD, "2021-06-01") == set()


def test_others_do_not_come_by_order(orphan: Telling) -> None:
    refused = orphan.refused(order(Kin.OTHER, UNCLE), COMMITTEE)
    assert refused.reason == "others_need_consent"
    assert refused.instead == "consent_of_committee_or_civil_affairs"


def test_the_will_of_one_who_was_no_guardian_is_refused(orphan: Telling) -> None:
    will = establish(Way.WILL, "2021-05-10", UNCLE, testator=GRANDFATHER)
    assert orphan.refused(will, CIVIL).reason == "testator_was_no_guardian"


def test_the_will_of_a_disqualified_parent_is_refused(story: Telling) -> None:
    story.tell(judgment("2021-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    will = establish(Way.WILL, "2021-05-10", UNCLE, testator=MOTHER)
    assert story.refused(will, CIVIL).reason == "testator_was_no_guardian"


def test_a_designated_guardian_hands_over_by_no_agreement(orphan: Telling) -> None:
    orphan.tell(designate("2021-06-01", UNCLE), COMMITTEE)
    handed = establish(Way.AGREEMENT, "2022-04-01", GRANDMOTHER)
    refused = orphan.refused(handed, COMMITTEE)
    assert refused.reason == "designated_guardian_stands"
    assert refused.instead == "application_for_change_of_guardian"


def test_a_body_is_guardian_for_want_of_others_only(orphan: Telling) -> None:
    orphan.tell(order(Kin.GRANDPARENT, GRANDMOTHER), CIVIL)
    late = establish(Way.NOBODY_QUALIFIED, "2021-07-01", HOME)
    assert orphan.refused(late, COMMITTEE).reason == "a_guardian_is_on_record"
    told = orphan.tell(late, CIVIL)  # an act of authority is recorded, and warned of
    assert told.warnings == {"a_guardian_is_on_record"}
    assert orphan.guardians(CHILD, "2021-07-01") == {GRANDMOTHER, HOME}


@pytest.mark.parametrize(
    "command",
    [
        order(Kin.GRANDPARENT, FATHER),
        establish(Way.CONSENT, "2021-06-01", FATHER),
        establish(Way.AGREEMENT, "2021-06-01", FATHER, UNCLE),
    ],
)
def test_who_is_disqualified_comes_back_by_no_such_way(
    story: Telling, command: EstablishGuardianship
) -> None:
    story.tell(judgment("2021-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    refused = story.refused(command, CIVIL)
    assert refused.reason == "disqualified_for_this_child"
    assert refused.instead == "another_holder"


def test_the_law_of_the_day_decides_who_consents(story: Telling) -> None:
    for who in (FATHER, MOTHER):
        story.tell(end(EndReason.GUARDIAN_DIED, "2016-05-10", who), POLICE)
    old = establish(Way.CONSENT, "2016-06-01", UNCLE)
    refused = story.refused(old, CIVIL)
    assert (refused.reason, refused.articles) == (
        "consent_is_not_this_offices",
        ("GPCL 16(2)(3)",),
    )
    story.tell(establish(Way.CONSENT, "2017-10-01", UNCLE), CIVIL)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (establish(Way.CONSENT, "2021-06-01"), "holders"),
        (establish(Way.CONSENT, "2021-06-01", UNCLE, UNCLE), "holders"),
        (establish(Way.CONSENT, "2021-06-01", UNCLE, kin=Kin.OTHER), "kin"),
        (establish(Way.ORDER, "2021-06-01", UNCLE), "kin"),
        (establish(Way.CONSENT, "2021-06-01", UNCLE, testator=MOTHER), "testator"),
        (establish(Way.WILL, "2021-06-01", UNCLE), "testator"),
        (establish(Way.CONSENT, "2021-06-01", UNCLE, limb=1), "limb"),
        (establish(Way.LONG_TERM, "2021-06-01", HOME, limb=6), "limb"),
        (establish(Way.LONG_TERM, "2021-06-01", UNCLE, limb=1), "holders"),
        (establish(Way.NOBODY_QUALIFIED, "2021-06-01", UNCLE), "holders"),
        (establish(Way.ADOPTION, "2021-06-01", HOME), "holders"),
    ],
)
def test_parts_that_do_not_belong_to_the_way_are_invalid(
    orphan: Telling, command: EstablishGuardianship, field: str
) -> None:
    with pytest.raises(InvalidError) as raised:
        orphan.tell(command, CIVIL)
    assert raised.value.field == field


def test_a_committee_designates_where_no_parent_is_guardian(orphan: Telling) -> None:
    told = orphan.tell(
        designate("2022-05-02", UNCLE, GRANDMOTHER, notified="2022-05-05"), COMMITTEE
    )
    assert told.warnings == set()
    assert {"CC 31(1)", "CC 31(2)", "INT 9(2)"} <= told.articles
    assert told.due(LimitKind.OBJECTION) == ["2022-06-06"]
    assert orphan.guardians(CHILD, "2022-05-02") == {UNCLE, GRANDMOTHER}


def test_a_committees_designation_beside_a_parent_is_refused(story: Telling) -> None:
    refused = story.refused(designate("2022-05-02", UNCLE), COMMITTEE)
    assert refused.reason == "a_parent_is_guardian"


def test_civil_affairs_designation_beside_a_parent_is_recorded_and_warned_of(
    story: Telling,
) -> None:
    told = story.tell(designate("2022-05-02", UNCLE), CIVIL)
    assert told.warnings == {"a_parent_is_guardian"}
    assert story.guardians(CHILD, "2022-05-02") == {FATHER, MOTHER, UNCLE}


def test_a_committee_designates_nobody_who_is_disqualified(story: Telling) -> None:
    story.tell(judgment("2021-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    refused = story.refused(designate("2022-05-02", FATHER), COMMITTEE)
    assert refused.reason == "disqualified_for_this_child"


def test_civil_affairs_designates_nobody_who_is_disqualified_into_force(
    story: Telling,
) -> None:
    story.tell(judgment("2021-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    told = story.tell(designate("2022-05-02", FATHER), CIVIL)
    assert told.warnings == {"disqualified_for_this_child"}
    assert story.status(CHILD, "2022-05-02") is Status.GAP


def test_a_court_designates_even_who_is_disqualified_and_is_warned(
    story: Telling,
) -> None:
    story.tell(judgment("2021-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    told = story.tell(judgment("2022-05-02", outcome(designated=(FATHER,))), COURT)
    assert "disqualified_for_this_child" in told.warnings
    assert story.guardians(CHILD, "2022-05-02") == {FATHER}


def test_in_2016_civil_affairs_did_not_designate(story: Telling) -> None:
    for who in (FATHER, MOTHER):
        story.tell(end(EndReason.GUARDIAN_DIED, "2016-05-10", who), POLICE)
    told = story.tell(designate("2016-06-01", UNCLE), CIVIL)
    assert told.warnings == {"designation_is_not_this_offices"}


def test_a_delegate_becomes_no_guardian(story: Telling) -> None:
    told = story.tell(place(PlacementForm.ENTRUSTED, "2022-04-01", UNCLE), COMMITTEE)
    assert told.articles == {"MPL 22(3)", "INT 13"}
    assert story.guardians(CHILD, "2022-04-01") == {FATHER, MOTHER}
    assert story.hands(CHILD, "2022-04-01") == {FATHER, MOTHER}
    (period,) = story.line(CHILD, Line.PLACEMENT, "2022-04-01")
    assert (period.role, period.articles) == (Role.CARER, ("MPL 22", "INT 13"))


def test_care_is_not_entrusted_to_one_who_is_disqualified(story: Telling) -> None:
    story.tell(judgment("2021-03-01", outcome(disqualified=(FATHER,))), COURT)
    told = story.tell(place(PlacementForm.ENTRUSTED, "2022-04-01", FATHER), COMMITTEE)
    assert told.warnings == {"disqualified_for_this_child"}


@pytest.mark.parametrize("by", [COMMITTEE, CIVIL])
def test_a_person_is_no_temporary_guardian(orphan: Telling, by: Office) -> None:
    command = start(Role.TEMPORARY_GUARDIAN, "2022-04-01", UNCLE)
    if by is COMMITTEE:
        assert orphan.refused(command, by).instead == "a_body"
    else:
        assert orphan.tell(command, by).warnings == {"temporary_guardian_is_a_body"}


@pytest.mark.parametrize(("on", "valid"), [("2031-09-30", False), ("2031-10-01", True)])
def test_full_capacity_by_own_labour_begins_at_sixteen(
    story: Telling, on: str, valid: bool
) -> None:
    command = end(EndReason.FULL_CAPACITY, on, None)
    if valid:
        story.tell(command, CIVIL)
        assert story.status(CHILD, on) is Status.NONE
        assert len(story.line(CHILD, Line.MAINTENANCE, on)) == 2
    else:
        with pytest.raises(InvalidError, match="sixteenth"):
            story.tell(command, COURT)


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2033-02-28", Status.GUARDIAN),
        ("2034-02-28", Status.GUARDIAN),
        ("2034-03-01", Status.NONE),
    ],
)
def test_one_born_on_29_february_comes_of_age_on_1_march(
    day: str, status: Status
) -> None:
    told = Telling()
    told.tell(born(CHILD, "2016-02-29", FATHER), POLICE)
    assert told.status(CHILD, day) is status


def test_the_end_of_what_does_not_stand_is_recorded_and_warned_of(
    story: Telling,
) -> None:
    told = story.tell(end(EndReason.COURT_FOUND, "2022-01-01", UNCLE), COURT)
    assert told.warnings == {"no_guardianship_to_end"}
    assert story.guardians(CHILD, "2022-01-02") == {FATHER, MOTHER}


@pytest.mark.parametrize(
    "command",
    [
        end(EndReason.WARD_DIED, "2022-01-01", FATHER),
        end(EndReason.FULL_CAPACITY, "2032-01-01", FATHER),
        end(EndReason.GUARDIAN_DIED, "2022-01-01", None),
    ],
)
def test_who_ends_belongs_to_the_reason(story: Telling, command: object) -> None:
    with pytest.raises(InvalidError, match="who"):
        story.tell(command, COURT)  # type: ignore[arg-type]


def test_an_annulled_death_brings_the_parent_back(orphan: Telling) -> None:
    orphan.tell(order(Kin.GRANDPARENT, GRANDMOTHER), CIVIL)
    death = max(
        v
        for v, f in orphan.children[CHILD].facts.items()
        if getattr(f, "who", None) == MOTHER
    )
    orphan.annul(CHILD, death)
    assert MOTHER in orphan.guardians(CHILD, "2021-06-01")


def test_a_body_as_designated_guardian_of_a_court_is_the_state(story: Telling) -> None:
    said = outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),))
    story.tell(judgment("2022-03-01", said), COURT)
    (period,) = story.line(CHILD, Line.RELATION, "2022-03-01")
    assert period.role is Role.STATE_GUARDIAN
    assert period.holder == Holder(kind=HolderKind.BODY, id=BUREAU)
