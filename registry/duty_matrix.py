"""Who owes what: department by duty by source, as data.

What lives here: for each kind of duty the departments whose it is by law, the articles
that say so, and those of the consequence where one stands in the law. What never does:
duties of one child (`registry.duties`), what a department may submit (`competence`).
A duty that is several departments' is no fault of this table: its owner is named when
it is opened, and an overlap is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from events.duties import Department, DutyKind

_D = Department
_K = DutyKind


@dataclass(frozen=True, slots=True)
class Owed:
    """Whose a duty is, by which articles, and what its breach rests on."""

    departments: frozenset[Department]
    articles: tuple[str, ...]
    consequence: tuple[str, ...] = ()


def _of(*departments: Department) -> frozenset[Department]:
    return frozenset(departments)


_REPORTERS = _of(_D.COMMITTEE, _D.SCHOOL, _D.MEDICAL_INSTITUTION)
_RECEIVERS = _of(_D.PUBLIC_SECURITY, _D.CIVIL_AFFAIRS, _D.EDUCATION)
_PARTNERS = _of(
    _D.FINANCE, _D.EDUCATION, _D.HEALTH, _D.PUBLIC_SECURITY, _D.CIVIL_AFFAIRS
)
_ORGANISATIONS = _of(_D.YOUTH_LEAGUE, _D.WOMENS_FEDERATION, _D.DISABLED_FEDERATION)
_GUARANTORS = _of(
    _D.CIVIL_AFFAIRS, _D.EDUCATION, _D.HEALTH, _D.MEDICAL_INSURANCE, _D.FINANCE
)

DUTIES: dict[DutyKind, Owed] = {
    _K.PLAN_FACILITIES: Owed(_of(_D.DEVELOPMENT_AND_REFORM), ("MPL 8",)),
    _K.FUND: Owed(_of(_D.FINANCE), ("MPL 8",)),
    _K.COORDINATE: Owed(_of(_D.COORDINATION_BODY, _D.CIVIL_AFFAIRS), ("MPL 9",)),
    _K.ASSIST: Owed(_ORGANISATIONS, ("MPL 10",)),
    _K.REPORT: Owed(_REPORTERS, ("MPL 11(2)",), ("MPL 117",)),
    _K.TAKE_UP_REPORT: Owed(_RECEIVERS, ("MPL 11(3)",)),
    _K.VISIT_AFTER_WARNING: Owed(_of(_D.COMMITTEE, _D.PUBLIC_SECURITY), ("DV 17(2)",)),
    _K.KEEP_FILE: Owed(_of(_D.COMMITTEE), ("MPL 43(1)",)),
    _K.CHECK_CHILD_LABOUR: Owed(_of(_D.HUMAN_RESOURCES), ("MPL 61",)),
    _K.KEEP_STATION: Owed(_of(_D.TOWNSHIP), ("MPL 81",)),
    _K.SCHOOLING: Owed(_of(_D.EDUCATION), ("MPL 83",)),
    _K.TRAINING_FOR_WORK: Owed(_of(_D.HUMAN_RESOURCES), ("MPL 85",)),
    _K.HEALTH_CARE: Owed(_of(_D.HEALTH, _D.MEDICAL_INSURANCE), ("MPL 90",)),
    _K.GUARANTEE: Owed(_GUARANTORS, ("MPL 91",)),
    _K.TEMPORARY_GUARDIANSHIP: Owed(_of(_D.CIVIL_AFFAIRS), ("MPL 92",)),
    _K.LONG_TERM_GUARDIANSHIP: Owed(_of(_D.CIVIL_AFFAIRS), ("MPL 94",)),
    _K.COOPERATE: Owed(_PARTNERS, ("MPL 96",)),
    _K.LEGAL_AID: Owed(_of(_D.JUSTICE), ("MPL 104",)),
    _K.SUPERVISE: Owed(_of(_D.PROCURATORATE), ("MPL 105",)),
    _K.SUPPORT_SUIT: Owed(_of(_D.PROCURATORATE), ("MPL 106",)),
    _K.APPLY_AS_LAST_RESORT: Owed(_of(_D.CIVIL_AFFAIRS), ("CC 36(3)",)),
    _K.DISSUADE: Owed(_of(_D.COMMITTEE), ("MPL 118(1)",)),
    _K.ADMONISH: Owed(
        _of(_D.PUBLIC_SECURITY, _D.PROCURATORATE, _D.COURT), ("MPL 118(2)",)
    ),
}
"""Every kind of duty, in the order of the articles."""
