"""Joint Opinions of 2014 (法发〔2014〕24号) on guardians' violations of minors' rights.

What lives here: one function an article, in their order. What never does: state,
clocks. In force from 2015-01-01, beside the Code, which prevails. The text is not at
hand: articles 27, 30, 32, 35, 36, 38(1), 40 and 42 were read in published sources that
quote them, 15, 17, 19, 23 and 44 are recalled.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.dates import PartialDate
from events.guardianship import Finding
from events.proceedings import Advice, Ground
from registry.law import figures
from registry.law.civil_code_court import NEVER_APPLY
from registry.law.periods import (
    Moment,
    Unit,
    corresponding_day,
    first_moment,
    hours_later,
    last_day,
    last_moment,
)
from registry.law.reasons import finding

GROUPS = {
    ApplicantClass.PARENT: "OP14 27(1)",
    ApplicantClass.GRANDPARENT: "OP14 27(1)",
    ApplicantClass.SIBLING: "OP14 27(1)",
    ApplicantClass.OTHER_RELATIVE: "OP14 27(1)",
    ApplicantClass.OTHER_PERSON: "OP14 27(1)",
    ApplicantClass.CARER: "OP14 27(1)",
    ApplicantClass.COMMITTEE: "OP14 27(2)",
    ApplicantClass.EMPLOYER: "OP14 27(2)",
    ApplicantClass.CIVIL_AFFAIRS: "OP14 27(3)",
    ApplicantClass.RESCUE_INSTITUTION: "OP14 27(3)",
    ApplicantClass.YOUTH_LEAGUE: "OP14 27(4)",
    ApplicantClass.WOMENS_FEDERATION: "OP14 27(4)",
    ApplicantClass.SCHOOL: "OP14 27(4)",
}
"""The four groups of article 27; the fourth ends with "and the like"."""
LIMB_GROUNDS = {
    1: frozenset({Ground.HARM}),
    2: frozenset({Ground.NEGLECT}),
    3: frozenset({Ground.NEGLECT}),
    4: frozenset({Ground.UNABLE_AND_REFUSES}),
    5: frozenset({Ground.HARM, Ground.OTHER_VIOLATION}),
    6: frozenset({Ground.HARM, Ground.OTHER_VIOLATION}),
    7: frozenset({Ground.OTHER_VIOLATION}),
}
"""Which ground of the Code each limb of article 35 is [own mapping]."""
REFUSAL = 3
"""The limb that needs six months of refusal."""


def return_follows_conclusion(*, assessed: bool) -> Finding:
    """Was the child handed back only after a conclusion? (OP14 19; text not at hand).

    The rescue body confers on the guardian's assessment; before a conclusion the child
    must not be handed back [recalled].
    """
    reason = "returned_after_assessment" if assessed else "returned_unassessed"
    return finding("return_follows_conclusion", ("OP14 19",), reason)


def protection_is_decided_in_time(received: Moment, decided: Moment) -> Finding:
    """Was a protection order decided in 48 hours? (OP14 23; text not at hand).

    Before the Anti-Domestic-Violence Law, which gave 72 hours and 24 [recalled].
    """
    hours = figures.PROTECTION_HOURS.values[0].number
    last = hours_later(last_moment(*received), hours, procedural=True)
    late = first_moment(*decided) > last
    reason = "decided_late" if late else "decided_in_time"
    return finding("protection_is_decided_in_time", ("OP14 23",), reason)


def may_apply(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """May somebody ask to disqualify? (OP14 27; text not at hand, read quoted).

    Four groups: other guardians, grandparents, elder siblings, close relatives and
    friends; the committee and the parents' employer; civil affairs and its rescue
    bodies; Youth League, women's federation, school and the like.
    """
    if is_respondent:
        return finding("may_apply", ("OP14 27",), "guardian_against_himself")
    if standing in NEVER_APPLY:
        return finding("may_apply", ("OP14 27", "OP14 30"), NEVER_APPLY[standing])
    group = GROUPS.get(standing)
    reason = "named_by_the_law" if group else "the_list_is_open"
    return finding("may_apply", (group or "OP14 27(4)",), reason)


def procurator_advises(advice: Advice) -> Finding:
    """What does a procurator write where nobody sued? (OP14 30; text not at hand).

    Quoted where it was read: to the child's carer, that he may apply; to civil affairs
    or its rescue body, where nobody has applied though article 35 is met, that it
    should. The recommendation starts its duty of last resort (CC 36(3)).
    """
    reason = "informed_of_the_right"
    if advice is Advice.RECOMMENDED:
        reason = "recommended_to_apply"
    return finding("procurator_advises", ("OP14 30",), reason)


def is_in_force_for_limb(on: PartialDate) -> Finding:
    """May a judgment rest on a limb of article 35 yet? (OP14 35; text not at hand).

    Not before 2015-01-01, when the Opinions came in force.
    """
    known = figures.REFUSAL_MONTHS.at(on) is not None
    reason = "opinions_in_force" if known else "opinions_not_yet_in_force"
    return finding("is_in_force_for_limb", ("OP14 35",), reason)


def limb_is_of_ground(limb: int, ground: Ground) -> Finding:
    """Does a limb of article 35 fit the ground? (OP14 35; text not at hand, quoted).

    Violence, sale, abandonment and abuse harm; leaving a child in danger and refusing
    the duty neglect; vices or prison with refusal to delegate; begging and crime harm
    or violate otherwise; the rest violates otherwise.
    """
    reason = "limb_fits" if ground in LIMB_GROUNDS[limb] else "limb_of_another_ground"
    return finding("limb_is_of_ground", (f"OP14 35({limb})",), reason)


def refusal_was_long_enough(since: PartialDate, until: PartialDate) -> Finding:
    """Can six months of refusal have passed? (OP14 35(3); text not at hand, quoted).

    Refusing the duty for six months or more: not where the guardianship, or the
    child's life, is surely shorter.
    """
    needed = figures.REFUSAL_MONTHS.values[0].number
    reached = corresponding_day(since.earliest, needed, Unit.MONTHS)
    reason = "six_months_can_be" if reached <= until.latest else "six_months_cannot_be"
    return finding("refusal_was_long_enough", ("OP14 35(3)",), reason)


def designation_is_needed(*, another_stands: bool) -> Finding:
    """Need a guardian be designated? (OP14 36(1); text not at hand, quoted).

    Where there is another guardian, that one carries on; else one is designated among
    the kin and bodies of the law, in the last resort civil affairs.
    """
    reason = "another_guardian_stands" if another_stands else "nobody_else_is_guardian"
    return finding("designation_is_needed", ("OP14 36",), reason)


def may_ask_to_be_restored(*, applies_himself: bool) -> Finding:
    """Does the offender apply himself? (OP14 38(1); text not at hand, quoted).

    The one whose qualification was withdrawn applies, in writing.
    """
    reason = "applies_himself" if applies_himself else "asked_by_another"
    return finding("may_ask_to_be_restored", ("OP14 38(1)",), reason)


def asked_in_the_window(lost_on: PartialDate, asked_on: PartialDate) -> Finding:
    """Is restoration asked for in time? (OP14 38(1); text not at hand, quoted).

    In writing, from three months to one year after the disqualification: both days
    included; the last one moves over rest days. Of partial dates each is read so that
    a day which may be in time is in time.
    """
    opens = figures.RESTORATION_OPENS_MONTHS.values[0].number
    closes = figures.RESTORATION_CLOSES_YEARS.values[0].number
    first = corresponding_day(lost_on.earliest, opens, Unit.MONTHS)
    last = last_day(lost_on.latest, closes, Unit.YEARS).last_day
    reason = "in_the_window"
    if asked_on.latest < first:
        reason = "before_the_window"
    elif asked_on.earliest > last:
        reason = "after_the_window"
    return finding("asked_in_the_window", ("OP14 38(1)",), reason)


def was_disqualified(*, disqualified: bool) -> Finding:
    """Is there a disqualification to take back? (OP14 38(1); text not at hand).

    Read in a published source that quotes it.
    """
    reason = "was_disqualified" if disqualified else "was_not_disqualified"
    return finding("was_disqualified", ("OP14 38(1)",), reason)


def designated_guardian_ceases() -> Finding:
    """Does the designated guardian cease? (OP14 40(1); text not at hand, quoted).

    The qualification of the guardian designated before ends.
    """
    question = "designated_guardian_ceases"
    return finding(question, ("OP14 40(1)",), "ceases_in_the_same_moment")


def is_generally_restorable(bar: int | None, *, crime_against_ward: bool) -> Finding:
    """Is restoration not generally barred? (OP14 40(2); text not at hand, quoted).

    Generally not after (1) sexual abuse or sale, (2) long or repeated abuse or
    abandonment with grave injury, (3) five years of prison for it. Not every crime
    against the ward is one of these: attempted killing with three and a half years is
    none, and bars for ever by CC 38 alone.
    """
    if bar is not None:
        cited, reason = f"OP14 40(2)({bar})", "generally_not_restored"
    elif crime_against_ward:
        cited, reason = "OP14 40(2)", "bar_not_stated"
    else:
        cited, reason = "OP14 40(2)", "no_such_crime"
    return finding("is_generally_restorable", (cited,), reason)


def support_continues() -> Finding:
    """Does the duty to support go on? (OP14 42; text not at hand, read quoted).

    Support and the costs of the violation; bodies and persons may sue for them.
    """
    return finding("support_continues", ("OP14 42",), "support_outlives_guardianship")


def adoption_waited(
    lost_on: PartialDate, adopted_on: PartialDate, *, barred: bool
) -> Finding:
    """Was the child given for adoption a year after? (OP14 44; text not at hand).

    Not before one year after the judgment, unless restoration is barred [recalled].
    """
    years = figures.ADOPTION_WAIT_YEARS.values[0].number
    first = corresponding_day(lost_on.earliest, years, Unit.YEARS)
    reason = "adopted_after_the_wait"
    if barred:
        reason = "no_wait_restoration_barred"
    elif adopted_on.latest < first:
        reason = "adopted_within_the_year"
    return finding("adoption_waited", ("OP14 44",), reason)
