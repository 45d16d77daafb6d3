"""One submission all the way: court to log to custody, on the embedded store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from events.dates import PartialDate
from events.guardianship import AnnulReason, Office
from events.log import EMPTY
from events.timeline import Holder, Line, Status
from registry.bootstrap import KeeperBusyError, Registry
from registry.commands import (
    CorrectSubmission,
    RecordDeath,
    ReinstateSubmission,
    WithdrawApplication,
)
from registry.refusal import InvalidError, NotKnownError
from registry.submission import AlreadyExistsError
from tests.support.registry import (
    body,
    child_id,
    opened,
    person,
    submission,
    submit,
)
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    born,
    judgment,
    outcome,
    tongshan_application,
)

BOTH_LOST = judgment(
    "2015-02-04",
    outcome(disqualified=(FATHER, MOTHER), designated=(body(BUREAU),), crime=True),
)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        submit(
            found,
            submission(
                born(CHILD, "2004-10", FATHER, MOTHER),
                "birth",
                "xuzhou-police",
                Office.POLICE,
            ),
        )
        submit(
            found,
            submission(
                tongshan_application(), "application", BUREAU, Office.CIVIL_AFFAIRS
            ),
        )
        yield found


def who(registry: Registry, day: str, known_at: int | None = None) -> set[Holder]:
    found = registry.custody.custody(CHILD, date.fromisoformat(day), known_at)
    assert found is not None
    return set(found.answer.hand_over_to)


def status(registry: Registry, day: str, known_at: int | None = None) -> Status:
    found = registry.custody.custody(CHILD, date.fromisoformat(day), known_at)
    assert found is not None
    return found.answer.status


def test_judgment_moves_custody_on_its_day_and_not_before(registry: Registry) -> None:
    submit(registry, submission(BOTH_LOST, "judgment"))
    assert who(registry, "2015-02-03") == {FATHER, MOTHER}
    assert who(registry, "2015-02-04") == {body(BUREAU)}


def test_what_was_known_before_the_judgment_is_still_answered(
    registry: Registry,
) -> None:
    before = registry.log.head().position
    submit(registry, submission(BOTH_LOST, "judgment"))
    assert who(registry, "2015-02-04", before) == {FATHER, MOTHER}


def test_a_case_of_2015_cites_no_civil_code(registry: Registry) -> None:
    submit(registry, submission(BOTH_LOST, "judgment"))
    periods = registry.custody.periods(CHILD, registry.log.head().position)
    bars = [p for p in periods if p.line is Line.BAR]
    assert [p.articles for p in bars] == [("GPCL 18(3)", "MPL12 53", "OP14 35")] * 2


def test_support_survives_disqualification_until_majority(registry: Registry) -> None:
    submit(registry, submission(BOTH_LOST, "judgment"))
    periods = registry.custody.periods(CHILD, registry.log.head().position)
    support = [p for p in periods if p.line is Line.MAINTENANCE]
    assert {p.holder for p in support} == {FATHER, MOTHER}
    assert {p.until for p in support} == {PartialDate("2022-10")}


def test_same_request_twice_has_one_effect_and_one_receipt(registry: Registry) -> None:
    first = submit(registry, submission(BOTH_LOST, "judgment"))
    head = registry.log.head()
    again = submit(registry, submission(BOTH_LOST, "judgment"))
    assert again == first.again()
    assert registry.log.head() == head


def test_same_request_with_other_content_names_the_first(registry: Registry) -> None:
    first = submit(registry, submission(BOTH_LOST, "judgment"))
    other = judgment("2015-02-05", outcome(disqualified=(FATHER,)))
    with pytest.raises(AlreadyExistsError) as raised:
        submit(registry, submission(other, "judgment"))
    assert raised.value.first.position == first.position


def test_judgment_that_designates_nobody_is_recorded_and_opens_a_gap(
    registry: Registry,
) -> None:
    lost = judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER)))
    receipt = submit(registry, submission(lost, "judgment"))
    assert receipt.refused is None
    assert status(registry, "2015-02-04") is Status.GAP
    periods = registry.custody.periods(CHILD, receipt.position)
    (gap,) = [p for p in periods if p.line is Line.GAP]
    assert gap.duty is not None
    assert (gap.duty.who, gap.duty.due) == ("civil_affairs", gap.from_)
    assert any(event.urgent for event in receipt.events)


def test_remaining_parent_carries_on(registry: Registry) -> None:
    submit(
        registry,
        submission(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "judgment"),
    )
    assert who(registry, "2015-02-04") == {MOTHER}
    assert status(registry, "2015-02-04") is Status.GUARDIAN


def test_restoration_ends_the_designated_guardian_at_once(registry: Registry) -> None:
    submit(registry, submission(BOTH_LOST, "judgment"))
    back = judgment(
        "2015-09-01", outcome(restored=(MOTHER,)), case=child_id("restoration")
    )
    submit(registry, submission(back, "restoration"))
    assert who(registry, "2015-08-31") == {body(BUREAU)}
    assert who(registry, "2015-09-01") == {MOTHER}


def test_restoration_after_a_crime_against_the_ward_is_recorded_and_warned(
    registry: Registry,
) -> None:
    submit(registry, submission(BOTH_LOST, "judgment"))
    back = judgment(
        "2015-09-01", outcome(restored=(FATHER,)), case=child_id("restoration")
    )
    receipt = submit(registry, submission(back, "restoration"))
    assert "bar_not_stated" in {w.reason for w in receipt.warnings}


def test_restoration_recorded_before_the_disqualification_it_follows(
    registry: Registry,
) -> None:
    back = judgment(
        "2015-09-01", outcome(restored=(MOTHER,)), case=child_id("restoration")
    )
    submit(registry, submission(back, "restoration"))
    submit(registry, submission(BOTH_LOST, "judgment"))
    assert who(registry, "2015-05-01") == {body(BUREAU)}
    assert who(registry, "2015-09-01") == {MOTHER}


def test_correction_replaces_an_act_on_which_later_ones_stood(
    registry: Registry,
) -> None:
    wrong = submit(
        registry,
        submission(
            judgment("2015-02-04", outcome(disqualified=(FATHER, MOTHER))), "judgment"
        ),
    )
    grandmother = person("tongshan grandmother")
    for number, day in enumerate(("2015-03-01", "2015-04-01", "2015-05-01")):
        later = judgment(
            day, outcome(designated=(grandmother,)), case=child_id(f"later {day}")
        )
        submit(registry, submission(later, f"later {number}"))
    known = registry.log.head().position
    right = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    submit(
        registry,
        submission(
            CorrectSubmission(
                position=wrong.position,
                reason=AnnulReason.WRONG_PERSON,
                replacement=right,
            ),
            "correction",
        ),
    )
    assert status(registry, "2015-02-10") is Status.GUARDIAN
    assert who(registry, "2015-02-10") == {MOTHER}
    assert who(registry, "2015-03-02") == {MOTHER, grandmother}
    assert status(registry, "2015-02-10", known) is Status.GAP


def test_annulled_act_stands_again_when_reinstated(registry: Registry) -> None:
    act = submit(registry, submission(BOTH_LOST, "judgment"))
    submit(
        registry,
        submission(
            CorrectSubmission(
                position=act.position,
                reason=AnnulReason.NEVER_HAPPENED,
                replacement=None,
            ),
            "annulment",
        ),
    )
    assert who(registry, "2015-03-01") == {FATHER, MOTHER}
    submit(registry, submission(ReinstateSubmission(position=act.position), "again"))
    assert who(registry, "2015-03-01") == {body(BUREAU)}


def test_another_authority_cannot_correct(registry: Registry) -> None:
    act = submit(registry, submission(BOTH_LOST, "judgment"))
    with pytest.raises(NotKnownError):
        submit(
            registry,
            submission(
                CorrectSubmission(
                    position=act.position,
                    reason=AnnulReason.WRONG_CONTENT,
                    replacement=None,
                ),
                "theft",
                "xingshan-court",
            ),
        )
    assert who(registry, "2015-03-01") == {body(BUREAU)}


def test_death_in_a_month_is_uncertain_within_it_only(registry: Registry) -> None:
    submit(
        registry,
        submission(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "judgment"),
    )
    submit(
        registry,
        submission(
            RecordDeath(person=MOTHER.id, on=PartialDate("2018-04")),
            "death",
            "xuzhou-police",
            Office.POLICE,
        ),
    )
    assert status(registry, "2018-03-31") is Status.GUARDIAN
    assert status(registry, "2018-04-15") is Status.UNCERTAIN
    assert status(registry, "2018-05-01") is Status.GAP


def test_procurator_may_not_apply_and_the_refusal_has_a_receipt(
    registry: Registry,
) -> None:
    receipt = submit(
        registry,
        submission(
            tongshan_application(),
            "procurator",
            "tongshan-procuratorate",
            Office.PROCURATORATE,
        ),
    )
    assert receipt.refused is not None
    assert receipt.refused.reason == "not_competent"


def test_unknown_child_is_not_recorded_and_says_up_to_where(
    registry: Registry,
) -> None:
    head = registry.log.head()
    stranger = judgment("2015-02-04", outcome(child_id("nobody")))
    with pytest.raises(NotKnownError) as raised:
        submit(registry, submission(stranger, "stranger"))
    assert raised.value.position == head.position
    assert registry.log.head() == head


def test_a_court_cannot_speak_for_another(registry: Registry) -> None:
    with pytest.raises(InvalidError) as raised:
        submit(registry, submission(BOTH_LOST, "forged", "xingshan-court"))
    assert raised.value.field == "court"


def test_validate_only_records_nothing(registry: Registry) -> None:
    head = registry.log.head()
    receipt = submit(registry, submission(BOTH_LOST, "trial", validate_only=True))
    assert receipt.position == 0
    assert receipt.events[0].type == "DecisionRecorded"
    assert registry.log.head() == head


def test_withdrawal_moves_nothing(registry: Registry) -> None:
    submit(
        registry,
        submission(
            WithdrawApplication(case=CASE, on=PartialDate("2015-01-08")),
            "withdrawal",
            BUREAU,
            Office.CIVIL_AFFAIRS,
        ),
    )
    assert who(registry, "2015-02-04") == {FATHER, MOTHER}


def test_second_keeper_of_a_folder_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(KeeperBusyError), opened(tmp_path):
        pass  # pragma: no cover


def test_reopened_folder_and_lost_projection_give_the_same_rows(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as first:
        submit(
            first,
            submission(
                born(CHILD, "2004-10", FATHER, MOTHER), "birth", COURT, Office.POLICE
            ),
        )
        submit(first, submission(BOTH_LOST, "judgment"))
        digest, head = first.custody.digest(), first.log.head()
        assert head != EMPTY
    for lost in tmp_path.glob("custody*"):
        lost.unlink()
    with opened(tmp_path) as again:
        assert again.log.head() == head
        assert again.custody.digest() == digest
