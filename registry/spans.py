"""The spans of a timeline while it is folded: opened, closed, looked up.

What lives here: `Fold`, the working state of `registry.timeline`. What never does: what
an act means, or what follows from it (the timeline says), gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from events.dates import PartialDate
from events.guardianship import ChildFact
from events.timeline import HandOver, Holder, Line, Period, Role
from registry.kept_apart import Order

Moment = tuple[PartialDate, int]
"""A legal day and the version of the act that set it."""
Cite = Callable[[str, PartialDate], tuple[str, ...] | None]
"""From a question of a pack's and a day to the articles in force."""
_ONE_EACH = frozenset({Line.RELATION, Line.MAINTENANCE, Line.BAR})


@dataclass(frozen=True, slots=True)
class StandingFact:
    """A fact that stands, with its version in the child's stream."""

    version: int
    fact: ChildFact


@dataclass(frozen=True, slots=True)
class Span:
    """A period without number, open while `until` is; `act` named its holder.

    A span is cut in two where only its hand-over changes: the second keeps its act.
    """

    period: Period
    act: int


@dataclass(slots=True)
class Fold:
    """The spans so far, and what is known of persons and of the child.

    `cite` gives the articles that answer a question of the pack's own on a day; None
    where what begins by it does not arise.
    """

    cite: Cite
    spans: list[Span] = field(default_factory=list)
    by_court: set[Holder] = field(default_factory=set)
    """Guardians whom a court designated: a restoration ends them (CC 38)."""
    parents: set[Holder] = field(default_factory=set)
    """Parents by birth or adoption, guardians or not."""
    adopters: set[Holder] = field(default_factory=set)
    """Parents by the last adoption: its dissolution ends their ties (CC 1117)."""
    lost: set[Holder] = field(default_factory=set)
    came_back: set[Holder] = field(default_factory=set)
    born: PartialDate | None = None
    orders: dict[int, Order] = field(default_factory=dict)
    """Protection orders by the version of their act."""
    begun: Moment | None = None
    died: Moment | None = None
    capable: Moment | None = None

    def open(  # noqa: PLR0913, PLR0917  each is a column of the span
        self,
        at: StandingFact,
        line: Line,
        role: Role,
        holder: Holder,
        question: str,
        hand_over: HandOver = HandOver.YES,
    ) -> None:
        """Open a span unless the holder has one on that line in that moment."""
        if line in _ONE_EACH and self.of(holder, line):
            return
        articles = self.cite(question, at.fact.on)
        if articles is None:
            return
        period = Period(
            number=0,
            line=line,
            role=role,
            holder=holder,
            from_=at.fact.on,
            until=None,
            opened_by=at.version,
            closed_by=None,
            articles=articles,
            hand_over=hand_over,
            duty=None,
        )
        self.spans.append(Span(period, at.version))

    def close(self, closing: Iterable[Span], at: StandingFact) -> None:
        """Close spans on the fact's day."""
        closed = {id(span) for span in closing}
        self.spans = [
            replace(s, period=_closed(s.period, at)) if id(s) in closed else s
            for s in self.spans
        ]
        standing = {s.period.holder for s in self.standing(Line.RELATION)}
        self.by_court = {holder for holder in self.by_court if holder in standing}

    def standing(self, *lines: Line) -> list[Span]:
        """Return the spans of these lines that are open."""
        return [
            s for s in self.spans if s.period.until is None and s.period.line in lines
        ]

    def of(self, holder: Holder, *lines: Line) -> list[Span]:
        """Return the holder's open spans of these lines."""
        return [s for s in self.standing(*lines) if s.period.holder == holder]

    def barred(self, holder: Holder) -> bool:
        """Whether the holder is disqualified for this child."""
        return bool(self.of(holder, Line.BAR))

    def refresh(self, at: StandingFact) -> None:
        """Cut each span to whose holder the child may now be handed otherwise."""
        by_court = set(self.by_court)
        for span in self.standing(Line.RELATION, Line.PLACEMENT):
            wanted = self._hand_over(span.period)
            if wanted is span.period.hand_over:
                continue
            self.close([span], at)
            names = getattr(at.fact, "who", None) == span.period.holder
            again = replace(
                span.period,
                from_=at.fact.on,
                opened_by=at.version if names else span.act,
                hand_over=wanted,
            )
            self.spans.append(Span(again, span.act))
        self.by_court = by_court

    def _hand_over(self, period: Period) -> HandOver:
        holder = period.holder
        if holder is None or holder in self.lost:
            return HandOver.NO
        if period.line is Line.PLACEMENT:
            return HandOver.NO if self.barred(holder) else HandOver.YES
        state = any(
            s.period.role is Role.STATE_GUARDIAN and s.period.holder != holder
            for s in self.standing(Line.RELATION)
        )
        back = holder in self.came_back
        return HandOver.UNKNOWN if state and back else HandOver.YES


def _closed(period: Period, at: StandingFact) -> Period:
    return replace(period, until=at.fact.on, closed_by=at.version)
