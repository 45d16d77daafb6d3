"""Civil Code, articles 36 to 39: disqualification, support, restoration, end.

What lives here: one function an article or limb, in their order, each answering one
question from facts handed in. What never does: state, clocks, who submits. In force
from 2021-01-01. The Chinese is the text of the act; the English is ours.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.guardianship import EndReason, Finding
from events.proceedings import Ground
from registry.law.reasons import finding

NEVER_APPLY = {
    ApplicantClass.PROCURATORATE: "procurator_advises_and_supports",
    ApplicantClass.POLICE: "police_report_and_remove",
}
"""Not in the list of CC 36(2), and with another part of their own (OP14 3, 30)."""
LISTED = frozenset(
    {
        ApplicantClass.PARENT,
        ApplicantClass.GRANDPARENT,
        ApplicantClass.SIBLING,
        ApplicantClass.COMMITTEE,
        ApplicantClass.SCHOOL,
        ApplicantClass.MEDICAL_INSTITUTION,
        ApplicantClass.WOMENS_FEDERATION,
        ApplicantClass.DISABLED_FEDERATION,
        ApplicantClass.PROTECTION_ORGANISATION,
        ApplicantClass.CIVIL_AFFAIRS,
    }
)
"""Whom CC 36(2) names; it ends with 等: others are not shut out."""
LIMBS = {
    Ground.HARM: "CC 36(1)(1)",
    Ground.NEGLECT: "CC 36(1)(2)",
    Ground.UNABLE_AND_REFUSES: "CC 36(1)(2)",
    Ground.OTHER_VIOLATION: "CC 36(1)(3)",
}


def is_guardian_to_disqualify(*, stands: bool, already: bool) -> Finding:
    """Is there a guardianship of this person that can be withdrawn? (CC 36(1)).

    监护人有下列情形之一的，人民法院根据有关个人或者组织的申请，
    撤销其监护人资格，

    A court withdraws the qualification of a guardian, one person and one child each.
    """
    reason = "guardian_on_record" if stands else "guardian_not_on_record"
    if already:
        reason = "disqualified_already"
    return finding("is_guardian_to_disqualify", ("CC 36(1)",), reason)


def ground_can_be(ground: Ground, *, delegated: bool) -> Finding:
    """Can this ground be, by what is on record? (CC 36(1)(1) to (3)).

    （一）实施严重损害被监护人身心健康的行为；（二）怠于履行监护职责，
    或者无法履行监护职责且拒绝将监护职责部分或者全部委托给他人，
    导致被监护人处于危困状态；（三）实施严重侵害被监护人合法权益的其他行为。

    Acts gravely harming the ward; neglect, or inability together with a refusal to
    delegate, that leaves the ward in distress; other grave violations. One whose
    delegation is on record has not refused to delegate.
    """
    impossible = ground is Ground.UNABLE_AND_REFUSES and delegated
    reason = "care_was_delegated" if impossible else "ground_not_contradicted"
    return finding("ground_can_be", (LIMBS[ground],), reason)


def child_is_provided_for(*, held: bool) -> Finding:
    """Has the child somebody after the judgment? (CC 36(1)).

    安排必要的临时监护措施，并按照最有利于被监护人的原则依法指定监护人：

    The court arranges temporary measures and designates a guardian; where another
    guardian remains, none need be designated.
    """
    reason = "somebody_holds" if held else "nobody_holds"
    return finding("child_is_provided_for", ("CC 36(1)",), reason)


def may_apply(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """May somebody ask the court to disqualify a guardian? (CC 36(2)).

    本条规定的有关个人、组织包括：其他依法具有监护资格的人，居民委员会、
    村民委员会、学校、医疗机构、妇女联合会、残疾人联合会、未成年人保护组织、
    依法设立的老年人组织、民政部门等。

    Others qualified as guardians, and the bodies named; the list is open, so that
    nobody who protects a child is turned away for not being named. Not the guardian
    against himself, and not offices whose part is another.
    """
    if is_respondent:
        reason = "guardian_against_himself"
    elif standing in NEVER_APPLY:
        reason = NEVER_APPLY[standing]
    elif standing in LISTED:
        reason = "named_by_the_law"
    else:
        reason = "the_list_is_open"
    return finding("may_apply", ("CC 36(2)",), reason)


def civil_affairs_must_apply(*, others_applied: bool) -> Finding:
    """Must civil affairs apply? (CC 36(3)).

    前款规定的个人和民政部门以外的组织未及时向人民法院申请撤销监护人资格的，
    民政部门应当向人民法院申请。

    Where the persons and the other organisations did not apply in time. The law gives
    no number of days: an alarm is chosen, see LAST_RESORT_DAYS.
    """
    reason = "others_applied" if others_applied else "duty_of_last_resort"
    return finding("civil_affairs_must_apply", ("CC 36(3)",), reason)


def support_continues() -> Finding:
    """Does the duty to support go on after disqualification? It does (CC 37).

    依法负担被监护人抚养费、赡养费、扶养费的父母、子女、配偶等，
    被人民法院撤销监护人资格后，应当继续履行负担的义务。

    Parents whom a court disqualified keep paying.
    """
    question = "support_continues"
    return finding(question, ("CC 37",), "support_outlives_guardianship")


def may_be_restored(
    *, kin_of_ward: bool, disqualified: bool, crime_against_ward: bool
) -> tuple[Finding, ...]:
    """May a court restore this person? Each condition is a finding (CC 38).

    被监护人的父母或者子女被人民法院撤销监护人资格后，除对被监护人实施
    故意犯罪的外，确有悔改表现的，经其申请，人民法院可以在尊重被监护人
    真实意愿的前提下，视情况恢复其监护人资格，

    Only a parent or child of the ward, whom a court disqualified, and never after an
    intentional crime against this ward. Repentance and the ward's wish are weighed by
    the court and no facts of this registry.
    """
    parent = "parent_or_child_of_ward" if kin_of_ward else "no_parent_of_ward"
    lost = "was_disqualified" if disqualified else "was_not_disqualified"
    clean = "intentional_crime_against_ward" if crime_against_ward else "no_such_crime"
    cited = ("CC 38",)
    return (
        finding("is_parent_of_ward", cited, parent),
        finding("was_disqualified", cited, lost),
        finding("no_crime_against_ward", cited, clean),
    )


def may_ask_to_be_restored(*, applies_himself: bool) -> Finding:
    """Does the person to be restored apply himself? (CC 38).

    经其申请，

    Nobody else may ask it for him.
    """
    reason = "applies_himself" if applies_himself else "asked_by_another"
    return finding("may_ask_to_be_restored", ("CC 38",), reason)


def designated_guardian_ceases() -> Finding:
    """Does the guardian designated by the court cease at once? It does (CC 38).

    人民法院指定的监护人与被监护人的监护关系同时终止。

    In the same moment, so in the same entry.
    """
    question = "designated_guardian_ceases"
    return finding(question, ("CC 38",), "ceases_in_the_same_moment")


END_LIMBS = {
    EndReason.FULL_CAPACITY: "CC 39(1)(1)",
    EndReason.CAPACITY_LOST: "CC 39(1)(2)",
    EndReason.GUARDIAN_DIED: "CC 39(1)(3)",
    EndReason.WARD_DIED: "CC 39(1)(3)",
    EndReason.COURT_FOUND: "CC 39(1)(4)",
    EndReason.CHANGED_BY_COURT: "CC 39(1)(4)",
    EndReason.DESIGNATION_SET_ASIDE: "CC 31(1)",
    EndReason.ADOPTION: "CC 1111(2)",
    EndReason.ADOPTION_DISSOLVED: "CC 1117",
}


def guardianship_ends(reason: EndReason, *, stands: bool) -> Finding:
    """Does a guardianship end for this reason? (CC 39(1)).

    （一）被监护人取得或者恢复完全民事行为能力；（二）监护人丧失监护能力；
    （三）被监护人或者监护人死亡；（四）人民法院认定监护关系终止的其他情形。

    Full capacity of the ward, lost capacity of the guardian, death of either, or
    other circumstances that a court finds. There must be one that can end.
    """
    code = f"ends_{reason}" if stands else "no_guardianship_to_end"
    return finding("guardianship_ends", (END_LIMBS[reason],), code)


def another_is_determined(*, held: bool) -> Finding:
    """Has a ward who still needs one another guardian? (CC 39(2)).

    监护关系终止后，被监护人仍然需要监护的，应当依法另行确定监护人。

    If not, there is a gap, and somebody's duty to close it.
    """
    reason = "somebody_holds" if held else "nobody_holds"
    return finding("another_is_determined", ("CC 39(2)",), reason)
