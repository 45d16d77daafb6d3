"""Referrals: from one body to another, and never silently dropped.

What lives here: one `decide_…` function per command. What never does: clocks, ids, I/O.
At any position exactly one body holds a referral: whom it was made or passed on to, or
its maker again after a decline; only that body acts on it.
"""

from __future__ import annotations

from events.dates import PartialDate
from events.duties import (
    ReferralAccepted,
    ReferralDeclined,
    ReferralDone,
    ReferralEvent,
    ReferralMade,
    ReferralPassedOn,
)
from events.guardianship import Finding, Office
from events.matters import Matter, MatterStatus, due_of, holder_of, status_of
from registry.law.reasons import finding
from registry.matter import a_body, body, due_after, known, new
from registry.matter_commands import (
    AcceptReferral,
    CompleteReferral,
    DeclineReferral,
    MakeReferral,
    PassOnReferral,
)
from registry.refusal import InvalidError, RefusedError


def decide_make_referral(
    referral: Matter, command: MakeReferral, by: Office, authority: str
) -> list[ReferralEvent]:
    """Record that the submitter refers something to another body."""
    new(referral, "referral")
    a_body(command.to, "to")
    due_after(command.due, command.on)
    if command.to == body(authority):
        raise InvalidError("to", "is another body")
    made = ReferralMade(
        on=command.on,
        by=by,
        findings=(),
        kind=command.kind,
        child=command.child,
        jurisdiction=command.jurisdiction,
        maker=body(authority),
        to=command.to,
        due=command.due,
    )
    return [made]


def _held(referral: Matter, name: str, on: PartialDate, authority: str) -> None:
    """Raise unless the referral is open and the submitter's to act on."""
    known(referral, f"referrals/{name}", on)
    if status_of(referral) is MatterStatus.DONE:
        raise InvalidError("referral", "is done already")
    if holder_of(referral) != body(authority):
        raise RefusedError("not_the_holder", ("MPL 9",), "record_by_the_holder")


def decide_accept_referral(
    referral: Matter, command: AcceptReferral, by: Office, authority: str
) -> list[ReferralEvent]:
    """Record that its holder took a referral up."""
    _held(referral, command.referral, command.on, authority)
    if status_of(referral) is MatterStatus.TAKEN_UP:
        raise InvalidError("referral", "is accepted already")
    found = (_in_time(referral, command.on),)
    return [ReferralAccepted(on=command.on, by=by, findings=found)]


def decide_decline_referral(
    referral: Matter, command: DeclineReferral, by: Office, authority: str
) -> list[ReferralEvent]:
    """Record a decline with its reason: the maker holds the referral again.

    A maker to whom it came back cannot decline it once more: he passes it on, or does
    what it asks.
    """
    _held(referral, command.referral, command.on, authority)
    if status_of(referral) is MatterStatus.DECLINED:
        raise InvalidError("referral", "is declined already: pass it on")
    found = (_in_time(referral, command.on),)
    declined = ReferralDeclined(
        on=command.on, by=by, findings=found, reason=command.reason
    )
    return [declined]


def decide_pass_on_referral(
    referral: Matter, command: PassOnReferral, by: Office, authority: str
) -> list[ReferralEvent]:
    """Record that its holder passed a referral on to another body."""
    _held(referral, command.referral, command.on, authority)
    a_body(command.to, "to")
    due_after(command.due, command.on)
    if command.to == body(authority):
        raise InvalidError("to", "is another body")
    found = (_in_time(referral, command.on),)
    passed = ReferralPassedOn(
        on=command.on, by=by, findings=found, to=command.to, due=command.due
    )
    return [passed]


def decide_complete_referral(
    referral: Matter, command: CompleteReferral, by: Office, authority: str
) -> list[ReferralEvent]:
    """Record that its holder did what a referral asks."""
    _held(referral, command.referral, command.on, authority)
    done = ReferralDone(
        on=command.on,
        by=by,
        findings=(_in_time(referral, command.on),),
        document=command.document,
    )
    return [done]


def _in_time(referral: Matter, on: PartialDate) -> Finding:
    """Say whether the holder acts by the day that was set; none set is in time."""
    due = due_of(referral)
    late = due is not None and on.earliest > due.latest
    return finding("is_in_time", (), "acted_late" if late else "acted_in_time")
