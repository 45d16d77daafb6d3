"""Reasons: the codes that events hold, and the sentences that people read.

What lives here: one table of reasons, each with what it means for the question asked
(it holds, or not) and its wording in English and Chinese, and the one way to make a
finding. What never does: a rule. The wording may be improved at any time; a code, once
recorded, keeps its meaning. A table of data, longer than code may be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from events.guardianship import Finding


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: whether the question holds for it, and its two wordings."""

    holds: bool
    english: str
    chinese: str


def _yes(english: str, chinese: str) -> Reason:
    return Reason(True, english, chinese)  # noqa: FBT003  the two kinds of this table


def _no(english: str, chinese: str) -> Reason:
    return Reason(False, english, chinese)  # noqa: FBT003  likewise


REASONS: dict[str, Reason] = {
    # Age and capacity
    "under_eighteen": _yes("is under eighteen", "未满十八周岁"),
    "eighteen_or_over": _no("is eighteen or over", "已满十八周岁"),
    "sixteen_or_over": _yes("is sixteen or over", "已满十六周岁"),
    "under_sixteen": _no("is under sixteen", "未满十六周岁"),
    "of_the_age_to_be_asked": _yes("of the age to be asked", "已达应征求意愿的年龄"),
    "below_the_age_to_be_asked": _no(
        "below the age to be asked as of course", "未达应征求意愿的年龄"
    ),
    # Who is guardian
    "parent_by_birth": _yes("is a parent", "系父母"),
    "parents_stay_guardians": _yes("both parents stay guardians", "父母双方仍为监护人"),
    "a_parent_is_guardian": _no(
        "a parent is guardian and comes first", "父母一方仍为监护人，应由其监护"
    ),
    "no_parent_remains": _yes("no parent is guardian", "已无父母担任监护人"),
    "grandparent": _yes("is a grandparent", "系祖父母、外祖父母"),
    "elder_sibling": _yes("is an elder brother or sister", "系兄、姐"),
    "others_need_consent": _no(
        "others need the consent of committee or civil affairs",
        "其他个人或者组织须经居（村）民委员会或者民政部门同意",
    ),
    "consent_given": _yes("consent was given", "已获同意"),
    "consent_is_not_this_offices": _no(
        "this office cannot give the consent", "该机关无权作出同意"
    ),
    "testator_was_no_guardian": _no(
        "the testator was no guardian", "立遗嘱人未担任监护人"
    ),
    "will_of_a_parent_who_was_guardian": _yes(
        "will of a parent who was guardian", "担任监护人的父母所立遗嘱"
    ),
    "agreed_among_qualified": _yes(
        "agreed among persons qualified", "依法具有监护资格的人之间的协议"
    ),
    "designation_is_not_this_offices": _no(
        "this office does not designate under the law of the date",
        "依当时法律，该机关无权指定监护人",
    ),
    "nobody_is_guardian_by_law": _yes("no parent is guardian", "已无父母担任监护人"),
    "disqualified_for_this_child": _no(
        "disqualified for this child", "对该未成年人的监护人资格已被撤销"
    ),
    "disqualified_for_another_child": _no(
        "disqualified for another child", "对另一未成年人的监护人资格已被撤销"
    ),
    "is_a_minor_himself": _no("is a minor himself", "本人系未成年人"),
    "whereabouts_are_lost": _no("whereabouts are lost", "下落不明"),
    "disqualification_is_asked": _no(
        "a court is asked to disqualify this person",
        "撤销其监护人资格的申请正在审理",
    ),
    "not_disqualified": _yes("not disqualified for this child", "监护人资格未被撤销"),
    "temporary_guardian_is_a_body": _no(
        "a temporary guardian before designation is a body, never a person",
        "指定前的临时监护人只能是组织，不能是自然人",
    ),
    "a_guardian_is_on_record": _no("a guardian is on record", "登记上尚有监护人"),
    "nobody_protects": _yes("nobody protects the child", "处于无人保护状态"),
    "designated_guardian_stands": _no(
        "a designated guardian is changed by the court only",
        "已被指定的监护人仅可由人民法院变更",
    ),
    "nobody_designated": _yes("no designated guardian stands", "没有被指定的监护人"),
    "nobody_qualified": _yes(
        "nobody qualified is on record", "没有依法具有监护资格的人"
    ),
    "care_moves_no_guardianship": _yes(
        "care moves no guardianship", "临时生活照料不改变监护关系"
    ),
    "delegation_moves_no_guardianship": _yes(
        "delegation moves no guardianship", "委托照护不改变监护关系"
    ),
    "adoption_registered": _yes("the adoption is registered", "收养已登记"),
    "ties_end_by_adoption": _yes("ties end by the adoption", "因收养关系成立而消除"),
    "ties_revive": _yes("ties revive by themselves", "权利义务关系自行恢复"),
    "one_guardian": _yes("one guardian", "一人担任监护人"),
    "several_guardians_jointly": _yes("several jointly", "数人共同担任监护人"),
    "within_thirty_days": _yes(
        "within thirty days of the notice", "在接到指定通知之日起三十日内"
    ),
    "late_so_a_change": _no(
        "later than thirty days: handled as a change of guardian",
        "超过三十日，按照变更监护关系处理",
    ),
    # The state as guardian, and placement
    "limb_not_stated": _no("the limb is not stated", "未载明适用的情形（项）"),
    "limb_not_contradicted": _yes(
        "nothing on record contradicts the limb", "登记上无相反事实"
    ),
    "a_guardian_can_be_found": _no(
        "a guardian whose whereabouts are not lost is on record",
        "登记上尚有并非下落不明的监护人",
    ),
    "limb_needs_a_guardian": _no(
        "no guardian is on record to whom the limb could apply",
        "登记上没有该项所指的监护人",
    ),
    "no_designation_on_record": _no(
        "no court's designation of this body is on record",
        "登记上没有人民法院对该部门的指定",
    ),
    "civil_affairs_acts": _yes("an act of civil affairs", "由民政部门实施"),
    "not_civil_affairs_act": _no(
        "temporary guardianship is civil affairs', which must confirm it",
        "临时监护应由民政部门实施，须由其确认",
    ),
    "end_is_civil_affairs": _no(
        "only civil affairs or a court ends it", "仅民政部门或者人民法院可以终止"
    ),
    "form_named": _yes("a form that the law names", "法律列明的安置方式"),
    "form_and_the_like": _yes("a form of the like", "其他类似安置方式"),
    "returned_after_assessment": _yes("after an assessment", "经评估后送回"),
    "returned_unassessed": _no(
        "returned without an assessment on record", "登记上没有送回前的评估"
    ),
    "nobody_to_return_to": _no(
        "no guardian is on record who can take the child",
        "登记上没有可以接回未成年人的监护人",
    ),
    "places_in_danger": _yes("places a child in danger", "有权紧急安置"),
    "placement_is_not_this_offices": _no(
        "placement is not this office's", "安置不属于该机关职权"
    ),
    # Protection orders
    "respondent_himself": _no(
        "the respondent does not ask for protection from himself",
        "被申请人不得代为申请针对自己的人身安全保护令",
    ),
    "asks_for_itself": _yes("asks for itself", "本人申请"),
    "not_in_the_closed_list": _no(
        "not among those who may ask for a child",
        "不属于可以代为申请人身安全保护令的人员和单位",
    ),
    "a_case_of_its_own": _yes("needs no other suit", "不以提起其他诉讼为条件"),
    "keeps_apart": _yes("keeps the respondent from the child", "使被申请人远离"),
    "restrains_only": _no("does not keep them apart", "不要求被申请人远离"),
    "within_six_months": _yes("six months at most", "有效期不超过六个月"),
    "longer_than_six_months": _no("longer than six months", "有效期超过六个月"),
    "order_is_in_force": _yes("the order is in force", "人身安全保护令有效"),
    "no_order_in_force": _no(
        "no order in force is on record", "登记上没有有效的人身安全保护令"
    ),
    "not_asked_by_the_protected": _no(
        "only who asked for the order has it extended, changed or revoked",
        "仅申请人可以申请撤销、变更或者延长",
    ),
    "within_five_days": _yes("within five days", "自裁定生效之日起五日内"),
    "later_than_five_days": _no("later than five days", "已超过五日"),
    "first_review": _yes("the first review", "首次申请复议"),
    "reviewed_already": _no("reviewed already, and once only", "已经复议一次"),
    "nothing_to_review": _no(
        "no decision on protection is on record", "登记上没有可以复议的裁定"
    ),
    "stands_under_review": _yes("stands under review", "复议期间不停止执行"),
    # A child's wish
    "wish_on_record": _yes("the child's wish is on record", "登记有未成年人的意愿"),
    "wish_not_on_record": _no(
        "no wish of a child of the age to be asked is on record",
        "登记上没有应征求意愿的未成年人的意愿",
    ),
    "not_against_the_wish": _yes("not against the wish", "不违背其意愿"),
    "against_the_wish": _no(
        "the child said it does not want to be with this person",
        "未成年人曾表示不愿与此人共同生活",
    ),
    # Applying to a court
    "named_by_the_law": _yes("named by the law", "法律列明的申请人"),
    "the_list_is_open": _yes(
        "not named, but the list is open", "未列明，但法律未作穷尽列举"
    ),
    "person_or_unit_concerned": _yes(
        "a person or unit concerned", "有关人员或者有关单位"
    ),
    "guardian_against_himself": _no(
        "a guardian does not apply against himself",
        "监护人不得申请撤销自己的监护人资格",
    ),
    "procurator_advises_and_supports": _no(
        "the procurator advises and supports, and does not apply",
        "人民检察院督促、支持起诉，不作为申请人",
    ),
    "police_report_and_remove": _no(
        "the police report and remove from danger, and do not apply",
        "公安机关报告、带离，不作为申请人",
    ),
    "urges_and_supports": _yes("urges and supports the suit", "督促、支持起诉"),
    "others_applied": _no("somebody else applied", "其他个人或者组织已申请"),
    "duty_of_last_resort": _yes(
        "nobody else applied: civil affairs must", "无人申请，民政部门应当申请"
    ),
    "docketed": _yes("docketed after filing", "起诉后立案"),
    "docketed_before_filing": _no("docketed before it was filed", "立案早于申请"),
    "decided_in_time": _yes("decided within the time for trial", "在审限内审结"),
    "decided_late": _no("decided after the time for trial", "超过审限审结"),
    "one_instance": _yes("one instance, final at once", "一审终审"),
    "procedure_ended_undecided": _yes(
        "a civil dispute: the procedure ended undecided",
        "属于民事权益争议，终结特别程序",
    ),
    "set_aside_and_designated_anew": _yes(
        "set aside and designated anew", "撤销指定，同时另行指定"
    ),
    "revised_by_a_new_judgment": _yes(
        "a new judgment may change it", "可由新判决撤销或者改变"
    ),
    "heard_in_absence": _yes("heard in absence", "缺席审理"),
    "withdrawn_by_the_applicant": _yes("by the applicant", "由申请人撤回"),
    "informed_of_the_right": _yes("informed of the right to apply", "告知有权申请"),
    "recommended_to_apply": _yes("recommended to apply", "书面建议申请"),
    "not_the_applicant": _no(
        "only the applicant, or the court, withdraws", "仅申请人可以撤回申请"
    ),
    "already_decided": _no("the case was decided already", "案件已经审结"),
    "still_pending": _yes("the case is pending", "案件尚在审理"),
    # Disqualification
    "guardian_on_record": _yes("is guardian on record", "登记为监护人"),
    "guardian_not_on_record": _no("is no guardian on record", "未登记为监护人"),
    "disqualified_already": _no("was disqualified already", "监护人资格此前已被撤销"),
    "ground_not_contradicted": _yes(
        "nothing on record contradicts the ground", "登记上无相反事实"
    ),
    "care_was_delegated": _no(
        "the guardian's delegation of care is on record, so not a refusal to delegate",
        "登记有委托照护，与拒绝委托不符",
    ),
    "opinions_in_force": _yes("the Opinions are in force", "意见已施行"),
    "opinions_not_yet_in_force": _no(
        "the Opinions are not yet in force", "意见尚未施行"
    ),
    "limb_fits": _yes("the limb fits the ground", "情形与法定事由相符"),
    "limb_of_another_ground": _no(
        "the limb belongs to another ground", "情形与法定事由不符"
    ),
    "six_months_can_be": _yes("six months can have passed", "可能已满六个月"),
    "six_months_cannot_be": _no("six months cannot have passed", "不可能已满六个月"),
    "somebody_holds": _yes("somebody protects the child", "有人监护"),
    "nobody_holds": _no("nobody is left or designated", "无人监护且未另行指定"),
    "nobody_else_is_guardian": _yes("nobody else is guardian", "没有其他监护人"),
    "another_guardian_stands": _no(
        "another guardian is on record and carries on",
        "登记上尚有其他监护人，应由其承担监护职责",
    ),
    "support_outlives_guardianship": _yes(
        "the duty to support goes on", "应当继续负担抚养费用"
    ),
    "application_on_record": _yes("the application is on record", "申请已登记"),
    "application_not_on_record": _no("no application is on record", "申请未登记"),
    "another_ward_cannot_be_read": _no(
        "an act on another child of this person cannot be read here",
        "该人所监护的另一未成年人的登记在此无法读取",
    ),
    "another_court_is_seized": _no(
        "another court decided on this child, or is to decide",
        "另一人民法院已就该未成年人作出裁判或者正在审理",
    ),
    "not_named_in_application": _no(
        "not named in the application on record", "申请中未列明的被申请人"
    ),
    "older_than_one_on_record": _no(
        "older than a decision already on record", "早于已登记的裁判"
    ),
    # Restoration
    "parent_or_child_of_ward": _yes(
        "is a parent or child of the ward", "系被监护人的父母或者子女"
    ),
    "no_parent_of_ward": _no(
        "is neither parent nor child of the ward", "不是被监护人的父母或者子女"
    ),
    "was_disqualified": _yes(
        "was disqualified by a court", "监护人资格曾被人民法院撤销"
    ),
    "was_not_disqualified": _no(
        "no disqualification is on record", "登记上没有撤销监护人资格的裁判"
    ),
    "no_such_crime": _yes(
        "no intentional crime against the ward is on record",
        "登记上没有对被监护人实施故意犯罪",
    ),
    "intentional_crime_against_ward": _no(
        "barred for ever after an intentional crime against the ward",
        "对被监护人实施故意犯罪的，不得恢复",
    ),
    "generally_not_restored": _no(
        "generally not restored after such a crime", "有此类犯罪的，一般不得恢复"
    ),
    "bar_not_stated": _no(
        "whether such a crime generally bars restoration is not stated",
        "未载明是否属于一般不得恢复的情形",
    ),
    "applies_himself": _yes("applies himself", "本人申请"),
    "asked_by_another": _no("asked by another", "非本人申请"),
    "in_the_window": _yes("within three months to one year", "在三个月至一年的期间内"),
    "before_the_window": _no("before three months have passed", "未满三个月"),
    "after_the_window": _no("after one year has passed", "已超过一年"),
    "ceases_in_the_same_moment": _yes(
        "the guardian designated by the court ceases at once",
        "人民法院指定的监护人的监护关系同时终止",
    ),
    "adopted_after_the_wait": _yes("a year or more after the judgment", "判决一年以后"),
    "adopted_within_the_year": _no("within a year of the judgment", "判决后不满一年"),
    "no_wait_restoration_barred": _yes(
        "no wait: restoration is barred", "不得恢复的，不受一年限制"
    ),
    # Ends
    "no_guardianship_to_end": _no(
        "there is no such guardianship on record", "登记上没有该监护关系"
    ),
    "ends_full_capacity": _yes("full capacity", "取得完全民事行为能力"),
    "ends_capacity_lost": _yes("capacity to guard lost", "丧失监护能力"),
    "ends_guardian_died": _yes("the guardian died", "监护人死亡"),
    "ends_ward_died": _yes("the ward died", "被监护人死亡"),
    "ends_court_found": _yes("found by a court", "人民法院认定的其他情形"),
    "ends_changed_by_court": _yes("changed by a court", "人民法院变更监护人"),
    "ends_designation_set_aside": _yes("designation set aside", "指定被撤销"),
    "ends_adoption": _yes("adoption", "收养关系成立"),
    "ends_adoption_dissolved": _yes("the adoption is dissolved", "收养关系解除"),
    # Reports, duties and referrals
    "bound_to_report": _yes("is bound to report at once", "应当立即报告"),
    "free_to_report": _yes("anybody may report", "任何组织或者个人都有权提出"),
    "taken_up_by_the_addressee": _yes(
        "taken up by who was told", "由接到报告的部门受理"
    ),
    "taken_up_by_another": _no(
        "taken up by a department that was not told", "由未接到报告的部门受理"
    ),
    "told_in_time": _yes("the reporter is told in time", "已及时告知处理结果"),
    "told_late": _no("the reporter is told late", "逾期告知处理结果"),
    "dissuades_and_stops": _yes("dissuades and stops", "予以劝诫、制止"),
    "committee_may_not_coerce": _no(
        "a committee dissuades and reports, and does not coerce",
        "居（村）民委员会只能劝诫、制止和报告，不得采取强制措施",
    ),
    "carried_on": _yes("carried to those who may act", "已向有权机关报告"),
    "police_were_told": _yes("the police were told", "已向公安机关报案"),
    "police_were_not_told": _no(
        "violence is reported to the police, who were not told",
        "家庭暴力应当向公安机关报案，尚未报案",
    ),
    "after_a_warning": _yes("a warning is on record", "登记上有告诫或者训诫"),
    "no_warning_on_record": _no("no warning is on record", "登记上没有告诫或者训诫"),
    "department_owes_it": _yes("the department owes it", "属于该部门职责"),
    "duty_of_another_department": _no(
        "another department owes it by law", "依法属于其他部门职责"
    ),
    "state_is_guardian": _yes(
        "the body is the child's guardian, for a time or for long",
        "该机关现为临时或者长期监护人",
    ),
    "state_is_not_guardian": _no(
        "no state guardianship of this body is on record", "未登记该机关的国家监护"
    ),
    "paid_for_its_purpose": _yes("paid for the fund's purpose", "用于本项资金的用途"),
    "paid_for_another_purpose": _no(
        "paid for another purpose than the fund's", "用于本项资金以外的用途"
    ),
    "paid_within_its_span": _yes("paid within the fund's span", "在资金期限内支付"),
    "paid_outside_its_span": _no("paid outside the fund's span", "在资金期限外支付"),
    "ground_of_intake_stands": _yes(
        "the guardianship that the intake rests on is on record",
        "接收所依据的监护关系已登记",
    ),
    "ground_of_intake_not_on_record": _no(
        "the guardianship that the intake rests on is not on record",
        "接收所依据的监护关系未登记",
    ),
    "assessed_before": _yes("the child was assessed before", "事先已作评估"),
    "not_assessed_before": _no("the child was not assessed before", "事先未作评估"),
    "not_the_complaints_body": _no(
        "another body has the complaint", "投诉由其他单位承办"
    ),
    "fulfilled_in_time": _yes("fulfilled in time", "按期履行"),
    "fulfilled_late": _no("fulfilled late", "逾期履行"),
    "not_fulfilled_when_due": _no("not fulfilled when it was due", "到期未履行"),
    "acted_in_time": _yes("acted in time", "按期办理"),
    "acted_late": _no("acted late", "逾期办理"),
    "consequence_in_the_law": _yes("the law says what follows", "法律规定了责任"),
    "no_consequence_in_the_law": _no(
        "no consequence of its own stands in the law", "法律未单独规定责任"
    ),
    "child_transferred": _no(
        "the child's record goes on in another registry",
        "该儿童的登记已转往其他登记机构",
    ),
    "registered_as_a_child": _no(
        "one of the two is registered as a child", "其中一人系已登记儿童"
    ),
    # Competence and editions
    "not_competent": _no("this office is not competent for the act", "该机关无此职权"),
    "no_rule_of_the_date": _no(
        "no rule in force on the date is known here", "未查到当时施行的规定"
    ),
}
"""Every reason that an event may hold."""


def finding(question: str, articles: tuple[str, ...], reason: str) -> Finding:
    """Return what the law answered; the reason says whether the question holds."""
    holds = REASONS[reason].holds
    return Finding(question=question, holds=holds, articles=articles, reason=reason)


def cited_as(found: Finding, short: str, other: str) -> Finding:
    """Return a finding with the articles of one act cited as those of another."""
    articles = tuple(a.replace(f"{short} ", f"{other} ", 1) for a in found.articles)
    return replace(found, articles=articles)
