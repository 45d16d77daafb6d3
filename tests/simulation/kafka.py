"""A simulated topic that can do what a real one does, as drawn from the seed.

It loses connections before or after a record lands, delays a produce for minutes,
delivers twice, fails over and loses what was not replicated, is away for a while, lets
clients go on with the leader of yesterday, and answers late. What is above the
high-water mark is seen by nobody; what is below is lost only where a scenario says so
(`fork`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from events.topic import (
    Batch,
    OffsetLostError,
    Sending,
    TopicRecord,
    TopicUnavailableError,
)
from tests.simulation.hub import Bell, Hub

BEGIN_US = 1_700_000_000_000_000
"""What the brokers' clock says at virtual time 0, in microseconds."""
DELIVERY_S = 5.0
"""After which a client says that a record failed, wherever it is."""
SLOW_S = 3.0
"""How late an answer may come that is awaited still."""
OUTAGE_S = 1.0
"""Long enough that every client notices it."""
LEASE_S = 3.0
"""How long a leader that lost its partition may go on answering those who ask it."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often what happens, each a probability of one call."""

    unavailable: float = 0.02
    lost: float = 0.03
    late: float = 0.02
    twice: float = 0.03
    cut: float = 0.02
    slow: float = 0.02
    """An answer comes, and late."""
    stale: float = 0.02
    """Times ten: a client goes on with the old leader after a fail-over."""


NONE = Faults(*(0.0 for _ in fields(Faults)))
"""Nothing goes wrong."""


class Cluster:
    """The one topic of a run, as its leader has it."""

    def __init__(self, hub: Hub, faults: Faults) -> None:
        self.hub = hub
        self.faults = faults
        self.records: list[TopicRecord] = []
        self.visible = 0
        """The high-water mark: the offset after the last replicated record."""
        self.epoch = 0
        self.away_until = 0.0
        self.clients: list[SimulatedTopic] = []
        self.grown = Bell(hub)

    def land(self, content: bytes) -> None:
        """Append a record at the leader; it is replicated a little later."""
        if self.hub.time < self.away_until:
            return  # the connection broke first
        record = TopicRecord(
            offset=len(self.records),
            leader_epoch=self.epoch,
            appended_ms=(BEGIN_US + int(self.hub.time * 1e6)) // 1_000,
            content=content,
        )
        self.records.append(record)
        epoch, size = self.epoch, len(self.records)
        delay = 0.001 + self.hub.chance.random() * 0.01
        self.hub.at(self.hub.time + delay, lambda: self._replicated(epoch, size))

    def fail_over(self, away_s: float) -> None:
        """Another leader: what was not replicated is gone; away for a moment.

        Some clients do not know it yet and go on with the old one.
        """
        del self.records[self.visible :]
        self.epoch += 1
        self.away_until = self.hub.time + away_s
        for client in self.clients:
            if self.hub.chance.random() < 10 * self.faults.stale:
                client.believe_in_yesterday()

    def restart(self, away_s: float) -> None:
        """Away for a moment; nothing is lost."""
        self.visible = len(self.records)
        self.grown.ring()
        self.away_until = self.hub.time + away_s

    def fork(self, kept: int, others: Sequence[bytes], *, announced: bool) -> None:
        """Lose what was acknowledged, and go on with another history.

        Announced, another leader has it and connections break; else nobody is told.
        """
        self.epoch += announced
        del self.records[kept:]
        self.visible = kept
        for content in others:
            self.land(content)
        self.visible = len(self.records)
        self.grown.ring()
        if announced:
            self.away_until = self.hub.time + OUTAGE_S

    def _replicated(self, epoch: int, size: int) -> None:
        if epoch == self.epoch:
            self.visible = max(self.visible, min(size, len(self.records)))
            self.grown.ring()


class Handed(Sending):
    """A record on its way."""

    def __init__(self, hub: Hub, deadline: float) -> None:
        self._hub = hub
        self._deadline = deadline
        self.cut = False
        self.landed = False

    def failed(self) -> bool:
        return self.cut or (not self.landed and self._hub.time > self._deadline)


class SimulatedTopic:
    """One node's clients of the topic; what a call may take is what it takes here."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._hub = cluster.hub
        self._last_landing = 0.0
        self._under_way: list[Handed] = []
        self._seen = 0
        self.yesterday = 0
        """Where the log ended for the leader of yesterday, if one is believed in."""
        self.lost_at = 0.0
        self.lease_until = 0.0
        self.used = Bell(self._hub)
        """Rings at each call: what its client learned before, it has applied."""
        cluster.clients.append(self)

    def believe_in_yesterday(self) -> None:
        """Go on with the old leader for a while: it has nothing new, and keeps none."""
        self.yesterday = self._cluster.visible
        self.lost_at = self._hub.time
        self.lease_until = self._hub.time + self._hub.chance.random() * LEASE_S

    def send(self, records: Sequence[bytes]) -> list[Sending]:
        self._answer()
        sendings: list[Sending] = []
        for content in records:
            handed = Handed(self._hub, self._hub.time + DELIVERY_S)
            self._under_way.append(handed)
            sendings.append(handed)
            if not self._stale:  # an old leader alone acknowledges nothing
                self._travel(content, handed)
        return sendings

    def renew(self) -> None:
        self._hub.sleep(0.1)
        self._under_way.clear()
        self._last_landing = 0.0
        self.lease_until = 0.0  # a fresh client asks anew who leads

    def fetch(self, offset: int, wait_s: float) -> Batch:
        self._answer()
        if offset > len(self._cluster.records):
            message = f"no offset {offset}"
            raise OffsetLostError(message)
        until = self._hub.time + wait_s
        self._hub.doze(self._cluster.grown, lambda: self._end() > offset, until)
        self._answer()
        end = min(self._end(), offset + self._hub.chance.randint(1, 5))
        found = tuple(self._cluster.records[offset:end])
        self._seen = max(offset, end)
        return Batch(records=found, next_offset=offset + len(found))

    def end(self, timeout_s: float) -> int:  # noqa: ARG002  the port's
        self._answer()
        chance = self._hub.chance.random()
        if chance < self._cluster.faults.unavailable and self._seen:
            return self._hub.chance.randrange(self._seen)  # a leader of long ago
        end = self._end()
        self._hub.sleep(self._hub.chance.random() * 0.005)  # it is older when it comes
        return end

    def read_at(
        self,
        offset: int,
        timeout_s: float,  # noqa: ARG002  the port's
    ) -> TopicRecord | None:
        self._answer()
        records = self._cluster.records[: self._end()]
        return records[offset] if offset < len(records) else None

    def identity(self, timeout_s: float) -> str:  # noqa: ARG002  the port's
        self._answer()
        return "simulated"

    def close(self) -> None:
        self.used.ring()

    def wait(self, holds: Callable[[], bool], until: float) -> bool:
        """Wait until a condition holds that its client's calls change, or a time."""
        return self._hub.doze(self.used, holds, until)

    @property
    def _stale(self) -> bool:
        return self._hub.time < self.lease_until

    def _end(self) -> int:
        """Return where the log ends, as whoever is believed to lead says."""
        return self.yesterday if self._stale else self._cluster.visible

    def _answer(self) -> None:
        """Take the time of a call, and fail as calls do."""
        self.used.ring()
        self._hub.sleep(0.0005 + self._hub.chance.random() * 0.003)
        if self._hub.chance.random() < self._cluster.faults.slow:
            self._hub.sleep(self._hub.chance.random() * SLOW_S)
        away = self._hub.time < self._cluster.away_until
        if away or self._hub.chance.random() < self._cluster.faults.unavailable:
            self._hub.sleep(self._hub.chance.random() * 0.5)
            message = "simulated"
            raise TopicUnavailableError(message)

    def _travel(self, content: bytes, handed: Handed) -> None:
        chance, faults = self._hub.chance, self._cluster.faults
        drawn = chance.random()
        delay = 0.001 + chance.random() * 0.01
        if drawn < faults.lost:
            handed.cut = chance.random() < 0.5
            return
        if drawn < faults.lost + faults.late:
            delay = 1 + chance.random() * 120
        # One producer's records keep their order.
        when = self._last_landing = max(self._last_landing, self._hub.time + delay)

        def land() -> None:
            self._cluster.land(content)
            handed.landed = True

        self._hub.at(when, land)
        if chance.random() < faults.twice:
            later = when + chance.random() * 20
            self._hub.at(later, lambda: self._cluster.land(content))
        if chance.random() < faults.cut:
            handed.cut = True  # the answer is lost; the record may land
