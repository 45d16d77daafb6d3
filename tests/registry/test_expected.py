"""What was decided leaves the state that its entries will leave."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from events.draft import Draft, Written, write
from events.entry import Authentication, AuthenticationKind, Provenance
from events.log import Accepted, Head
from registry.china import CHINA
from registry.commands import Command
from registry.dispatch import decide
from registry.expected import Decided, Expected
from registry.receipt import receipt_for
from registry.refusal import Fault
from registry.wire import CODEC
from tests.support.any_command import AnyCommand
from tests.support.registry import ORIGIN, child_id, opened, sources

COMMANDS = get_args(Command)
GROUPS, OF_EACH = 40, 12
GIVEN = sources()
LATE = 1e12


def written(head: Head, command: Command, by: str, decided: Decided) -> Written:
    """The record of what was decided, upon a head."""
    draft = Draft(
        registry=ORIGIN,
        authority=by,
        request_id=child_id(f"request {head.position + 1}"),
        request=command,
        authentication=Authentication(
            kind=AuthenticationKind.CLAIMED, fingerprint=None
        ),
        provenance=Provenance.LIVE,
        writer="node",
        cause="",
        events=decided.events,
    )
    return write(draft, head.hash, GIVEN.clock(), GIVEN.salt, CODEC)


@pytest.mark.parametrize("seed", range(3))
def test_a_group_leaves_the_state_that_its_entries_leave(
    tmp_path: Path, seed: int
) -> None:
    maker = AnyCommand(seed)
    acts = maker.chance.choices(COMMANDS, k=GROUPS * OF_EACH)
    commands = [*map(maker.birth, maker.children), *acts]
    streams: set[str] = set()
    with opened(tmp_path, GIVEN) as registry:
        log = registry.log
        while commands:
            group, commands = commands[:OF_EACH], commands[OF_EACH:]
            expected, head = Expected(log, CODEC, CHINA), log.head()
            records: list[bytes] = []
            for made in group:
                command = maker.make(made) if isinstance(made, type) else made
                by, office = maker.submitter(command)
                try:
                    decided = decide(expected, command, by, office)
                except Fault:
                    continue
                expected.advance(decided)
                one = written(head, command, by, decided)
                head = Head(head.position + 1, one.hash, one.frame.recorded_at)
                events = decided.recorded
                receipt = receipt_for(head.position, head.hash, one.frame, events)
                maker.taken(command, receipt, office)
                records.append(one.record)
                streams |= {draft.stream for draft in decided.events}
            wards = {who: set(expected.wards(who.id)) for who in maker.people}
            verdicts = log.append(records, LATE)
            assert all(isinstance(verdict, Accepted) for verdict in verdicts)
            recorded = Expected(log, CODEC, CHINA)
            for stream in streams - {"registry"}:
                assert expected.state(stream) == recorded.state(stream)
            assert expected.next_registry_version() == recorded.next_registry_version()
            for who, children in wards.items():
                assert children == set(recorded.wards(who.id))
        assert log.head().position > GROUPS
        assert len(streams) > len(maker.children)
