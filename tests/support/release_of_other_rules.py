"""The command line of a release whose rules have the next number.

Its own processes import this first as well, under another name than `__main__`.
"""

from dataclasses import replace

from registry import timeline

timeline.RULES = replace(timeline.RULES, number=timeline.RULES.number + 1)

if __name__ == "__main__":
    from ops.cli import main

    main()
