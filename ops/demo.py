"""The demonstration: one published judgment, from birth to correction.

What lives here: the Tongshan judgment of 2015 (Supreme People's Court, typical cases
of 2016-05-31, case 2) told as the acts that made it, through the real writer, log and
projection in a temporary folder, and checked: a wrong answer ends with exit code 1.
What never does: names; the persons are random ids made for the run.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from events.cases import Applicant, ApplicantClass
from events.dates import PartialDate
from events.entry import Authentication, AuthenticationKind, Provenance
from events.guardianship import (
    AnnulReason,
    Asked,
    Birth,
    BirthSource,
    Ground,
    Office,
    Precision,
)
from events.timeline import Holder, HolderKind
from registry.bootstrap import Config, Registry, open_registry
from registry.commands import (
    ApplicationChild,
    ChildOutcome,
    Command,
    CorrectSubmission,
    DisqualifiedPerson,
    FileApplication,
    RecordDecision,
    RegisterChild,
)
from registry.receipt import Receipt
from registry.sources import system_sources
from registry.writer import Submission, Submitter

COURT, BUREAU, POLICE = "tongshan-court", "tongshan-civil-affairs", "xuzhou-police"
DAYS = (date(2010, 1, 1), date(2015, 2, 3), date(2015, 2, 4), date(2022, 11, 1))
"""In childhood, the day before the judgment, its day, and after majority."""
TIMEOUT_S = 10.0


class Story:
    """The persons of the case, as random ids, and its acts in order."""

    def __init__(self) -> None:
        self.child, self.case = str(uuid4()), str(uuid4())
        self.father = Holder(kind=HolderKind.PERSON, id=str(uuid4()))
        self.mother = Holder(kind=HolderKind.PERSON, id=str(uuid4()))
        self.bureau = Holder(kind=HolderKind.BODY, id=BUREAU)
        self.labels = {
            self.father: "father",
            self.mother: "mother",
            self.bureau: "district civil affairs bureau",
        }

    def birth(self) -> RegisterChild:
        """Return the registration: born in October 2004, both parents known."""
        born = PartialDate("2004-10")
        source = BirthSource.HOUSEHOLD_REGISTER
        return RegisterChild(
            child=self.child,
            birth=Birth(date=born, precision=Precision.STATED, source=source),
            on=born,
            jurisdiction="cn-320312",
            parents=(self.father, self.mother),
        )

    def application(self) -> FileApplication:
        """Return the bureau's application of 7 January 2015."""
        return FileApplication(
            case=self.case,
            court=COURT,
            number=None,
            asked=Asked.DISQUALIFY,
            applicant=Applicant(
                holder=self.bureau, standing=ApplicantClass.CIVIL_AFFAIRS
            ),
            filed_on=PartialDate("2015-01-07"),
            children=(
                ApplicationChild(
                    child=self.child,
                    respondents=(self.father, self.mother),
                    ground=Ground.HARM,
                ),
            ),
        )

    def judgment(self, *, designates: bool) -> RecordDecision:
        """Return the judgment of 4 February 2015: both disqualified."""
        day = PartialDate("2015-02-04")
        return RecordDecision(
            case=self.case,
            court=COURT,
            number=None,
            decided_on=day,
            effective_on=day,
            order=0,
            document=None,
            children=(
                ChildOutcome(
                    child=self.child,
                    disqualified=(
                        _lost(self.father, Ground.HARM, limb=1, crime=True),
                        _lost(self.mother, Ground.NEGLECT, limb=3, crime=None),
                    ),
                    dismissed=(),
                    restored=(),
                    ended=(),
                    designated=(self.bureau,) if designates else (),
                    measures=None,
                ),
            ),
        )


def _lost(
    who: Holder, ground: Ground, *, limb: int, crime: bool | None
) -> DisqualifiedPerson:
    return DisqualifiedPerson(
        who=who,
        ground=ground,
        opinions_limb=limb,
        intentional_crime_against_ward=crime,
    )


def _submit(
    registry: Registry, command: Command, authority: str, office: Office
) -> Receipt:
    submission = Submission(
        submitter=Submitter(
            authority=authority,
            office=office,
            authentication=Authentication(
                kind=AuthenticationKind.CLAIMED, fingerprint=None
            ),
        ),
        request_id=str(uuid4()),
        command=command,
        provenance=Provenance.BACK_LOADED,
        cause="demo",
        validate_only=False,
    )
    future = registry.writer.submit(submission, time.monotonic() + TIMEOUT_S)
    receipt = future.result(TIMEOUT_S)
    registry.custody.follow(registry.log)
    return receipt


def _show(
    console: Console, registry: Registry, story: Story, title: str, known_at: int
) -> list[str]:
    """Print who had custody on each day; return the statuses."""
    table = Table("on", "answer", "child may be handed to", "articles", title=title)
    statuses: list[str] = []
    for day in DAYS:
        found = registry.custody.custody(story.child, day, known_at)
        if found is None:
            statuses.append("unknown")
            continue
        answer = found.answer
        to = ", ".join(story.labels[holder] for holder in answer.hand_over_to)
        articles = {a for period in answer.certain for a in period.articles}
        status = str(answer.status)
        table.add_row(day.isoformat(), status, to, ", ".join(sorted(articles)))
        statuses.append(f"{status}:{to}")
    console.print(table)
    return statuses


def run(folder: Path, console: Console) -> bool:
    """Tell the story in a folder; return whether every answer was as it must be."""
    story = Story()
    config = Config(data_dir=folder, registry="demo.example/cn-320312", node="demo")
    with open_registry(config, system_sources()) as registry:
        _submit(registry, story.birth(), POLICE, Office.POLICE)
        _submit(registry, story.application(), BUREAU, Office.CIVIL_AFFAIRS)
        wrong = _submit(registry, story.judgment(designates=False), COURT, Office.COURT)
        correction = CorrectSubmission(
            position=wrong.position,
            reason=AnnulReason.WRONG_CONTENT,
            replacement=story.judgment(designates=True),
        )
        right = _submit(registry, correction, COURT, Office.COURT)
        console.print(
            "The court's clerk first records the judgment without the designation, "
            "then corrects it. Nothing is erased: both answers stay.\n"
        )
        first = f"as known at position {wrong.position}, before the correction"
        second = f"as known at position {right.position}, after it"
        before = _show(console, registry, story, first, wrong.position)
        after = _show(console, registry, story, second, right.position)
    parents = "guardian:father, mother"
    bureau = "guardian:district civil affairs bureau"
    return before == [parents, parents, "gap:", "none:"] and after == [
        parents,
        parents,
        bureau,
        "none:",
    ]


def main() -> None:
    """Run the demonstration in a temporary folder; exit code 1 on a wrong answer."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        right = run(Path(folder), console)
    console.print("every answer is as it must be" if right else "an answer is WRONG")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
