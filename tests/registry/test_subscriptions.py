"""Subscriptions in the record: created, refiltered, ended, by whose they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from events.filters import Filter
from events.guardianship import Office
from events.subscriptions import Selection, stream_of
from registry.bootstrap import Registry
from registry.form import MAX_SELECTED
from registry.refusal import Fault, InvalidError, NotKnownError
from registry.subscribed import Owned, Subscribed
from registry.subscription_commands import (
    CreateSubscription,
    EndSubscription,
    RefilterSubscription,
    SubscriptionCommand,
)
from registry.subscriptions import MAX_NAMES, MAX_URGENT_S
from tests.support.registry import child_id, opened, submission, submit

BUREAU = "xuzhou-bureau"
NAME = "all-of-xuzhou"
EVERYTHING = Selection(
    types=(), children=(), jurisdictions=(), submitters=(), causes=()
)
CREATE = CreateSubscription(
    subscription=NAME, selection=EVERYTHING, after=0, urgent_within_s=3_600
)
REFILTER = RefilterSubscription(
    subscription=NAME,
    selection=replace(EVERYTHING, types=("GuardianDisqualified",)),
    after=None,
    urgent_within_s=3_600,
)
END = EndSubscription(subscription=NAME)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        yield found


def told(
    registry: Registry, command: SubscriptionCommand, authority: str = BUREAU
) -> int:
    number = registry.log.head().position
    asked = submission(command, f"{number}", authority, Office.CIVIL_AFFAIRS)
    return submit(registry, asked).position


def owned(registry: Registry, authority: str = BUREAU) -> Owned:
    found = Subscribed(registry.log).one(authority, NAME)
    assert found is not None
    return found


def test_it_begins_changes_and_ends_each_epoch_where_the_next_begins(
    registry: Registry,
) -> None:
    created = told(registry, CREATE)
    changed = told(registry, REFILTER)
    ended = told(registry, END)
    state = owned(registry).state
    first, second = state.epochs
    assert (first.number, first.after, first.until) == (1, 0, changed)
    assert (second.number, second.after, second.until) == (2, changed, ended)
    assert (first.began_at, second.began_at) == (created, changed)
    assert first.wanted == Filter()
    assert second.wanted == Filter(types=frozenset({"GuardianDisqualified"}))
    assert state.ended
    assert [first.covers(p) for p in (1, changed, ended)] == [True, True, False]
    assert [second.covers(p) for p in (1, changed, ended)] == [False, False, True]


def test_what_is_found_follows_the_log_and_not_what_was_found_before(
    registry: Registry,
) -> None:
    subscribed = Subscribed(registry.log)
    assert subscribed.one(BUREAU, NAME) is None
    for command, epochs in ((CREATE, 1), (REFILTER, 2)):
        told(registry, command)
        found = subscribed.one(BUREAU, NAME)
        assert found is not None
        assert len(found.state.epochs) == epochs


def test_two_bureaus_may_use_one_name_and_neither_moves_the_others(
    registry: Registry,
) -> None:
    told(registry, CREATE)
    told(registry, replace(CREATE, after=2), "nanjing-bureau")
    told(registry, END, "nanjing-bureau")
    assert not owned(registry).state.ended
    assert owned(registry, "nanjing-bureau").state.ended
    subscribed = Subscribed(registry.log)
    assert [one.authority for one in subscribed.all()] == ["nanjing-bureau", BUREAU]
    assert [one.authority for one in subscribed.all(BUREAU)] == [BUREAU]
    assert len(subscribed.epochs()) == 2
    with pytest.raises(NotKnownError):
        told(registry, REFILTER, "suzhou-bureau")


def test_a_name_is_used_once(registry: Registry) -> None:
    told(registry, CREATE)
    with pytest.raises(InvalidError, match="not used before"):
        told(registry, CREATE)
    told(registry, END)
    for command in (CREATE, REFILTER, END):
        with pytest.raises(InvalidError):
            told(registry, command)


def test_a_bureau_begins_so_many_and_no_more_also_when_they_are_asked_for_together(
    registry: Registry,
) -> None:
    names = [replace(CREATE, subscription=f"n-{n}") for n in range(MAX_NAMES + 1)]
    told(registry, names.pop())
    told(registry, replace(END, subscription=f"n-{MAX_NAMES}"))
    futures = [
        registry.writer.submit(
            submission(one, one.subscription, BUREAU, Office.CIVIL_AFFAIRS),
            time.monotonic() + 60,
        )
        for one in names
    ]
    refused = [one for one in futures if isinstance(one.exception(), InvalidError)]
    assert len(refused) == 1
    with pytest.raises(InvalidError, match=f"at most {MAX_NAMES}") as raised:
        told(registry, CREATE)
    assert raised.value.field == "subscription"
    assert len(Subscribed(registry.log).all(BUREAU)) == MAX_NAMES
    told(registry, CREATE, "nanjing-bureau")
    told(registry, replace(REFILTER, subscription="n-0"))


def test_asking_for_the_same_again_changes_nothing(registry: Registry) -> None:
    told(registry, CREATE)
    told(registry, REFILTER)
    with pytest.raises(InvalidError, match="changes nothing"):
        told(registry, REFILTER)
    told(registry, replace(REFILTER, after=0))  # from the beginning, once more
    assert [epoch.after for epoch in owned(registry).state.epochs][2] == 0


def test_values_are_sorted_and_once(registry: Registry) -> None:
    twice = replace(EVERYTHING, causes=("b", "a", "b"))
    told(registry, replace(CREATE, selection=twice))
    (stored,) = registry.log.stream(stream_of(BUREAU, NAME))
    assert stored.body.count(b"b") == 1
    (epoch,) = owned(registry).state.epochs
    assert epoch.wanted == Filter(causes=frozenset({"a", "b"}))


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (replace(CREATE, subscription="No Name"), "subscription"),
        (replace(CREATE, subscription="a/b"), "subscription"),
        (replace(CREATE, after=-1), "after"),
        (replace(CREATE, after=10_000), "after"),
        (replace(CREATE, urgent_within_s=0), "urgent_within_s"),
        (replace(CREATE, urgent_within_s=MAX_URGENT_S + 1), "urgent_within_s"),
        *(
            (replace(CREATE, selection=replace(EVERYTHING, **{name: (value,)})), path)
            for name, value, path in (
                ("types", "Guardian Disqualified", "selection.types[0]"),
                ("children", "Li Wei", "selection.children[0]"),
                ("jurisdictions", "", "selection.jurisdictions[0]"),
                ("submitters", "a\nb", "selection.submitters[0]"),
                ("causes", "a=b", "selection.causes[0]"),
            )
        ),
        (
            replace(
                CREATE,
                selection=replace(
                    EVERYTHING, causes=tuple(map(str, range(MAX_SELECTED + 1)))
                ),
            ),
            "selection",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_said_by_field(
    registry: Registry, command: SubscriptionCommand, field: str
) -> None:
    before = registry.log.head()
    with pytest.raises(InvalidError) as error:
        told(registry, command)
    assert error.value.field == field
    assert registry.log.head() == before


def test_the_largest_selection_fits_in_an_entry(registry: Registry) -> None:
    children = tuple(child_id(str(number)) for number in range(MAX_SELECTED))
    told(registry, replace(CREATE, selection=replace(EVERYTHING, children=children)))
    (epoch,) = owned(registry).state.epochs
    assert epoch.wanted.children == frozenset(children)


def test_nobody_annuls_that_something_was_asked_for(registry: Registry) -> None:
    from events.guardianship import AnnulReason  # noqa: PLC0415  beside its use
    from registry.commands import CorrectSubmission  # noqa: PLC0415  likewise

    position = told(registry, CREATE)
    wrong = CorrectSubmission(
        position=position, reason=next(iter(AnnulReason)), replacement=None
    )
    asked = submission(wrong, "annul", BUREAU, Office.CIVIL_AFFAIRS)
    with pytest.raises(Fault):
        submit(registry, asked)
