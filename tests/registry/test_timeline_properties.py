"""Invariants of every timeline, over random histories of acts."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from events.dates import PartialDate
from events.guardianship import AnnulReason, ChildEvent, EndReason, Office
from events.timeline import Holder, Line, Role, Status, answer
from registry.cases import Case, decide_record_decision
from registry.commands import (
    DesignateGuardian,
    EndGuardianship,
    RecordWhereabouts,
    StartTemporaryArrangement,
)
from registry.guardianship import (
    Child,
    annulments,
    decide_designate_guardian,
    decide_end_guardianship,
    decide_record_whereabouts,
    decide_register_child,
    decide_start_temporary_arrangement,
    evolve,
    record,
    reinstatements,
)
from registry.timeline import timeline
from tests.support.registry import body, person
from tests.support.stories import CHILD, born, judgment, outcome

PEOPLE = (person("mother"), person("father"), person("uncle"), body("bureau"))
BORN = date(2010, 3, 1)
DAYS = st.integers(0, 18 * 366).map(lambda n: (BORN + timedelta(n)).isoformat())
WHEN = (
    st.one_of(DAYS, DAYS.map(lambda d: d[:7]), DAYS.map(lambda d: d[:4]))
    .map(PartialDate)
    .filter(lambda d: d.earliest >= BORN)
)
WHO = st.sampled_from(PEOPLE)
KINDS = st.sampled_from(
    [
        "designate",
        "cover",
        "care",
        "disqualify",
        "restore",
        "end",
        "lost",
        "annul",
        "again",
        "died",
    ]
)
STEPS = st.lists(st.tuples(KINDS, WHEN, WHO, st.integers(0, 30)), max_size=12)


def step(  # noqa: PLR0911  one return per kind of act
    child: Child, kind: str, on: PartialDate, who: Holder, n: int
) -> list[ChildEvent]:
    court = Office.COURT
    facts = sorted(v for v in child.facts if v > 2)
    match kind:
        case "designate":
            return decide_designate_guardian(
                child,
                DesignateGuardian(child=CHILD, holders=(who,), on=on, order=0),
                Office.COMMITTEE,
            )
        case "cover" | "care":
            role = (
                Role.STATE_TEMPORARY_GUARDIAN
                if kind == "cover"
                else Role.TEMPORARY_CARE
            )
            command = StartTemporaryArrangement(
                child=CHILD,
                holder=who,
                role=role,
                limb=None,
                on=on,
                order=0,
                until=None,
            )
            return decide_start_temporary_arrangement(
                child, command, Office.CIVIL_AFFAIRS
            )
        case "disqualify" | "restore":
            said = (
                outcome(disqualified=(who,))
                if kind == "disqualify"
                else outcome(restored=(who,))
            )
            _, effects = decide_record_decision(
                Case(), {CHILD: child}, judgment(on, said), court
            )
            return effects[CHILD]
        case "end" | "died":
            reason = (
                EndReason.GUARDIAN_DIED if kind == "died" else EndReason.COURT_FOUND
            )
            return decide_end_guardianship(
                child,
                EndGuardianship(child=CHILD, who=who, reason=reason, on=on, order=0),
                court,
            )
        case "lost":
            return decide_record_whereabouts(
                child,
                RecordWhereabouts(
                    child=CHILD, who=who, lost=bool(n % 2), on=on, order=0
                ),
                court,
            )
        case _ if not facts:
            return []
        case "annul":
            acts = annulments(
                child, [facts[n % len(facts)]], AnnulReason.WRONG_DATE, court
            )
        case _:
            acts = reinstatements(child, [facts[n % len(facts)]], court)
    return record(child, acts) if acts else []


def registered() -> Child:
    child = Child()
    for event in decide_register_child(
        child, born(CHILD, BORN.isoformat(), *PEOPLE[:2]), Office.POLICE
    ):
        child = evolve(child, event)
    return child


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_every_history_keeps_the_invariants(
    steps: list[tuple[str, PartialDate, Holder, int]],
) -> None:
    child = registered()
    for kind, on, who, n in steps:
        for event in step(child, kind, on, who, n):
            child = evolve(child, event)
        unnumbered = sorted(repr(p).split("line=")[1] for p in child.live.values())
        wanted = sorted(repr(p).split("line=")[1] for p in timeline(child.standing()))
        assert unnumbered == wanted
        assert max(child.live, default=0) < child.next_number
    _no_silent_gap(child)
    _holders_stand_in_the_act_cited(child)


def _no_silent_gap(child: Child) -> None:
    edges: set[date] = {BORN, date(2028, 2, 29)}
    for period in child.live.values():
        for boundary in (period.from_, period.until):
            if boundary is not None:
                edges |= {boundary.earliest, boundary.latest}
    for edge in edges:
        for day in (edge - timedelta(1), edge, edge + timedelta(1)):
            if not BORN <= day < date(2028, 3, 1):
                continue
            found = answer(child.live.values(), day)
            assert found.status is not Status.NONE, day
            held = {p.line for p in found.certain}
            assert not (Line.GAP in held and held & {Line.RELATION, Line.COVER})


def _holders_stand_in_the_act_cited(child: Child) -> None:
    for period in child.live.values():
        if period.holder is not None:
            assert period.holder.id in repr(child.facts[period.opened_by])
