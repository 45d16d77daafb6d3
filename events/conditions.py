"""The vocabulary of conditions: states of a child or a parent that last a while.

What lives here: frozen facts of the streams `condition/<uuid>`, one stream for each
condition, from its first day to its last. What never does: classes of children, which
are derived (`registry.classification`), effects on a guardianship. A parent's death and
disqualification stand on the child's own stream and are not repeated here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.document import Document
from events.duties import MatterFact
from events.guardianship import ActAnnulled, ActReinstated
from events.limits import Limit
from events.timeline import Holder


class Condition(StrEnum):
    """What may be so of a parent, or (the last six) of the child or its family.

    Sources: the notices on de-facto unattended children (2019 No. 62, 2020 No. 125),
    State Council 2016 Nos. 13 and 36.
    """

    DISABILITY = "disability"
    SERIOUS_ILLNESS = "serious_illness"
    IMPRISONED = "imprisoned"
    COMPULSORY_ISOLATION = "compulsory_isolation"
    OTHER_RESTRICTION = "other_restriction"
    LOST_CONTACT = "lost_contact"
    DEPORTED = "deported"
    DECLARED_MISSING = "declared_missing"
    AWAY_FOR_WORK = "away_for_work"
    UNABLE_TO_GUARD = "unable_to_guard"
    OWN_DISABILITY = "own_disability"
    OWN_SERIOUS_ILLNESS = "own_serious_illness"
    POVERTY = "poverty"
    SEPARATED = "separated"
    HARMED_OR_NEGLECTED = "harmed_or_neglected"
    PARENTS_NOT_FOUND = "parents_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRecorded(MatterFact):
    """A condition began on `on`; of lost contact that is the report to the police.

    `who` is the parent it is of, empty for the child and its family. `grade` (1 to 4)
    and `mental` are those of a disability. `evidence` shows it, by its digest. `limits`
    has the day on which an absence counts.
    """

    what: Condition
    child: str
    jurisdiction: str
    who: Holder | None
    grade: int | None
    mental: bool
    evidence: Document
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionEnded(MatterFact):
    """A condition ended: on `on` it is so no longer."""


ConditionEvent = ConditionRecorded | ConditionEnded | ActAnnulled | ActReinstated
"""Everything that may stand in a condition's stream."""
