"""Supreme Court rules on protection orders (法释〔2022〕17号), articles 1 and 2.

What lives here: one function an article, in their order. What never does: state,
clocks. In force from 2022-08-01. The Chinese is the text; the English is ours.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.guardianship import Finding
from registry.law.anti_domestic_violence import FOR_ANOTHER
from registry.law.civil_code_court import NEVER_APPLY
from registry.law.reasons import finding

ADDED = frozenset({ApplicantClass.CIVIL_AFFAIRS, ApplicantClass.DISABLED_FEDERATION})
"""Whom article 2 names beyond the law; it ends with 等."""


def needs_no_other_suit() -> Finding:
    """Does a protection order need another suit? It does not (PSPO 1(2)).

    向人民法院申请人身安全保护令，不以提起离婚等民事诉讼为条件。

    It is a case of its own, or one beside a case of disqualification.
    """
    return finding("needs_no_other_suit", ("PSPO 1(2)",), "a_case_of_its_own")


def may_ask_for_another(standing: ApplicantClass, *, is_respondent: bool) -> Finding:
    """Who asks for one that cannot ask? (PSPO 2).

    其近亲属、公安机关、民政部门、妇女联合会、居民委员会、村民委员会、
    残疾人联合会、依法设立的老年人组织、救助管理机构等，根据当事人意愿，
    依照反家庭暴力法第二十三条规定代为申请的，人民法院应当依法受理。

    Civil affairs and the disabled persons' federation too, and the like: the list that
    the law closes is open here. Not the respondent, and not the procurator, who
    supports.
    """
    if is_respondent:
        reason = "respondent_himself"
    elif standing is ApplicantClass.PROCURATORATE:
        reason = NEVER_APPLY[standing]
    elif standing in FOR_ANOTHER | ADDED:
        reason = "named_by_the_law"
    else:
        reason = "the_list_is_open"
    return finding("may_ask_for_another", ("PSPO 2",), reason)
