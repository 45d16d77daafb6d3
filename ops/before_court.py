"""What a court finds that was done before an application: the stages on record.

What lives here: a court's questions, in their order: its docket, the story of each
child, what guardians were told. What never does: what ought to be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from childregistry.v1 import coordination_service_pb2 as coordination
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import docket_service_pb2 as docket
from childregistry.v1 import duty_service_pb2 as duty
from childregistry.v1 import types_pb2
from events.dates import PartialDate
from ops.casebook import Case, Earlier, Stage
from ops.show import name

Ask = Callable[[str, Any], Any]
"""Calls a method with a request, as the court."""
PAGE = 1_000
"""What was done for one child has some dozens of lines."""
NO_STAGE = frozenset(
    {
        "ChildRegistered",
        "GuardianshipEnded",
        "GuardianshipEstablished",
        "NamedInApplication",
    }
)
"""Acts that say whose the child is, or are the application: no measure of anybody."""


def earlier(ask: Ask, case: Case) -> Earlier:
    """Return what is found as the record stood when the application came to it.

    Where the case's earlier stages were told only afterwards, as it stands now. Raises
    what `ask` raises, and LookupError where the court's docket has no application.
    """
    stages: list[Stage] = []
    warnings = 0
    for part, child in case.children.items():
        filed = _application(ask, case, child)
        until = PartialDate(filed.on).latest
        as_of = custody.AsOf(date=until.isoformat())
        if not case.earlier.told_afterwards:
            as_of.position = filed.opened_at
        owed = duty.ListMattersRequest(
            child=child, as_of=as_of, ended_too=True, page_size=PAGE
        )
        matters = ask("ListMatters", owed)
        story = coordination.ListStoryRequest(child=child, as_of=as_of, page_size=PAGE)
        told = ask("ListStory", story)
        warnings += matters.warnings
        stages += [
            stage
            for stage in _stages(part, told.lines, matters.matters)
            if PartialDate(stage.on).earliest <= until
        ]
    return Earlier(
        stages=tuple(stages),
        warnings=warnings,
        told_afterwards=case.earlier.told_afterwards,
    )


def _application(ask: Ask, case: Case, child: str) -> docket.Application:
    request = docket.ListApplicationsRequest(court=case.court, child=child)
    for found in ask("ListApplications", request).applications:
        application: docket.Application = found
        return application
    message = f"{case.court} has no application about {child}"
    raise LookupError(message)


def _stages(
    part: str,
    lines: Iterable[coordination.StoryLine],
    matters: Iterable[duty.Matter],
) -> Iterator[Stage]:
    """Yield the recorded measures of a child's story, without gaps and limits."""
    codes = {
        (matter.stream, fact.version): frozenset(fact.codes)
        for matter in matters
        for fact in matter.facts
    }
    for line in lines:
        if line.position and line.what not in NO_STAGE:
            yield Stage(
                child=part,
                on=line.on,
                by=name(types_pb2.Office, line.by).replace(" ", "_"),
                what=line.what,
                codes=codes.get((line.stream, line.version), frozenset()),
            )
