"""Who may be guardian, by the law of the date: the deciders ask here.

What lives here: for each question the choice of the acts in force on the date. What
never does: a rule of its own; the acts' modules have them. Where no act known here
answers on the date, the finding says so and cites nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from events.dates import PartialDate
from events.guardianship import Finding, Office
from events.proceedings import Kin
from events.timeline import HolderKind
from registry.law import (
    civil_code,
    general_principles,
    general_provisions,
    interpretation_2022,
    minors_protection,
)
from registry.law.editions import CC, GPCL, GPR, INT, MPL, OP14, civil_law
from registry.law.reasons import finding

_P = ParamSpec("_P")
Rule = Callable[_P, Finding]


def in_force(
    on: PartialDate,
    code: Rule[_P],
    provisions: Rule[_P] | None,
    principles: Rule[_P] | None,
) -> Rule[_P]:
    """Return the civil law's rule of a date, or one that says there is none."""
    found = {CC.short: code, GPR.short: provisions, GPCL.short: principles}
    act = civil_law(on)
    rule = found[act.short] if act else None

    def unanswered(*_: _P.args, **__: _P.kwargs) -> Finding:
        return finding(code.__name__, (), "no_rule_of_the_date")

    return rule or unanswered


def parents(on: PartialDate) -> Finding:
    """Are the parents guardians?"""
    return in_force(
        on,
        civil_code.parents_are_guardians,
        general_provisions.parents_are_guardians,
        general_principles.parents_are_guardians,
    )()


def order(
    on: PartialDate, kin: Kin | None, *, parent_stands: bool
) -> tuple[Finding, ...]:
    """Is somebody guardian by the order of the law?"""
    rule = in_force(
        on,
        civil_code.is_next_in_order,
        general_provisions.is_next_in_order,
        general_principles.is_next_in_order,
    )
    return (rule(kin, parent_stands=parent_stands),)


def consent(on: PartialDate, by: Office, *, parent_stands: bool) -> tuple[Finding, ...]:
    """Is another guardian with consent?"""
    rule = in_force(
        on,
        civil_code.is_guardian_with_consent,
        general_provisions.is_guardian_with_consent,
        general_principles.is_guardian_with_consent,
    )
    return (rule(by, parent_stands=parent_stands),)


def will(
    on: PartialDate, *, testator_was_guardian: bool, other_parent_stands: bool
) -> tuple[Finding, ...]:
    """Does a will make a guardian?"""
    rule = in_force(
        on, civil_code.appoints_by_will, general_provisions.appoints_by_will, None
    )
    found = rule(
        testator_was_guardian=testator_was_guardian,
        other_parent_stands=other_parent_stands,
    )
    if not INT.in_force(on):
        return (found,)
    return found, interpretation_2022.will_yields_to_parent(
        other_parent_stands=other_parent_stands
    )


def agreement(
    on: PartialDate, *, barred: bool, parent_stands: bool, designated_stands: bool
) -> tuple[Finding, ...]:
    """May those qualified agree who is guardian?"""
    agree = in_force(on, civil_code.may_agree, general_provisions.may_agree, None)
    change = in_force(
        on,
        civil_code.may_change_privately,
        general_provisions.may_change_privately,
        None,
    )
    found = (
        agree(barred=barred, parent_stands=parent_stands),
        change(designated_stands=designated_stands),
    )
    if not INT.in_force(on):
        return found
    return (
        *found,
        interpretation_2022.agreement_frees_no_parent(parent_stands=parent_stands),
        interpretation_2022.designated_may_agree_to_change(
            designated_stands=designated_stands
        ),
    )


def designation(
    on: PartialDate, by: Office, holders: int, *, parent_stands: bool, barred: bool
) -> tuple[Finding, ...]:
    """May this office designate these now?"""
    may = in_force(
        on,
        civil_code.may_designate,
        general_provisions.may_designate,
        general_principles.may_designate,
    )
    qualified = in_force(
        on,
        civil_code.is_qualified,
        general_provisions.is_qualified,
        general_principles.is_qualified,
    )
    found = (may(by, parent_stands=parent_stands), qualified(barred=barred))
    if INT.in_force(on):
        return (*found, interpretation_2022.number_is_usual(holders))
    return found


def temporary_guardian(
    on: PartialDate, kind: HolderKind, *, guardian_stands: bool
) -> tuple[Finding, ...]:
    """May this holder be temporary guardian until a designation?"""
    rule = in_force(
        on,
        civil_code.may_be_temporary_guardian,
        general_provisions.may_be_temporary_guardian,
        None,
    )
    return (rule(kind, guardian_stands=guardian_stands),)


def nobody_qualified(on: PartialDate, *, guardian_stands: bool) -> tuple[Finding, ...]:
    """Is a public body guardian because nobody is qualified?"""
    rule = in_force(
        on,
        civil_code.nobody_is_qualified,
        general_provisions.nobody_is_qualified,
        general_principles.nobody_is_qualified,
    )
    return (rule(guardian_stands=guardian_stands),)


def state_temporary(
    on: PartialDate,
    by: Office,
    limb: int | None,
    *,
    guardian_stands: bool,
    somebody_reachable: bool,
) -> tuple[Finding, ...]:
    """Is civil affairs' temporary guardianship founded, by what is on record?

    The limbs are those of MPL 92; before, OP14 15 had none.
    """
    if MPL.in_force(on):
        found = minors_protection.temporary_limb_can_be(
            limb,
            guardian_stands=guardian_stands,
            somebody_reachable=somebody_reachable,
        )
        return minors_protection.is_civil_affairs_act(by), found
    if OP14.in_force(on):
        found = finding("temporary_limb_can_be", ("OP14 15",), "limb_not_contradicted")
    else:
        found = finding("temporary_limb_can_be", (), "no_rule_of_the_date")
    return (found,)


def long_term(
    on: PartialDate,
    limb: int | None,
    *,
    guardian_stands: bool,
    somebody_reachable: bool,
    court_designated: bool,
) -> tuple[Finding, ...]:
    """Is civil affairs' long-term guardianship founded, by what is on record?"""
    if not MPL.in_force(on):
        return nobody_qualified(on, guardian_stands=guardian_stands)
    found = minors_protection.long_term_limb_can_be(
        limb,
        guardian_stands=guardian_stands,
        somebody_reachable=somebody_reachable,
        court_designated=court_designated,
    )
    return (found,)
