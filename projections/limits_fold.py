"""The fold of limits: opened, met, moved, withdrawn, and said to have passed.

What lives here: which recorded event ends a limit of which kind, and the rows. What
never does: law (an event says what happened; that a judgment concludes a trial is what
the words mean), a clock, the question (`projections.limits`).

A limit ends by a later event and may be open again: when that event is annulled. The
changes are kept, each with its position, so that any state of knowledge can be asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, get_args

from events import cases
from events.cases import (
    ApplicationFiled,
    ProtectionApplied,
    ProtectionDecided,
)
from events.codec import EVENT_CLASSES, fingerprint, schema_text
from events.conditions import ConditionEnded, ConditionRecorded
from events.duties import DutyOpened
from events.guardianship import (
    ActAnnulled,
    ActReinstated,
    ChildFact,
    DisqualificationDismissed,
    GuardianDisqualified,
    GuardianRestored,
    GuardianshipEnded,
    GuardianshipEstablished,
    NamedInApplication,
    TemporaryArrangementEnded,
    TemporaryArrangementStarted,
    TimelineChanged,
    Way,
    WhereaboutsFound,
)
from events.limits import FIRST_DAYS, LimitKind
from events.proceedings import Asked, TemporaryEnd
from events.registry import LimitRanOut
from events.timeline import Holder, Role
from projections.limits_matters import PREFIXES, MatterDays
from projections.limits_rows import (
    BEFORE,
    COVERS_SQL,
    DIGESTED,
    INDEXES,
    RESTORES_SQL,
    STANDING,
    TABLES,
    State,
)
from projections.limits_taken import ADOPTION, CONCLUDES, ENDS_ALL, Noted, may_matter
from projections.opened import OpenedEntry, OpenedEvent
from projections.view import Apply

NAME: Final = "limits"
FOLD: Final = 4
"""1 had no days of matters, and no absences; 2 took advice told late for unheeded;
3 held civil affairs to a duty to apply after a court's decision."""

_READ: Final = frozenset(
    fingerprint(schema_text(cls.__name__))
    for cls in EVENT_CLASSES
    if cls
    in {
        *get_args(ChildFact),
        *get_args(cases.CaseEvent),
        ConditionEnded,
        ConditionRecorded,
        LimitRanOut,
    }
)
"""What is decoded of every stream; a timeline's changes only where a cover is owed."""
_DUTY: Final = fingerprint(schema_text(DutyOpened.__name__))
_ONE_AT_A_TIME: Final = frozenset({LimitKind.TRIAL, LimitKind.ABSENCE})
"""Kinds of which a new one moves the one before it."""
_CHANGED: Final = fingerprint(schema_text(TimelineChanged.__name__))
_FILED: Final = fingerprint(schema_text(ApplicationFiled.__name__))


class LimitsProjection:
    """Limits as `projections.view` knows them."""

    name = NAME
    fold = FOLD
    by_child = False
    weight = 5.0
    appended: ClassVar[Mapping[str, str]] = {}
    tables = TABLES
    indexes = INDEXES
    digested = DIGESTED

    def folding(self, connection: sqlite3.Connection, *, whole: bool) -> Apply:
        """Return the fold upon a file; `whole` where it goes from the first entry."""
        return _Fold(connection, whole=whole).apply


class _Fold:
    def __init__(self, connection: sqlite3.Connection, *, whole: bool) -> None:
        self._noted = Noted() if whole else None
        self._matters = MatterDays(connection, whole=whole)
        self._position, self._stream, self._version = 0, "", 0

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._matters.written()

    def apply(self, entries: Sequence[OpenedEntry]) -> None:
        """Open the limits of entries, and end those that they end."""
        for entry in entries:
            self._position = entry.position
            applicants = {
                opened.event().applicant.holder.id
                for opened in entry.events
                if opened.fingerprint == _FILED
            }
            for opened in entry.events:
                self._apply(opened, applicants)
            concerned = list((entry.unreadable or ()) + entry.withheld)
            if entry.unreadable == ():
                concerned.append("")  # it names no child: it may be about any matter
            if concerned:
                self._connection.executemany(
                    "INSERT OR IGNORE INTO quarantine VALUES (?,?)",
                    [(child, entry.position) for child in concerned],
                )
        self._matters.written()

    def _apply(self, opened: OpenedEvent, applicants: set[str]) -> None:
        self._stream, self._version = opened.stream, opened.version
        if opened.stream.startswith(PREFIXES):
            self._matters.apply(opened, self._position)
            if opened.fingerprint == _DUTY:
                self._seen_to(opened.event())
            return
        if opened.fingerprint == _CHANGED:
            if self._noted is not None and opened.stream not in self._noted.covers:
                return
            covers = self._of(f"stream=? AND kind IN {COVERS_SQL}", opened.stream)
            if covers:
                self._covered(covers, opened.event())
            return
        if opened.fingerprint not in _READ:
            return
        if opened.form is not None and not may_matter(opened.form):
            return
        event: Any = opened.event()
        match event:
            case LimitRanOut():
                self._ran_out(event)
            case ActAnnulled():
                self._annulled(event.act)
            case ActReinstated():
                self._reinstated(event.act)
            case _:
                self._ends(event, applicants)
                self._opens(event, opened.child)

    def _opens(self, event: Any, child: str | None) -> None:  # noqa: ANN401  any fact
        who = getattr(event, "who", None)
        about = who.id if isinstance(who, Holder) else None
        since = event.on.earliest.isoformat() if hasattr(event, "on") else None
        child = child or getattr(event, "child", None)
        for limit in getattr(event, "limits", ()):
            if limit.kind in _ONE_AT_A_TIME:
                where = "stream=? AND kind=? AND about IS ?"
                self._all(State.MOVED, where, self._stream, limit.kind, about)
            inserted = self._connection.execute(
                "INSERT INTO term (stream, version, kind, child, about, since, who,"
                " articles, due, last, early, duty, set_at) "
                "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    self._stream,
                    self._version,
                    limit.kind,
                    child,
                    about,
                    since,
                    limit.who,
                    "\n".join(limit.articles),
                    limit.due,
                    limit.due.latest.isoformat(),
                    limit.at_the_earliest,
                    limit.kind not in FIRST_DAYS,
                    self._position,
                ),
            )
            if self._noted is not None:
                self._noted.note(self._stream, limit.kind, child)
            term = inserted.lastrowid
            assert term is not None  # noqa: S101  a row was inserted
            if limit.kind is LimitKind.TRIAL:
                sql = "SELECT version FROM concluded WHERE stream=? ORDER BY version"
                self._met_before(term, sql, self._stream)
            elif limit.kind is LimitKind.ABSENCE:
                sql = "SELECT version FROM found WHERE stream=? AND who=? AND day>=?"
                self._met_before(term, sql, self._stream, about, since)
            elif limit.kind is LimitKind.LAST_RESORT:
                sql = "SELECT version FROM applied WHERE stream=? AND day>=?"
                self._met_before(term, sql, self._stream, since)

    def _met_before(self, term: int, sql: str, *given: object) -> None:
        """End what was recorded as over before it was said to have begun."""
        own = self._version
        for (version,) in self._connection.execute(sql, given).fetchall():
            self._version = version
            self._cause(term, State.MET)
        self._version = own

    def _ends(self, event: Any, applicants: set[str]) -> None:  # noqa: ANN401  any fact
        stream = self._stream
        if isinstance(event, CONCLUDES):
            sql = "INSERT OR IGNORE INTO concluded VALUES (?,?)"
            self._connection.execute(sql, (stream, self._version))
            self._all(State.MET, "stream=? AND kind='trial'", stream)
        elif isinstance(event, ProtectionDecided):
            self._all(State.MET, "stream=? AND kind LIKE 'order%'", stream)
        elif isinstance(event, ProtectionApplied) and event.asked == "review":
            self._all(State.MET, "stream=? AND kind='order_review'", stream)
        elif isinstance(event, NamedInApplication):
            self._applied_for(event, applicants)
        elif isinstance(event, GuardianRestored):
            mine = (stream, event.who.id)
            where = f"stream=? AND about=? AND kind IN {RESTORES_SQL}"
            self._all(State.MET, where, *mine)
            where = "stream=? AND about=? AND kind='adoption_opens'"
            self._all(State.WITHDRAWN, where, *mine)
        elif isinstance(event, GuardianshipEnded) and event.reason in ENDS_ALL:
            where = "(stream=? OR (child=? AND kind='absence'))"
            child = stream.removeprefix("child/")
            self._all(State.WITHDRAWN, where, stream, child)
        elif ADOPTION & {getattr(event, "way", None), getattr(event, "reason", None)}:
            self._all(State.MET, "stream=? AND kind='adoption_opens'", stream)
        self._ends_watch(event)

    def _ends_watch(self, event: Any) -> None:  # noqa: ANN401  any fact
        """End an absence that is over, and civil affairs' duty to apply that is.

        He was found, is no guardian any more, a public body stands in or was given a
        duty to the child, a court is asked; the child is back, or a court has decided.
        """
        stream = self._stream
        child = stream.removeprefix("child/")
        of_one = "child=? AND kind='absence' AND about=?"
        match event:
            case ConditionEnded():
                self._all(State.MET, "stream=? AND kind='absence'", stream)
            case WhereaboutsFound():
                who, day = event.who.id, event.on.latest.isoformat()
                sql = "INSERT INTO found VALUES (?,?,?,?)"
                self._connection.execute(sql, (stream, self._version, who, day))
                where = f"stream=? AND since<=? AND {of_one}"
                self._all(State.MET, where, stream, day, child, who)
            case GuardianDisqualified():
                self._all(State.MET, of_one, child, event.who.id)
                self._sued(event)
            case DisqualificationDismissed():
                self._sued(event)
            case TemporaryArrangementEnded(end=TemporaryEnd.RETURNED):
                where = "stream=? AND version=? AND kind='last_resort'"
                self._all(State.WITHDRAWN, where, stream, event.started)
            case GuardianshipEnded() if event.who is not None:
                self._all(State.MET, of_one, child, event.who.id)
            case NamedInApplication(asked=Asked.DISQUALIFY):
                for respondent in event.respondents:
                    self._all(State.MET, of_one, child, respondent.id)
            case TemporaryArrangementStarted(role=Role.STATE_TEMPORARY_GUARDIAN):
                self._all(State.MET, "child=? AND kind='absence'", child)
            case GuardianshipEstablished(way=Way.LONG_TERM):
                self._all(State.MET, "child=? AND kind='absence'", child)

    def _seen_to(self, duty: Any) -> None:  # noqa: ANN401  the opening of a duty
        """End a child's absences where a body was given a duty to it."""
        if isinstance(duty, DutyOpened) and duty.child is not None and duty.owner:
            self._all(State.MET, "child=? AND kind='absence'", duty.child)

    def _applied_for(self, event: NamedInApplication, applicants: set[str]) -> None:
        child = self._stream.removeprefix("child/")
        case = event.case or ""
        match event.asked:
            case Asked.OBJECT:
                self._all(State.MET, "stream=? AND kind='objection'", self._stream)
            case Asked.RESTORE:
                for who in sorted(applicants | {r.id for r in event.respondents}):
                    where = f"stream=? AND about=? AND kind IN {RESTORES_SQL}"
                    self._all(State.MET, where, self._stream, who)
            case Asked.DISQUALIFY:
                self._sued(event)
        sql = "INSERT OR IGNORE INTO child_case VALUES (?,?,?)"
        self._connection.execute(sql, (child, case, self._position))

    def _sued(self, event: ChildFact) -> None:
        """End civil affairs' duty to apply: somebody did, or a court has decided."""
        stream, of_child = self._stream, self._stream.removeprefix("child/")
        where = (
            "kind=? AND stream IN (SELECT ? UNION SELECT 'case/' || name "
            "FROM child_case WHERE child=? AND name<>?)"
        )
        given = (LimitKind.LAST_RESORT, stream, of_child, event.case or "")
        self._all(State.MET, where, *given)
        row = (stream, self._version, event.on.latest.isoformat())
        self._connection.execute("INSERT INTO applied VALUES (?,?,?)", row)

    def _covered(self, terms: list[tuple[int, int]], event: Any) -> None:  # noqa: ANN401  a change
        """End the limits of a cover that an act has closed, or open them again."""
        closing: dict[int, set[int | None]] = {}
        for period in event.asserted:
            closing.setdefault(period.opened_by, set()).add(period.closed_by)
        for term, version in terms:
            if version not in closing:
                continue
            sql = "UPDATE cause SET gone=1 WHERE term=? AND by_stream=?"
            self._connection.execute(sql, (term, self._stream))
            for closer in sorted(c for c in closing[version] if c is not None):
                self._version = closer
                self._cause(term, State.MET)
            self._refresh(term)

    def _ran_out(self, event: LimitRanOut) -> None:
        self._connection.execute(
            "UPDATE term SET ran_out=? WHERE stream=? AND version=? AND kind=? "
            "AND due=? AND ran_out IS NULL",
            (self._position, event.stream, event.version, event.kind, event.due),
        )

    def _annulled(self, act: int) -> None:
        """Withdraw what an act opened; what it alone had ended is open again."""
        sql = "INSERT OR REPLACE INTO annulled VALUES (?,?,?)"
        self._connection.execute(sql, (self._stream, act, self._version))
        self._touched(act, gone=True)

    def _reinstated(self, act: int) -> None:
        """Bring back what an act opened and what it had ended."""
        sql = "DELETE FROM annulled WHERE stream=? AND act=?"
        self._connection.execute(sql, (self._stream, act))
        self._touched(act, gone=False)

    def _touched(self, act: int, *, gone: bool) -> None:
        own = (self._stream, act)
        sql = "UPDATE cause SET gone=? WHERE by_stream=? AND by_version=?"
        self._connection.execute(sql, (gone, *own))
        sql = (
            "SELECT id FROM term WHERE stream=?1 AND version=?2 UNION "
            "SELECT term FROM cause WHERE by_stream=?1 AND by_version=?2 ORDER BY 1"
        )
        for (term,) in self._connection.execute(sql, own).fetchall():
            self._refresh(term)

    def _of(self, where: str, *given: object) -> list[tuple[int, int]]:
        """Return the limits that agree; what is given names stream or child of each."""
        if self._noted is not None and self._noted.limits.isdisjoint(given):
            return []
        sql = f"SELECT id, version FROM term WHERE {where} ORDER BY id"  # noqa: S608  constants
        return self._connection.execute(sql, given).fetchall()

    def _all(self, state: State, where: str, *given: object) -> None:
        for term, _ in self._of(where, *given):
            self._cause(term, state)

    def _cause(self, term: int, state: State) -> None:
        """Keep that the event at hand ends a limit, beside what else ends it."""
        sql = (
            "INSERT INTO cause SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, "
            "EXISTS (SELECT 1 FROM annulled WHERE stream=?3 AND act=?4) "
            "FROM cause WHERE term=?1 "
            "ON CONFLICT (term, by_stream, by_version) DO UPDATE SET gone=excluded.gone"
        )
        self._connection.execute(sql, (term, state, self._stream, self._version))
        self._refresh(term)

    def _refresh(self, term: int) -> None:
        """Keep a change where a limit's state, or what brought it about, is another.

        A limit whose opening was annulled is withdrawn; else the first event that still
        stands has ended it; else it is open.
        """
        before = self._connection.execute(BEFORE, (term,)).fetchone()
        found = self._connection.execute(STANDING, (term,)).fetchone()
        if found is None:
            found = (State.OPEN, self._stream, self._version)
        if before is None and found[0] == State.OPEN:
            return
        if before is not None and (
            before == found or before[0] == found[0] == State.OPEN
        ):
            return
        sql = (
            "INSERT INTO change (term, position, state, by_stream, by_version, number) "
            "SELECT ?1, ?2, ?3, ?4, ?5, coalesce(max(number), 0) + 1 "
            "FROM change WHERE term=?1"
        )
        self._connection.execute(sql, (term, self._position, *found))
        ended = None if found[0] == State.OPEN else self._position
        sql = "UPDATE term SET ended=? WHERE id=?"
        self._connection.execute(sql, (ended, term))
