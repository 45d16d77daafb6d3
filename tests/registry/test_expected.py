"""What was decided leaves the state that its entries will leave."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from events.log import Accepted, Head
from registry.china import CHINA
from registry.commands import Command
from registry.dispatch import decide
from registry.expected import Expected
from registry.receipt import receipt_for
from registry.refusal import Fault
from registry.wire import CODEC
from tests.support.any_command import AnyCommand
from tests.support.registry import opened, submission

COMMANDS = get_args(Command)
GROUPS, OF_EACH = 40, 12
LATE = 1e12


@pytest.mark.parametrize("seed", range(3))
def test_a_group_leaves_the_state_that_its_entries_leave(
    tmp_path: Path, seed: int
) -> None:
    maker = AnyCommand(seed)
    acts = maker.chance.choices(COMMANDS, k=GROUPS * OF_EACH)
    commands = [*map(maker.birth, maker.children), *acts]
    streams: set[str] = set()
    with opened(tmp_path) as registry:
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
                asks = submission(command, str(head.position), by, office)
                one = registry.writer._write(asks, decided, head)
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
