"""What a court may be asked and may decide, by the law of the date.

What lives here: for each question the choice of the acts in force on the date. What
never does: a rule of its own; the acts' modules have them. The date is that of the
filing for an application, of the judgment for a judgment.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.dates import PartialDate
from events.guardianship import EndReason, Finding
from events.proceedings import Advice, Ground
from registry.law import (
    anti_domestic_violence,
    civil_code,
    civil_code_court,
    general_principles,
    general_provisions,
    minors_protection,
    minors_protection_2006,
    opinions_2014,
)
from registry.law.editions import CC, DV, GPR, MPL, MPL12, OP14, civil_law
from registry.law.establishing import in_force
from registry.law.opinions_2014 import REFUSAL
from registry.law.reasons import finding


def applicants(
    on: PartialDate, standing: ApplicantClass, *, is_respondent: bool
) -> tuple[Finding, ...]:
    """May somebody ask to disqualify? One finding of each act in force.

    The lists are open and stand beside each other: it is enough that one act lets him.
    """
    civil = in_force(
        on,
        civil_code_court.may_apply,
        general_provisions.may_apply,
        general_principles.may_apply,
    )
    rules = [civil]
    if MPL12.in_force(on):
        rules.append(minors_protection_2006.may_apply)
    if OP14.in_force(on):
        rules.append(opinions_2014.may_apply)
    if DV.in_force(on):
        rules.append(anti_domestic_violence.may_apply)
    return tuple(rule(standing, is_respondent=is_respondent) for rule in rules)


def disqualification(
    on: PartialDate, *, stands: bool, already: bool
) -> tuple[Finding, ...]:
    """Is there a guardianship of this person that can be withdrawn?"""
    rule = in_force(
        on,
        civil_code_court.is_guardian_to_disqualify,
        general_provisions.is_guardian_to_disqualify,
        general_principles.is_guardian_to_disqualify,
    )
    return (rule(stands=stands, already=already),)


def ground(
    on: PartialDate,
    named: Ground,
    limb: int | None,
    *,
    delegated: bool,
    since: PartialDate | None,
) -> tuple[Finding, ...]:
    """Can the ground be, and the limb of the Opinions that the judgment names?

    Before 2017 the ground is not divided into limbs; `since` is the day from which
    the person was guardian, where it is on record.
    """
    found: list[Finding] = []
    if CC.in_force(on):
        found.append(civil_code_court.ground_can_be(named, delegated=delegated))
    elif GPR.in_force(on):
        found.append(general_provisions.ground_can_be(named, delegated=delegated))
    if limb is not None:
        found.append(opinions_2014.is_in_force_for_limb(on))
        found.append(opinions_2014.limb_is_of_ground(limb, named))
    if limb == REFUSAL and since is not None:
        found.append(opinions_2014.refusal_was_long_enough(since, on))
    return tuple(found)


def wish(
    on: PartialDate, born: PartialDate | None, *, heard: bool
) -> tuple[Finding, ...]:
    """Is the wish of a child of the age to be asked on record? Since 2017.

    Younger children are heard too, and nobody is warned where they were not.
    """
    of_age = born is not None and civil_code.wish_is_asked(born, on).holds
    rule = {
        CC.short: civil_code.wish_is_on_record,
        GPR.short: general_provisions.wish_is_on_record,
    }.get(act.short if (act := civil_law(on)) else "")
    if rule is None or not (of_age or heard):
        return ()
    return (rule(heard=heard),)


def wish_followed(on: PartialDate, *, against: bool) -> tuple[Finding, ...]:
    """Is nobody designated whom the child does not want?"""
    if CC.in_force(on):
        return (civil_code.wish_is_followed(against=against),)
    if GPR.in_force(on):
        return (general_provisions.wish_is_followed(against=against),)
    return ()


def advice(on: PartialDate, said: Advice) -> tuple[Finding, ...]:
    """What may a procurator write where nobody sued?"""
    found: list[Finding] = []
    if OP14.in_force(on):
        found.append(opinions_2014.procurator_advises(said))
    if MPL.in_force(on):
        found.append(minors_protection.procurator_supports())
    return tuple(found) or (finding("procurator_advises", (), "no_rule_of_the_date"),)


def provided_for(on: PartialDate, *, held: bool) -> tuple[Finding, ...]:
    """Has the child somebody after the judgment? Before 2007 no act known here asks."""
    if CC.in_force(on):
        return (civil_code_court.child_is_provided_for(held=held),)
    if GPR.in_force(on):
        return (general_provisions.child_is_provided_for(held=held),)
    if MPL12.in_force(on):
        return (minors_protection_2006.child_is_provided_for(held=held),)
    return ()


def support(on: PartialDate) -> tuple[Finding, ...]:
    """Does the duty to support go on? One finding of each act in force."""
    found: list[Finding] = []
    if CC.in_force(on):
        found.append(civil_code_court.support_continues())
    elif GPR.in_force(on):
        found.append(general_provisions.support_continues())
    if MPL12.in_force(on):
        found.append(minors_protection_2006.support_continues())
    if OP14.in_force(on):
        found.append(opinions_2014.support_continues())
    if DV.in_force(on):
        found.append(anti_domestic_violence.support_continues())
    if MPL.in_force(on):
        found.append(minors_protection.support_continues())
    return tuple(found)


def restoration(
    on: PartialDate,
    *,
    kin_of_ward: bool,
    disqualified: bool,
    crime_against_ward: bool,
    bar: int | None,
) -> tuple[Finding, ...]:
    """May a court restore this person?

    Under the Opinions alone, from 2015 to 2017, anybody who was disqualified might
    ask, and a crime barred restoration generally, not always. Before, no act known
    here had a restoration. Since 2017 a limb of OP14 40(2) is a warning beside it.
    """
    if CC.in_force(on):
        rule = civil_code_court.may_be_restored
    elif GPR.in_force(on):
        rule = general_provisions.may_be_restored
    else:
        return _under_the_opinions(on, disqualified, crime_against_ward, bar)
    generally = opinions_2014.is_generally_restorable
    return (
        *rule(
            kin_of_ward=kin_of_ward,
            disqualified=disqualified,
            crime_against_ward=crime_against_ward,
        ),
        *((generally(bar, crime_against_ward=False),) if bar is not None else ()),
    )


def _under_the_opinions(
    on: PartialDate,
    disqualified: bool,  # noqa: FBT001  as in the public function
    crime_against_ward: bool,  # noqa: FBT001  likewise
    bar: int | None,
) -> tuple[Finding, ...]:
    if not OP14.in_force(on):
        return (opinions_2014.is_in_force_for_limb(on),)
    generally = opinions_2014.is_generally_restorable(
        bar, crime_against_ward=crime_against_ward
    )
    return generally, opinions_2014.was_disqualified(disqualified=disqualified)


def window(on: PartialDate, lost_on: PartialDate | None) -> tuple[Finding, ...]:
    """Is restoration asked for in the window of the Opinions?"""
    if lost_on is None or not OP14.in_force(on):
        return ()
    return (opinions_2014.asked_in_the_window(lost_on, on),)


def window_is_law(on: PartialDate) -> bool:
    """Whether an application outside the window is against the law, not only late.

    Only while the Opinions were the only law of restoration: the Code and the General
    Provisions have no window [own reading; the Opinions were never repealed].
    """
    return OP14.in_force(on) and not (CC.in_force(on) or GPR.in_force(on))


def asks_himself(on: PartialDate, *, applies_himself: bool) -> tuple[Finding, ...]:
    """Does the person to be restored apply himself?"""
    rule = in_force(
        on,
        civil_code_court.may_ask_to_be_restored,
        general_provisions.may_ask_to_be_restored,
        opinions_2014.may_ask_to_be_restored if OP14.in_force(on) else None,
    )
    return (rule(applies_himself=applies_himself),)


def designated_ceases(on: PartialDate) -> tuple[Finding, ...]:
    """Does the guardian designated by the court cease at once?"""
    rule = in_force(
        on,
        civil_code_court.designated_guardian_ceases,
        general_provisions.designated_guardian_ceases,
        opinions_2014.designated_guardian_ceases if OP14.in_force(on) else None,
    )
    return (rule(),)


def ends(on: PartialDate, reason: EndReason, *, stands: bool) -> tuple[Finding, ...]:
    """Does a guardianship end for this reason?"""
    rule = in_force(
        on,
        civil_code_court.guardianship_ends,
        general_provisions.guardianship_ends,
        general_principles.guardianship_ends,
    )
    return (rule(reason, stands=stands),)


def last_resort(on: PartialDate) -> tuple[Finding, ...]:
    """Must civil affairs apply where nobody else does? Nothing before 2017 asks it."""
    if CC.in_force(on):
        return (civil_code_court.civil_affairs_must_apply(others_applied=False),)
    if GPR.in_force(on):
        return (general_provisions.civil_affairs_must_apply(others_applied=False),)
    return ()
