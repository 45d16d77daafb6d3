"""Invariants of every timeline, over random lawful and unlawful histories of acts.

Acts come in any order of their days, so that most are late; any may be annulled and
reinstated. What the law refuses leaves no trace on the child.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from events.dates import PartialDate
from events.guardianship import (
    AnnulReason,
    ChildEvent,
    EndReason,
    GuardianDesignated,
    GuardianshipEnded,
    GuardianshipEstablished,
    Office,
    PlacementForm,
    TemporaryArrangementStarted,
    Way,
)
from events.proceedings import Kin, ProtectionMeasure, ProtectionOutcome, TemporaryEnd
from events.timeline import Holder, HolderKind, Line, Period, Role, Status, answer
from registry.case import Case
from registry.child import Child, annulments, evolve, reinstatements
from registry.commands import (
    DesignateGuardian,
    EndGuardianship,
    EndPlacement,
    EndTemporaryArrangement,
    EstablishGuardianship,
    RecordPlacement,
    RecordWhereabouts,
    StartTemporaryArrangement,
)
from registry.deciders import on_child
from registry.judgments import decide_record_decision
from registry.measures import TEMPORARY_ROLES
from registry.protection import decide_decide_protection
from registry.refusal import InvalidError, RefusedError
from registry.registration import decide_register_child
from registry.timeline import record, timeline
from tests.support.registry import body, person
from tests.support.stories import (
    CHILD,
    born,
    decides_protection,
    judgment,
    outcome,
)

PEOPLE = (person("mother"), person("father"), person("uncle"), body("bureau"))
BORN = date(2010, 3, 1)
OF_AGE = date(2028, 3, 1)
DAYS = st.integers(0, 18 * 366).map(lambda n: (BORN + timedelta(n)).isoformat())
WHEN = (
    st.one_of(DAYS, DAYS.map(lambda d: d[:7]), DAYS.map(lambda d: d[:4]))
    .map(PartialDate)
    .filter(lambda d: d.earliest >= BORN)
)
WHO = st.sampled_from(PEOPLE)
OFFICES = st.sampled_from([Office.COMMITTEE, Office.CIVIL_AFFAIRS, Office.COURT])
COURTS = ("disqualify", "restore", "redesignate", "measures", "both")
KINDS = st.sampled_from(
    [
        *("establish", "designate", "start", "stop", "place", "unplace", "end"),
        *("lost", "found", "annul", "again", "keep apart", "lift", *COURTS),
    ]
)
Step = tuple[str, PartialDate, Holder, Office, int]
GIVING = st.sampled_from(["establish", "designate", "start", "annul", "found"])
"""Acts that give somebody something, or take away what stood in the way of it."""
GIFTS = st.lists(
    st.tuples(GIVING, WHEN, WHO, OFFICES, st.integers(0, 60)), min_size=6, max_size=14
)
STEPS = st.lists(st.tuples(KINDS, WHEN, WHO, OFFICES, st.integers(0, 60)), max_size=14)
ROLES = sorted(TEMPORARY_ROLES)
ALONE = {EndReason.FULL_CAPACITY, EndReason.WARD_DIED}


E = TypeVar("E", bound=StrEnum)


def some(values: type[E], n: int) -> E:
    members = list(values)
    return members[n % len(members)]


def by_court(child: Child, kind: str, on: PartialDate, who: Holder) -> list[ChildEvent]:
    others = tuple(h for h in PEOPLE if h != who)
    said = {
        "disqualify": outcome(disqualified=(who,)),
        "restore": outcome(restored=(who,)),
        "redesignate": outcome(designated=(who,)),
        "measures": outcome(measures=who),
        "both": outcome(disqualified=others[:2], designated=(who,)),
    }[kind]
    _, effects = decide_record_decision(
        Case(), {CHILD: child}, judgment(on, said), Office.COURT
    )
    return effects[CHILD]


def command(  # noqa: PLR0911  one return per kind of act
    child: Child, kind: str, on: PartialDate, who: Holder, n: int
) -> object:
    begun = sorted(v for v, f in child.facts.items() if hasattr(f, "holder"))
    started = begun[n % len(begun)] if begun else 0
    match kind:
        case "establish":
            way = some(Way, n)
            return EstablishGuardianship(
                child=CHILD,
                holders=(who,),
                way=way,
                kin=some(Kin, n) if way is Way.ORDER else None,
                limb=n % 5 + 1 if way is Way.LONG_TERM else None,
                testator=PEOPLE[n % 2] if way is Way.WILL else None,
                on=on,
                order=0,
            )
        case "designate":
            return DesignateGuardian(
                child=CHILD, holders=(who,), notified_on=None, on=on, order=0
            )
        case "start":
            role = ROLES[n % len(ROLES)]
            limb = n % 7 + 1 if role is Role.STATE_TEMPORARY_GUARDIAN else None
            return StartTemporaryArrangement(
                child=CHILD,
                holder=who,
                role=role,
                limb=limb,
                on=on,
                order=0,
                until=None,
            )
        case "stop":
            return EndTemporaryArrangement(
                child=CHILD,
                started=started,
                end=some(TemporaryEnd, n),
                assessed_on=None,
                on=on,
                order=0,
            )
        case "place":
            form = some(PlacementForm, n)
            return RecordPlacement(child=CHILD, holder=who, form=form, on=on, order=0)
        case "unplace":
            return EndPlacement(child=CHILD, started=started, on=on, order=0)
        case "end":
            reason = some(EndReason, n)
            whom = None if reason in ALONE else who
            return EndGuardianship(child=CHILD, who=whom, reason=reason, on=on, order=0)
        case _:
            lost = kind == "lost"
            return RecordWhereabouts(child=CHILD, who=who, lost=lost, on=on, order=0)


def by_order(
    child: Child, kind: str, on: PartialDate, who: Holder, n: int
) -> list[ChildEvent]:
    """A protection order of one of two cases, or its end; late ones overlap others."""
    until = (on.latest + timedelta(n * 7)).isoformat()
    says = decides_protection(
        ProtectionOutcome.ORDERED,
        on,
        who,
        until=until,
        measures=(some(ProtectionMeasure, n),),
    )
    lifts = decides_protection(ProtectionOutcome.REVOKED, on)
    case = "one" if n % 2 else "another"
    said = replace(says if kind == "keep apart" else lifts, case=case)
    return decide_decide_protection(Case(), child, said, Office.COURT)[1]


def step(child: Child, taken: Step) -> list[ChildEvent]:
    kind, on, who, by, n = taken
    facts = sorted(v for v in child.facts if v > 2)
    if kind in COURTS:
        return by_court(child, kind, on, who)
    if kind in {"keep apart", "lift"}:
        return by_order(child, kind, on, who, n)
    if kind in {"annul", "again"}:
        if not facts:
            return []
        act = [facts[n % len(facts)]]
        again = reinstatements(child, act, by)
        acts = annulments(child, act, AnnulReason.WRONG_DATE, by)
        chosen = acts if kind == "annul" else again
        return record(child, chosen) if chosen else []
    try:
        ((_, events),) = on_child(child, command(child, kind, on, who, n), by)  # type: ignore[arg-type]
    except (InvalidError, RefusedError):
        return []
    return events


def registered() -> Child:
    child = Child()
    for event in decide_register_child(
        child, born(CHILD, BORN.isoformat(), *PEOPLE[:2]), Office.POLICE
    ):
        child = evolve(child, event)
    return child


@settings(max_examples=250, deadline=None)
@given(STEPS)
def test_every_history_keeps_the_invariants(steps: list[Step]) -> None:
    child = registered()
    for taken in steps:
        for event in step(child, taken):
            child = evolve(child, event)
        unnumbered = sorted(repr(p).split("line=")[1] for p in child.live.values())
        wanted = sorted(repr(p).split("line=")[1] for p in timeline(child.standing()))
        assert unnumbered == wanted
        assert max(child.live, default=0) < child.next_number
        _no_disqualified_guardian_but_by_a_later_court(child)
    _no_silent_gap(child)
    _holders_stand_in_the_act_cited(child)
    _support_outlives_guardianship(child)
    _who_is_kept_away_is_handed_nothing(child)


@settings(max_examples=150, deadline=None)
@given(GIFTS, WHO, st.integers(0, 14))
def test_who_was_disqualified_at_birth_holds_nothing_but_by_a_court(
    steps: list[Step], who: Holder, late: int
) -> None:
    """The judgment is the oldest act of all and may be recorded the last."""
    child = registered()
    judged: Step = ("disqualify", PartialDate("2010-03-01"), who, Office.COURT, 0)
    history = [(kind, on, who, by, n) for kind, on, _, by, n in steps]
    for taken in (*history[:late], judged, *history[late:]):
        for event in step(child, taken):
            child = evolve(child, event)
    _no_disqualified_guardian_but_by_a_later_court(child)
    _no_silent_gap(child)


def _end_of_childhood(child: Child) -> date:
    ends = [
        f.fact.on.earliest
        for f in child.standing()
        if isinstance(f.fact, GuardianshipEnded) and f.fact.reason in ALONE
    ]
    return min([OF_AGE, *ends])


def _no_silent_gap(child: Child) -> None:
    edges: set[date] = {BORN, date(2028, 2, 29)}
    for period in child.live.values():
        for boundary in (period.from_, period.until):
            if boundary is not None:
                edges |= {boundary.earliest, boundary.latest}
    for edge in edges:
        for day in (edge - timedelta(1), edge, edge + timedelta(1)):
            if not BORN <= day < _end_of_childhood(child):
                continue
            found = answer(child.live.values(), day)
            assert found.status is not Status.NONE, day
            held = {p.line for p in found.certain}
            assert not (Line.GAP in held and held & {Line.RELATION, Line.COVER})


def _holders_stand_in_the_act_cited(child: Child) -> None:
    for period in child.live.values():
        if period.holder is not None:
            assert period.holder.id in repr(child.facts[period.opened_by])


def _sure_days(period: Period) -> tuple[date, date]:
    end = period.until.earliest if period.until else date(2200, 1, 1)
    return period.from_.latest, end


def _no_disqualified_guardian_but_by_a_later_court(child: Child) -> None:
    """Who is disqualified holds nothing, but what a court gave him after it."""
    standing = {at.version: at.fact for at in child.standing()}

    def place(version: int) -> tuple[date, int, int]:
        fact = standing[version]
        return fact.on.earliest, fact.order, version

    bars = [p for p in child.live.values() if p.line is Line.BAR]
    held = [p for p in child.live.values() if p.line in {Line.RELATION, Line.COVER}]
    for bar in bars:
        for period in held:
            first = max(_sure_days(bar)[0], _sure_days(period)[0])
            last = min(_sure_days(bar)[1], _sure_days(period)[1])
            if period.holder != bar.holder or first >= last:
                continue
            given = [
                version
                for version, fact in standing.items()
                if isinstance(fact, GuardianDesignated | TemporaryArrangementStarted)
                and fact.by is Office.COURT
                and period.holder in getattr(fact, "holders", [_holder(fact)])
                and place(version) > place(bar.opened_by)
            ]
            assert given, period


def _holder(fact: object) -> Holder | None:
    return getattr(fact, "holder", None)


def _adopters(child: Child) -> set[Holder]:
    facts = [at.fact for at in child.standing()]
    return {
        holder
        for fact in facts
        if isinstance(fact, GuardianshipEstablished) and fact.way is Way.ADOPTION
        for holder in fact.holders
    }


def _who_is_kept_away_is_handed_nothing(child: Child) -> None:
    """On the first and last sure day of an order, and the guardianship goes on."""
    orders = [p for p in child.live.values() if p.line is Line.PROTECTION]
    for order in orders:
        first, over = _sure_days(order)
        for day in {first, over - timedelta(1)} if first < over else set():
            assert order.holder not in answer(child.live.values(), day).hand_over_to


def _support_outlives_guardianship(child: Child) -> None:
    """Support ends with majority, a death or an adoption, and with nothing else."""
    deaths = {EndReason.WARD_DIED, EndReason.GUARDIAN_DIED}
    for period in child.live.values():
        if period.line is not Line.MAINTENANCE or period.closed_by is None:
            continue
        closing = child.facts[period.closed_by]
        if isinstance(closing, GuardianshipEnded):
            dissolved = closing.reason is EndReason.ADOPTION_DISSOLVED
            assert closing.reason in deaths or (
                dissolved and period.holder in _adopters(child)
            )
        else:
            assert isinstance(closing, GuardianshipEstablished)
            assert closing.way is Way.ADOPTION
        assert period.holder is not None
        assert period.holder.kind is HolderKind.PERSON
