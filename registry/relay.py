"""The relay: one thread that makes the published topic from the log, and goes on.

What lives here: following the log, going on from the topic's own ends, what an operator
sees of it. What never does: what a record says (`events.published`), Kafka
(`events.published_topic`), anything that a submission waits for.

It remembers nothing beside the topic. At its start, and after every failure, it reads
the last record of each partition and goes on behind it, so a kill costs at most a group
that is sent twice, under the same numbers. Two relays of one topic, or one that was
frozen and thaws, send the same records: duplicates again, never a gap. What it sends
was accepted: voids are not in the log that it reads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Final

from events.entry import Entry, open_entry
from events.log import Log, LogClosedError, LogError
from events.published import (
    LAST_INDEX,
    Mark,
    Message,
    checkpoint,
    mark_of,
    messages,
    opening,
)
from events.published_rule import PublishedFormError, Rule, parse_rule
from events.published_topic import GROUP_BYTES, Ends, PublishedTopic
from events.topic import TopicError, TopicUnavailableError

PAGE: Final = 500
"""Entries looked at for one group."""
TICK_S: Final = 0.5
"""How long it waits for the log to grow, and before it tries again."""
CHECKPOINT_S: Final = 60.0
"""How often a partition without events says up to where it is complete."""

log = logging.getLogger(__name__)


class PublishedUnfitError(Exception):
    """The topic is not one that this log may be published to: says why."""


def make(topic: PublishedTopic, rule: Rule) -> None:
    """Begin each partition of a new topic with its opening; again where it was killed.

    Raises PublishedUnfitError where the topic is not new, or has other partitions;
    TopicError.
    """
    ends = topic.ends()
    if len(ends) != rule.partitions:
        message = f"has {len(ends)} partitions, must have {rule.partitions}"
        raise PublishedUnfitError(message)
    for number, end in enumerate(ends):
        if end is not None and end.first[1] != rule.text.encode():
            message = f"partition {number} is begun with another rule"
            raise PublishedUnfitError(message)
    topic.append([opening(rule, n) for n, end in enumerate(ends) if end is None])


class Relay:
    """Appends to a published topic what a log accepts.

    `ids` are those of a schema registry by fingerprint, where the topic's rule is so.
    """

    def __init__(
        self,
        log: Log,
        topic: PublishedTopic,
        ids: Mapping[bytes, int] | None = None,
        checkpoint_s: float = CHECKPOINT_S,
    ) -> None:
        self._log = log
        self._topic = topic
        self._ids = ids or {}
        self._checkpoint_s = checkpoint_s
        self._rule: Rule | None = None
        self._marks: list[Mark] = []
        self._position = 0
        self._said = time.monotonic()
        self._trouble: str | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    @property
    def trouble(self) -> str | None:
        """Why nothing is published now, or None."""
        return self._trouble

    @property
    def position(self) -> int:
        """Up to which entry all is published and acknowledged."""
        return self._position

    def open(self) -> Rule:
        """Read where the topic ends, and return its rule.

        Raises PublishedUnfitError, TopicError.
        """
        rule, marks = _marked(self._topic.ends())
        if rule.registry != self._log.registry:
            message = f"is of {rule.registry}, the log is {self._log.registry}"
            raise PublishedUnfitError(message)
        self._same_history(marks)
        self._marks = [mark for mark, _ in marks]
        # An entry may be published in some of its partitions only: it is looked at
        # again, and what a partition has is not above its mark.
        self._position = max(0, min(mark.position for mark in self._marks) - 1)
        self._rule = rule
        return rule

    def step(self) -> bool:
        """Publish what the next entries have; whether there may be more at once.

        Raises PublishedUnfitError, TopicError, LogError: the next step begins with
        what the topic has.
        """
        try:
            return self._step()
        except BaseException:
            self._rule = None
            raise

    def caught_up(self) -> None:
        """Publish all that the log has, with checkpoints. Raises what `step` does."""
        while self.step():
            continue
        self._check_points(0)

    def start(self) -> None:
        """Follow the log in a thread of its own until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Stop; what was not published yet is published after the next start."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._topic.close()

    def _step(self) -> bool:
        rule = self._rule or self.open()
        found = self._log.read(self._position, PAGE)
        group: list[Message] = []
        sizes: dict[int, int] = {}
        marks, position = list(self._marks), self._position
        for stored in found:
            entry = open_entry(stored)
            for message in self._messages(rule, marks, entry):
                size = sizes.get(message.partition, 0)
                if size and size + message.size > GROUP_BYTES:
                    self._send(group, marks, position)
                    return True
                sizes[message.partition] = size + message.size
                marks[message.partition] = message.mark
                group.append(message)
            position = stored.position
        self._send(group, marks, position)
        if len(found) < PAGE:
            self._check_points(self._checkpoint_s)
        return len(found) == PAGE

    def _messages(self, rule: Rule, marks: list[Mark], entry: Entry) -> list[Message]:
        try:
            return list(messages(rule, marks, entry, self._ids))
        except KeyError as error:
            (key,) = error.args
            message = f"schema_ids: has no id for the schema {key.hex()}"
            raise PublishedUnfitError(message) from error

    def _send(self, group: list[Message], marks: list[Mark], position: int) -> None:
        if group:
            self._topic.append(group)
        self._marks, self._position = marks, position

    def _check_points(self, after_s: float) -> None:
        """Say in partitions that are behind that nothing more comes up to here."""
        if time.monotonic() - self._said < after_s or not self._position:
            return
        rule = self._rule or self.open()
        (stored,) = self._log.read(self._position - 1, 1)
        entry = open_entry(stored)
        behind = {
            partition: checkpoint(rule, partition, mark, entry)
            for partition, mark in enumerate(self._marks)
            if not mark.passed(entry.position, LAST_INDEX)
        }
        marks = [
            behind[n].mark if n in behind else mark
            for n, mark in enumerate(self._marks)
        ]
        self._send(list(behind.values()), marks, self._position)
        self._said = time.monotonic()

    def _same_history(self, marks: list[tuple[Mark, bytes]]) -> None:
        for mark, hash_ in marks:
            if mark.position == 0:
                continue
            found = self._log.read(mark.position - 1, 1)
            if not found:
                message = f"has position {mark.position}, the log ends before it"
                raise TopicUnavailableError(message)
            if found[0].hash != hash_:
                message = f"has another entry at position {mark.position} than the log"
                raise PublishedUnfitError(message)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                more = self.step()
            except LogClosedError:
                return
            except (LogError, TopicError, PublishedUnfitError) as error:
                self._told(str(error))
                self._closing.wait(TICK_S)
            else:
                self._told(None)
                if not more:
                    self._log.wait(self._position + 1, TICK_S)

    def _told(self, trouble: str | None) -> None:
        if trouble != self._trouble and trouble is not None:
            log.error("nothing is published: %s", trouble)
        self._trouble = trouble


def _marked(ends: list[Ends | None]) -> tuple[Rule, list[tuple[Mark, bytes]]]:
    """Return the rule of a topic, and its partitions' marks with the hashes there."""
    rules: set[str] = set()
    marks = []
    for number, end in enumerate(ends):
        if end is None:
            message = f"partition {number} has no opening: is the topic made for it?"
            raise PublishedUnfitError(message)
        try:
            rule = parse_rule(end.first[1].decode())
            mark = mark_of(end.last[0])
            own = opening(rule, number).mark == mark_of(end.first[0])
            hash_ = bytes.fromhex(end.last[0].get("ce_hash", b"").decode())
        except (PublishedFormError, ValueError) as error:
            message = f"partition {number}: {error}"
            raise PublishedUnfitError(message) from error
        if not own:
            message = f"partition {number}: its opening is another's"
            raise PublishedUnfitError(message)
        rules.add(rule.text)
        marks.append((mark, hash_))
    if len(rules) != 1 or rule.partitions != len(ends):
        message = f"has {len(ends)} partitions, was made with other ones"
        raise PublishedUnfitError(message)
    return rule, marks
