"""Those who live in welfare homes: taken in, assessed, cared for, heard.

What lives here: one `decide_…` function per command about a stay, an incident or a
complaint. What never does: clocks, ids, I/O, guardianship: a stay moves none.
"""

from __future__ import annotations

from datetime import timedelta

from events.dates import PartialDate
from events.guardianship import Finding, Office, PlacementForm
from events.homes import HomeRegistered
from events.matters import Matter, MatterStatus, holder_of, status_of
from events.residents import (
    CarePlanMade,
    ChildAssessed,
    ChildTakenIn,
    ComplaintAnswered,
    ComplaintCarriedOn,
    ComplaintEvent,
    ComplaintMade,
    IncidentEvent,
    IncidentRecorded,
    IntakeGround,
    MeasureTaken,
    ResidentLeft,
    ResidentPlaced,
    StayEvent,
)
from events.timeline import Role
from registry.child import Child
from registry.home_commands import (
    AnswerComplaint,
    AssessChild,
    CarryOnComplaint,
    MakeCarePlan,
    MakeComplaint,
    PlaceResident,
    RecordIncident,
    RecordLeaving,
    TakeInChild,
    TakeMeasure,
)
from registry.law import figures
from registry.law.reasons import finding
from registry.matter import a_body, body, due_after, known, new, said
from registry.refusal import InvalidError, RefusedError
from registry.standing import roles

G = IntakeGround
_TEMPORARY = frozenset({Role.STATE_TEMPORARY_GUARDIAN, Role.TEMPORARY_GUARDIAN})
RESTS_ON = {
    G.LONG_TERM_GUARDIANSHIP: (frozenset({Role.STATE_GUARDIAN}), ("MPL 94",)),
    G.TEMPORARY_PARENTS_SOUGHT: (_TEMPORARY, ("MPL 92", "MPL 93(1)")),
    G.TEMPORARY_NO_RESCUE_INSTITUTION: (_TEMPORARY, ("MPL 92", "MPL 93(1)")),
    G.TEMPORARY_SPECIAL_CARE: (_TEMPORARY, ("MPL 92", "MPL 93(1)")),
}
"""The guardianship that a ground rests on; special hardship rests on none."""
FAMILIES = frozenset({PlacementForm.KIN, PlacementForm.FOSTER})


def _after(days: figures.Figure, on: PartialDate) -> PartialDate:
    value = days.at(on)
    span = timedelta(value.number if value else 0)
    return PartialDate((on.latest + span).isoformat())


def of_intake(child: Child, command: TakeInChild) -> tuple[Finding, ...]:
    """Say whether the guardianship that the ground rests on is on record."""
    if command.ground not in RESTS_ON:
        return ()
    wanted, articles = RESTS_ON[command.ground]
    stands = any(role in wanted for role, _ in roles(child, command.on))
    reason = "ground_of_intake_stands" if stands else "ground_of_intake_not_on_record"
    return (finding("is_taken_in_by_its_ground", articles, reason),)


def decide_take_in_child(
    stay: Matter, child: Child, home: HomeRegistered, command: TakeInChild, by: Office
) -> list[StayEvent]:
    """Record that a child lives in a house; a ground not on record is warned of."""
    new(stay, "stay")
    taken = said(
        ChildTakenIn,
        command,
        by,
        of_intake(child, command),
        holder=home.holder,
        assessment_due=_after(figures.ASSESSMENT_DAYS, command.on),
    )
    return [taken]


def _resident(stay: Matter, name: str, on: PartialDate) -> None:
    known(stay, f"stays/{name}", on)
    if status_of(stay) is MatterStatus.DONE:
        raise InvalidError("stay", "is over")


def decide_assess_child(
    stay: Matter, command: AssessChild, by: Office
) -> list[StayEvent]:
    """Record an assessment."""
    _resident(stay, command.stay, command.on)
    return [said(ChildAssessed, command, by)]


def decide_make_care_plan(
    stay: Matter, command: MakeCarePlan, by: Office
) -> list[StayEvent]:
    """Record a care plan; one without an assessment before it is warned of."""
    _resident(stay, command.stay, command.on)
    due_after(command.review_due, command.on, "review_due")
    assessed = any(isinstance(fact, ChildAssessed) for fact in stay.standing())
    reason = "assessed_before" if assessed else "not_assessed_before"
    found = finding("follows_an_assessment", ("MPL 93(1)",), reason)
    return [said(CarePlanMade, command, by, (found,))]


def decide_place_resident(
    stay: Matter, command: PlaceResident, by: Office
) -> list[StayEvent]:
    """Record that the house placed a child with a family (MPL 93(1))."""
    _resident(stay, command.stay, command.on)
    if command.form not in FAMILIES:
        raise InvalidError("form", "is kin or foster: another house is another stay")
    return [said(ResidentPlaced, command, by)]


def decide_record_leaving(
    stay: Matter, command: RecordLeaving, by: Office
) -> list[StayEvent]:
    """Record that a stay is over."""
    _resident(stay, command.stay, command.on)
    return [said(ResidentLeft, command, by)]


def decide_record_incident(
    incident: Matter, home: HomeRegistered, command: RecordIncident, by: Office
) -> list[IncidentEvent]:
    """Record what happened; whoever is told may record it."""
    new(incident, "incident")
    return [said(IncidentRecorded, command, by, holder=home.holder)]


def decide_take_measure(
    incident: Matter, command: TakeMeasure, by: Office
) -> list[IncidentEvent]:
    """Record what was done; an incident is closed once."""
    known(incident, f"incidents/{command.incident}", command.on)
    if status_of(incident) is MatterStatus.DONE:
        raise InvalidError("incident", "is closed")
    return [said(MeasureTaken, command, by)]


def decide_make_complaint(
    complaint: Matter, command: MakeComplaint, by: Office
) -> list[ComplaintEvent]:
    """Record a complaint, by whomever, with the day to have answered it (MPL 97)."""
    new(complaint, "complaint")
    a_body(command.against, "against")
    due = _after(figures.COMPLAINT_DAYS, command.on)
    return [said(ComplaintMade, command, by, due=due)]


def decide_carry_on_complaint(
    complaint: Matter, command: CarryOnComplaint, by: Office
) -> list[ComplaintEvent]:
    """Record that a complaint went on to another body, also after an answer."""
    known(complaint, f"complaints/{command.complaint}", command.on)
    a_body(command.to, "to")
    if command.to == holder_of(complaint):
        raise InvalidError("to", "has the complaint already")
    due = _after(figures.COMPLAINT_DAYS, command.on)
    return [said(ComplaintCarriedOn, command, by, due=due)]


def decide_answer_complaint(
    complaint: Matter, command: AnswerComplaint, by: Office, authority: str
) -> list[ComplaintEvent]:
    """Record the answer of the body that has the complaint.

    Raises RefusedError for any other: nobody answers for the body complained about.
    """
    known(complaint, f"complaints/{command.complaint}", command.on)
    if holder_of(complaint) != body(authority):
        raise RefusedError("not_the_complaints_body", ("MPL 97",), "answer_by_its_body")
    if status_of(complaint) is MatterStatus.DONE:
        raise InvalidError("complaint", "is answered already")
    return [said(ComplaintAnswered, command, by)]
