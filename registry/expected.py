"""The state that a submission will stand upon: the log, and what was decided since.

What lives here: `Expected`, the state that the log and the entries decided but not
yet appended leave together, and `Trial`, a state to decide a replacement on. What
never does: rules (the aggregates have them), commands (`registry.dispatch`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from events import matters, subscriptions
from events.codec import Codec
from events.draft import DraftEvent
from events.entry import open_entry
from events.guardianship import Fact
from events.log import Log
from events.matters import Matter
from events.subscriptions import Subscription
from events.wards import holders_in
from registry import case as cases
from registry.case import Case
from registry.child import Child, evolve
from registry.pack import LawPack
from registry.receipt import Known, known_of
from registry.refusal import NotKnownError

State = Child | Case | Matter | Subscription
"""What a stream has come to, whichever vocabulary it is of."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What one submission adds to the record."""

    events: tuple[DraftEvent, ...]
    states: Mapping[str, State]
    """What each stream of theirs comes to, but the registry's own."""

    @property
    def recorded(self) -> list[object]:
        """The events themselves."""
        return [draft.event for draft in self.events]


class Expected:
    """The state of streams as the log and what was decided since leave it."""

    def __init__(self, log: Log, codec: Codec, law: LawPack) -> None:
        self.law = law
        self._log = log
        self._codec = codec
        self._states: dict[str, State] = {}
        self._registry: int | None = None
        self._facts: list[tuple[str, Fact]] = []

    def child(self, name: str) -> Child:
        """Return a child's state; an empty one where it has no events."""
        state = self._load(f"child/{name}", Child())
        return state if isinstance(state, Child) else Child()

    def case(self, name: str) -> Case:
        """Return a case's state; an empty one where it has no events."""
        state = self._load(f"case/{name}", Case())
        return state if isinstance(state, Case) else Case()

    def matter(self, stream: str) -> Matter:
        """Return a matter's state; an empty one where it has no events."""
        state = self._load(stream, Matter())
        return state if isinstance(state, Matter) else Matter()

    def subscription(self, stream: str) -> Subscription:
        """Return a subscription's state; an empty one where it has no events."""
        state = self._load(stream, Subscription())
        return state if isinstance(state, Subscription) else Subscription()

    def names_of(self, authority: str) -> int:
        """Return how many subscriptions an authority has begun."""
        begins = subscriptions.stream_of(authority, "")
        decided = (s for s, state in self._states.items() if state.version)
        new = (stream for stream in decided if stream.startswith(begins))
        return len({*self._log.streams(begins), *new})

    def origin(self) -> str:
        """Return the origin of the log: the name of this registry."""
        return self._log.registry

    def head(self) -> int:
        """Return the end of the log as this state rests on it."""
        return self._log.head().position

    def state(self, stream: str) -> State:
        """Return the state of any stream by its name."""
        kind, _, name = stream.partition("/")
        if kind == "child":
            return self.child(name)
        if kind == "subscription":
            return self.subscription(stream)
        return self.case(name) if kind == "case" else self.matter(stream)

    def unmoved(self) -> bool:
        """Whether every stream that was looked at still stands where it stood.

        Streams are read one after the other while others may write; what was decided
        on them holds of one moment only where none has moved since.
        """
        return all(
            self._log.last_version(stream) == state.version
            for stream, state in self._states.items()
        )

    def wards(self, person: str) -> list[str]:
        """Return the children whose streams ever named the person."""
        decided = (
            child
            for child, fact in self._facts
            if any(holder.id == person for holder in holders_in(fact))
        )
        return list(dict.fromkeys([*self._log.children_of(person), *decided]))

    def entry(self, position: int) -> Known:
        """Return the acts of an entry; raises NotKnownError where there is none."""
        found = self._log.read(position - 1, 1)
        if not found:
            resource = f"entries/{position}"
            raise NotKnownError(resource)
        return known_of(open_entry(found[0]))

    def next_registry_version(self) -> int:
        """Return the next version of the registry's own stream."""
        if self._registry is None:
            self._registry = self._log.last_version("registry")
        return self._registry + 1

    def advance(self, decided: Decided) -> None:
        """Take what was decided as recorded, for those decided after it."""
        for draft in decided.events:
            if draft.stream == "registry":
                self._registry = draft.version
                continue
            if isinstance(draft.event, Fact):
                child = draft.stream.removeprefix("child/")
                self._facts.append((child, draft.event))
        self._states |= decided.states

    def _load(self, stream: str, state: State) -> State:
        if stream not in self._states:
            for stored in self._log.stream(stream):
                event: Any = self._codec.decode(stored.fingerprint, stored.body)
                state = evolved(state, event)
            self._states[stream] = state
        return self._states[stream]


def evolved(state: State, event: Any) -> State:  # noqa: ANN401  any vocabulary
    """Return a stream's state after one more of its events."""
    if isinstance(state, Child):
        return evolve(state, event)
    if isinstance(state, Matter):
        return matters.evolve(state, event)
    if isinstance(state, Subscription):
        return subscriptions.evolve(state, event)
    return cases.evolve(state, event)


class Trial(Expected):
    """A state to decide a replacement on: the annulments taken, nothing kept."""

    def __init__(self, expected: Expected) -> None:
        self.law = expected.law
        self._expected = expected
        self._taken: dict[str, State] = {}

    def origin(self) -> str:
        """Return the origin of the log: the name of this registry."""
        return self._expected.origin()

    def take(self, stream: str, events: list[Any]) -> None:
        """Take events of a stream as recorded."""
        state = self.state(stream)
        for event in events:
            state = evolved(state, event)
        self._taken[stream] = state

    def child(self, name: str) -> Child:
        """Return a child's state on trial."""
        state = self._taken.get(f"child/{name}")
        return state if isinstance(state, Child) else self._expected.child(name)

    def case(self, name: str) -> Case:
        """Return a case's state on trial."""
        state = self._taken.get(f"case/{name}")
        return state if isinstance(state, Case) else self._expected.case(name)

    def matter(self, stream: str) -> Matter:
        """Return a matter's state on trial."""
        state = self._taken.get(stream)
        return state if isinstance(state, Matter) else self._expected.matter(stream)

    def wards(self, person: str) -> list[str]:
        """Return the children whose streams ever named the person."""
        return self._expected.wards(person)
