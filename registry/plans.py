"""Guarantee plans and supervision: what is promised to a child, kept or missed.

What lives here: one `decide_…` function per command about a plan or a supervision. What
never does: clocks, ids, I/O. That something was not delivered is recorded by an act; a
day that passes shows it as overdue and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from events.accounts import items_due, items_ever
from events.dates import PartialDate
from events.duties import DutyKind
from events.guardianship import Finding, Office
from events.matters import Matter, MatterStatus, status_of
from events.plans import (
    GuaranteeDelivered,
    GuaranteeItem,
    GuaranteeMissed,
    GuardianshipReviewed,
    ItemAdded,
    ItemEnded,
    PlanEnded,
    PlanEvent,
    PlanMade,
    SupervisionBegun,
    SupervisionEnded,
    SupervisionEvent,
    SupervisorNamed,
)
from events.timeline import HolderKind, Role
from registry.care_commands import (
    AddGuarantee,
    BeginSupervision,
    EndGuarantee,
    EndPlan,
    EndSupervision,
    MakePlan,
    NameSupervisor,
    RecordDelivery,
    RecordMissedDelivery,
    RecordReview,
)
from registry.child import Child
from registry.duties import is_the_departments
from registry.law.reasons import finding
from registry.matter import a_body, amount, due_after, known, new, said
from registry.refusal import InvalidError
from registry.standing import roles

MAX_ITEMS = 32
"""Guarantees of one plan: six kinds, some by several departments."""


def _items(
    items: Iterable[GuaranteeItem], taken: set[int], field: str
) -> tuple[Finding, ...]:
    """Check the items; that a department owes it by no article is warned of."""
    found: list[Finding] = []
    for index, item in enumerate(items):
        path = field if field == "item" else f"{field}[{index}]"
        if item.item < 1 or item.item in taken:
            raise InvalidError(f"{path}.item", "is a new number of the plan, from 1")
        taken.add(item.item)
        a_body(item.owner, f"{path}.owner")
        amount(item.amount, f"{path}.amount")
        due_after(item.until, item.from_, f"{path}.until")
        found.append(is_the_departments(DutyKind.GUARANTEE, item.department))
    return tuple(dict.fromkeys(found))


def decide_make_plan(plan: Matter, command: MakePlan, by: Office) -> list[PlanEvent]:
    """Record what a child is guaranteed (MPL 91)."""
    new(plan, "plan")
    a_body(command.holder, "holder")
    due_after(command.review_due, command.on, "review_due")
    if not 0 < len(command.items) <= MAX_ITEMS:
        raise InvalidError("items", f"has 1 to {MAX_ITEMS} guarantees")
    return [said(PlanMade, command, by, _items(command.items, set(), "items"))]


def _open(plan: Matter, name: str, on: PartialDate) -> None:
    known(plan, f"plans/{name}", on)
    if status_of(plan) is MatterStatus.DONE:
        raise InvalidError("plan", "is ended")


def _item(plan: Matter, number: int) -> GuaranteeItem:
    found = items_due(plan).get(number)
    if found is None:
        raise InvalidError("item", "is an item of the plan that is due still")
    return found


def decide_add_guarantee(
    plan: Matter, command: AddGuarantee, by: Office
) -> list[PlanEvent]:
    """Record one guarantee more."""
    _open(plan, command.plan, command.on)
    if len(items_due(plan)) >= MAX_ITEMS:
        raise InvalidError("item", f"is one of at most {MAX_ITEMS} guarantees")
    findings = _items((command.item,), set(items_ever(plan)), "item")
    return [said(ItemAdded, command, by, findings)]


def decide_end_guarantee(
    plan: Matter, command: EndGuarantee, by: Office
) -> list[PlanEvent]:
    """Record that an item is due no more."""
    _open(plan, command.plan, command.on)
    _item(plan, command.item)
    return [said(ItemEnded, command, by)]


def decide_record_delivery(
    plan: Matter, command: RecordDelivery, by: Office
) -> list[PlanEvent]:
    """Record a delivery, also late, also of an item that has ended since."""
    known(plan, f"plans/{command.plan}", command.on)
    _span(plan, command)
    amount(command.amount, "amount")
    return [said(GuaranteeDelivered, command, by)]


def decide_record_missed_delivery(
    plan: Matter, command: RecordMissedDelivery, by: Office
) -> list[PlanEvent]:
    """Record that something promised was not delivered."""
    known(plan, f"plans/{command.plan}", command.on)
    _span(plan, command)
    return [said(GuaranteeMissed, command, by)]


def _span(plan: Matter, command: RecordDelivery | RecordMissedDelivery) -> None:
    if command.item not in items_ever(plan):
        raise InvalidError("item", "is an item of the plan")
    due_after(command.until, command.from_, "until")


def decide_end_plan(plan: Matter, command: EndPlan, by: Office) -> list[PlanEvent]:
    """Record that a plan is over."""
    _open(plan, command.plan, command.on)
    return [said(PlanEnded, command, by)]


def decide_begin_supervision(
    supervision: Matter, child: Child, command: BeginSupervision, by: Office
) -> list[SupervisionEvent]:
    """Name who watches; that the body is not the child's guardian is warned of."""
    new(supervision, "supervision")
    a_body(command.guardian, "guardian")
    _a_person(command.supervisor.kind)
    due_after(command.review_due, command.on, "review_due")
    held = {role for role, who in roles(child, command.on) if who == command.guardian}
    stands = bool(held & {Role.STATE_TEMPORARY_GUARDIAN, Role.STATE_GUARDIAN})
    reason = "state_is_guardian" if stands else "state_is_not_guardian"
    found = finding("is_the_state_guardian", ("MPL 92", "MPL 94"), reason)
    return [said(SupervisionBegun, command, by, (found,))]


def _a_person(kind: HolderKind) -> None:
    if kind is not HolderKind.PERSON:
        raise InvalidError("supervisor", "is a person: somebody by name watches")


def _watched(supervision: Matter, name: str, on: PartialDate) -> None:
    known(supervision, f"supervisions/{name}", on)
    if status_of(supervision) is MatterStatus.DONE:
        raise InvalidError("supervision", "is ended")


def decide_name_supervisor(
    supervision: Matter, command: NameSupervisor, by: Office
) -> list[SupervisionEvent]:
    """Name another person."""
    _watched(supervision, command.supervision, command.on)
    _a_person(command.supervisor.kind)
    return [said(SupervisorNamed, command, by)]


def decide_record_review(
    supervision: Matter, command: RecordReview, by: Office
) -> list[SupervisionEvent]:
    """Record a review; late is late and is shown, not refused."""
    _watched(supervision, command.supervision, command.on)
    if command.next_due.latest <= command.on.earliest:
        raise InvalidError("next_due", "is after this review")
    return [said(GuardianshipReviewed, command, by)]


def decide_end_supervision(
    supervision: Matter, command: EndSupervision, by: Office
) -> list[SupervisionEvent]:
    """Record that nobody has to watch by this supervision any more."""
    _watched(supervision, command.supervision, command.on)
    return [said(SupervisionEnded, command, by)]
