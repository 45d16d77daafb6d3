"""Anti-Domestic-Violence Law, articles 14 to 31, as far as they touch children.

What lives here: one function an article, in their order. What never does: state,
clocks. In force from 2016-03-01. The Chinese is the text; the English is ours.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.dates import PartialDate
from events.guardianship import Finding, Office
from events.proceedings import ProtectionMeasure
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

NEAR_KIN = frozenset(
    {ApplicantClass.PARENT, ApplicantClass.GRANDPARENT, ApplicantClass.SIBLING}
)
"""Near relatives in the sense of CC 1045(2), as far as a standing says so."""
FOR_ANOTHER = NEAR_KIN | {
    ApplicantClass.POLICE,
    ApplicantClass.WOMENS_FEDERATION,
    ApplicantClass.COMMITTEE,
    ApplicantClass.RESCUE_INSTITUTION,
}
"""Who asks for protection of one without full capacity: a closed list (DV 23(2))."""
APART = frozenset({ProtectionMeasure.NO_CONTACT, ProtectionMeasure.MOVE_OUT})


def is_reported_to_the_police(*, told: bool) -> Finding:
    """Is violence against a child reported to the police? (DV 14).

    在工作中发现无民事行为能力人、限制民事行为能力人遭受或者疑似遭受家庭暴力的，
    应当及时向公安机关报案。

    To the police, also where another department was told first.
    """
    reason = "police_were_told" if told else "police_were_not_told"
    return finding("is_reported_to_the_police", ("DV 14",), reason)


def may_place_in_danger(by: Office) -> Finding:
    """Does this office take a child in danger to a shelter? (DV 15(2)).

    无民事行为能力人、限制民事行为能力人因家庭暴力身体受到严重伤害、
    面临人身安全威胁或者处于无人照料等危险状态的，公安机关应当通知并协助
    民政部门将其安置到临时庇护场所、救助管理机构或者福利机构。

    The police notify and help civil affairs; neither moves guardianship by it.
    """
    places = by in {Office.POLICE, Office.CIVIL_AFFAIRS}
    reason = "places_in_danger" if places else "placement_is_not_this_offices"
    return finding("may_place_in_danger", ("DV 15(2)",), reason)


def visit_follows_a_warning(*, warned: bool) -> Finding:
    """Does the visit watch whether a warning is heeded? (DV 17(2)).

    居民委员会、村民委员会、公安派出所应当对收到告诫书的加害人、受害人进行查访，
    监督加害人不再实施家庭暴力。

    After a warning they must visit; without one on record they may.
    """
    reason = "after_a_warning" if warned else "no_warning_on_record"
    return finding("visit_follows_a_warning", ("DV 17(2)",), reason)


def may_apply(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """May somebody ask to disqualify a violent guardian? (DV 21(1)).

    监护人实施家庭暴力严重侵害被监护人合法权益的，人民法院可以根据被监护人的
    近亲属、居民委员会、村民委员会、县级人民政府民政部门等有关人员
    或者单位的申请，依法撤销其监护人资格，另行指定监护人。

    Near relatives, the committee, civil affairs and others concerned.
    """
    named = NEAR_KIN | {ApplicantClass.COMMITTEE, ApplicantClass.CIVIL_AFFAIRS}
    if is_respondent:
        reason = "guardian_against_himself"
    elif standing in NEVER_APPLY:
        reason = NEVER_APPLY[standing]
    else:
        reason = "named_by_the_law" if standing in named else "the_list_is_open"
    return finding("may_apply", ("DV 21(1)",), reason)


def support_continues() -> Finding:
    """Does a violent guardian keep paying after disqualification? (DV 21(2)).

    被撤销监护人资格的加害人，应当继续负担相应的赡养、扶养、抚养费用。

    He does.
    """
    return finding("support_continues", ("DV 21(2)",), "support_outlives_guardianship")


def may_ask_for_protection(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """May somebody ask for a protection order of a child? (DV 23(2)).

    当事人是无民事行为能力人、限制民事行为能力人，或者因受到强制、威吓等原因
    无法申请人身安全保护令的，其近亲属、公安机关、妇女联合会、居民委员会、
    村民委员会、救助管理机构可以代为申请。

    The child itself, and for it near relatives, the police, the women's federation, the
    committee and rescue bodies; the list is closed.
    """
    if is_respondent:
        reason = "respondent_himself"
    elif standing is ApplicantClass.WARD:
        reason = "asks_for_itself"
    elif standing in FOR_ANOTHER:
        reason = "named_by_the_law"
    else:
        reason = "not_in_the_closed_list"
    return finding("may_ask_for_protection", ("DV 23(2)",), reason)


def protection_is_decided_in_time(
    received: Moment, decided: Moment, *, urgent: bool
) -> Finding:
    """Was a protection order decided in its hours? (DV 28).

    人民法院受理申请后，应当在七十二小时内作出人身安全保护令或者驳回申请；
    情况紧急的，应当在二十四小时内作出。

    72 hours, 24 where it is urgent; the hour in which they begin does not count (CPL
    85). Of days without a minute what may be in time is in time.
    """
    hours = figures.PROTECTION_URGENT_HOURS if urgent else figures.PROTECTION_HOURS
    value = hours.at(received[0]) or hours.values[-1]
    last = hours_later(last_moment(*received), value.number, procedural=True)
    late = first_moment(*decided) > last
    reason = "decided_late" if late else "decided_in_time"
    return finding("protection_is_decided_in_time", ("DV 28",), reason)


def measure_keeps_apart(measure: ProtectionMeasure) -> Finding:
    """Does a measure keep the respondent from the child? (DV 29).

    （二）禁止被申请人骚扰、跟踪、接触申请人及其相关近亲属；
    （三）责令被申请人迁出申请人住所；

    No contact, and moving out. Under another measure alone a child is handed to the
    respondent only after somebody has looked [own reading].
    """
    apart = measure in APART
    limb = {ProtectionMeasure.NO_VIOLENCE: 1, ProtectionMeasure.NO_CONTACT: 2}
    limb |= {ProtectionMeasure.MOVE_OUT: 3, ProtectionMeasure.OTHER: 4}
    reason = "keeps_apart" if apart else "restrains_only"
    return finding("measure_keeps_apart", (f"DV 29({limb[measure]})",), reason)


def order_is_short_enough(made_on: PartialDate, until: PartialDate) -> Finding:
    """Does the order last six months at most? (DV 30).

    人身安全保护令的有效期不超过六个月，自作出之日起生效。

    From the day on which it is made; an extension again from its own [own reading].
    """
    months = figures.PROTECTION_MONTHS.values[0].number
    last = corresponding_day(made_on.latest, months, Unit.MONTHS)
    reason = "within_six_months" if until.earliest <= last else "longer_than_six_months"
    return finding("order_is_short_enough", ("DV 30",), reason)


def order_may_be_changed(*, in_force: bool, by_the_protected: bool) -> Finding:
    """May an order be revoked, changed or extended now? (DV 30).

    人身安全保护令失效前，人民法院可以根据申请人的申请撤销、变更或者延长。

    Before it has lost its force, and on the application of who is protected, or of who
    asked for it: never on the respondent's, who may ask for review.
    """
    reason = "order_is_in_force"
    if not by_the_protected:
        reason = "not_asked_by_the_protected"
    elif not in_force:
        reason = "no_order_in_force"
    return finding("order_may_be_changed", ("DV 30",), reason)


def review_is_in_time(decided_on: PartialDate, asked_on: PartialDate) -> Finding:
    """Is review asked for in time? (DV 31).

    可以自裁定生效之日起五日内向作出裁定的人民法院申请复议一次。

    Within five days of the day on which the decision takes effect; a last day of rest
    moves (CPL 85).
    """
    days = figures.REVIEW_DAYS.values[0].number
    last = last_day(decided_on.latest, days, Unit.DAYS, procedural=True).last_day
    late = asked_on.earliest > last
    reason = "later_than_five_days" if late else "within_five_days"
    return finding("review_is_in_time", ("DV 31",), reason)


def review_is_the_first(*, decided: bool, reviewed: bool) -> Finding:
    """Is there a decision to review, and was it not reviewed already? (DV 31).

    申请人对驳回申请不服或者被申请人对人身安全保护令不服的，
    可以自裁定生效之日起五日内向作出裁定的人民法院申请复议一次。

    Once.
    """
    reason = "reviewed_already" if reviewed else "first_review"
    if not decided:
        reason = "nothing_to_review"
    return finding("review_is_the_first", ("DV 31",), reason)


def order_stands_under_review() -> Finding:
    """Does an order stand while it is reviewed? It does (DV 31).

    人民法院依法作出人身安全保护令的，复议期间不停止人身安全保护令的执行。

    Review stops nothing.
    """
    return finding("order_stands_under_review", ("DV 31",), "stands_under_review")
