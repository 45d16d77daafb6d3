"""What the doctor says: one thing looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: what was seen, and what to do where it is not as it must be.

    `page` is the alarm's page in the runbook; empty where all is well.
    """

    about: str
    well: bool
    says: str
    do: str = ""
    page: str = ""
