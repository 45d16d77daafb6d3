"""Civil Procedure Law and its interpretation, as far as guardianship cases need them.

What lives here: one function an article, in their order, first of the law (CPL, text
of 2023), then of the interpretation (CPLI, text of 2022). What never does: state,
clocks. Guardianship cases are special procedures by interpretation. Before 2024 the
articles had other numbers; the rules used here are older [recalled].
"""

from __future__ import annotations

from events.dates import PartialDate
from events.guardianship import Finding
from registry.law.reasons import finding


def may_decide_in_absence() -> Finding:
    """May a court decide without a respondent? (CPL 147; text not at hand).

    Who was summoned in due form, by public notice where he cannot be found, and does
    not come without a proper reason, may be judged in absence [recalled].
    """
    question = "may_decide_in_absence"
    return finding(question, ("CPL 147",), "heard_in_absence")


def may_withdraw(*, is_applicant: bool) -> Finding:
    """Who withdraws an application? (CPL 148; text not at hand).

    Who filed it asks the court to let him, before the judgment is pronounced; nobody
    ends another's request [recalled].
    """
    reason = "withdrawn_by_the_applicant" if is_applicant else "not_the_applicant"
    return finding("may_withdraw", ("CPL 148",), reason)


def is_final_at_once() -> Finding:
    """May a judgment in special procedure be appealed? It may not (CPL 185).

    依照本章程序审理的案件，实行一审终审。

    One instance: it takes effect on service.
    """
    return finding("is_final_at_once", ("CPL 185",), "one_instance")


def ends_as_civil_dispute() -> Finding:
    """What if the case is a civil dispute? The procedure ends (CPL 186).

    发现本案属于民事权益争议的，应当裁定终结特别程序，并告知利害关系人可以
    另行起诉。

    Ended is not dismissed: nothing was decided, and a suit may follow.
    """
    question = "ends_as_civil_dispute"
    return finding(question, ("CPL 186",), "procedure_ended_undecided")


def decided_in_time(due: PartialDate, decided_on: PartialDate) -> Finding:
    """Was the case decided within the time for trial? (CPL 187).

    人民法院适用特别程序审理的案件，应当在立案之日起三十日内或者公告期满后
    三十日内审结。有特殊情况需要延长的，由本院院长批准。

    Thirty days from docketing or the end of the public notice; the president may
    extend. Being late changes no outcome.
    """
    late = decided_on.earliest > due.latest
    reason = "decided_late" if late else "decided_in_time"
    return finding("decided_in_time", ("CPL 187",), reason)


def is_accepted_after_filing(
    filed_on: PartialDate, accepted_on: PartialDate
) -> Finding:
    """Was the case docketed on the day of filing or later? (CPL 187).

    应当在立案之日起三十日内

    The time for trial runs from docketing, never from filing.
    """
    before = accepted_on.latest < filed_on.earliest
    reason = "docketed_before_filing" if before else "docketed"
    return finding("is_accepted_after_filing", ("CPL 187",), reason)


def designation_is_set_aside() -> Finding:
    """How does an objection to a designation succeed? (CPLI 349(1)).

    经审理，认为指定并无不当的，裁定驳回异议；指定不当的，判决撤销指定，
    同时另行指定监护人。

    By a judgment that sets the designation aside and designates at the same time.
    """
    question = "designation_is_set_aside"
    return finding(question, ("CPLI 349(1)",), "set_aside_and_designated_anew")


def may_be_revised() -> Finding:
    """May a final judgment be changed later? It may, without limit (CPLI 372(1)).

    适用特别程序作出的判决、裁定，当事人、利害关系人认为有错误的，
    可以向作出该判决、裁定的人民法院提出异议。

    On an objection to the same court, which decides anew. The time limits of the
    second paragraph are of other kinds of cases.
    """
    return finding("may_be_revised", ("CPLI 372(1)",), "revised_by_a_new_judgment")
