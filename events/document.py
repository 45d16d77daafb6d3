"""Documents that the record points to.

What lives here: a document's digest, which the vocabularies share. What never does:
content, names of files, addresses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document by its digest: the registry keeps no content."""

    sha256: bytes
    media_type: str
    size: int
