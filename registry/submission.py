"""Submissions: what is asked, by whom, and how it may end otherwise than in a receipt.

What lives here: the words in which the writer is asked and answers. What never does:
queues, deciding.

    SubmissionError
    ├── AlreadyExists    the key names another submission; carries its receipt
    ├── Aborted          other writers won every attempt; nothing was recorded
    ├── Moved            forwarded here while another appends; nothing was recorded
    └── Overloaded       too many submissions wait; nothing was recorded
"""

from __future__ import annotations

from dataclasses import dataclass

from events.entry import Authentication, Provenance
from events.guardianship import Office
from registry.commands import Command
from registry.receipt import Receipt

RETRY_DELAY_S = 0.5
"""What a client that was turned away is told to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """Who submits, and how that is known."""

    authority: str
    office: Office
    authentication: Authentication


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One command with its key; `cause` is a correlation id of the submitter.

    `size` is how many bytes came of it; 0 for what this process asks itself.
    """

    submitter: Submitter
    request_id: str
    command: Command
    provenance: Provenance
    cause: str
    validate_only: bool
    size: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """The submission key: names one submission for ever."""
        return self.submitter.authority, self.request_id


class SubmissionError(Exception):
    """The root of the answers that are neither a receipt nor a fault of the log."""


class AlreadyExistsError(SubmissionError):
    """The key names another submission already; `first` is its receipt."""

    def __init__(self, first: Receipt) -> None:
        super().__init__(f"request id was used for position {first.position}")
        self.first = first


class AbortedError(SubmissionError):
    """Other writers won every attempt; nothing was recorded, try again."""


class MovedError(SubmissionError):
    """A peer forwarded it, and another node appends; this one has read to `position`.

    No caller but a peer gets it.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"another node appends, as of position {position}")
        self.position = position


class OverloadedError(SubmissionError):
    """Too many submissions wait; try again after `retry_s` seconds."""

    retry_s = RETRY_DELAY_S
