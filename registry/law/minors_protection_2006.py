"""Minors Protection Law of 2006, article 53: the law of 2007 to 2021.

What lives here: one function a sentence. What never does: state, clocks. In force
2007-06-01 to 2021-05-31, numbering unchanged in 2012. Read in a published source that
quotes it; text not at hand.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.guardianship import Finding
from registry.law.civil_code_court import NEVER_APPLY
from registry.law.reasons import finding


def may_apply(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """May somebody ask to disqualify? (MPL12 53; text not at hand).

    A guardian who does not perform or violates, unreformed after education: the court
    may, on the application of persons or units concerned, disqualify.
    """
    if is_respondent:
        reason = "guardian_against_himself"
    else:
        reason = NEVER_APPLY.get(standing, "person_or_unit_concerned")
    return finding("may_apply", ("MPL12 53",), reason)


def child_is_provided_for(*, held: bool) -> Finding:
    """Has the child somebody after the judgment? (MPL12 53; text not at hand).

    The court that disqualifies designates another guardian by law.
    """
    reason = "somebody_holds" if held else "nobody_holds"
    return finding("child_is_provided_for", ("MPL12 53",), reason)


def support_continues() -> Finding:
    """Does the duty to support go on? (MPL12 53, last sentence; text not at hand).

    Disqualified parents keep paying.
    """
    return finding("support_continues", ("MPL12 53",), "support_outlives_guardianship")
