"""Who may ask for protection of a child, in what time it is decided, and how it lasts.

What lives here: for each question the choice of the acts in force on the date. What
never does: a rule of its own; the acts' modules have them. Before the Opinions of 2014
no act known here had protection orders of a child.
"""

from __future__ import annotations

from events.cases import ApplicantClass
from events.dates import PartialDate
from events.guardianship import Finding
from events.limits import Limit, LimitKind
from registry.law import (
    anti_domestic_violence,
    figures,
    minors_protection,
    opinions_2014,
    protection_orders_2022,
)
from registry.law.editions import DV, MPL, OP14, PSPO
from registry.law.periods import Moment, Unit, hours_limit, limit
from registry.law.reasons import finding


def applicants(
    on: PartialDate, standing: ApplicantClass, *, is_respondent: bool
) -> tuple[Finding, ...]:
    """May somebody ask for an order? One finding of each act in force.

    The lists stand beside each other: it is enough that one act lets him.
    """
    found: list[Finding] = []
    if DV.in_force(on):
        rule = anti_domestic_violence.may_ask_for_protection
        found.append(rule(standing, is_respondent=is_respondent))
    if PSPO.in_force(on):
        rule = protection_orders_2022.may_ask_for_another
        found.append(rule(standing, is_respondent=is_respondent))
    elif MPL.in_force(on) and standing is not ApplicantClass.PROCURATORATE:
        found.append(minors_protection.court_may_protect(is_respondent=is_respondent))
    return tuple(found)


def decided_in_time(
    on: PartialDate, received: Moment, decided: Moment, *, urgent: bool
) -> tuple[Finding, ...]:
    """Was an order decided in its hours? By the law of the day of receiving."""
    if DV.in_force(on):
        rule = anti_domestic_violence.protection_is_decided_in_time
        return (rule(received, decided, urgent=urgent),)
    if OP14.in_force(on):
        return (opinions_2014.protection_is_decided_in_time(received, decided),)
    return (finding("protection_is_decided_in_time", (), "no_rule_of_the_date"),)


def lasts(on: PartialDate, until: PartialDate) -> tuple[Finding, ...]:
    """Is an order of a day short enough? Before 2016 no number is known."""
    if not DV.in_force(on):
        return ()
    return (anti_domestic_violence.order_is_short_enough(on, until),)


def may_change(
    on: PartialDate, *, in_force: bool, by_the_protected: bool
) -> tuple[Finding, ...]:
    """May an order be extended, changed or revoked?"""
    if not DV.in_force(on):
        return ()
    found = anti_domestic_violence.order_may_be_changed(
        in_force=in_force, by_the_protected=by_the_protected
    )
    return (found,)


def review(
    on: PartialDate, decided_on: PartialDate | None, *, reviewed: bool
) -> tuple[Finding, ...]:
    """May review be asked for on a day?"""
    if not DV.in_force(on):
        return ()
    first = anti_domestic_violence.review_is_the_first(
        decided=decided_on is not None, reviewed=reviewed
    )
    if decided_on is None:
        return (first,)
    return first, anti_domestic_violence.review_is_in_time(decided_on, on)


def decision_limit(received: Moment, court: str, *, urgent: bool) -> tuple[Limit, ...]:
    """Return the day by which an order is to be decided, where a law says one."""
    hours = figures.PROTECTION_URGENT_HOURS if urgent else figures.PROTECTION_HOURS
    value = hours.at(received[0])
    if value is None:
        return ()
    return (hours_limit(LimitKind.ORDER_RULING, *received, value, court),)


def order_limits(on: PartialDate, until: PartialDate | None) -> tuple[Limit, ...]:
    """Return the last day to ask for review, and that of an order which stands."""
    kind, days = LimitKind.ORDER_REVIEW, figures.REVIEW_DAYS
    found = limit(kind, on, days, Unit.DAYS, "party", procedural=True)
    if until is None:
        return found
    ends = Limit(
        kind=LimitKind.ORDER_ENDS,
        due=until,
        at_the_earliest=False,
        who="party",
        articles=("DV 30",) if DV.in_force(on) else (),
    )
    return (*found, ends)
