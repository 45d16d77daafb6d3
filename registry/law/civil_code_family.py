"""Civil Code, Book Five: divorce and adoption, as far as they touch guardianship.

What lives here: one function an article, in their order. What never does: state,
clocks, who submits. In force from 2021-01-01; before, the Marriage Law and the
Adoption Law, which are not at hand. The Chinese is the act's; the English is ours.
"""

from __future__ import annotations

from events.dates import PartialDate
from events.guardianship import Finding
from registry.law import figures
from registry.law.periods import age_reached
from registry.law.reasons import finding


def divorce_moves_nothing() -> Finding:
    """Does divorce end a parent's guardianship? It does not (CC 1084(1), (2)).

    父母与子女间的关系，不因父母离婚而消除。
    …
    离婚后，父母对于子女仍有抚养、教育、保护的权利和义务。

    Who brings the child up directly is another question than who is guardian.
    """
    question = "divorce_moves_nothing"
    return finding(question, ("CC 1084",), "parents_stay_guardians")


def adoptee_consents(born: PartialDate, on: PartialDate) -> Finding:
    """Must the child consent to the adoption? (CC 1104).

    收养八周岁以上未成年人的，应当征得被收养人的同意。

    From eight years on.
    """
    age = figures.WISH_YEARS.at(on)
    holds = age is not None and on.latest >= age_reached(born, age.number).earliest
    reason = "of_the_age_to_be_asked" if holds else "below_the_age_to_be_asked"
    return finding("adoptee_consents", ("CC 1104",), reason)


def adoption_stands_from_registration(*, barred: bool) -> Finding:
    """From which day is an adoptive parent guardian? (CC 1105(1)).

    收养应当向县级以上人民政府民政部门登记。收养关系自登记之日起成立。

    From the day of registration, never from a judgment or an agreement. One who is
    disqualified for this child does not become its guardian by adopting it.
    """
    reason = "disqualified_for_this_child" if barred else "adoption_registered"
    question = "adoption_stands_from_registration"
    return finding(question, ("CC 1105(1)",), reason)


def birth_ties_end() -> Finding:
    """Do the ties with the birth parents end, support included? (CC 1111(2)).

    养子女与生父母以及其他近亲属间的权利义务关系，
    因收养关系的成立而消除。

    With the adoption; this alone, majority and death end the duty to support.
    """
    return finding("birth_ties_end", ("CC 1111(2)",), "ties_end_by_adoption")


def restores_birth_parents_guardianship(*, disqualified: bool) -> Finding:
    """Does a dissolved adoption make a birth parent guardian again? (CC 1117).

    收养关系解除后，养子女与养父母以及其他近亲属间的权利义务关系即行消除，
    与生父母以及其他近亲属间的权利义务关系自行恢复。

    The tie revives by itself; an earlier disqualification is not lifted by it [own
    reading, the safer for the child]: a person decides.
    """
    reason = "disqualified_for_this_child" if disqualified else "ties_revive"
    question = "restores_birth_parents_guardianship"
    return finding(question, ("CC 1117",), reason)
