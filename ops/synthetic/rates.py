"""How often things happen in the synthetic province: assumptions, in one place.

What lives here: rates a year, each on one line. What never does: a claim; they are
orders of magnitude, chosen so that a log has the proportions of a province's register
of children in difficulty. Where no figure was published it is our own assumption.
"""

from __future__ import annotations

from datetime import date
from typing import Final

REPORTED: Final = 0.03
"""Of the recorded children somebody reports so many a year [own assumption]."""
ADMONISHED_OF_REPORTED: Final = 1 / 3
"""So many reports end with a guardian admonished [own assumption]."""
COVERED_OF_REPORTED: Final = 0.05
"""So many reports end in temporary guardianship by civil affairs [own assumption]."""
SUED_OF_REPORTED: Final = 0.01
"""So many reports end in an application to a court [own assumption]."""
GRANTED: Final = 0.9
"""So many applications are granted [own assumption]."""
RESTORED: Final = 0.02
"""So many of the disqualified are restored [own assumption]."""
ENTRUSTED: Final = 0.55
"""A child whose parents are at home is left in others' care so often a year.

Most children of such a register are left behind: with grandparents nine in ten (2016).
"""
PARENT_DIES: Final = 0.003
"""Each parent, a year [own assumption]."""
PARENT_LOST: Final = 0.004
"""Each parent's whereabouts, a year [own assumption]."""
FOUND_AGAIN: Final = 0.3
"""So many of those lost are found again [own assumption]."""
ONE_PARENT_KNOWN: Final = 0.06
"""So many births are registered with one parent [own assumption]."""
AGE_AT_MOST: Final = 15
"""Whole years of the oldest children when the register begins."""
UNATTENDED: Final = 0.0035
"""A child becomes de facto unattended so often a year [own assumption].

To the next one as 253 000 children to 193 000 (January 2021; 2020).
"""
ORPHANED: Final = UNATTENDED * 193 / 253
"""A child loses both parents at once so often a year."""
IN_DIFFICULTY: Final = 0.01
"""A child falls in poverty, or a disability is recorded, so often a year [own]."""
AWAY_RECORDED: Final = 0.25
"""Of the times in others' care the committee records so many as conditions [own]."""
LEFT_BEHIND_AGE: Final = 13
"""Years up to which a plot intends the class: it ends at sixteen, the work lasts."""
FILE_KEPT: Final = 0.3
"""Of these it opens so many files, each a duty of its own [own assumption]."""
ONE_DIES: Final = 0.3
"""Of the unattended so many lost one parent by death [own assumption]."""
LONG_TERM_FROM: Final = date(2021, 6, 1)
"""From then on the state may be guardian for long (MPL 94)."""
STATE_IS_GUARDIAN: Final = 0.4
"""Of the orphans so many become wards of the state, from then on [own assumption]."""
COMMITTEE_SPEAKS: Final = 0.5
"""Of the reports in so many the committee dissuades or educates first [own]."""
ESCALATED: Final = 0.3
"""Of the admonishments so many began with another department [own assumption]."""
REFERRED: Final = 0.5
"""Of the reports that civil affairs takes up so many lead to a referral [own]."""
REFERRAL_LEFT: Final = 0.1
"""So many referrals are nobody's act by the log's end: overdue [own assumption]."""
REFERRAL_DECLINED: Final = 0.15
"""So many are declined, and passed on by their maker [own assumption]."""
REFERRAL_PASSED: Final = 0.05
"""So many are passed on by whom they were made to [own assumption]."""
DUTY_OF_NOBODY: Final = 0.1
"""So many duties are nobody's at first [own assumption]."""
DUTY_IN_TIME: Final = 0.8
"""So many duties are fulfilled in time [own assumption]."""
DUTY_BREACHED: Final = 0.6
"""Of the others so many are found breached; the rest stay open [own assumption]."""
FULFILLED_AFTER_BREACH: Final = 0.5
"""So many of those are fulfilled late [own assumption]."""
SCHOOLING_OWED: Final = 0.4
"""So many plans come with a duty to find a school [own assumption]."""
DELIVERY_MISSED: Final = 0.03
"""So many deliveries are missed [own assumption]."""
COVERED_OF_SUED: Final = 0.5
"""So many applications come after temporary guardianship [own assumption]."""
TO_IMPROVE: Final = 0.15
"""So many reviews of the state as guardian find what to improve [own assumption]."""
COMPLAINED: Final = 0.1
"""Of the stays in homes so many bring a complaint [own assumption]."""
INCIDENT: Final = 0.15
"""Of the stays in homes so many bring an incident [own assumption]."""
MISUSED: Final = 0.02
"""Of the yearly funds so many are found misused in part [own assumption]."""
DEFECT_FOUND: Final = 0.4
"""So many inspections of a home find something wanting [own assumption]."""
DEFECT_MENDED: Final = 0.85
"""So many of these are mended [own assumption]."""
