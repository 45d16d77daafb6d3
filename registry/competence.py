"""Who may submit what: a matrix, as data.

What lives here: for each kind of act the offices whose act it is (in_depth §6), total
and enumerable; `COMPETENCE.md` shows it as a table. What never does: whether the act
is right in law. A kind is a command, or a command with the role, way, form or reason
that decides whose act it is.
"""

from __future__ import annotations

from events.conditions import Condition
from events.guardianship import EndReason, Office, PlacementForm, Way
from events.reports import Response
from events.timeline import Role
from registry.case_commands import (
    AdviseApplication,
    ApplyForProtection,
    DecideProtection,
    HearWish,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)
from registry.commands import (
    AcceptApplication,
    Command,
    CorrectSubmission,
    DesignateGuardian,
    EndGuardianship,
    EndPlacement,
    EndTemporaryArrangement,
    EstablishGuardianship,
    FileApplication,
    MoveTrialLimit,
    ReceiveChild,
    RecordCapacityLost,
    RecordDeath,
    RecordDecision,
    RecordPlacement,
    RecordSamePerson,
    RecordWhereabouts,
    RegisterChild,
    ReinstateSubmission,
    StartTemporaryArrangement,
    TerminateProcedure,
    TransferChild,
    WithdrawApplication,
)
from registry.competence_of_care import CARE
from registry.condition_commands import EndCondition, RecordCondition
from registry.law import minors_protection
from registry.matter_commands import (
    AcceptReferral,
    AnswerReport,
    AssignDuty,
    CompleteReferral,
    DecideConsequence,
    DeclineReferral,
    EscalateReport,
    FileReport,
    FulfilDuty,
    HoldMeeting,
    MakeReferral,
    OpenDuty,
    PassOnReferral,
    ReceiveReport,
    RecordBreach,
    RecordResponse,
    RecordVisit,
)
from registry.refusal import RefusedError
from registry.subscription_commands import (
    CreateSubscription,
    EndSubscription,
    RefilterSubscription,
)

Kind = tuple[type, str | None]
"""A command's class, and the role, way, form or reason where that decides."""

_O = Office
_LOCAL = frozenset({_O.CIVIL_AFFAIRS, _O.COMMITTEE})
_COURT = frozenset({_O.COURT})
_STATE = frozenset({_O.CIVIL_AFFAIRS})
_RESCUE = frozenset({_O.RESCUE_INSTITUTION})
_REGISTERS = frozenset({_O.POLICE, _O.CIVIL_AFFAIRS})
_DEATHS = frozenset({_O.POLICE, _O.COURT, _O.CIVIL_AFFAIRS})
_CARERS = _LOCAL | {_O.RESCUE_INSTITUTION, _O.WELFARE_INSTITUTION, _O.POLICE}
_HOMES = _STATE | {_O.RESCUE_INSTITUTION, _O.WELFARE_INSTITUTION}
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

_Row = tuple[frozenset[Office], tuple[str, ...]]
_WAYS: dict[Way, _Row] = {
    Way.BIRTH: (_REGISTERS | _COURT, ("CC 15", "CC 27(1)")),
    Way.ADOPTION: (_STATE, ("CC 1105(1)",)),
    Way.ORDER: (_LOCAL, ("CC 27(2)",)),
    Way.CONSENT: (_LOCAL, ("CC 27(2)(3)",)),
    Way.WILL: (_STATE | _COURT, ("CC 29",)),
    Way.AGREEMENT: (_LOCAL, ("CC 30",)),
    Way.NOBODY_QUALIFIED: (_LOCAL, ("CC 32",)),
    Way.LONG_TERM: (_STATE, ("MPL 94",)),
}
_STARTS: dict[Role, _Row] = {
    Role.TEMPORARY_GUARDIAN: (_LOCAL, ("CC 31(3)",)),
    Role.STATE_TEMPORARY_GUARDIAN: (_STATE | _RESCUE, ("MPL 92", "OP14 15")),
    Role.JUDGMENT_MEASURES: (_COURT, ("CC 36(1)",)),
    Role.TEMPORARY_CARE: (_LOCAL | {_O.RESCUE_INSTITUTION}, ("CC 34(4)",)),
}
_ENDS_OF_ROLES: dict[Role, _Row] = {
    Role.TEMPORARY_GUARDIAN: (_LOCAL | _COURT, ("CC 31(3)",)),
    Role.STATE_TEMPORARY_GUARDIAN: (
        _STATE | _COURT | _RESCUE,
        ("MPL 93(2)", "OP14 19"),
    ),
    Role.JUDGMENT_MEASURES: (_COURT, ("CC 36(1)",)),
    Role.TEMPORARY_CARE: (_LOCAL | {_O.RESCUE_INSTITUTION}, ("CC 34(4)",)),
}
_ENDS: dict[EndReason, _Row] = {
    EndReason.FULL_CAPACITY: (_STATE | _COURT, ("CC 18(2)", "CC 39(1)(1)")),
    EndReason.CAPACITY_LOST: (_STATE | _COURT, ("CC 39(1)(2)", "INT 12(1)")),
    EndReason.GUARDIAN_DIED: (_DEATHS, ("CC 15", "CC 39(1)(3)")),
    EndReason.WARD_DIED: (_DEATHS, ("CC 15", "CC 39(1)(3)")),
    EndReason.COURT_FOUND: (_COURT, ("CC 39(1)(4)",)),
    EndReason.CHANGED_BY_COURT: (_COURT, ("CC 39(1)(4)", "INT 12")),
    EndReason.DESIGNATION_SET_ASIDE: (_COURT, ("INT 10(1)",)),
    EndReason.ADOPTION: (_STATE, ("CC 1111(2)", "MPL 95")),
    EndReason.ADOPTION_DISSOLVED: (_STATE | _COURT, ("CC 1117",)),
}
_FORMS: dict[PlacementForm, _Row] = {
    PlacementForm.ENTRUSTED: (_LOCAL | {_O.SCHOOL}, ("MPL 23(1)",)),
    PlacementForm.KIN: (_HOMES, ("MPL 93(1)",)),
    PlacementForm.FOSTER: (_HOMES, ("MPL 93(1)",)),
    PlacementForm.RESCUE_INSTITUTION: (_HOMES, ("MPL 93(1)",)),
    PlacementForm.WELFARE_INSTITUTION: (_HOMES, ("MPL 93(1)",)),
    PlacementForm.BOARDING_SCHOOL: (_HOMES, ("OP14 16",)),
    PlacementForm.INTERIM_CARER: (_STATE | {_O.POLICE}, ("OP14 11", "DV 15(2)")),
}
_PLAIN: dict[type, _Row] = {
    RegisterChild: (_REGISTERS, ("CC 15",)),
    DesignateGuardian: (_LOCAL, ("CC 31(1)",)),
    EndPlacement: (_CARERS, ("MPL 23(1)", "MPL 93(1)")),
    RecordWhereabouts: (_LOCAL | {_O.POLICE, _O.COURT}, ("MPL 92", "MPL 94")),
    RecordDeath: (_DEATHS, ("CC 15",)),
    TransferChild: (_STATE, ("CC 31(1)",)),
    ReceiveChild: (_STATE, ("CC 31(1)",)),
    RecordSamePerson: (_DEATHS, ("CC 15",)),
    RecordCapacityLost: (_COURT, ("CC 24", "CC 39(1)(2)")),
    FileApplication: (_APPLICANTS, ("CC 36(2)",)),
    AcceptApplication: (_COURT, ("CPL 187",)),
    MoveTrialLimit: (_COURT, ("CPL 187",)),
    WithdrawApplication: (_APPLICANTS, ("CC 36(2)",)),
    TerminateProcedure: (_COURT, ("CPL 186",)),
    RecordDecision: (_COURT, ("CC 31", "CC 36(1)", "CC 38")),
    CorrectSubmission: (_ANY, ()),
    ReinstateSubmission: (_ANY, ()),
    CreateSubscription: (_ANY, ()),
    RefilterSubscription: (_ANY, ()),
    EndSubscription: (_ANY, ()),
}
_JUDICIAL = frozenset({_O.POLICE, _O.PROCURATORATE, _O.COURT})
_POLICE = frozenset({_O.POLICE})
_SUPERVISORS = frozenset({_O.CIVIL_AFFAIRS, _O.PROCURATORATE})
_MEETING = _JUDICIAL | _STATE
_SPEAKERS = _ANY - {_O.COURT, _O.PROCURATORATE}
_RESPONSES: dict[Response, _Row] = {
    Response.INQUIRED: (_ANY, ("MPL 11(3)",)),
    Response.DISSUADED: (_SPEAKERS, ("MPL 11(1)", "MPL 118(1)")),
    Response.EDUCATED: (_SPEAKERS, ("MPL 118(1)", "OP14 35(5)")),
    Response.ADMONISHED: (_JUDICIAL, ("MPL 118(2)",)),
    Response.WARNED: (_POLICE, ("DV 16(1)",)),
    Response.GUIDANCE_ORDERED: (_JUDICIAL, ("MPL 118(2)",)),
    Response.PUNISHED: (_POLICE, ("DV 16(1)",)),
    Response.REMOVED: (_POLICE, ("DV 15(2)", "OP14 11")),
}
_ASKED = _LOCAL | _JUDICIAL | _HOMES | {_O.SCHOOL}
_PROCEEDINGS: dict[type, _Row] = {
    ListEvidence: (_APPLICANTS | _JUDICIAL, ("CC 36(2)", "OP14 28")),
    RecordHearing: (_COURT, ("CPL 147",)),
    HearWish: (_ASKED, ("CC 31(2)", "CC 35(2)", "OP14 11")),
    AdviseApplication: (frozenset({_O.PROCURATORATE}), ("MPL 106", "OP14 30")),
    SupportApplication: (frozenset({_O.PROCURATORATE}), ("MPL 106",)),
    ApplyForProtection: (
        _APPLICANTS | _POLICE,
        ("DV 23(2)", "MPL 108(1)", "PSPO 2"),
    ),
    DecideProtection: (_COURT, ("DV 26", "DV 28", "DV 31")),
}
_MATTERS: dict[type, _Row] = {
    FileReport: (_ANY, ("MPL 11(1)", "MPL 11(2)")),
    ReceiveReport: (_POLICE | _STATE, ("MPL 11(3)",)),
    EscalateReport: (_ANY, ("MPL 11(2)", "MPL 118(1)")),
    RecordVisit: (_POLICE | {_O.COMMITTEE}, ("DV 17(2)",)),
    AnswerReport: (_POLICE | _STATE, ("MPL 11(3)",)),
    OpenDuty: (_MEETING | {_O.COMMITTEE}, ("MPL 9",)),
    AssignDuty: (_STATE, ("MPL 9",)),
    FulfilDuty: (_ANY, ("MPL 9",)),
    RecordBreach: (_SUPERVISORS, ("MPL 9", "MPL 105")),
    DecideConsequence: (_MEETING, ("MPL 106", "MPL 117")),
    MakeReferral: (_ANY, ("MPL 9",)),
    AcceptReferral: (_ANY, ("MPL 9",)),
    DeclineReferral: (_ANY, ("MPL 9",)),
    PassOnReferral: (_ANY, ("MPL 9",)),
    CompleteReferral: (_ANY, ("MPL 9",)),
    HoldMeeting: (_MEETING, ("MPL 9",)),
    EndCondition: (
        _LOCAL | _JUDICIAL | {_O.MEDICAL_INSTITUTION, _O.DISABLED_FEDERATION},
        ("MPL 43(1)",),
    ),
}
_FILES = ("MPL 43(1)", "MPL 91")
_LOCKED_UP = _STATE | {_O.POLICE, _O.COURT}
_CONDITIONS: dict[Condition, _Row] = {
    **dict.fromkeys(Condition, (_LOCAL, _FILES)),
    **dict.fromkeys(
        (Condition.DISABILITY, Condition.OWN_DISABILITY),
        (_LOCAL | {_O.MEDICAL_INSTITUTION, _O.DISABLED_FEDERATION}, _FILES),
    ),
    **dict.fromkeys(
        (Condition.SERIOUS_ILLNESS, Condition.OWN_SERIOUS_ILLNESS),
        (_LOCAL | {_O.MEDICAL_INSTITUTION}, _FILES),
    ),
    **dict.fromkeys(
        (
            Condition.IMPRISONED,
            Condition.COMPULSORY_ISOLATION,
            Condition.OTHER_RESTRICTION,
            Condition.DEPORTED,
        ),
        (_LOCKED_UP, _FILES),
    ),
    Condition.LOST_CONTACT: (_STATE | _POLICE, _FILES),
    Condition.PARENTS_NOT_FOUND: (_STATE | _POLICE, _FILES),
    Condition.DECLARED_MISSING: (_COURT, ("CC 40",)),
}

MATRIX: dict[Kind, _Row] = {
    **{(kind, None): row for kind, row in _PLAIN.items()},
    **{(EstablishGuardianship, way.value): row for way, row in _WAYS.items()},
    **{(StartTemporaryArrangement, r.value): row for r, row in _STARTS.items()},
    **{(EndTemporaryArrangement, r.value): row for r, row in _ENDS_OF_ROLES.items()},
    **{(EndGuardianship, reason.value): row for reason, row in _ENDS.items()},
    **{(RecordPlacement, form.value): row for form, row in _FORMS.items()},
    **{(kind, None): row for kind, row in _PROCEEDINGS.items()},
    **{(kind, None): row for kind, row in _MATTERS.items()},
    **{(kind, None): row for kind, row in CARE.items()},
    **{(RecordResponse, r.value): row for r, row in _RESPONSES.items()},
    **{(RecordCondition, c.value): row for c, row in _CONDITIONS.items()},
}
"""Offices and articles by kind; a correction is its submitter's own alone, and so is a
subscription."""


def kind_of(  # noqa: PLR0911  one return per kind of command
    command: Command, ending: Role | None = None
) -> Kind:
    """Return the kind of a command; `ending` is the role that a command ends.

    A role that is none of the four has no row of its own: nobody may begin it, and the
    form of the command says so.
    """
    match command:
        case EstablishGuardianship():
            return (type(command), command.way.value)
        case StartTemporaryArrangement():
            return (type(command), command.role.value)
        case EndTemporaryArrangement():
            return (type(command), ending.value if ending else None)
        case EndGuardianship():
            return (type(command), command.reason.value)
        case RecordPlacement():
            return (type(command), command.form.value)
        case RecordResponse():
            return (type(command), command.response.value)
        case RecordCondition():
            return (type(command), command.what.value)
        case _:
            return (type(command), None)


def may_submit(office: Office, kind: Kind) -> bool:
    """Whether an act of this kind lies within the office's competence."""
    return office in competent(kind)[0]


def refusal(office: Office, kind: Kind) -> RefusedError:
    """Return how an act outside the office's competence is refused.

    A committee that asks for coercion is told by which article it may not, and the
    escalation that there is; anybody else, whose act it is.
    """
    command, part = kind
    if command is RecordResponse and office is _O.COMMITTEE and part is not None:
        found = minors_protection.committee_may(Response(part))
        return RefusedError(found.reason, found.articles, "report_to_the_police")
    offices, articles = competent(kind)
    return RefusedError("not_competent", articles, "+".join(offices))


def competent(kind: Kind) -> tuple[tuple[Office, ...], tuple[str, ...]]:
    """Return who may submit an act of this kind, and the articles that say so.

    Of a kind that no row has, because nobody knows yet what it would end, all who may
    submit the command at all.
    """
    if kind in MATRIX:
        offices, articles = MATRIX[kind]
        return tuple(sorted(offices)), articles
    rows = [row for (command, _), row in MATRIX.items() if command is kind[0]]
    return (
        tuple(sorted(frozenset().union(*(offices for offices, _ in rows)))),
        tuple(dict.fromkeys(article for _, cited in rows for article in cited)),
    )
