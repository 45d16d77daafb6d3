"""The command line of an older release: it has no format for a disqualification.

Its own processes import this first as well, under another name than `__main__`.
"""

from events import codec
from events.guardianship import GuardianDisqualified

codec.EVENT_CLASSES = tuple(
    kind for kind in codec.EVENT_CLASSES if kind is not GuardianDisqualified
)
codec.EVENTS = codec.Codec(codec.EVENT_CLASSES)

if __name__ == "__main__":
    from ops.cli import main

    main()
