"""General Principles of Civil Law, articles 16 and 18: the law of 1987 to 2017.

What lives here: one function an article or limb, in their order. What never does:
state, clocks. In force 1987-01-01 to 2017-09-30 for guardianship. All of it is
recalled: text not at hand, to be checked before anybody relies on it.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.guardianship import EndReason, Finding, Office
from events.proceedings import Kin
from registry.law.civil_code_court import NEVER_APPLY
from registry.law.reasons import finding


def parents_are_guardians() -> Finding:
    """Are the parents guardians? (GPCL 16(1); text not at hand [recalled]).

    The parents of a minor are its guardians.
    """
    return finding("parents_are_guardians", ("GPCL 16(1)",), "parent_by_birth")


def is_next_in_order(kin: Kin | None, *, parent_stands: bool) -> Finding:
    """Is somebody guardian by order? (GPCL 16(2); text not at hand [recalled]).

    Parents dead or without capacity: grandparents, then elder siblings; other close
    relatives or friends who are willing need consent.
    """
    if parent_stands:
        reason = "a_parent_is_guardian"
    elif kin is Kin.GRANDPARENT:
        reason = "grandparent"
    else:
        reason = "elder_sibling" if kin is Kin.SIBLING else "others_need_consent"
    return finding("is_next_in_order", ("GPCL 16(2)",), reason)


def is_guardian_with_consent(by: Office, *, parent_stands: bool) -> Finding:
    """Is another guardian with consent? (GPCL 16(2)(3); text not at hand [recalled]).

    With the consent of the parents' employer or of the residents' or villagers'
    committee; consent by civil affairs came in 2017 only.
    """
    if parent_stands:
        reason = "a_parent_is_guardian"
    elif by is not Office.COMMITTEE:
        reason = "consent_is_not_this_offices"
    else:
        reason = "consent_given"
    return finding("is_guardian_with_consent", ("GPCL 16(2)(3)",), reason)


def may_designate(by: Office, *, parent_stands: bool) -> Finding:
    """May this office designate now? (GPCL 16(3); text not at hand [recalled]).

    In a dispute the parents' employer or the committee designates among the near
    relatives; who objects goes to the court. Civil affairs came in 2017 only.
    """
    if by not in {Office.COMMITTEE, Office.COURT}:
        reason = "designation_is_not_this_offices"
    elif parent_stands:
        reason = "a_parent_is_guardian"
    else:
        reason = "nobody_is_guardian_by_law"
    return finding("may_designate", ("GPCL 16(3)",), reason)


def is_qualified(*, barred: bool) -> Finding:
    """May a person be designated? (GPCL 16(3); text not at hand [recalled]).

    Among those whom the law names, so nobody disqualified for this child.
    """
    reason = "disqualified_for_this_child" if barred else "not_disqualified"
    return finding("is_qualified", ("GPCL 16(3)",), reason)


def nobody_is_qualified(*, guardian_stands: bool) -> Finding:
    """Is a public body guardian? (GPCL 16(4); text not at hand [recalled]).

    Where there is nobody: the parents' employer, the committee or civil affairs.
    """
    reason = "a_guardian_is_on_record" if guardian_stands else "nobody_qualified"
    return finding("nobody_is_qualified", ("GPCL 16(4)",), reason)


def guardianship_ends(reason: EndReason, *, stands: bool) -> Finding:
    """Does a guardianship end? (GPCL 16, 18; text not at hand [recalled]).

    The act has no list of ends: death, lost capacity and majority follow from 16.
    """
    code = f"ends_{reason}" if stands else "no_guardianship_to_end"
    return finding("guardianship_ends", ("GPCL 16",), code)


def is_guardian_to_disqualify(*, stands: bool, already: bool) -> Finding:
    """Is there a guardianship to withdraw? (GPCL 18(3); text not at hand [recalled]).

    A court may withdraw the qualification of a guardian who does not perform the
    duties or violates the ward's lawful rights.
    """
    reason = "guardian_on_record" if stands else "guardian_not_on_record"
    if already:
        reason = "disqualified_already"
    return finding("is_guardian_to_disqualify", ("GPCL 18(3)",), reason)


def may_apply(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """May somebody ask to disqualify? (GPCL 18(3); text not at hand [recalled]).

    On the application of persons or units concerned: no list.
    """
    if is_respondent:
        reason = "guardian_against_himself"
    else:
        reason = NEVER_APPLY.get(standing, "person_or_unit_concerned")
    return finding("may_apply", ("GPCL 18(3)",), reason)
