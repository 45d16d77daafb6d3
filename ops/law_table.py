"""The law on one page: each article, its rule, its dates, its function and its test.

What lives here: reading the law functions, the page made of them, and which recorded
events cite an article. What never does: rules; the page says what the functions say.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from events.files import opened_read_only
from events.log import StoredEntry
from projections.opened import open_stored
from registry.law import MODULES
from registry.law.citations import is_verified
from registry.law.editions import BY_SHORT, Act

PAGE: Final = Path(__file__).parents[1] / "registry" / "law" / "TABLE.md"
TESTS: Final = "tests/registry/law"
"""Where the tests of the law are: a folder an act, a file an article."""
_CITED: Final = re.compile(r"\((?:[a-z ]+ )?(?=[A-Z][A-Z0-9]+ \d)")
_NUMBERED: Final = re.compile(r"(\S+) (\d+)")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
NOT_LAW: Final = frozenset(
    {"limit", "counted_by", "hours_limit", "first_moment", "last_moment"}
)
"""Functions of the law's modules that are no article's."""
_UNREAD: Final = "text not at hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One law function: what it cites, asks and says, and where it is tested."""

    cited: str
    act: Act
    question: str
    sentence: str
    function: str
    test: str
    read: bool


def articles() -> tuple[Article, ...]:
    """Return every law function, in the order of the acts and of their articles."""
    found = []
    for module in MODULES:
        source = importlib.import_module(f"registry.law.{module}")
        functions = [
            function
            for name, function in inspect.getmembers(source, inspect.isfunction)
            if function.__module__ == source.__name__
            and not name.startswith("_")
            and name not in NOT_LAW
        ]
        functions.sort(key=lambda function: function.__code__.co_firstlineno)
        found += [_article(module, function) for function in functions]
    return tuple(found)


def _article(module: str, function: Callable[..., Any]) -> Article:
    said = inspect.getdoc(function) or ""
    first, _, rest = said.partition("\n\n")
    first = " ".join(first.split())
    mark = _CITED.search(first)
    if mark is None:
        message = f"{module}.{function.__name__}: its first line names no article"
        raise ValueError(message)
    cited = _balanced(first, mark.end()).split(";")[0].strip()
    short, number = _NUMBERED.findall(cited)[0]
    act = BY_SHORT[short]
    return Article(
        cited=cited,
        act=act,
        question=first[: mark.start()].strip(),
        sentence=rest.strip(),
        function=f"{module}.{function.__name__}",
        test=f"{TESTS}/{act.module}/test_article_{number}.py",
        read=_UNREAD not in said and is_verified(cited),
    )


def _balanced(text: str, start: int) -> str:
    """Return what stands up to the parenthesis that closes one opened before."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start:at]
    return text[start:]


def page() -> str:
    """Return the page: one table an act, in the order of the acts."""
    lines = [
        "# The law that this registry applies",
        "",
        "Made from the law functions by `make law-table`; a test checks that it is",
        "fresh. An article is asked on the dates of its act; *recalled* says that its",
        "text was not read.",
    ]
    act = None
    for one in articles():
        if one.act is not act:
            act = one.act
            lines += ["", *_heading(act)]
        read = "read" if one.read else "recalled"
        cells = (one.cited, _rule(one), f"`{one.function}`", f"`{one.test}`", read)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _heading(act: Act) -> list[str]:
    until = f"to before {act.until}" if act.until else "on"
    return [
        f"## {act.short}: {act.english}",
        "",
        f"In force from {act.from_} {until}.",
        "",
        "| article | question and rule | function | test | text |",
        "|---|---|---|---|---|",
    ]


def _rule(one: Article) -> str:
    """Return the question with our English of the sentence."""
    parts = [" ".join(part.split()) for part in one.sentence.split("\n\n")]
    spoken = [part for part in parts if part and not _CHINESE.match(part[0])]
    return " ".join((one.question, *spoken)).replace("|", "\\|")


def named(article: str) -> list[Article]:
    """Return the law functions of an article, or of one of its paragraphs.

    "CC 36" means all of article 36; "CC 36(2)" what cites that paragraph.
    """
    return [one for one in articles() if _is_of(one.cited, article)]


def _is_of(cited: str, article: str) -> bool:
    rest = cited.removeprefix(article)
    return rest != cited and not rest[:1].isdigit()


def citing(path: Path, article: str) -> Iterator[dict[str, Any]]:
    """Yield the recorded events of a log file that cite an article, in order.

    An entry with bodies that cannot be read, or are withheld, may cite it too: it is
    given with the children that those bodies concern.

    Raises FileNotFoundError where there is no log, and what opening an entry raises.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    with closing(opened_read_only(path)) as log:
        rows = log.execute("SELECT position, hash, record FROM entries ORDER BY 1")
        for position, hash_, record in rows:
            stored = StoredEntry(
                position=position,
                hash=hash_,
                recorded_at=0,
                authority="",
                request_id="",
                record=record,
            )
            opened = open_stored(stored)
            if hidden := (*(opened.unreadable or ()), *opened.withheld):
                yield {"position": position, "not_read_of": sorted(set(hidden))}
            for event in opened.events:
                body = event.event()
                cited = sorted({a for a in _cited_in(body) if _is_of(a, article)})
                if cited:
                    yield {
                        "position": position,
                        "stream": event.stream,
                        "version": event.version,
                        "type": type(body).__name__,
                        "articles": cited,
                    }


def _cited_in(event: Any) -> Iterator[str]:  # noqa: ANN401  any event
    """Yield what an event's findings, limits and periods cite."""
    for field in ("findings", "limits", "asserted"):
        for part in getattr(event, field, ()):
            yield from part.articles


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
