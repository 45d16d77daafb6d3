"""Supreme Court interpretation of the General Part (法释〔2022〕6号), articles 7 to 13.

What lives here: one function an article, in their order. What never does: state,
clocks. In force from 2022-03-01. The Chinese is the text; the English is ours.
"""

from __future__ import annotations

from events.dates import PartialDate
from events.guardianship import Finding
from registry.law import figures
from registry.law.periods import Unit, last_day
from registry.law.reasons import finding


def will_yields_to_parent(*, other_parent_stands: bool) -> Finding:
    """Does a will make somebody guardian beside a living parent? (INT 7(2)).

    未成年人由父母担任监护人，父母中的一方通过遗嘱指定监护人，
    另一方在遗嘱生效时有监护能力，有关当事人对监护人的确定有争议的，
    人民法院应当适用民法典第二十七条第一款的规定确定监护人。

    It does not: the other parent is the guardian.
    """
    reason = "a_parent_is_guardian" if other_parent_stands else "no_parent_remains"
    return finding("will_yields_to_parent", ("INT 7(2)",), reason)


def agreement_frees_no_parent(*, parent_stands: bool) -> Finding:
    """May an agreement free a parent who can be guardian? (INT 8(1)).

    未成年人的父母与其他依法具有监护资格的人订立协议，约定免除具有
    监护能力的父母的监护职责的，人民法院不予支持。

    It may not. Those of CC 27(2) may agree on a later rank, or several jointly.
    """
    reason = "a_parent_is_guardian" if parent_stands else "no_parent_remains"
    return finding("agreement_frees_no_parent", ("INT 8(1)",), reason)


def number_is_usual(holders: int) -> Finding:
    """Is one guardian designated, or several? (INT 9(2)).

    人民法院依法指定的监护人一般应当是一人，由数人共同担任监护人更有利于
    保护被监护人利益的，也可以是数人。

    Usually one; several where that protects the ward better: both are lawful.
    """
    reason = "one_guardian" if holders == 1 else "several_guardians_jointly"
    return finding("number_is_usual", ("INT 9(2)",), reason)


def objection_is_in_time(notified_on: PartialDate, objected_on: PartialDate) -> Finding:
    """Is it an objection, or a case for change of guardian? (INT 10).

    有关当事人不服居民委员会、村民委员会或者民政部门的指定，在接到指定通知
    之日起三十日内向人民法院申请指定监护人的，
    …
    有关当事人在接到指定通知之日起三十日后提出申请的，
    人民法院应当按照变更监护关系处理。

    Within thirty days of receiving the notice; later it is not refused but becomes a
    case for change. Of partial dates a day that may be in time is in time.
    """
    value = figures.OBJECTION_DAYS.at(notified_on) or figures.OBJECTION_DAYS.values[0]
    last = last_day(notified_on.latest, value.number, Unit.DAYS).last_day
    late = objected_on.earliest > last
    cited = ("INT 10(2)",) if late else ("INT 10(1)",)
    reason = "late_so_a_change" if late else "within_thirty_days"
    return finding("objection_is_in_time", cited, reason)


def designated_may_agree_to_change(*, designated_stands: bool) -> Finding:
    """May a designated guardian hand over by agreement? (INT 12(2)).

    被依法指定的监护人与其他具有监护资格的人之间协议变更监护人的，
    人民法院应当尊重被监护人的真实意愿，按照最有利于被监护人的原则
    作出裁判。

    The court decides: the agreement alone changes nothing.
    """
    reason = "designated_guardian_stands" if designated_stands else "nobody_designated"
    return finding("designated_may_agree_to_change", ("INT 12(2)",), reason)


def delegate_is_no_guardian() -> Finding:
    """Does somebody entrusted with care become guardian? (INT 13).

    监护人因患病、外出务工等原因在一定期限内不能完全履行监护职责，
    将全部或者部分监护职责委托给他人，当事人主张受托人因此成为监护人的，
    人民法院不予支持。

    Never.
    """
    question = "delegate_is_no_guardian"
    return finding(question, ("INT 13",), "delegation_moves_no_guardianship")
