"""What would be accepted instead of what was refused: codes and their two wordings.

What lives here: one table. What never does: a rule, and the reasons of refusals, which
stand in `reasons`.
"""

from __future__ import annotations

INSTEAD: dict[str, tuple[str, str]] = {
    "nothing": ("nothing", "无"),
    "act_in_the_other_registry": (
        "the act in the registry that has the child's record",
        "向该儿童登记所在的登记机构办理",
    ),
    "correct_the_registration": (
        "a correction of the child's registration",
        "更正儿童登记",
    ),
    "application_by_another": ("an application by another", "由他人申请"),
    "recommendation_to_civil_affairs": (
        "a written recommendation to civil affairs, or support of another's suit",
        "书面建议民政部门申请，或者支持起诉",
    ),
    "report_to_civil_affairs": ("a report to civil affairs", "向民政部门报告"),
    "withdrawal_by_the_applicant": (
        "a withdrawal by the applicant or recorded by the court",
        "由申请人撤回，或者由人民法院登记",
    ),
    "application_by_the_person": (
        "an application by the disqualified person himself",
        "由被撤销资格的本人申请",
    ),
    "application_for_change_of_guardian": (
        "an application for change of guardian",
        "申请变更监护人",
    ),
    "application_in_the_window": (
        "an application from three months to one year after the judgment",
        "自撤销之日起三个月至一年内申请",
    ),
    "end_of_the_parents_guardianship_first": (
        "first the record that the parent's guardianship ended",
        "先登记父母监护关系终止",
    ),
    "consent_of_committee_or_civil_affairs": (
        "a guardianship with the consent of committee or civil affairs",
        "经居（村）民委员会或者民政部门同意担任监护人",
    ),
    "another_holder": ("another holder", "另定他人"),
    "a_body": ("a committee, an organisation or civil affairs", "由有关组织担任"),
    "end_of_the_guardianship_on_record_first": (
        "first the record that the guardianship on record ended",
        "先登记原监护关系终止",
    ),
    "act_of_civil_affairs": ("an act of civil affairs", "由民政部门实施"),
    "report_to_the_police": ("a report to the police", "向公安机关报告"),
    "answer_by_the_receiver": (
        "an answer by the department that took the report up",
        "由受理的部门告知",
    ),
    "answer_by_its_body": (
        "an answer by the body that has the complaint",
        "由承办投诉的单位答复",
    ),
    "record_by_the_owner": (
        "a record by the duty's owner or civil affairs",
        "由责任单位或者民政部门登记",
    ),
    "record_by_the_holder": (
        "an act of the body that holds the referral",
        "由现承办单位办理",
    ),
    "application_by_the_protected": (
        "an application by who asked for the order; the respondent may ask for review",
        "由申请人申请；被申请人可以申请复议",
    ),
    "new_application_for_protection": (
        "a new application for a protection order",
        "重新申请人身安全保护令",
    ),
    "application_by_those_who_may": (
        "an application by near relatives, police, women's federation or committee",
        "由近亲属、公安机关、妇女联合会、居（村）民委员会申请",
    ),
    "judgment": ("a judgment of a court", "由人民法院判决"),
}
"""What would be accepted instead: English and Chinese by code."""
