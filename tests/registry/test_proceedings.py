"""What happens around a case: evidence, hearing, the child's wish, the procurator."""

from __future__ import annotations

import pytest

from events.cases import ApplicantClass, EvidenceListed
from events.document import Document
from events.guardianship import Office, PlacementForm
from events.limits import LimitKind
from events.proceedings import Advice, Asked, EvidenceKind, Wish
from events.timeline import Holder, Line, Role
from registry.case_commands import (
    AdviseApplication,
    HearWish,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)
from registry.competence import competent, kind_of, may_submit
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
    place,
    start,
)
from tests.support.telling import Telling, day

COURT, CIVIL, POLICE = Office.COURT, Office.CIVIL_AFFAIRS, Office.POLICE
PROCURATOR = Office.PROCURATORATE
UNCLE = person("tongshan uncle")
ASSESSMENT = Document(sha256=bytes(32), media_type="application/pdf", size=1024)


@pytest.fixture
def story() -> Telling:
    told = Telling()
    told.tell(born(CHILD, "2012-10-01", FATHER, MOTHER), POLICE)
    return told


def filed(story: Telling, *respondents: Holder) -> None:
    asked = application(
        Asked.DISQUALIFY,
        ApplicantClass.CIVIL_AFFAIRS,
        "2022-05-10",
        *(respondents or (FATHER,)),
    )
    story.tell(asked, CIVIL, BUREAU)


def evidence(kind: EvidenceKind = EvidenceKind.ASSESSMENT) -> ListEvidence:
    return ListEvidence(
        case=CASE, kind=kind, child=CHILD, document=ASSESSMENT, on=day("2022-05-11")
    )


def wish(
    said: Wish, toward: Holder | None, on: str = "2022-05-20", child: str = CHILD
) -> HearWish:
    return HearWish(
        child=child, case=CASE, wish=said, toward=toward, on=day(on), order=0
    )


def advice(said: Advice, to: Holder, on: str = "2022-04-01") -> AdviseApplication:
    return AdviseApplication(
        child=CHILD, advice=said, to=to, respondents=(FATHER,), on=day(on), order=0
    )


@pytest.mark.parametrize("kind", list(EvidenceKind))
def test_evidence_of_every_kind_is_listed_by_digest(
    story: Telling, kind: EvidenceKind
) -> None:
    filed(story)
    (listed,) = story.tell(evidence(kind), CIVIL).events
    assert isinstance(listed, EvidenceListed)
    assert (listed.document, listed.by) == (ASSESSMENT, CIVIL)


def test_the_same_document_is_listed_once(story: Telling) -> None:
    filed(story)
    story.tell(evidence(), CIVIL)
    with pytest.raises(InvalidError, match="document"):
        story.tell(evidence(), COURT)
    story.tell(evidence(EvidenceKind.OTHER), COURT)


def test_evidence_and_hearing_need_a_case(story: Telling) -> None:
    hearing = RecordHearing(case=CASE, absent=(), on=day("2022-05-25"))
    support = SupportApplication(case=CASE, on=day("2022-05-11"))
    with pytest.raises(NotKnownError):
        story.tell(evidence(), CIVIL)
    with pytest.raises(NotKnownError):
        story.tell(hearing, COURT)
    with pytest.raises(NotKnownError):
        story.tell(support, PROCURATOR)


def test_a_judgment_in_absence_says_so(story: Telling) -> None:
    filed(story)
    hearing = RecordHearing(case=CASE, absent=(FATHER,), on=day("2022-05-25"))
    assert story.tell(hearing, COURT).articles == {"CPL 147"}
    told = story.tell(judgment("2022-06-01", outcome(disqualified=(FATHER,))), COURT)
    assert "heard_in_absence" in told.reasons
    assert story.guardians(CHILD, "2022-06-01") == {MOTHER}


def test_a_hearing_that_all_came_to_says_nothing_of_absence(story: Telling) -> None:
    filed(story)
    story.tell(RecordHearing(case=CASE, absent=(), on=day("2022-05-25")), COURT)
    told = story.tell(judgment("2022-06-01", outcome(disqualified=(FATHER,))), COURT)
    assert "heard_in_absence" not in told.reasons


@pytest.mark.parametrize(
    ("absent", "on", "field"),
    [((FATHER, FATHER), "2022-05-25", "absent"), ((), "2022-05-09", "on")],
)
def test_a_hearing_names_each_once_and_follows_the_application(
    story: Telling, absent: tuple[Holder, ...], on: str, field: str
) -> None:
    filed(story)
    with pytest.raises(InvalidError, match=field):
        story.tell(RecordHearing(case=CASE, absent=absent, on=day(on)), COURT)


@pytest.mark.parametrize(
    ("birth", "on", "warned"),
    [
        ("2014-06-02", "2022-06-01", False),
        ("2014-06-01", "2022-06-01", True),
        ("2014-05-31", "2022-06-01", True),
        ("2012-02-29", "2020-02-28", False),
        ("2012-02-29", "2020-02-29", True),
        ("2014", "2022-06-01", True),  # may be eight
        ("2010-06-02", "2018-06-01", False),  # General Provisions: eight too
        ("2010-06-01", "2018-06-01", True),
        ("2004-06-01", "2016-06-01", False),  # before 2017 no article is known
    ],
)
def test_from_eight_years_on_a_judgment_without_a_wish_is_warned_of(
    birth: str, on: str, *, warned: bool
) -> None:
    told = Telling()
    child = child_id(f"born {birth}")
    told.tell(born(child, birth, FATHER, MOTHER), POLICE)
    asked = application(
        Asked.DISQUALIFY, ApplicantClass.CIVIL_AFFAIRS, on, FATHER, child=child
    )
    told.tell(asked, CIVIL, BUREAU)
    said = told.tell(judgment(on, outcome(child, disqualified=(FATHER,))), COURT)
    assert ("wish_not_on_record" in said.warnings) is warned


@pytest.mark.parametrize("said", [Wish.WITH, Wish.NOT_WITH, Wish.NO_VIEW])
def test_a_wish_that_was_asked_for_is_no_warning_whatever_it_was(
    story: Telling, said: Wish
) -> None:
    filed(story)
    toward = None if said is Wish.NO_VIEW else MOTHER
    told = story.tell(wish(said, toward), COURT)
    assert told.articles == {"CC 35(2)"}
    told = story.tell(judgment("2022-06-01", outcome(disqualified=(FATHER,))), COURT)
    assert told.warnings == set()
    assert "wish_on_record" in told.reasons


def test_younger_children_are_heard_too(story: Telling) -> None:
    young = child_id("a child of four")
    story.tell(born(young, "2018-01-01", FATHER, MOTHER), POLICE)
    told = story.tell(wish(Wish.WITH, MOTHER, child=young), Office.COMMITTEE)
    assert told.reasons == {"wish_on_record"}


@pytest.mark.parametrize("by_court", [True, False])
def test_a_designation_against_the_wish_is_recorded_and_warned_of(
    story: Telling, *, by_court: bool
) -> None:
    story.tell(judgment("2022-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    story.tell(wish(Wish.NOT_WITH, UNCLE), COURT)
    if by_court:
        said = outcome(designated=(UNCLE,))
        later = judgment("2022-06-01", said, case=child_id("later"))
        told = story.tell(later, COURT)
    else:
        told = story.tell(designate("2022-06-01", UNCLE), Office.COMMITTEE)
    assert "against_the_wish" in told.warnings
    assert story.guardians(CHILD, "2022-06-01") == {UNCLE}


def test_the_last_word_about_a_person_counts(story: Telling) -> None:
    story.tell(judgment("2022-03-01", outcome(disqualified=(FATHER, MOTHER))), COURT)
    story.tell(wish(Wish.NOT_WITH, UNCLE, "2022-05-01"), COURT)
    story.tell(wish(Wish.WITH, UNCLE, "2022-05-20"), COURT)
    told = story.tell(designate("2022-06-01", UNCLE), Office.COMMITTEE)
    assert told.warnings == set()


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (wish(Wish.WITH, None), "toward"),
        (wish(Wish.NO_VIEW, MOTHER), "toward"),
        (wish(Wish.WITH, MOTHER, "2012-09-30"), "on"),
    ],
)
def test_a_wish_is_of_somebody_and_of_one_who_is_born(
    story: Telling, command: HearWish, field: str
) -> None:
    with pytest.raises(InvalidError, match=field):
        story.tell(command, COURT)


def test_a_recommendation_starts_civil_affairs_last_resort(story: Telling) -> None:
    told = story.tell(advice(Advice.RECOMMENDED, body(BUREAU)), PROCURATOR)
    assert told.due(LimitKind.LAST_RESORT) == [
        "2022-05-05"
    ]  # after the holidays of May
    assert told.articles == {"OP14 30", "MPL 106"}
    assert story.guardians(CHILD, "2022-04-02") == {FATHER, MOTHER}


@pytest.mark.parametrize(
    ("on", "articles"),
    [
        ("2014-12-31", set()),
        ("2015-01-01", {"OP14 30"}),
        ("2021-05-31", {"OP14 30"}),
        ("2021-06-01", {"OP14 30", "MPL 106"}),
    ],
)
def test_advice_is_by_the_law_of_its_day(
    story: Telling, on: str, articles: set[str]
) -> None:
    told = story.tell(advice(Advice.RECOMMENDED, body(BUREAU), on), PROCURATOR)
    assert told.articles == articles


def test_a_notice_of_the_right_to_apply_starts_nothing(story: Telling) -> None:
    told = story.tell(advice(Advice.INFORMED, UNCLE), PROCURATOR)
    assert told.due(LimitKind.LAST_RESORT) == []
    assert "informed_of_the_right" in told.reasons


def test_a_recommendation_goes_to_a_body_and_names_whom(story: Telling) -> None:
    with pytest.raises(InvalidError, match="to"):
        story.tell(advice(Advice.RECOMMENDED, UNCLE), PROCURATOR)
    nobody = AdviseApplication(
        child=CHILD,
        advice=Advice.INFORMED,
        to=UNCLE,
        respondents=(),
        on=day("2022-04-01"),
        order=0,
    )
    with pytest.raises(InvalidError, match="respondents"):
        story.tell(nobody, PROCURATOR)


def test_the_procurator_alone_advises_and_supports(story: Telling) -> None:
    filed(story)
    support = SupportApplication(case=CASE, on=day("2022-05-12"))
    assert story.tell(support, PROCURATOR).articles == {"MPL 106"}
    for command in (support, advice(Advice.INFORMED, UNCLE)):
        allowed = [o for o in Office if may_submit(o, kind_of(command))]
        assert allowed == [PROCURATOR]
        assert competent(kind_of(command))[1]


def test_while_the_case_is_pending_the_child_is_placed_and_nothing_else_moves(
    story: Telling,
) -> None:
    """Temporary guardianship and placement during a case; then the judgment."""
    filed(story, FATHER, MOTHER)
    role = Role.STATE_TEMPORARY_GUARDIAN
    story.tell(start(role, "2022-05-11", body(BUREAU), limb=6), CIVIL)
    home = body("tongshan-welfare-home")
    story.tell(place(PlacementForm.WELFARE_INSTITUTION, "2022-05-11", home), CIVIL)
    assert story.guardians(CHILD, "2022-05-20") == {FATHER, MOTHER}
    assert story.hands(CHILD, "2022-05-20") == {body(BUREAU)}
    story.tell(wish(Wish.NOT_WITH, FATHER), COURT)
    said = outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),))
    told = story.tell(judgment("2022-06-08", said), COURT)
    assert told.warnings == set()
    assert story.hands(CHILD, "2022-06-08") == {body(BUREAU)}
    assert story.line(CHILD, Line.COVER, "2022-06-08") == []
    (placed,) = story.line(CHILD, Line.PLACEMENT, "2022-06-08")
    assert placed.holder == home
