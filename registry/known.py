"""What is recorded under a submission key already: such an answer is final.

What lives here: finding the receipt of a key in this node's copy, and telling a
repetition from other content. What never does: deciding, the end of the log; where
nothing is found here, nothing is said.
"""

from __future__ import annotations

import hashlib

from events.codec import BodyUndecodableError, Codec
from events.entry import Entry, open_entry
from events.log import Log, SchemaUnknownError
from registry.receipt import Receipt, receipt_of
from registry.submission import AlreadyExistsError, Submission
from registry.waiting import Waiting

UNREADABLE = (SchemaUnknownError, BodyUndecodableError)
"""What a newer release recorded and this one cannot decide upon, or tell again."""


class Known:
    """Receipts of keys, read from a log's accepted entries."""

    def __init__(self, log: Log, codec: Codec) -> None:
        self._log = log
        self._codec = codec

    def find(self, authority: str, request_id: str) -> Receipt | None:
        """Return the receipt of a key, or None where none is known here."""
        stored = self._log.find(authority, request_id)
        return receipt_of(open_entry(stored), self._codec) if stored else None

    def answered(self, waiting: Waiting) -> bool:
        """Answer a repeated key from the copy: such an answer is final."""
        submission = waiting.submission
        stored = self._log.find(*submission.key)
        if stored is None:
            return False
        try:
            entry = open_entry(stored)
            first = receipt_of(entry, self._codec)
            same = self._same_content(submission, entry)
        except UNREADABLE as error:
            waiting.fail(error)
            return True
        if same:
            waiting.answer(first if waiting.fresh else first.again())
        else:
            waiting.fail(AlreadyExistsError(first))
        return True

    def _same_content(self, submission: Submission, entry: Entry) -> bool:
        """Compare a repeat under the schema of the first.

        What that schema cannot say is other content.
        """
        body = entry.record.request
        if body is None:
            return False
        again = self._codec.encode_under(
            entry.frame.request_fingerprint, submission.command
        )
        if again is None:
            return False
        return hashlib.sha256(body.salt + again).digest() == entry.frame.request_digest
