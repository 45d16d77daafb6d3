"""From a command to the events of one entry, on the state it will stand upon.

What lives here: `Expected`, the state that the log and the entries decided but not
yet appended leave together; and `decide`, which loads what a command touches and
calls its decider. What never does: rules (the aggregates have them), I/O but reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, assert_never

from events.codec import Codec
from events.draft import DraftEvent
from events.entry import open_entry
from events.guardianship import Office
from events.log import Log
from events.registry import SubmissionRefused
from registry import cases, guardianship
from registry.cases import Case
from registry.commands import (
    AcceptApplication,
    Command,
    CorrectSubmission,
    FileApplication,
    RecordCapacityLost,
    RecordDeath,
    RecordDecision,
    ReinstateSubmission,
    WithdrawApplication,
)
from registry.competence import may_submit
from registry.guardianship import Child
from registry.receipt import Known, known_of
from registry.refusal import NotKnown, Refused
