"""Who may submit what about guarantees, funds, supervision and houses: as data.

What lives here: the rows of `registry.competence` for these commands. Departments that
have no office (finance, education, health) act through civil affairs' record.
"""

from __future__ import annotations

from events.guardianship import Office
from registry.care_commands import (
    AddGuarantee,
    AllocateFund,
    BeginSupervision,
    EndGuarantee,
    EndPlan,
    EndSupervision,
    MakePlan,
    NameSupervisor,
    PayFromFund,
    RecordDelivery,
    RecordMissedDelivery,
    RecordMisuse,
    RecordReview,
    ReturnUnspent,
)
from registry.home_commands import (
    AnswerComplaint,
    AssessChild,
    CarryOnComplaint,
    CloseHome,
    FixCapacity,
    MakeCarePlan,
    MakeComplaint,
    PlaceResident,
    RecordDonation,
    RecordDonationUse,
    RecordIncident,
    RecordInspection,
    RecordLeaving,
    RecordRemedy,
    RegisterHome,
    TakeInChild,
    TakeMeasure,
)

_O = Office
_Row = tuple[frozenset[Office], tuple[str, ...]]
_ANY = frozenset(_O) - {_O.REGISTRY}
_STATE = frozenset({_O.CIVIL_AFFAIRS})
_SUPERVISORS = _STATE | {_O.PROCURATORATE}
_HOMES = _STATE | {_O.RESCUE_INSTITUTION, _O.WELFARE_INSTITUTION}
_HANDS = frozenset(
    {
        _O.CIVIL_AFFAIRS,
        _O.COMMITTEE,
        _O.SCHOOL,
        _O.MEDICAL_INSTITUTION,
        _O.DISABLED_FEDERATION,
        _O.RESCUE_INSTITUTION,
        _O.WELFARE_INSTITUTION,
    }
)
CARE: dict[type, _Row] = {
    MakePlan: (_STATE, ("MPL 91",)),
    AddGuarantee: (_STATE, ("MPL 91",)),
    EndGuarantee: (_STATE, ("MPL 91",)),
    RecordDelivery: (_HANDS, ("MPL 91",)),
    RecordMissedDelivery: (_ANY, ("MPL 91",)),
    EndPlan: (_STATE, ("MPL 91",)),
    AllocateFund: (_STATE, ("MPL 8",)),
    PayFromFund: (_STATE, ("MPL 8",)),
    ReturnUnspent: (_STATE, ("MPL 8",)),
    RecordMisuse: (_SUPERVISORS, ("MPL 8", "MPL 105")),
    BeginSupervision: (_STATE, ("MPL 92", "MPL 94")),
    NameSupervisor: (_STATE, ("MPL 92", "MPL 94")),
    RecordReview: (_SUPERVISORS, ("MPL 7(2)", "MPL 105")),
    EndSupervision: (_STATE, ("MPL 92", "MPL 94")),
    RegisterHome: (_STATE, ("MPL 96(2)",)),
    FixCapacity: (_STATE, ("MPL 96(2)",)),
    RecordInspection: (_SUPERVISORS, ("MPL 96(2)", "MPL 105")),
    RecordRemedy: (_SUPERVISORS, ("MPL 96(2)", "MPL 105")),
    RecordDonation: (_HOMES, ("MPL 96(2)",)),
    RecordDonationUse: (_HOMES, ("MPL 96(2)",)),
    CloseHome: (_STATE, ("MPL 96(2)",)),
    TakeInChild: (_HOMES, ("MPL 93(1)", "MPL 96(2)")),
    AssessChild: (_HOMES, ("MPL 93(1)",)),
    MakeCarePlan: (_HOMES, ("MPL 93(1)",)),
    PlaceResident: (_HOMES, ("MPL 93(1)",)),
    RecordLeaving: (_HOMES, ("MPL 93(1)",)),
    RecordIncident: (_ANY, ("MPL 11(2)",)),
    TakeMeasure: (_HOMES | {_O.POLICE}, ("MPL 11(3)",)),
    MakeComplaint: (_ANY, ("MPL 97",)),
    CarryOnComplaint: (_ANY, ("MPL 97",)),
    AnswerComplaint: (_ANY, ("MPL 97",)),
}
"""Offices and articles by command."""
