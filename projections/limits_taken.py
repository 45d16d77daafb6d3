"""Which events may open a limit or end one, seen by what their bodies have in common.

What lives here: the kinds of events, reasons and ways that end limits, and the question
whether a form has any of them. What never does: what they do (`projections.limits_fold`
asks here before it decodes).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from events.cases import (
    ApplicationWithdrawn,
    DecisionRecorded,
    ProcedureTerminated,
    ProtectionApplied,
    ProtectionDecided,
)
from events.conditions import ConditionEnded
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    DisqualificationDismissed,
    EndReason,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEnded,
    NamedInApplication,
    TemporaryArrangementEnded,
    TemporaryArrangementStarted,
    Way,
    WhereaboutsFound,
)
from events.limits import LimitKind
from events.registry import LimitRanOut
from projections.forms import MAX_FORMS, Form
from projections.limits_rows import COVERS

CONCLUDES: Final = (DecisionRecorded, ProcedureTerminated, ApplicationWithdrawn)
ENDS_ALL: Final = frozenset({EndReason.WARD_DIED, EndReason.FULL_CAPACITY})
ADOPTION: Final = frozenset({Way.ADOPTION, EndReason.ADOPTION})
_ENDS: Final = (
    *CONCLUDES,
    ProtectionDecided,
    ProtectionApplied,
    NamedInApplication,
    GuardianRestored,
    GuardianshipEnded,
    ConditionEnded,
    WhereaboutsFound,
    GuardianDisqualified,
    DisqualificationDismissed,
    TemporaryArrangementEnded,
    TemporaryArrangementStarted,
    LimitRanOut,
    ActAnnulled,
    ActReinstated,
)
"""What may end a limit, whatever it says."""
_ENDING: Final = ADOPTION | {Way.LONG_TERM}
"""By which way, or for which reason, an event of any other kind may."""


@lru_cache(MAX_FORMS)
def may_matter(form: Form) -> bool:
    """Whether events of a form may open a limit or end one."""
    event = form.event
    said = {getattr(event, "way", None), getattr(event, "reason", None)}
    ends = isinstance(event, _ENDS) or not _ENDING.isdisjoint(said)
    return ends or bool(getattr(event, "limits", ()))


class Noted:
    """Where a fold from the first entry opened limits: no file is asked elsewhere.

    `covers` are the streams that ever had a limit of a cover; `limits` those that had
    any, the children with an absence, and the kind that may be in another stream than
    who ends it knows.
    """

    def __init__(self) -> None:
        self.covers: set[str] = set()
        self.limits: set[object] = set()

    def note(self, stream: str, kind: LimitKind, child: str | None) -> None:
        """Remember a limit of a stream."""
        self.limits.add(stream)
        if kind in COVERS:
            self.covers.add(stream)
        elif kind is LimitKind.ABSENCE:
            self.limits.add(child)
        elif kind is LimitKind.LAST_RESORT:
            self.limits.add(kind)
