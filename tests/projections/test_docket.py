"""The docket on any day, as known at any position, against a walk of the whole log."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from events.cases import (
    ApplicantClass,
    ApplicationAccepted,
    ApplicationFiled,
    ApplicationWithdrawn,
    DecisionRecorded,
    ProcedureTerminated,
    ProtectionApplied,
)
from events.codec import EVENTS
from events.guardianship import ActAnnulled, ActReinstated, AnnulReason, Office
from events.proceedings import (
    Asked,
    ProtectionAsked,
    ProtectionMeasure,
    ProtectionOutcome,
)
from projections.docket import BEGINNING, CaseState, DocketProjection, KnownCase, Place
from projections.opened import OpenedEntry, open_stored
from projections.view import create
from registry.commands import (
    AcceptApplication,
    CorrectSubmission,
    ReinstateSubmission,
    TerminateProcedure,
    WithdrawApplication,
)
from tests.projections.test_limits import GRANDMOTHER, Told, lived
from tests.projections.test_oracle import rebuilt_digest
from tests.support.registry import body, child_id, opened
from tests.support.stories import (
    BUREAU,
    CASE,
    CHILD,
    COURT,
    FATHER,
    MOTHER,
    application,
    asks_protection,
    born,
    decides_protection,
    judgment,
    outcome,
)
from tests.support.telling import day

LATER = child_id("tongshan case of 2024")
SIBLING = child_id("a sibling elsewhere")
DAYS = [date(2021, 12, 31), date(2022, 6, 15), date(2024, 1, 1)]
ENDS = (ApplicationWithdrawn, ProcedureTerminated)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with opened(tmp_path) as registry:
        yield Told(registry)


def sue(told: Told, case: str = CASE, on: str = "2022-03-01") -> int:
    asked, grandparent = Asked.DISQUALIFY, ApplicantClass.GRANDPARENT
    command = application(asked, grandparent, on, FATHER, who=GRANDMOTHER, case=case)
    return told.act(command)


def listed(told: Told, on: str = "2024-01-01", **given: Any) -> list[KnownCase]:  # noqa: ANN401  a question
    given = given or {"court": COURT}
    docket = told.registry.docket
    return list(docket.cases(date.fromisoformat(on), **given).cases)


def states(told: Told, on: str = "2024-01-01", **given: Any) -> list[CaseState]:  # noqa: ANN401  a question
    return [known.state for known in listed(told, on, **given)]


def test_a_case_stands_where_its_last_act_by_the_day_left_it(told: Told) -> None:
    filed = sue(told)
    accepted = told.act(AcceptApplication(case=CASE, on=day("2022-03-05")))
    told.act(judgment("2022-03-20", outcome(disqualified=(FATHER,))))
    by_day = ["2022-02-28", "2022-03-01", "2022-03-05", "2022-03-20"]
    assert [states(told, on) for on in by_day] == [
        [],
        [CaseState.FILED],
        [CaseState.ACCEPTED],
        [CaseState.GRANTED],
    ]
    assert states(told, court=COURT, known_at=accepted) == [CaseState.ACCEPTED]
    assert states(told, court=COURT, known_at=filed) == [CaseState.FILED]
    assert states(told, court=COURT, known_at=filed - 1) == []


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (WithdrawApplication(case=CASE, on=day("2022-04-01")), CaseState.WITHDRAWN),
        (TerminateProcedure(case=CASE, on=day("2022-04-01")), CaseState.TERMINATED),
        (judgment("2022-04-01", outcome(dismissed=(FATHER,))), CaseState.DISMISSED),
        (
            judgment(
                "2022-04-01", outcome(disqualified=(MOTHER,), dismissed=(FATHER,))
            ),
            CaseState.PARTLY_GRANTED,
        ),
    ],
)
def test_every_end_of_a_case_is_told(told: Told, act: Any, state: CaseState) -> None:  # noqa: ANN401  any end
    sue(told)
    at = told.act(act)
    assert states(told) == [state]
    assert not listed(told)[0].pending
    wrong = AnnulReason.WRONG_CASE
    told.act(CorrectSubmission(position=at, reason=wrong, replacement=None))
    assert states(told) == [CaseState.FILED]
    told.act(ReinstateSubmission(position=at))
    assert states(told) == [state]


def test_a_judgment_without_an_application_is_on_the_docket(told: Told) -> None:
    told.act(judgment("2022-03-20", outcome(disqualified=(FATHER,))))
    (known,) = listed(told)
    assert isinstance(known.opening, DecisionRecorded)
    assert (known.state, known.children) == (CaseState.GRANTED, (CHILD,))
    sue(told, on="2022-03-25")
    (known,) = listed(told)
    assert isinstance(known.opening, ApplicationFiled)
    assert known.state is CaseState.FILED, "filed on a later day than it was decided"


def test_a_month_leaves_open_where_a_case_stood_in_it(told: Told) -> None:
    sue(told)
    told.act(AcceptApplication(case=CASE, on=day("2022-03")))
    assert [(k.state, k.certain) for k in listed(told, "2022-03-15")] == [
        (CaseState.FILED, False)
    ]
    assert [(k.state, k.certain) for k in listed(told, "2022-03-31")] == [
        (CaseState.ACCEPTED, True)
    ]


def test_the_docket_is_of_a_court_an_applicant_a_place_or_a_child(told: Told) -> None:
    elsewhere = replace(born(SIBLING, "2016-01-01", FATHER), jurisdiction="cn-320305")
    told.act(elsewhere, Office.POLICE)
    sue(told)
    bureau = application(
        Asked.DISQUALIFY,
        ApplicantClass.CIVIL_AFFAIRS,
        "2022-02-01",
        FATHER,
        who=body(BUREAU),
        case=LATER,
        child=SIBLING,
    )
    told.act(replace(bureau, court="quanshan-court"), Office.CIVIL_AFFAIRS)

    def cases(**given: str) -> list[str]:
        return [known.case for known in listed(told, **given)]

    assert cases(court=COURT) == cases(child=CHILD) == [CASE]
    assert cases(applicant=GRANDMOTHER.id) == cases(jurisdiction="cn-320312") == [CASE]
    assert cases(court="quanshan-court") == cases(applicant=BUREAU) == [LATER]
    assert cases(jurisdiction="cn-320305") == cases(child=SIBLING) == [LATER]
    assert cases(court=COURT, child=SIBLING) == []
    both = told.registry.docket.cases(date(2024, 1, 1)).cases
    assert [known.case for known in both] == [LATER, CASE], "the oldest first"
    told.act(AcceptApplication(case=CASE, on=day("2022-03-05")))
    accepted = (CaseState.ACCEPTED,)
    found = told.registry.docket.cases(date(2024, 1, 1), states=accepted).cases
    assert [known.case for known in found] == [CASE]


def test_an_order_that_is_asked_for_is_on_the_docket_apart_from_its_case(
    told: Told,
) -> None:
    sue(told)
    asked = replace(
        asks_protection(ProtectionAsked.ORDER, "2022-05-10", FATHER), case=CASE
    )
    at = told.act(asked, Office.WOMENS_FEDERATION)
    pending = [CaseState.FILED, CaseState.FILED]
    assert states(told, child=CHILD) == states(told, court=COURT) == pending
    said = ProtectionOutcome.ORDERED, "2022-05-12", FATHER
    apart = (ProtectionMeasure.NO_CONTACT,)
    order = decides_protection(*said, until="2022-11-12", measures=apart)
    told.act(replace(order, case=CASE))
    assert states(told, child=CHILD) == [CaseState.FILED, CaseState.GRANTED]
    assert states(told, "2022-05-11", court=COURT) == pending
    suit, protection = listed(told)
    assert isinstance(suit.opening, ApplicationFiled)
    assert isinstance(protection.opening, ProtectionApplied)
    assert protection.children == (CHILD,)
    docket, when = told.registry.docket, date(2024, 1, 1)
    first = docket.cases(when, court=COURT, size=1)
    assert first.next_place is not None
    second = docket.cases(when, court=COURT, size=1, after=first.next_place)
    assert (*first.cases, *second.cases) == (suit, protection)
    more = asks_protection(ProtectionAsked.EXTENSION, "2022-11-01", FATHER)
    told.act(replace(more, case=CASE), Office.WOMENS_FEDERATION)
    assert states(told, child=CHILD) == pending
    refused = ProtectionOutcome.REFUSED, "2022-11-02"
    told.act(replace(decides_protection(*refused), case=CASE))
    assert states(told, child=CHILD) == [CaseState.FILED, CaseState.DISMISSED]
    before = docket.cases(when, at, child=CHILD).cases
    assert [known.state for known in before] == pending
    log = told.registry.log
    assert docket.digest() == rebuilt_digest(DocketProjection(), log.read(0, 1_000))


def test_a_naming_that_was_taken_back_is_on_no_childs_docket(told: Told) -> None:
    at = sue(told)
    wrong = AnnulReason.WRONG_CHILD
    told.act(CorrectSubmission(position=at, reason=wrong, replacement=None))
    assert listed(told, child=CHILD) == []
    assert [k.case for k in listed(told, child=CHILD, known_at=at)] == [CASE]
    told.act(ReinstateSubmission(position=at))
    assert [k.case for k in listed(told, child=CHILD)] == [CASE]


def test_a_file_has_every_act_in_order_of_legal_days(told: Told) -> None:
    told.act(judgment("2022-03-20", outcome(disqualified=(FATHER,))))
    filed = sue(told)
    told.act(AcceptApplication(case=CASE, on=day("2022-03-05")))
    wrong = AnnulReason.NEVER_HAPPENED
    told.act(CorrectSubmission(position=filed, reason=wrong, replacement=None))
    found = told.registry.docket.file(CASE, date(2024, 1, 1))
    assert [type(fact.event).__name__ for fact in found.facts] == [
        "ApplicationFiled",
        "NamedInApplication",
        "ActAnnulled",
        "ActAnnulled",
        "ApplicationAccepted",
        "DecisionRecorded",
        "GuardianDisqualified",
    ]
    assert [fact.annulled for fact in found.facts][:2] == [True, True]
    before = told.registry.docket.file(CASE, date(2024, 1, 1), filed)
    assert [fact.annulled for fact in before.facts][:2] == [False, False]
    assert told.registry.docket.file(LATER, date(2024, 1, 1)).facts == ()


def test_pages_together_are_the_whole(told: Told) -> None:
    for number in range(7):
        sue(told, child_id(f"case {number}"), f"2022-03-0{number % 3 + 1}")
    docket, when = told.registry.docket, date(2024, 1, 1)
    whole = docket.cases(when, court=COURT).cases
    assert len(whole) == 7
    paged: list[KnownCase] = []
    place: Place | None = BEGINNING
    while place is not None:
        page = docket.cases(when, court=COURT, after=place, size=2)
        paged += page.cases
        place = page.next_place
    assert tuple(paged) == whole


Plain = dict[str, tuple[CaseState, bool, tuple[str, ...]]]


def plainly(entries: Sequence[OpenedEntry], known_at: int, on: date) -> Plain:
    """The docket of a day once more: slow, keeping nothing, obviously right."""
    streams: dict[str, dict[int, Any]] = {}
    gone: dict[str, set[int]] = {}
    for entry in entries[:known_at]:
        for opened_ in entry.events:
            event = EVENTS.decode(opened_.fingerprint, opened_.body)
            if isinstance(event, ActAnnulled):
                gone.setdefault(opened_.stream, set()).add(event.act)
            elif isinstance(event, ActReinstated):
                gone[opened_.stream].discard(event.act)
            else:
                streams.setdefault(opened_.stream, {})[opened_.version] = event
    standing = {
        stream: [e for v, e in events.items() if v not in gone.get(stream, set())]
        for stream, events in streams.items()
    }
    found: Plain = {}
    for stream, events in standing.items():
        known = stood(events, on) if stream.startswith("case/") else None
        if known is None:
            continue
        name = stream.removeprefix("case/")
        children = {
            child.removeprefix("child/")
            for child, facts in standing.items()
            if child.startswith("child/")
            and any(getattr(fact, "case", None) == name for fact in facts)
        }
        found[name] = (*known, tuple(sorted(children)))
    return found


def stood(events: list[Any], on: date) -> tuple[CaseState, bool] | None:
    steps = []
    for event in events:
        if isinstance(event, ApplicationFiled):
            steps.append((event.filed_on, CaseState.FILED))
        elif isinstance(event, ApplicationAccepted):
            steps.append((event.on, CaseState.ACCEPTED))
        elif isinstance(event, ENDS):
            withdrawn = isinstance(event, ApplicationWithdrawn)
            state = CaseState.WITHDRAWN if withdrawn else CaseState.TERMINATED
            steps.append((event.on, state))
        elif isinstance(event, DecisionRecorded):
            steps.append((event.decided_on, CaseState(event.outcome)))
    ways = [s for s in steps if s[1] is CaseState.FILED]
    ways += [s for s in steps if s[1] not in {"accepted", "withdrawn", "terminated"}]
    if not ways or ways[0][0].earliest > on:
        return None
    taken = [s for s in steps if s[0].latest <= on]
    last = max(taken, key=lambda s: (s[0].latest, steps.index(s)), default=ways[0])
    return last[1], not any(s[0].earliest <= on < s[0].latest for s in steps)


def test_at_every_position_and_day_it_is_what_a_walk_of_the_log_says(
    told: Told,
) -> None:
    entries = lived(told, random.Random(20240301))  # noqa: S311  a history, no key
    docket = told.registry.docket
    for known_at in range(1, len(entries) + 1, 7):
        for on in DAYS:
            found = {
                known.case: (known.state, known.certain, known.children)
                for known in docket.cases(on, known_at).cases
            }
            assert found == plainly(entries, known_at, on)
    stored = told.registry.log.read(0, 1_000)
    assert docket.digest() == rebuilt_digest(DocketProjection(), stored)
    reached = {k.state for k in docket.cases(DAYS[-1]).cases}
    assert len(reached) > 2


def test_kept_entry_by_entry_it_is_what_is_folded_at_once(told: Told) -> None:
    entries = lived(told, random.Random(7))  # noqa: S311  a history, no key
    queries = DocketProjection().digested
    with closing(create(Path(":memory:"), DocketProjection())) as kept:
        apply = DocketProjection().folding(kept, whole=False)
        for number, entry in enumerate(entries, 1):
            apply([entry])
            if number % 25 and number != len(entries):
                continue
            with closing(create(Path(":memory:"), DocketProjection())) as whole:
                DocketProjection().folding(whole, whole=True)(entries[:number])
                for query in queries:
                    sql = query.format("main")
                    assert kept.execute(sql).fetchall() == whole.execute(sql).fetchall()


def test_an_entry_that_cannot_be_read_is_told_with_every_answer(told: Told) -> None:
    at = sue(told)
    stored = told.registry.log.read(at - 1, 1)[0]
    with closing(create(Path(":memory:"), DocketProjection())) as connection:
        lost = open_stored(stored)._replace(events=[], unreadable=(CHILD,))
        DocketProjection().folding(connection, whole=False)([lost])
        kept = connection.execute("SELECT position FROM quarantine").fetchall()
        assert kept == [(at,)]
        assert connection.execute("SELECT count(*) FROM act").fetchone() == (0,)
