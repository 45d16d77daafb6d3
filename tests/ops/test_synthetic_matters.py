"""What stands around the children of a synthetic province: lawful, and as intended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from events.duties import DutyOpened, ReferralDone, ReferralMade
from events.embedded import EmbeddedLog
from events.entry import open_entry
from events.matter_kinds import KINDS
from events.matters import Matter, MatterStatus, evolve, holder_of, status_of
from events.timeline import HolderKind
from ops.synthetic.lives import COUNTIES
from ops.synthetic.province import Province, grow
from ops.synthetic.telling import LAST, Numbers
from projections.care import funds, guarantees, house
from projections.custody import Custody
from projections.matters import Matters
from projections.runner import Runner
from registry.classification import classify
from registry.services.situations import situation_of
from registry.wire import CODEC

REGISTRY = "synthetic.example/cn-329900"
SEEDS = (11, 12, 13)
SINCE_SPOKEN = timedelta(days=370)
"""What is promised by the year may be spoken of a year later."""
TOLD = {
    "ConditionRecorded",
    "ConditionEnded",
    "ReportFiled",
    "ReportReceived",
    "ReportEscalated",
    "ResponseRecorded",
    "VisitRecorded",
    "ReportAnswered",
    "DutyOpened",
    "DutyAssigned",
    "DutyFulfilled",
    "DutyBreached",
    "ConsequenceDecided",
    "ReferralMade",
    "ReferralAccepted",
    "ReferralDeclined",
    "ReferralPassedOn",
    "ReferralDone",
    "MeetingHeld",
    "PlanMade",
    "GuaranteeDelivered",
    "GuaranteeMissed",
    "PlanEnded",
    "FundAllocated",
    "FundPaid",
    "UnspentReturned",
    "HomeRegistered",
    "HomeInspected",
    "DonationReceived",
    "DonationUsed",
    "ChildTakenIn",
    "ChildAssessed",
    "CarePlanMade",
    "ResidentLeft",
    "SupervisionBegun",
    "GuardianshipReviewed",
    "SupervisionEnded",
}


@dataclass(frozen=True)
class Made:
    """A province, and the folder of its log."""

    province: Province
    folder: Path

    def log(self) -> EmbeddedLog:
        return EmbeddedLog(self.folder / "log.sqlite", REGISTRY)


@pytest.fixture(scope="module")
def provinces(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    return [grown(tmp_path_factory.mktemp("province"), seed) for seed in SEEDS]


def grown(folder: Path, seed: int) -> Made:
    numbers = Numbers(children=250, years=11, seed=seed, registry=REGISTRY)
    province, _ = grow(folder / "log.sqlite", numbers, lambda _done, _total: None)
    return Made(province, folder)


@pytest.fixture(params=range(len(SEEDS)), ids=SEEDS)
def made(request: pytest.FixtureRequest, provinces: list[Made]) -> Made:
    number: int = request.param
    return provinces[number]


def histories(made: Made) -> Iterator[tuple[str, list[Matter]]]:
    """Yield every matter's stream with its state after each of its events."""
    states: dict[str, list[Matter]] = {}
    with closing(made.log()) as log:
        for entry in map(open_entry, log.read(0, 1_000_000)):
            for header, kept in zip(
                entry.frame.events, entry.record.bodies, strict=True
            ):
                if header.stream.partition("/")[0] not in KINDS:
                    continue
                assert kept is not None
                event: Any = CODEC.decode(header.fingerprint, kept.content)
                before = states.setdefault(header.stream, [Matter()])
                before.append(evolve(before[-1], event))
    for stream, all_ in states.items():
        yield stream, all_[1:]


def test_every_duty_is_fulfilled_breached_or_open_with_an_owner(made: Made) -> None:
    ended: Counter[MatterStatus] = Counter()
    for stream, states in histories(made):
        if stream.startswith("duty/"):
            assert isinstance(states[0].opening, DutyOpened)
            ended[status_of(states[-1])] += 1
            owner = holder_of(states[-1])
            assert owner is not None
            assert owner.kind is HolderKind.BODY
    assert set(ended) == {
        MatterStatus.OPEN,
        MatterStatus.BREACHED,
        MatterStatus.DONE,
    }
    assert ended[MatterStatus.DONE] > sum(ended.values()) / 2


def test_every_referral_has_one_holder_after_each_of_its_acts(made: Made) -> None:
    seen = 0
    for stream, states in histories(made):
        if stream.startswith("referral/"):
            assert isinstance(states[0].opening, ReferralMade)
            assert None not in [holder_of(state) for state in states]
            done = [isinstance(f, ReferralDone) for f in states[-1].standing()]
            assert any(done) is (status_of(states[-1]) is MatterStatus.DONE)
            seen += 1
    assert seen > 5


def test_all_that_may_stand_around_a_child_is_told(provinces: list[Made]) -> None:
    types: set[str] = set()
    for made in provinces:
        with closing(made.log()) as log:
            for entry in map(open_entry, log.read(0, 1_000_000)):
                types |= {header.type for header in entry.frame.events}
    assert types >= TOLD


def test_classes_follow_from_the_record_as_plots_intend(made: Made) -> None:
    asked = 0
    with (
        closing(made.log()) as log,
        closing(Runner(made.folder, log)) as runner,
        closing(Custody(made.folder)) as custody,
        closing(Matters(made.folder)) as matters,
    ):
        runner.start()
        runner.wait(log.head().position, 30)
        for child, meant in made.province.intended():
            answer = custody.custody(child, meant.on)
            assert answer is not None
            known = matters.matters(child, meant.on)
            facts = custody.explain(child, answer.known_at)
            found = classify(situation_of(answer.answer, facts, known), meant.on)
            classes = {(one.scheme, one.name) for one in found if one.certain}
            assert (meant.scheme, meant.name) in classes
            asked += 1
            for kept in guarantees(matters.matters(child, LAST).matters, LAST):
                assert all(day > LAST - SINCE_SPOKEN for day in kept.overdue)
        for county in range(1, COUNTIES + 1):
            of_place = matters.matters(f"cn-3299{county:02}", LAST).matters
            assert all(one.account.left == 0 for one in funds(of_place, LAST))
            (home,) = [m for m in of_place if m.stream.startswith("home/")]
            name = home.stream.removeprefix("home/")
            told = house(home.state, matters.matters(name, LAST).matters, LAST)
            assert not told.closed
            assert not told.overcrowded
    assert asked > 20
