"""General Provisions of Civil Law, articles 17 to 39: the law of 2017 to 2020.

What lives here: the questions of the Civil Code as this act answered them: 27 to 39
with the same numbers and rules [recalled: text not at hand]. Not here is 34(4) of the
Code, on living care in an emergency, which is new in it. In force 2017-10-01 to
2020-12-31. Each function's sentence is therefore that of the Code, which is read.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.dates import PartialDate
from events.guardianship import EndReason, Finding, Office
from events.proceedings import Ground, Kin
from events.timeline import HolderKind
from registry.law import civil_code, civil_code_court
from registry.law.reasons import cited_as

CODE, THIS = "CC", "GPR"


def is_minor(born: PartialDate, on: PartialDate) -> Finding:
    """Is the person a minor? (GPR 17; text not at hand [recalled], as CC 17)."""
    return cited_as(civil_code.is_minor(born, on), CODE, THIS)


def may_be_deemed_capable(born: PartialDate, on: PartialDate) -> Finding:
    """Is a minor old enough to be deemed capable? (GPR 18(2); text not at hand)."""
    return cited_as(civil_code.may_be_deemed_capable(born, on), CODE, THIS)


def parents_are_guardians() -> Finding:
    """Are the parents guardians? (GPR 27(1); text not at hand, as CC 27(1))."""
    return cited_as(civil_code.parents_are_guardians(), CODE, THIS)


def is_next_in_order(kin: Kin | None, *, parent_stands: bool) -> Finding:
    """Is somebody guardian by order? (GPR 27(2); text not at hand, as CC 27(2))."""
    found = civil_code.is_next_in_order(kin, parent_stands=parent_stands)
    return cited_as(found, CODE, THIS)


def is_guardian_with_consent(by: Office, *, parent_stands: bool) -> Finding:
    """Is another guardian with consent? (GPR 27(2)(3); text not at hand)."""
    found = civil_code.is_guardian_with_consent(by, parent_stands=parent_stands)
    return cited_as(found, CODE, THIS)


def appoints_by_will(
    *, testator_was_guardian: bool, other_parent_stands: bool
) -> Finding:
    """Does a will make a guardian? (GPR 29; text not at hand, as CC 29)."""
    found = civil_code.appoints_by_will(
        testator_was_guardian=testator_was_guardian,
        other_parent_stands=other_parent_stands,
    )
    return cited_as(found, CODE, THIS)


def may_agree(*, barred: bool, parent_stands: bool) -> Finding:
    """May those qualified agree? (GPR 30; text not at hand, as CC 30)."""
    found = civil_code.may_agree(barred=barred, parent_stands=parent_stands)
    return cited_as(found, CODE, THIS)


def may_designate(by: Office, *, parent_stands: bool) -> Finding:
    """May this office designate? (GPR 31(1); text not at hand, as CC 31(1))."""
    found = civil_code.may_designate(by, parent_stands=parent_stands)
    return cited_as(found, CODE, THIS)


def is_qualified(*, barred: bool) -> Finding:
    """May a person be designated? (GPR 31(2); text not at hand, as CC 31(2))."""
    return cited_as(civil_code.is_qualified(barred=barred), CODE, THIS)


def wish_is_followed(*, against: bool) -> Finding:
    """Is nobody designated against the child's wish? (GPR 31(2); text not at hand)."""
    return cited_as(civil_code.wish_is_followed(against=against), CODE, THIS)


def may_be_temporary_guardian(kind: HolderKind, *, guardian_stands: bool) -> Finding:
    """May a holder be temporary guardian? (GPR 31(3); text not at hand)."""
    found = civil_code.may_be_temporary_guardian(kind, guardian_stands=guardian_stands)
    return cited_as(found, CODE, THIS)


def may_change_privately(*, designated_stands: bool) -> Finding:
    """May guardians be exchanged privately? (GPR 31(4); text not at hand)."""
    found = civil_code.may_change_privately(designated_stands=designated_stands)
    return cited_as(found, CODE, THIS)


def nobody_is_qualified(*, guardian_stands: bool) -> Finding:
    """Is a public body guardian? (GPR 32; text not at hand, as CC 32)."""
    found = civil_code.nobody_is_qualified(guardian_stands=guardian_stands)
    return cited_as(found, CODE, THIS)


def wish_is_on_record(*, heard: bool) -> Finding:
    """Was the child asked what it wants? (GPR 35(2); text not at hand)."""
    return cited_as(civil_code.wish_is_on_record(heard=heard), CODE, THIS)


def is_guardian_to_disqualify(*, stands: bool, already: bool) -> Finding:
    """Is there a guardianship to withdraw? (GPR 36(1); text not at hand)."""
    found = civil_code_court.is_guardian_to_disqualify(stands=stands, already=already)
    return cited_as(found, CODE, THIS)


def ground_can_be(ground: Ground, *, delegated: bool) -> Finding:
    """Can this ground be? (GPR 36(1); text not at hand, as CC 36(1))."""
    found = civil_code_court.ground_can_be(ground, delegated=delegated)
    return cited_as(found, CODE, THIS)


def child_is_provided_for(*, held: bool) -> Finding:
    """Has the child somebody after the judgment? (GPR 36(1); text not at hand)."""
    return cited_as(civil_code_court.child_is_provided_for(held=held), CODE, THIS)


def may_apply(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """May somebody ask to disqualify? (GPR 36(2); text not at hand, as CC 36(2))."""
    found = civil_code_court.may_apply(standing, is_respondent=is_respondent)
    return cited_as(found, CODE, THIS)


def civil_affairs_must_apply(*, others_applied: bool) -> Finding:
    """Must civil affairs apply? (GPR 36(3); text not at hand, as CC 36(3))."""
    found = civil_code_court.civil_affairs_must_apply(others_applied=others_applied)
    return cited_as(found, CODE, THIS)


def support_continues() -> Finding:
    """Does the duty to support go on? (GPR 37; text not at hand, as CC 37)."""
    return cited_as(civil_code_court.support_continues(), CODE, THIS)


def may_be_restored(
    *, kin_of_ward: bool, disqualified: bool, crime_against_ward: bool
) -> tuple[Finding, ...]:
    """May a court restore this person? (GPR 38; text not at hand, as CC 38)."""
    found = civil_code_court.may_be_restored(
        kin_of_ward=kin_of_ward,
        disqualified=disqualified,
        crime_against_ward=crime_against_ward,
    )
    return tuple(cited_as(one, CODE, THIS) for one in found)


def may_ask_to_be_restored(*, applies_himself: bool) -> Finding:
    """Does the person apply himself? (GPR 38; text not at hand, as CC 38)."""
    found = civil_code_court.may_ask_to_be_restored(applies_himself=applies_himself)
    return cited_as(found, CODE, THIS)


def designated_guardian_ceases() -> Finding:
    """Does the designated guardian cease at once? (GPR 38; text not at hand)."""
    return cited_as(civil_code_court.designated_guardian_ceases(), CODE, THIS)


def guardianship_ends(reason: EndReason, *, stands: bool) -> Finding:
    """Does a guardianship end? (GPR 39(1); text not at hand, as CC 39(1))."""
    found = civil_code_court.guardianship_ends(reason, stands=stands)
    return cited_as(found, CODE, THIS)


def another_is_determined(*, held: bool) -> Finding:
    """Has the ward another guardian? (GPR 39(2); text not at hand)."""
    return cited_as(civil_code_court.another_is_determined(held=held), CODE, THIS)
