"""Who may submit what: a matrix, as data.

What lives here: for each command the offices whose act it is (in_depth §6), total and
enumerable. What never does: whether the act is right in law.
"""

from __future__ import annotations

from typing import get_args

from events.guardianship import Office
from registry.commands import (
    AcceptApplication,
    Command,
    CorrectSubmission,
    DesignateGuardian,
    EndGuardianship,
    EndTemporaryArrangement,
    EstablishGuardianship,
    FileApplication,
    RecordCapacityLost,
    RecordDeath,
    RecordDecision,
    RecordWhereabouts,
    RegisterChild,
    ReinstateSubmission,
    Replaceable,
    StartTemporaryArrangement,
    WithdrawApplication,
)

_O = Office
_LOCAL = frozenset({_O.CIVIL_AFFAIRS, _O.COMMITTEE})
_APPLICANTS = frozenset(
    {
        _O.COURT,
        _O.CIVIL_AFFAIRS,
        _O.COMMITTEE,
        _O.RESCUE_INSTITUTION,
        _O.SCHOOL,
        _O.MEDICAL_INSTITUTION,
        _O.WOMENS_FEDERATION,
        _O.DISABLED_FEDERATION,
        _O.YOUTH_LEAGUE,
        _O.PROTECTION_ORGANISATION,
    }
)
_ANY = frozenset(_O) - {_O.REGISTRY}

MATRIX: dict[type, tuple[frozenset[Office], tuple[str, ...]]] = {
    RegisterChild: (frozenset({_O.POLICE, _O.CIVIL_AFFAIRS}), ("CC 15",)),
    EstablishGuardianship: (_LOCAL, ("CC 27", "CC 32", "MPL 94", "CC 1105")),
    DesignateGuardian: (_LOCAL, ("CC 31(1)",)),
    StartTemporaryArrangement: (
        _LOCAL | {_O.RESCUE_INSTITUTION},
        ("CC 31(3)", "CC 34(4)", "MPL 92"),
    ),
    EndTemporaryArrangement: (_LOCAL | {_O.RESCUE_INSTITUTION}, ("MPL 93(2)",)),
    EndGuardianship: (_LOCAL | {_O.COURT, _O.POLICE}, ("CC 39(1)",)),
    RecordWhereabouts: (_LOCAL | {_O.POLICE, _O.COURT}, ("MPL 92", "MPL 94")),
    RecordDeath: (frozenset({_O.POLICE, _O.COURT, _O.CIVIL_AFFAIRS}), ("CC 15",)),
    RecordCapacityLost: (frozenset({_O.COURT}), ("CC 24", "CC 39(1)(2)")),
    FileApplication: (_APPLICANTS, ("CC 36(2)",)),
    AcceptApplication: (frozenset({_O.COURT}), ("CPL 187",)),
    WithdrawApplication: (_APPLICANTS, ("CC 36(2)",)),
    RecordDecision: (frozenset({_O.COURT}), ("CC 31", "CC 36(1)", "CC 38")),
    CorrectSubmission: (_ANY, ()),
    ReinstateSubmission: (_ANY, ()),
}
"""Offices and articles by command; a correction is its submitter's own alone."""

assert set(MATRIX) == set(get_args(Replaceable)) | (  # noqa: S101  the matrix is total
    set(get_args(Command))
)


def may_submit(office: Office, command: type) -> bool:
    """Whether an act of this kind lies within the office's competence."""
    return office in MATRIX[command][0]


def competent(command: type) -> tuple[tuple[Office, ...], tuple[str, ...]]:
    """Return who may submit a command, and the articles that say so."""
    offices, articles = MATRIX[command]
    return tuple(sorted(offices)), articles
