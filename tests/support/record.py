"""A record in memory: each act decided by the writer's own function, then taken."""

from __future__ import annotations

from typing import cast

from events.guardianship import Office
from events.log import Log, StoredBody
from events.matters import Matter
from events.registry import SubmissionRefused
from registry.china import CHINA
from registry.commands import Command
from registry.dispatch import decide
from registry.expected import Expected
from registry.wire import CODEC
from tests.support.stories import BUREAU, CHILD, FATHER, MOTHER, born
from tests.support.telling import Told

POLICE_STATION = "xuzhou-police"
VILLAGE = "tongshan-village-committee"
SCHOOL = "tongshan-primary-school"


class _Nothing:
    """A log without entries."""

    def stream(self, _name: str, _above: int = -1) -> list[StoredBody]:
        return []

    def children_of(self, _holder: str) -> list[str]:
        return []

    def last_version(self, _stream: str) -> int:
        return 0


class Record:
    """What was decided so far, with a registered child."""

    def __init__(self) -> None:
        self._expected = Expected(cast("Log", _Nothing()), CODEC, CHINA)
        self.tell(born(CHILD, "2015-10-01", FATHER, MOTHER), Office.POLICE)

    def tell(self, command: Command, by: Office, authority: str = "") -> Told:
        """Take an act, which must not be refused; raises the faults of the deciders."""
        decided = decide(self._expected, command, authority or AUTHORITY[by], by)
        refused = [e for e in decided.recorded if isinstance(e, SubmissionRefused)]
        assert not refused, refused
        self._expected.advance(decided)
        return Told(decided.recorded)

    def refused(
        self, command: Command, by: Office, authority: str = ""
    ) -> SubmissionRefused:
        """Return how an act is refused by law or competence."""
        decided = decide(self._expected, command, authority or AUTHORITY[by], by)
        (event,) = decided.recorded
        assert isinstance(event, SubmissionRefused)
        return event

    def matter(self, kind: str, name: str) -> Matter:
        """Return a matter as it stands."""
        return self._expected.matter(f"{kind}/{name}")


AUTHORITY = {office: f"tongshan-{office.value.replace('_', '-')}" for office in Office}
AUTHORITY |= {
    Office.CIVIL_AFFAIRS: BUREAU,
    Office.POLICE: POLICE_STATION,
    Office.COMMITTEE: VILLAGE,
    Office.SCHOOL: SCHOOL,
}
