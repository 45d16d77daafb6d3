"""What an application asks for, and whether the law lets this applicant ask it.

What lives here: the checks of an application before it is filed, one kind after the
other: disqualification (CC 36(2), OP14 27), restoration (CC 38, OP14 38 to 40), an
objection to a designation (INT 10). What never does: procedure, judgments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from events.cases import ApplicantClass
from events.guardianship import (
    ChildEvent,
    Finding,
    GuardianDesignated,
    NamedInApplication,
    Office,
)
from events.proceedings import Asked
from registry import standing
from registry.child import Child, known
from registry.commands import ApplicationChild, FileApplication
from registry.law import judging
from registry.law.citations import Question, cite
from registry.law.civil_code_court import NEVER_APPLY
from registry.law.interpretation_2022 import objection_is_in_time
from registry.law.reasons import finding
from registry.refusal import InvalidError, RefusedError, refuse_unless
from registry.timeline import record

Effects = dict[str, list[ChildEvent]]
"""Events by child."""
INSTEAD = {
    "guardian_against_himself": "application_by_another",
    "procurator_advises_and_supports": "recommendation_to_civil_affairs",
    "police_report_and_remove": "report_to_civil_affairs",
    "no_parent_of_ward": "application_for_change_of_guardian",
    "intentional_crime_against_ward": "nothing",
    "asked_by_another": "application_by_the_person",
}
"""What would be accepted instead, by the reason of the refusal."""
OUTSIDE_THE_WINDOW = {
    "before_the_window": "application_in_the_window",
    "after_the_window": "application_in_the_window",
}


def distinct(values: Sequence[str], name: str) -> None:
    """Refuse the form of a list that names something twice."""
    if len(set(values)) != len(values):
        raise InvalidError(name, "names each child once")


def may_file(command: FileApplication) -> tuple[Finding, ...]:
    """Return what lets the applicant apply; raises RefusedError where nothing does.

    For disqualification the lists of the acts in force stand beside each other: one
    that lets him is enough, and is cited.
    """
    on, who = command.filed_on, command.applicant
    if command.asked is not Asked.DISQUALIFY:
        reason = NEVER_APPLY.get(who.standing)
        if reason is not None:
            asked = Question.RESTORATION
            if command.asked is not Asked.RESTORE:
                asked = Question.DESIGNATION
            cited = cite(asked, on) or cite(Question.DISQUALIFICATION, on)
            raise RefusedError(reason, cited, INSTEAD[reason])
        return ()
    if any(not c.respondents for c in command.children):
        raise InvalidError("children.respondents", "names at least one")
    respondents = {h for c in command.children for h in c.respondents}
    found = judging.applicants(
        on, who.standing, is_respondent=who.holder in respondents
    )
    letting = tuple(f for f in found if f.holds)
    if not letting:
        refuse_unless(found, INSTEAD)
    named = tuple(f for f in letting if f.reason != "the_list_is_open")
    return named or letting or found


def named_in(
    children: Mapping[str, Child], command: FileApplication, by: Office
) -> tuple[Asked, Effects]:
    """Return what is asked in law, and the fact of each child that is named.

    Raises RefusedError where a restoration is asked against the law.
    """
    findings: dict[str, tuple[Finding, ...]] = {}
    for part in command.children:
        child = known(children[part.child], part.child)
        findings[part.child] = _of_child(child, command, part)
    late = any(f.reason == "late_so_a_change" for fs in findings.values() for f in fs)
    asked = Asked.CHANGE if late else command.asked
    effects: Effects = {}
    for part in command.children:
        named = NamedInApplication(
            on=command.filed_on,
            order=0,
            case=command.case,
            by=by,
            findings=findings[part.child],
            limits=(),
            asked=asked,
            respondents=part.respondents,
            ground=part.ground,
        )
        effects[part.child] = record(children[part.child], [named])
    return asked, effects


def _of_child(
    child: Child, command: FileApplication, part: ApplicationChild
) -> tuple[Finding, ...]:
    match command.asked:
        case Asked.RESTORE:
            return _of_restoration(child, command, part)
        case Asked.OBJECT:
            return _of_objection(child, command)
        case _:
            return ()


def _of_restoration(
    child: Child, command: FileApplication, part: ApplicationChild
) -> tuple[Finding, ...]:
    """Judge an application for restoration: by whom, of whom, when, after what.

    A parent is who the record says was one; where no disqualification is on record
    the standing that the applicant claims is taken, and the court will see.
    """
    on, who = command.filed_on, command.applicant.holder
    lost = standing.lost_on(child, who, on)
    claimed = command.applicant.standing in {
        ApplicantClass.PARENT,
        ApplicantClass.CHILD_OF_WARD,
    }
    kin = claimed and (
        command.applicant.standing is ApplicantClass.CHILD_OF_WARD
        or lost is None
        or standing.was_parent(child, who)
    )
    others = [h for h in part.respondents if h != who]
    another = lost is None and any(standing.is_barred(child, h, on) for h in others)
    findings = (
        *judging.asks_himself(on, applies_himself=not another),
        *judging.restoration(
            on,
            kin_of_ward=kin,
            disqualified=lost is not None,
            crime_against_ward=standing.crime_against_ward(child, who),
            bar=standing.restoration_bar(child, who),
        ),
        *judging.window(on, lost),
    )
    refuse_unless(findings, INSTEAD)
    if judging.window_is_law(on):
        refuse_unless(findings, OUTSIDE_THE_WINDOW)
    return findings


def _of_objection(child: Child, command: FileApplication) -> tuple[Finding, ...]:
    """Say whether an objection to the last designation is in time (INT 10)."""
    on = command.filed_on
    found = [
        at.fact
        for at in child.standing()
        if isinstance(at.fact, GuardianDesignated)
        and at.fact.by is not Office.COURT
        and at.fact.on.earliest <= on.latest
    ]
    if not found:
        question = "objection_is_in_time"
        cited = cite(Question.DESIGNATION, on)
        return (finding(question, cited, "no_designation_on_record"),)
    last = max(found, key=lambda fact: (fact.on.earliest, fact.order))
    if last.notified_on is None:
        return ()  # the days run from the notice, and nobody knows it
    return (objection_is_in_time(last.notified_on, on),)
