"""Any command at all, made from its own type by chance: lawful often, not always."""

from __future__ import annotations

import random
import types
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from events.cases import Applicant, ApplicantClass
from events.dates import PartialDate
from events.guardianship import EndReason, Office, Way
from events.proceedings import Asked, ProtectionMeasure, ProtectionOutcome
from events.timeline import Holder, Role
from registry.case_commands import (
    DecideProtection,
    ListEvidence,
    RecordHearing,
    SupportApplication,
)
from registry.child import Child
from registry.china import CHINA
from registry.commands import (
    AcceptApplication,
    Command,
    CorrectSubmission,
    EndGuardianship,
    EndPlacement,
    EndTemporaryArrangement,
    EstablishGuardianship,
    FileApplication,
    MoveTrialLimit,
    RecordDecision,
    RegisterChild,
    ReinstateSubmission,
    Replaceable,
    StartTemporaryArrangement,
    TerminateProcedure,
    WithdrawApplication,
)
from registry.receipt import Receipt
from tests.support.record import AUTHORITY
from tests.support.registry import body, child_id, person
from tests.support.stories import BUREAU, COURT

FIRST = date(2010, 3, 1)
LATER = PartialDate("2029-01-01")
OF_A_CASE = (
    AcceptApplication,
    TerminateProcedure,
    WithdrawApplication,
    RecordHearing,
    SupportApplication,
    ListEvidence,
)
"""What happens in a case that was filed."""
ALONE = {EndReason.FULL_CAPACITY, EndReason.WARD_DIED}


class AnyCommand:
    """Makes commands about a few children, persons and cases of its own."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  histories, no keys
        self.children = [child_id(f"child {n} of {seed}") for n in range(3)]
        self.people = [person(f"person {n} of {seed}") for n in range(4)]
        self._cases = [child_id(f"case {n} of {seed}") for n in range(4)]
        self._matters = [child_id(f"matter {n} of {seed}") for n in range(3)]
        self._told: dict[int, tuple[str, Office]] = {}
        self._filed: list[str] = []
        self._annulled: list[int] = []
        self._begun: dict[str, list[tuple[str, int]]] = {}

    def birth(self, child: str) -> RegisterChild:
        """Register a child of the first two persons, on a day of its first years."""
        made: RegisterChild = self.make(RegisterChild)
        on = PartialDate((FIRST + timedelta(self.chance.randint(0, 900))).isoformat())
        birth = replace(made.birth, date=on)
        return replace(
            made, child=child, birth=birth, on=on, parents=tuple(self.people[:2])
        )

    def make(self, cls: type) -> Any:  # noqa: ANN401  a command of the class
        """Return a command of a class, its parts made to agree with each other."""
        return self._agreeing(self._of(cls, ""))

    def submitter(self, command: Command) -> tuple[str, Office]:
        """Return who may submit a command, if anybody may; else somebody."""
        if isinstance(command, CorrectSubmission | ReinstateSubmission):
            return self._told.get(command.position, (COURT, Office.COURT))
        offices = [Office.COURT, *self.chance.sample(list(Office), len(Office))]
        if isinstance(command, EndTemporaryArrangement):
            by = self.chance.choice((Office.CIVIL_AFFAIRS, Office.COURT))
        else:
            competent = (o for o in offices if _may(command, o))
            by = next(competent, Office.COURT)
        return (COURT if by is Office.COURT else AUTHORITY[by]), by

    def taken(self, command: Command, receipt: Receipt, by: Office) -> None:
        """Remember what later commands may be about."""
        self._told[receipt.position] = receipt.authority, by
        if isinstance(command, FileApplication):
            self._filed.append(command.case)
        if isinstance(command, CorrectSubmission):
            self._annulled.append(command.position)
        for event in receipt.events:
            name = event.stream.removeprefix("child/")
            self._begun.setdefault(event.type, []).append((name, event.version))

    def _day(self) -> PartialDate:
        text = (FIRST + timedelta(self.chance.randint(0, 18 * 366))).isoformat()
        return PartialDate(text[: self.chance.choice((10, 10, 10, 10, 7, 4))])

    def _holder(self, name: str) -> Holder:
        bodies = [body(BUREAU), body("tongshan-village-committee")]
        public = name in {"owner", "to", "participants"}
        return self.chance.choice(bodies if public else [*self.people, bodies[0]])

    def _named(self, name: str) -> str:
        if name in {"child", "resident"}:
            return self.chance.choice(self.children)
        if name == "case":
            return self.chance.choice(self._cases)
        if name == "person":
            return self.chance.choice(self.people).id
        fixed = {"court": COURT, "jurisdiction": "cn-320312", "media_type": "a/b"}
        return fixed.get(name) or self.chance.choice(self._matters)

    def _of(self, kind: Any, name: str) -> Any:  # noqa: ANN401  of any type
        if kind is Holder:
            return self._holder(name)
        if is_dataclass(kind) and isinstance(kind, type):
            hints = get_type_hints(kind)
            return kind(
                **{f.name: self._of(hints[f.name], f.name) for f in fields(kind)}
            )
        if get_origin(kind) is tuple:
            count = self.chance.choice((1, 1, 2))
            made = [self._of(get_args(kind)[0], name) for _ in range(count)]
            return tuple(dict.fromkeys(made))
        if get_origin(kind) in {Union, types.UnionType}:
            options = list(get_args(kind))
            return self._of(self.chance.choice(options), name)
        if issubclass(kind, StrEnum):
            return self.chance.choice(list(kind))
        return self._plain(kind, name)

    def _plain(self, kind: type, name: str) -> Any:  # noqa: ANN401, PLR0911  of any type
        if kind is types.NoneType:
            return None
        if kind is PartialDate:
            return self._day()
        if kind is bool:
            return self.chance.random() < 0.5
        if kind is bytes:
            return bytes(32)
        if kind is int and name == "position":
            return self.chance.choice([*self._told] or [1])
        if kind is int:
            return self.chance.randint(1, 7)
        return self._named(name)

    def _agreeing(self, made: Any) -> Any:  # noqa: ANN401, PLR0911  any command
        made = replace(made, number=None) if hasattr(made, "number") else made
        match made:
            case EstablishGuardianship():
                return replace(
                    made,
                    kin=made.kin if made.way is Way.ORDER else None,
                    limb=made.limb if made.way is Way.LONG_TERM else None,
                    testator=self.people[0] if made.way is Way.WILL else None,
                )
            case StartTemporaryArrangement():
                state = made.role is Role.STATE_TEMPORARY_GUARDIAN
                return replace(made, limb=made.limb if state else None)
            case EndTemporaryArrangement() | EndPlacement():
                return self._ending(made)
            case EndGuardianship():
                alone = made.reason in ALONE
                return replace(made, who=None if alone else self.people[0])
            case RecordDecision():
                return self._judgment(made)
            case FileApplication():
                return self._application(made)
            case CorrectSubmission() if made.replacement is not None:
                cls = self.chance.choice(get_args(Replaceable))
                return replace(made, replacement=self.make(cls))
            case ReinstateSubmission() if self._annulled:
                return replace(made, position=self.chance.choice(self._annulled))
            case DecideProtection():
                return self._order(made)
            case MoveTrialLimit():
                return replace(made, case=self._case(), until=LATER)
            case _ if isinstance(made, OF_A_CASE):
                return replace(made, case=self._case())
            case _:
                return made

    def _case(self) -> str:
        return self.chance.choice(self._filed or self._cases)

    def _order(self, made: DecideProtection) -> DecideProtection:
        on = PartialDate(made.on.earliest.isoformat())
        until = PartialDate((made.on.earliest + timedelta(90)).isoformat())
        return replace(
            made,
            outcome=ProtectionOutcome.ORDERED,
            on=on,
            until=until,
            minute=None,
            against=(self.people[0],),
            measures=made.measures or (ProtectionMeasure.NO_CONTACT,),
        )

    def _ending(self, made: Any) -> Any:  # noqa: ANN401  the end of a role or a placement
        placed = isinstance(made, EndPlacement)
        kind = "ChildPlaced" if placed else "TemporaryArrangementStarted"
        child, started = self.chance.choice(self._begun.get(kind) or [(made.child, 1)])
        return replace(made, child=child, started=started, on=LATER)

    def _judgment(self, made: RecordDecision) -> RecordDecision:
        parts = []
        for outcome in {c.child: c for c in made.children}.values():
            gone = outcome.disqualified[:1]
            who = {d.who for d in gone}
            rest = [h for h in self.people if h not in who]
            ended = tuple(e for e in outcome.ended if e.reason not in ALONE)
            clean = replace(
                outcome,
                disqualified=tuple(replace(d, restoration_bar=None) for d in gone),
                dismissed=(),
                restored=tuple(self.chance.sample(rest, self.chance.randint(0, 1))),
                ended=tuple(e for e in ended if e.who not in who),
                designated=tuple(self.chance.sample(rest, self.chance.randint(0, 2))),
                measures=self.chance.choice((None, *rest)),
            )
            parts.append(clean)
        on = made.effective_on
        case = self.chance.choice([*self._cases, *self._filed])
        return replace(made, case=case, children=tuple(parts), decided_on=on)

    def _application(self, made: FileApplication) -> FileApplication:
        kin = Applicant(holder=self.people[3], standing=ApplicantClass.GRANDPARENT)
        parts = {c.child: c for c in made.children}.values()
        named = tuple(replace(c, respondents=(self.people[0],)) for c in parts)
        return replace(made, applicant=kin, asked=Asked.DISQUALIFY, children=named)


def _may(command: Command, by: Office) -> bool:
    return CHINA.competence(command, Child(), by) is None
