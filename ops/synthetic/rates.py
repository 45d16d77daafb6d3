"""How often things happen in the synthetic province: assumptions, in one place.

What lives here: rates a year, each on one line. What never does: a claim; they are
orders of magnitude, chosen so that a log has the proportions of a province's register
of children in difficulty. Where no figure was published it is our own assumption.
"""

from __future__ import annotations

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
