"""Civil Code, articles 17 to 35: who is guardian of a minor.

What lives here: one function an article or limb, in their order, each answering one
question from facts handed in. What never does: state, clocks, who submits. In force
from 2021-01-01. The Chinese is the text of the act; the English is ours.
"""

from __future__ import annotations

from events.dates import PartialDate
from events.guardianship import Finding, Office
from events.proceedings import Kin
from events.timeline import HolderKind
from registry.law import figures
from registry.law.periods import age_reached
from registry.law.reasons import finding

CONSENTING = frozenset({Office.COMMITTEE, Office.CIVIL_AFFAIRS})
"""The bodies of the child's domicile that CC 27, 31 and 34 name."""


def is_minor(born: PartialDate, on: PartialDate) -> Finding:
    """Is the person a minor on the day, in some reading of both dates? (CC 17).

    十八周岁以上的自然人为成年人。不满十八周岁的自然人为未成年人。

    A natural person of eighteen or over is an adult, one below eighteen a minor.
    """
    minor = on.earliest < age_reached(born, figures.MAJORITY_YEARS).latest
    reason = "under_eighteen" if minor else "eighteen_or_over"
    return finding("is_minor", ("CC 17",), reason)


def may_be_deemed_capable(born: PartialDate, on: PartialDate) -> Finding:
    """Is a minor old enough to be deemed fully capable? (CC 18(2)).

    十六周岁以上的未成年人，以自己的劳动收入为主要生活来源的，
    视为完全民事行为能力人。

    A minor of sixteen or over who lives mainly on the income of own labour is deemed
    fully capable. The income is a fact that a court or bureau asserts, never computed.
    """
    holds = on.latest >= age_reached(born, figures.FULL_CAPACITY_YEARS).earliest
    reason = "sixteen_or_over" if holds else "under_sixteen"
    return finding("may_be_deemed_capable", ("CC 18(2)",), reason)


def wish_is_asked(born: PartialDate, on: PartialDate) -> Finding:
    """Is the child's wish asked as of course, by age? (CC 19, 35(2)).

    八周岁以上的未成年人为限制民事行为能力人，
    …
    未成年人的监护人履行监护职责，在作出与被监护人利益有关的决定时，
    应当根据被监护人的年龄和智力状况，尊重被监护人的真实意愿。

    From eight years on; a younger child who can express itself is heard as well.
    """
    age = figures.WISH_YEARS.at(on)
    holds = age is not None and on.latest >= age_reached(born, age.number).earliest
    reason = "of_the_age_to_be_asked" if holds else "below_the_age_to_be_asked"
    return finding("wish_is_asked", ("CC 19", "CC 35(2)"), reason)


def parents_are_guardians() -> Finding:
    """Are the parents guardians of their minor child? (CC 27(1)).

    父母是未成年子女的监护人。

    By law, both, from birth, married or not; no act is needed.
    """
    return finding("parents_are_guardians", ("CC 27(1)",), "parent_by_birth")


def is_next_in_order(kin: Kin | None, *, parent_stands: bool) -> Finding:
    """Is somebody guardian by the order of the law? (CC 27(2)(1), (2)).

    未成年人的父母已经死亡或者没有监护能力的，由下列有监护能力的人
    按顺序担任监护人：（一）祖父母、外祖父母；（二）兄、姐；

    Only where both parents are dead or lack the capacity to guard: grandparents,
    then elder brothers and sisters. Others need consent (CC 27(2)(3)).
    """
    if parent_stands:
        articles, reason = ("CC 27(1)",), "a_parent_is_guardian"
    elif kin is Kin.GRANDPARENT:
        articles, reason = ("CC 27(2)(1)",), "grandparent"
    elif kin is Kin.SIBLING:
        articles, reason = ("CC 27(2)(2)",), "elder_sibling"
    else:
        articles, reason = ("CC 27(2)(3)",), "others_need_consent"
    return finding("is_next_in_order", articles, reason)


def is_guardian_with_consent(by: Office, *, parent_stands: bool) -> Finding:
    """Is another willing person or organisation guardian? (CC 27(2)(3)).

    （三）其他愿意担任监护人的个人或者组织，但是须经未成年人住所地的
    居民委员会、村民委员会或者民政部门同意。

    Only where no parent is guardian, and with the consent of the committee or the
    civil affairs department of the child's domicile.
    """
    if parent_stands:
        reason = "a_parent_is_guardian"
    elif by not in CONSENTING:
        reason = "consent_is_not_this_offices"
    else:
        reason = "consent_given"
    return finding("is_guardian_with_consent", ("CC 27(2)(3)",), reason)


def appoints_by_will(
    *, testator_was_guardian: bool, other_parent_stands: bool
) -> Finding:
    """Does a will make a guardian? (CC 29, with 27(1)).

    被监护人的父母担任监护人的，可以通过遗嘱指定监护人。

    Only the will of a parent who was guardian, not that of one disqualified; where
    the other parent is guardian, that parent stays the guardian.
    """
    articles: tuple[str, ...]
    if not testator_was_guardian:
        articles, reason = ("CC 29",), "testator_was_no_guardian"
    elif other_parent_stands:
        articles, reason = ("CC 27(1)", "CC 29"), "a_parent_is_guardian"
    else:
        articles, reason = ("CC 29",), "will_of_a_parent_who_was_guardian"
    return finding("appoints_by_will", articles, reason)


def may_agree(*, barred: bool, parent_stands: bool) -> Finding:
    """May those qualified agree who is guardian? (CC 30, with 27(1)).

    依法具有监护资格的人之间可以协议确定监护人。
    协议确定监护人应当尊重被监护人的真实意愿。

    Among persons qualified by law; no agreement frees a parent who is guardian.
    """
    articles: tuple[str, ...]
    if parent_stands:
        articles, reason = ("CC 27(1)", "CC 30"), "a_parent_is_guardian"
    elif barred:
        articles, reason = ("CC 30",), "disqualified_for_this_child"
    else:
        articles, reason = ("CC 30",), "agreed_among_qualified"
    return finding("may_agree", articles, reason)


def may_designate(by: Office, *, parent_stands: bool) -> Finding:
    """May this office designate a guardian now? (CC 31(1)).

    对监护人的确定有争议的，由被监护人住所地的居民委员会、村民委员会
    或者民政部门指定监护人，有关当事人对指定不服的，可以向人民法院
    申请指定监护人；有关当事人也可以直接向人民法院申请指定监护人。

    The committee or civil affairs of the domicile where it is disputed who is
    guardian, or the court; there is no dispute while a parent is guardian by law.
    """
    if by not in CONSENTING | {Office.COURT}:
        reason = "designation_is_not_this_offices"
    elif parent_stands:
        reason = "a_parent_is_guardian"
    else:
        reason = "nobody_is_guardian_by_law"
    return finding("may_designate", ("CC 31(1)",), reason)


def is_qualified(*, barred: bool) -> Finding:
    """Is a person among those who may be designated? (CC 31(2)).

    应当尊重被监护人的真实意愿，按照最有利于被监护人的原则在依法具有
    监护资格的人中指定监护人。

    Only persons qualified by law: nobody disqualified for this child.
    """
    reason = "disqualified_for_this_child" if barred else "not_disqualified"
    return finding("is_qualified", ("CC 31(2)",), reason)


def wish_is_followed(*, against: bool) -> Finding:
    """Is nobody designated whom the child does not want? (CC 31(2)).

    应当尊重被监护人的真实意愿，按照最有利于被监护人的原则在依法具有
    监护资格的人中指定监护人。

    Respected, and weighed with the child's best interest: against it is a warning.
    """
    reason = "against_the_wish" if against else "not_against_the_wish"
    return finding("wish_is_followed", ("CC 31(2)",), reason)


def may_be_temporary_guardian(kind: HolderKind, *, guardian_stands: bool) -> Finding:
    """May this holder be temporary guardian until a designation? (CC 31(3)).

    依据本条第一款规定指定监护人前，被监护人的人身权利、财产权利以及其他
    合法权益处于无人保护状态的，由被监护人住所地的居民委员会、村民委员会、
    法律规定的有关组织或者民政部门担任临时监护人。

    A committee, an organisation that the law names or civil affairs, never a natural
    person; where the child's rights are protected by nobody. A guardian on record may
    fail to protect: that one stands is a warning.
    """
    if kind is not HolderKind.BODY:
        reason = "temporary_guardian_is_a_body"
    elif guardian_stands:
        reason = "a_guardian_is_on_record"
    else:
        reason = "nobody_protects"
    return finding("may_be_temporary_guardian", ("CC 31(3)",), reason)


def may_change_privately(*, designated_stands: bool) -> Finding:
    """May guardians be exchanged without an authority's act? (CC 31(4)).

    监护人被指定后，不得擅自变更；擅自变更的，不免除被指定的监护人的责任。

    A designated guardian is changed by nobody's agreement: it stays liable.
    """
    reason = "designated_guardian_stands" if designated_stands else "nobody_designated"
    return finding("may_change_privately", ("CC 31(4)",), reason)


def nobody_is_qualified(*, guardian_stands: bool) -> Finding:
    """Is a public body guardian because nobody is qualified? (CC 32).

    没有依法具有监护资格的人的，监护人由民政部门担任，也可以由具备履行
    监护职责条件的被监护人住所地的居民委员会、村民委员会担任。

    Civil affairs, or a committee that has the means.
    """
    reason = "a_guardian_is_on_record" if guardian_stands else "nobody_qualified"
    return finding("nobody_is_qualified", ("CC 32",), reason)


def moves_no_guardianship() -> Finding:
    """Does temporary living care move guardianship? It never does (CC 34(4)).

    因发生突发事件等紧急情况，监护人暂时无法履行监护职责，被监护人的生活
    处于无人照料状态的，被监护人住所地的居民委员会、村民委员会或者
    民政部门应当为被监护人安排必要的临时生活照料措施。

    In an emergency in which the guardian cannot act for a time and nobody looks after
    the child, the committee or civil affairs must arrange care; the guardian stays.
    """
    question = "moves_no_guardianship"
    return finding(question, ("CC 34(4)",), "care_moves_no_guardianship")


def wish_is_on_record(*, heard: bool) -> Finding:
    """Was a child of the age to be asked what it wants? (CC 35(2), with 19).

    未成年人的监护人履行监护职责，在作出与被监护人利益有关的决定时，
    应当根据被监护人的年龄和智力状况，尊重被监护人的真实意愿。

    A court that designates, disqualifies or restores respects it (CC 31(2), 36, 38);
    where none is on record it is a warning: the judgment may have asked all the same.
    """
    reason = "wish_on_record" if heard else "wish_not_on_record"
    return finding("wish_is_on_record", ("CC 35(2)",), reason)
