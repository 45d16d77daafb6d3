"""From a command about guarantees and houses to its decider, on the states it touches.

What lives here: which function decides which command, and what else than its own stream
it must know. What never does: loading states, drafts, rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never, get_args

from events.guardianship import Office
from events.matter_kinds import MatterEvent
from events.matters import Matter
from registry import funds, homes, plans, residents
from registry.care_commands import (
    AddGuarantee,
    AllocateFund,
    BeginSupervision,
    CareCommand,
    EndGuarantee,
    EndPlan,
    EndSupervision,
    FundCommand,
    MakePlan,
    NameSupervisor,
    PayFromFund,
    PlanCommand,
    RecordDelivery,
    RecordMissedDelivery,
    RecordMisuse,
    RecordReview,
    ReturnUnspent,
    SupervisionCommand,
)
from registry.child import known
from registry.home_commands import (
    AnswerComplaint,
    AssessChild,
    CarryOnComplaint,
    CloseHome,
    ComplaintCommand,
    FixCapacity,
    HomeCommand,
    HouseCommand,
    IncidentCommand,
    MakeCarePlan,
    MakeComplaint,
    PlaceResident,
    RecordDonation,
    RecordDonationUse,
    RecordIncident,
    RecordInspection,
    RecordLeaving,
    RecordRemedy,
    RegisterHome,
    StayCommand,
    TakeInChild,
    TakeMeasure,
)

if TYPE_CHECKING:
    from registry.matter_deciders import States

_KINDS: dict[type, str] = {
    command: kind
    for union, kind in (
        (PlanCommand, "plan"),
        (FundCommand, "fund"),
        (SupervisionCommand, "supervision"),
        (HomeCommand, "home"),
        (StayCommand, "stay"),
        (IncidentCommand, "incident"),
        (ComplaintCommand, "complaint"),
    )
    for command in get_args(union)
}


def stream_of_care(command: CareCommand | HouseCommand) -> str:
    """Return the stream of the matter that a command is about."""
    kind = _KINDS[type(command)]
    return f"{kind}/{getattr(command, kind)}"


def on_care(  # noqa: PLR0911  one return per kind of matter
    states: States, command: CareCommand | HouseCommand, by: Office, authority: str
) -> list[MatterEvent]:
    """Return what a command adds to the stream of its matter.

    Raises NotKnownError where it names a child, a house or a plan that the log lacks.
    """
    child = getattr(command, "child", None)
    if child is not None:
        known(states.child(child), child)
    matter = states.matter(stream_of_care(command))
    if isinstance(command, PlanCommand):
        return _on_plan(matter, command, by)
    if isinstance(command, FundCommand):
        return _on_fund(states, matter, command, by)
    if isinstance(command, SupervisionCommand):
        return _on_supervision(states, matter, command, by)
    if isinstance(command, HomeCommand):
        return _on_home(matter, command, by)
    if isinstance(command, StayCommand):
        return _on_stay(states, matter, command, by)
    if isinstance(command, IncidentCommand):
        return _on_incident(states, matter, command, by)
    return _on_complaint(states, matter, command, by, authority)


def _on_plan(plan: Matter, command: PlanCommand, by: Office) -> list[MatterEvent]:
    match command:
        case MakePlan():
            return [*plans.decide_make_plan(plan, command, by)]
        case AddGuarantee():
            return [*plans.decide_add_guarantee(plan, command, by)]
        case EndGuarantee():
            return [*plans.decide_end_guarantee(plan, command, by)]
        case RecordDelivery():
            return [*plans.decide_record_delivery(plan, command, by)]
        case RecordMissedDelivery():
            return [*plans.decide_record_missed_delivery(plan, command, by)]
        case EndPlan():
            return [*plans.decide_end_plan(plan, command, by)]
        case _ as never:
            assert_never(never)


def _on_fund(
    states: States, fund: Matter, command: FundCommand, by: Office
) -> list[MatterEvent]:
    match command:
        case AllocateFund():
            return [*funds.decide_allocate_fund(fund, command, by)]
        case PayFromFund():
            plan = states.matter(f"plan/{command.plan}") if command.plan else None
            return [*funds.decide_pay_from_fund(fund, plan, command, by)]
        case ReturnUnspent():
            return [*funds.decide_return_unspent(fund, command, by)]
        case RecordMisuse():
            return [*funds.decide_record_misuse(fund, command, by)]
        case _ as never:
            assert_never(never)


def _on_supervision(
    states: States, supervision: Matter, command: SupervisionCommand, by: Office
) -> list[MatterEvent]:
    match command:
        case BeginSupervision():
            child = states.child(command.child)
            begun = plans.decide_begin_supervision(supervision, child, command, by)
            return [*begun]
        case NameSupervisor():
            return [*plans.decide_name_supervisor(supervision, command, by)]
        case RecordReview():
            return [*plans.decide_record_review(supervision, command, by)]
        case EndSupervision():
            return [*plans.decide_end_supervision(supervision, command, by)]
        case _ as never:
            assert_never(never)


def _on_home(  # noqa: PLR0911  one return per command
    home: Matter, command: HomeCommand, by: Office
) -> list[MatterEvent]:
    match command:
        case RegisterHome():
            return [*homes.decide_register_home(home, command, by)]
        case FixCapacity():
            return [*homes.decide_fix_capacity(home, command, by)]
        case RecordInspection():
            return [*homes.decide_record_inspection(home, command, by)]
        case RecordRemedy():
            return [*homes.decide_record_remedy(home, command, by)]
        case RecordDonation():
            return [*homes.decide_record_donation(home, command, by)]
        case RecordDonationUse():
            return [*homes.decide_record_donation_use(home, command, by)]
        case CloseHome():
            return [*homes.decide_close_home(home, command, by)]
        case _ as never:
            assert_never(never)


def _on_stay(
    states: States, stay: Matter, command: StayCommand, by: Office
) -> list[MatterEvent]:
    match command:
        case TakeInChild():
            child = states.child(command.child)
            home = states.matter(f"home/{command.home}")
            house = homes.open_home(home, command.home, command.on)
            taken = residents.decide_take_in_child(stay, child, house, command, by)
            return [*taken]
        case AssessChild():
            return [*residents.decide_assess_child(stay, command, by)]
        case MakeCarePlan():
            return [*residents.decide_make_care_plan(stay, command, by)]
        case PlaceResident():
            return [*residents.decide_place_resident(stay, command, by)]
        case RecordLeaving():
            return [*residents.decide_record_leaving(stay, command, by)]
        case _ as never:
            assert_never(never)


def _on_incident(
    states: States, incident: Matter, command: IncidentCommand, by: Office
) -> list[MatterEvent]:
    match command:
        case RecordIncident():
            home = states.matter(f"home/{command.home}")
            house = homes.known_home(home, command.home, command.on)
            return [*residents.decide_record_incident(incident, house, command, by)]
        case TakeMeasure():
            return [*residents.decide_take_measure(incident, command, by)]
        case _ as never:
            assert_never(never)


def _on_complaint(
    states: States, complaint: Matter, command: ComplaintCommand, by: Office, who: str
) -> list[MatterEvent]:
    match command:
        case MakeComplaint():
            if command.home is not None:
                home = states.matter(f"home/{command.home}")
                homes.known_home(home, command.home, command.on)
            return [*residents.decide_make_complaint(complaint, command, by)]
        case CarryOnComplaint():
            return [*residents.decide_carry_on_complaint(complaint, command, by)]
        case AnswerComplaint():
            return [*residents.decide_answer_complaint(complaint, command, by, who)]
        case _ as never:
            assert_never(never)
