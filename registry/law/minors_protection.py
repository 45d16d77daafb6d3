"""Minors Protection Law, articles 11 to 118: reports, delegation, state guardianship.

What lives here: one function an article or limb, in their order. What never does:
state, clocks. In force from 2021-06-01; the articles used here were not touched in
2024. The Chinese is the text; the English is ours.
"""

from __future__ import annotations

from events.guardianship import Finding, Office, PlacementForm
from events.reports import Reporter, Response
from registry.law.reasons import finding

NOT_FOUND, WHEREABOUTS, UNABLE, REFUSES, CRIME, DANGER, OTHER = range(1, 8)
"""The limbs of article 92."""
PARENTS_NOT_FOUND, DEAD, CAPACITY_LOST, DESIGNATED, BY_OTHER_LAW = range(1, 6)
"""The limbs of article 94."""
FORMS = {
    PlacementForm.KIN: "MPL 93(1)",
    PlacementForm.FOSTER: "MPL 93(1)",
    PlacementForm.RESCUE_INSTITUTION: "MPL 93(1)",
    PlacementForm.WELFARE_INSTITUTION: "MPL 93(1)",
}


BOUND = frozenset(
    {
        Reporter.STATE_ORGAN,
        Reporter.COMMITTEE,
        Reporter.SCHOOL,
        Reporter.MEDICAL_INSTITUTION,
        Reporter.CLOSE_CONTACT_UNIT,
    }
)
"""Who must report (article 11(2)); everybody else may (article 11(1))."""
COERCION = frozenset(
    {
        Response.ADMONISHED,
        Response.WARNED,
        Response.GUIDANCE_ORDERED,
        Response.PUNISHED,
        Response.REMOVED,
    }
)
"""What a committee cannot do: it dissuades, stops and reports (article 118(1))."""


def reports_at_once(reporter: Reporter) -> Finding:
    """Must this reporter report, or may he? (MPL 11(2)).

    国家机关、居民委员会、村民委员会、密切接触未成年人的单位及其工作人员，
    在工作中发现未成年人身心健康受到侵害、疑似受到侵害或者面临其他危险情形的，
    应当立即向公安、民政、教育等有关部门报告。

    Organs, committees and units in close contact must, at once; anybody else may, by
    paragraph 1.
    """
    must = reporter in BOUND
    cited = "MPL 11(2)" if must else "MPL 11(1)"
    reason = "bound_to_report" if must else "free_to_report"
    return finding("reports_at_once", (cited,), reason)


def is_taken_up(*, asked: bool) -> Finding:
    """Does the department that was told take the report up? (MPL 11(3)).

    有关部门接到涉及未成年人的检举、控告或者报告，应当依法及时受理、处置，
    并以适当方式将处理结果告知相关单位和人员。

    It must, in time; another that does is recorded too.
    """
    reason = "taken_up_by_the_addressee" if asked else "taken_up_by_another"
    return finding("is_taken_up", ("MPL 11(3)",), reason)


def reporter_is_told(*, late: bool) -> Finding:
    """Is the reporter told in time what came of it? (MPL 11(3)).

    并以适当方式将处理结果告知相关单位和人员。

    The law says in time and gives no number of days; the day is chosen here.
    """
    reason = "told_late" if late else "told_in_time"
    return finding("reporter_is_told", ("MPL 11(3)",), reason)


def may_be_entrusted(*, barred: bool) -> Finding:
    """May a guardian who is away entrust care to this person? (MPL 22(3)).

    具有下列情形之一的，不得作为被委托人：（一）曾实施性侵害、虐待、遗弃、
    拐卖、暴力伤害等违法犯罪行为；（二）有吸毒、酗酒、赌博等恶习；
    （三）曾拒不履行或者长期怠于履行监护、照护职责；
    （四）其他不适宜担任被委托人的情形。

    Not to one who harmed, has such vices or neglected: on record is who was
    disqualified for this child.
    """
    reason = "disqualified_for_this_child" if barred else "not_disqualified"
    return finding("may_be_entrusted", ("MPL 22(3)",), reason)


def temporary_limb_can_be(
    limb: int | None, *, guardian_stands: bool, somebody_reachable: bool
) -> Finding:
    """Can this limb of temporary guardianship be, by what is on record? (MPL 92).

    （一）未成年人流浪乞讨或者身份不明，暂时查找不到父母或者其他监护人；
    （二）监护人下落不明且无其他人可以担任监护人；
    （三）监护人因自身客观原因或者因发生自然灾害、事故灾难、公共卫生事件等
    突发事件不能履行监护职责，导致未成年人监护缺失；
    （四）监护人拒绝或者怠于履行监护职责，导致未成年人处于无人照料的状态；
    （五）监护人教唆、利用未成年人实施违法犯罪行为，未成年人需要被带离安置；
    （六）未成年人遭受监护人严重伤害或者面临人身安全威胁，需要被紧急安置；
    （七）法律规定的其他情形。

    Limbs 1 and 2 need that no guardian can be found, so none whose whereabouts are
    not lost; limbs 3 to 6 need a guardian; limb 7 is open.
    """
    if limb is None:
        return finding("temporary_limb_can_be", ("MPL 92",), "limb_not_stated")
    reason = "limb_not_contradicted"
    if limb in {NOT_FOUND, WHEREABOUTS} and somebody_reachable:
        reason = "a_guardian_can_be_found"
    elif limb in {UNABLE, REFUSES, CRIME, DANGER} and not guardian_stands:
        reason = "limb_needs_a_guardian"
    return finding("temporary_limb_can_be", (f"MPL 92({limb})",), reason)


def is_civil_affairs_act(by: Office) -> Finding:
    """Is it civil affairs that takes the temporary guardianship? (MPL 92).

    具有下列情形之一的，民政部门应当依法对未成年人进行临时监护：

    Its rescue institutions take children in and care for them (MPL 96(2)); before
    this law they were temporary guardians themselves (OP14 15).
    """
    civil = by is Office.CIVIL_AFFAIRS
    reason = "civil_affairs_acts" if civil else "not_civil_affairs_act"
    return finding("is_civil_affairs_act", ("MPL 92",), reason)


def form_is_named(form: PlacementForm) -> Finding:
    """Is this a form of placement under temporary guardianship? (MPL 93(1)).

    对临时监护的未成年人，民政部门可以采取委托亲属抚养、家庭寄养等方式进行
    安置，也可以交由未成年人救助保护机构或者儿童福利机构进行收留、抚养。

    Kin, foster family and the like, rescue and protection body, welfare institution.
    """
    reason = "form_named" if form in FORMS else "form_and_the_like"
    return finding("form_is_named", ("MPL 93(1)",), reason)


def return_is_civil_affairs(by: Office) -> Finding:
    """Is it civil affairs, or a court, that ends the protection? (MPL 93(2)).

    临时监护期间，经民政部门评估，监护人重新具备履行监护职责条件的，
    民政部门可以将未成年人送回监护人抚养。

    Nobody else takes it away.
    """
    may = by in {Office.CIVIL_AFFAIRS, Office.COURT}
    reason = "civil_affairs_acts" if may else "end_is_civil_affairs"
    return finding("return_is_civil_affairs", ("MPL 93(2)",), reason)


def may_be_returned(*, assessed: bool, fit_guardian_stands: bool) -> Finding:
    """May the child be returned to its guardian? (MPL 93(2)).

    临时监护期间，经民政部门评估，监护人重新具备履行监护职责条件的，
    民政部门可以将未成年人送回监护人抚养。

    Only after civil affairs has assessed the guardian as able again, and only to
    somebody who is guardian and can be found.
    """
    if not assessed:
        reason = "returned_unassessed"
    elif not fit_guardian_stands:
        reason = "nobody_to_return_to"
    else:
        reason = "returned_after_assessment"
    return finding("may_be_returned", ("MPL 93(2)",), reason)


def long_term_limb_can_be(
    limb: int | None,
    *,
    guardian_stands: bool,
    somebody_reachable: bool,
    court_designated: bool,
) -> Finding:
    """Can this limb of long-term guardianship be, by what is on record? (MPL 94).

    （一）查找不到未成年人的父母或者其他监护人；
    （二）监护人死亡或者被宣告死亡且无其他人可以担任监护人；
    （三）监护人丧失监护能力且无其他人可以担任监护人；
    （四）人民法院判决撤销监护人资格并指定由民政部门担任监护人；
    （五）法律规定的其他情形。

    Limb 1 needs that no guardian can be found, 2 and 3 that none is left, 4 that a
    court designated this body; limb 5 is open.
    """
    if limb is None:
        return finding("long_term_limb_can_be", ("MPL 94",), "limb_not_stated")
    reason = "limb_not_contradicted"
    if limb == PARENTS_NOT_FOUND and somebody_reachable:
        reason = "a_guardian_can_be_found"
    elif limb in {DEAD, CAPACITY_LOST} and guardian_stands:
        reason = "a_guardian_is_on_record"
    elif limb == DESIGNATED and not court_designated:
        reason = "no_designation_on_record"
    return finding("long_term_limb_can_be", (f"MPL 94({limb})",), reason)


def ends_state_guardianship() -> Finding:
    """Does adoption end civil affairs' guardianship? It does (MPL 95).

    收养关系成立后，民政部门与未成年人的监护关系终止。

    From the day the adoption stands.
    """
    question = "ends_state_guardianship"
    return finding(question, ("MPL 95",), "ends_adoption")


def procurator_supports() -> Finding:
    """What may the procurator do where nobody sues? (MPL 106).

    未成年人合法权益受到侵犯，相关组织和个人未代为提起诉讼的，
    人民检察院可以督促、支持其提起诉讼；

    Urge and support the suit of others.
    """
    question = "procurator_supports"
    return finding(question, ("MPL 106",), "urges_and_supports")


def court_may_disqualify() -> Finding:
    """On whose application may a court disqualify? (MPL 108(1)).

    未成年人的父母或者其他监护人不依法履行监护职责或者严重侵犯被监护的
    未成年人合法权益的，人民法院可以根据有关人员或者单位的申请，
    依法作出人身安全保护令或者撤销监护人资格。

    Of persons or units concerned; it may also give a protection order.
    """
    question = "court_may_disqualify"
    return finding(question, ("MPL 108(1)",), "person_or_unit_concerned")


def court_may_protect(*, is_respondent: bool) -> Finding:
    """On whose application may a court order protection? (MPL 108(1)).

    人民法院可以根据有关人员或者单位的申请，
    依法作出人身安全保护令或者撤销监护人资格。

    Of persons or units concerned: no list; never of the respondent.
    """
    reason = "respondent_himself" if is_respondent else "person_or_unit_concerned"
    return finding("court_may_protect", ("MPL 108(1)",), reason)


def support_continues() -> Finding:
    """Does the duty to support go on? (MPL 108(2)).

    被撤销监护人资格的父母或者其他监护人应当依法继续负担抚养费用。

    It does.
    """
    return finding(
        "support_continues", ("MPL 108(2)",), "support_outlives_guardianship"
    )


def committee_may(response: Response) -> Finding:
    """May a committee do this towards a guardian? (MPL 118(1)).

    未成年人的父母或者其他监护人不依法履行监护职责或者侵犯未成年人合法权益的，
    由其居住地的居民委员会、村民委员会予以劝诫、制止；情节严重的，
    居民委员会、村民委员会应当及时向公安机关报告。

    It dissuades and stops; it does not admonish, order, punish or remove: what is
    grave it reports to the police.
    """
    coerces = response in COERCION
    reason = "committee_may_not_coerce" if coerces else "dissuades_and_stops"
    return finding("committee_may", ("MPL 118(1)",), reason)


def grave_is_escalated() -> Finding:
    """What follows where it is grave? (MPL 118(1)).

    情节严重的，居民委员会、村民委员会应当及时向公安机关报告。

    A report to those who may act.
    """
    return finding("grave_is_escalated", ("MPL 118(1)",), "carried_on")
