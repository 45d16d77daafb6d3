"""Anti-Domestic-Violence Law, articles 14 to 21, as far as they touch guardianship.

What lives here: one function an article, in their order. What never does: state,
clocks. In force from 2016-03-01. The Chinese is the text; the English is ours.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.guardianship import Finding, Office
from registry.law.civil_code_court import NEVER_APPLY
from registry.law.reasons import finding

NEAR_KIN = frozenset(
    {ApplicantClass.PARENT, ApplicantClass.GRANDPARENT, ApplicantClass.SIBLING}
)
"""Near relatives in the sense of CC 1045(2), as far as a standing says so."""


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
