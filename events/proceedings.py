"""Words of what happens around a case: evidence, wishes, advice, protection orders.

What lives here: enumerations that the vocabularies of children and of cases share. What
never does: events (`events.guardianship`, `events.cases`), rules.
"""

from __future__ import annotations

from enum import StrEnum


class Ground(StrEnum):
    """The limbs of CC 36(1) as structured codes; limb 2 has two halves."""

    HARM = "cc36_1_1"
    NEGLECT = "cc36_1_2a"
    UNABLE_AND_REFUSES = "cc36_1_2b"
    OTHER_VIOLATION = "cc36_1_3"


class Asked(StrEnum):
    """What an application asks the court for."""

    DISQUALIFY = "disqualify"
    RESTORE = "restore"
    DESIGNATE = "designate"
    CHANGE = "change"
    OBJECT = "object"
    """An objection to a designation; later than its thirty days it is a change."""


class TemporaryEnd(StrEnum):
    """Why a temporary role ended (CC 31, 36, MPL 93(2), 94, OP14 17)."""

    RETURNED = "returned"
    HANDED_TO_KIN = "handed_to_kin"
    GUARDIAN_DETERMINED = "guardian_determined"
    LONG_TERM = "long_term"
    ENDED_BY_COURT = "ended_by_court"
    NO_LONGER_NEEDED = "no_longer_needed"


class Kin(StrEnum):
    """The ranks of CC 27(2): grandparents, elder siblings, others who are willing."""

    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    OTHER = "other"


class Direction(StrEnum):
    """Whether a child's record goes to another registry, or came from it."""

    TO = "to"
    FROM = "from"


class EvidenceKind(StrEnum):
    """What a document shows, listed by its digest (OP14 28, 29; MPL 109; PSPO 6)."""

    ASSESSMENT = "assessment"
    """Of the child, the guardian and the guardianship's faults (OP14 18, 28)."""
    SOCIAL_INVESTIGATION = "social_investigation"
    CRIMINAL_JUDGMENT = "criminal_judgment"
    POLICE_RECORD = "police_record"
    """A warning, a punishment, a record of a call or an interview (DV 20)."""
    MEDICAL_RECORD = "medical_record"
    EDUCATION_RECORD = "education_record"
    """That a guardian was educated or admonished (OP14 35(2), (5))."""
    CHILDS_STATEMENT = "childs_statement"
    WITNESS = "witness"
    PROCURATORS_ADVICE = "procurators_advice"
    """A written recommendation or opinion in support (OP14 30; MPL 106)."""
    OTHER = "other"


class Wish(StrEnum):
    """What a child said when it was asked where it wants to be (CC 31(2), 35(2))."""

    WITH = "with"
    NOT_WITH = "not_with"
    NO_VIEW = "no_view"
    """Was asked, and says nothing or cannot yet."""


class Advice(StrEnum):
    """What a procurator wrote before anybody applied (OP14 30; MPL 106)."""

    INFORMED = "informed"
    """Of the right to apply: to the child's carer."""
    RECOMMENDED = "recommended"
    """That this body apply: nobody has."""


class ProtectionAsked(StrEnum):
    """What is asked of a court about a protection order (DV 23, 30, 31)."""

    ORDER = "order"
    EXTENSION = "extension"
    CHANGE = "change"
    REVOCATION = "revocation"
    REVIEW = "review"


class ProtectionMeasure(StrEnum):
    """What a protection order forbids or orders (DV 29)."""

    NO_VIOLENCE = "no_violence"
    NO_CONTACT = "no_contact"
    MOVE_OUT = "move_out"
    OTHER = "other"


class ProtectionOutcome(StrEnum):
    """What a court decided about a protection order (DV 28, 30, 31)."""

    ORDERED = "ordered"
    REFUSED = "refused"
    EXTENDED = "extended"
    CHANGED = "changed"
    REVOKED = "revoked"
    UPHELD = "upheld"
    """On review the earlier decision stands."""


class Conflict(StrEnum):
    """How an act contradicts what was on record when it was recorded."""

    TWO_COURTS = "two_courts"
    """Another court has decided, or has yet to decide, on the same child."""
    ALREADY_DISQUALIFIED = "already_disqualified"
    """A court decided on somebody who was disqualified for this child before."""
    DISQUALIFIED_ELSEWHERE = "disqualified_elsewhere"
    """Somebody is given a child who is disqualified for another."""
    OLDER_THAN_RECORDED = "older_than_recorded"
    """A court's decision is older than one that is on record."""
