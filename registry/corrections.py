"""Corrections: an entry of the submitter's own annulled, replaced or reinstated.

What lives here: `correct` and `reinstate`, across all the streams of an entry. What
never does: rules, and acts of another authority, which nobody else takes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    AnnulReason,
    Office,
    TimelineChanged,
)
from registry.child import record, reinstatements
from registry.commands import Command, CorrectSubmission, ReinstateSubmission
from registry.expected import Expected, Trial
from registry.pack import Effects
from registry.receipt import Known
from registry.refusal import InvalidError, NotKnownError

Decide = Callable[[Expected, Command, str, Office], Effects]
"""What a command by an authority of an office adds, where it is competent."""


def correct(
    expected: Expected,
    command: CorrectSubmission,
    authority: str,
    office: Office,
    decided: Decide,
) -> Effects:
    """Annul all acts of an entry and record others in their place: one entry.

    The difference to the timeline is that of both together; `decided` says what the
    replacement adds. Raises NotKnownError for an entry that is not the submitter's.
    """
    entry = _own_entry(expected, command.position, authority)
    trial = Trial(expected)
    acts: dict[str, list[Any]] = {}
    for stream, versions in _by_stream(entry).items():
        annulled = _annulled(trial, stream, versions, command.reason, office)
        acts[stream] = annulled
        # Of a child the timeline too: else the act annulled would stand in it still.
        kind, _, name = stream.partition("/")
        child = trial.child(name) if kind == "child" else None
        rules = expected.law.rules
        trial.take(
            stream, annulled if child is None else record(child, annulled, rules)
        )
    if not any(acts.values()):
        raise InvalidError("position", "is annulled already")
    if command.replacement is not None:
        new = command.replacement
        for stream, events in decided(trial, new, authority, office):
            own = [e for e in events if not isinstance(e, TimelineChanged)]
            acts.setdefault(stream, []).extend(own)
    return _recorded(expected, acts)


def reinstate(
    expected: Expected, command: ReinstateSubmission, authority: str, office: Office
) -> Effects:
    """Let all acts of an annulled entry stand again.

    Raises NotKnownError for an entry that is not the submitter's.
    """
    entry = _own_entry(expected, command.position, authority)
    acts: dict[str, list[Any]] = {}
    for stream, versions in _by_stream(entry).items():
        kind, _, name = stream.partition("/")
        if kind == "child":
            child = expected.child(name)
            acts[stream] = list(reinstatements(child, versions, office))
        else:
            annulled = expected.state(stream).annulled
            acts[stream] = [
                ActReinstated(act=version, by=office)
                for version in versions
                if version in annulled
            ]
    if not any(acts.values()):
        raise InvalidError("position", "is not annulled")
    return _recorded(expected, acts)


def _own_entry(expected: Expected, position: int, authority: str) -> Known:
    """Return an entry of the submitter's own; another's is not known to him."""
    entry = expected.entry(position)
    if entry.authority != authority or not entry.facts:
        resource = f"entries/{position}"
        raise NotKnownError(resource)
    return entry


def _by_stream(entry: Known) -> dict[str, list[int]]:
    versions: dict[str, list[int]] = {}
    for stream, version, _ in entry.facts:
        versions.setdefault(stream, []).append(version)
    return versions


def _annulled(
    expected: Expected,
    stream: str,
    versions: list[int],
    reason: AnnulReason,
    office: Office,
) -> list[Any]:
    state = expected.state(stream)
    return [
        ActAnnulled(act=version, reason=reason, by=office)
        for version in versions
        if version not in state.annulled
    ]


def _recorded(expected: Expected, acts: dict[str, list[Any]]) -> Effects:
    """Return each stream's acts with the one difference they make together."""
    effects: Effects = []
    for stream, events in acts.items():
        kind, _, name = stream.partition("/")
        if kind == "child":
            rules = expected.law.rules
            recorded = list(record(expected.child(name), events, rules))
            effects.append((stream, recorded))
        else:
            effects.append((stream, events))
    return effects
