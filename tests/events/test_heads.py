"""The signer's rule: one head for one size, through races, deaths and restored folders.

The two stores of these tests are files; what they show holds for any two that swap.
"""

from __future__ import annotations

import copy
import itertools
import multiprocessing
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from events.heads import (
    DomainsDisagreeError,
    FixedHead,
    HeadError,
    HeadFile,
    HeadStoreError,
    NotBegunError,
    OtherHistoryError,
    TreeBehindError,
    begin,
    first_of,
    parse_fixed,
    sign_next,
)
from events.notes import KeyKind, Signer, open_note, parse_checkpoint
from events.tree import EMPTY_TREE, Tree, TreeHead, head_of
from tests.support.disk import full_disk
from tests.support.registry import ORIGIN
from tests.support.tree import KNOWN, LOG_KEY, leaf, tree_of

ROUNDS = 1_000


def stores_in(folder: Path) -> list[HeadFile]:
    return [HeadFile(folder / "heads-log"), HeadFile(folder / "local")]


@pytest.fixture(autouse=True)
def no_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """These files outlive no loss of power; waiting for the disk shows nothing here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def stores(tmp_path: Path) -> list[HeadFile]:
    made = stores_in(tmp_path)
    begin(made, ORIGIN)
    return made


def signed_head(note: bytes) -> TreeHead:
    return parse_checkpoint(open_note(note, KNOWN).text).head


def test_a_head_is_fixed_in_both_domains_before_it_is_signed(
    stores: list[HeadFile],
) -> None:
    for size in (3, 7, 7, 20):
        head = signed_head(sign_next(stores, tree_of(size), LOG_KEY))
        assert head == head_of(tree_of(size))
        for store in stores:
            last = store.last()
            assert last is not None
            assert last.checkpoint.head == head
    last = stores[0].last()
    assert last is not None
    assert last.number == 4  # the empty tree, 3, 7 and 20
    assert parse_fixed(last.text) == last


def test_the_same_head_is_signed_again_to_the_same_bytes(
    stores: list[HeadFile],
) -> None:
    assert sign_next(stores, Tree(), LOG_KEY) == sign_next(stores, Tree(), LOG_KEY)
    assert signed_head(sign_next(stores, Tree(), LOG_KEY)) == EMPTY_TREE
    notes = {sign_next(stores, tree_of(5), LOG_KEY) for _ in range(3)}
    assert len(notes) == 1


def test_nothing_is_signed_before_a_person_begins_and_a_log_is_begun_once(
    tmp_path: Path,
) -> None:
    stores = stores_in(tmp_path)
    with pytest.raises(NotBegunError):
        sign_next(stores, tree_of(3), LOG_KEY)
    begin(stores, ORIGIN)
    begin(stores, ORIGIN)
    sign_next(stores, tree_of(3), LOG_KEY)
    with pytest.raises(DomainsDisagreeError, match="holds heads already"):
        begin(stores, ORIGIN)
    (tmp_path / "heads-log").unlink()
    with pytest.raises(DomainsDisagreeError, match="holds heads already"):
        begin(stores, ORIGIN)
    assert stores[0].last() is None


def test_a_beginning_cut_short_is_completed_by_the_person(tmp_path: Path) -> None:
    stores = stores_in(tmp_path)
    stores[0].swap(None, first_of(ORIGIN))
    with pytest.raises(DomainsDisagreeError):
        sign_next(stores, tree_of(3), LOG_KEY)
    begin(stores, ORIGIN)
    sign_next(stores, tree_of(3), LOG_KEY)


def test_another_history_is_never_signed_over(stores: list[HeadFile]) -> None:
    sign_next(stores, tree_of(20), LOG_KEY)
    before = [store.last() for store in stores]
    for size in (20, 25):
        with pytest.raises(OtherHistoryError, match="tree of 20"):
            sign_next(stores, tree_of(size, fork_at=20), LOG_KEY)
    other = Signer(name="other.example/log", kind=KeyKind.LOG, seed=bytes(32))
    with pytest.raises(OtherHistoryError, match=ORIGIN):
        sign_next(stores, tree_of(25), other)
    assert [store.last() for store in stores] == before
    sign_next(stores, tree_of(25), LOG_KEY)


def test_a_tree_that_is_behind_signs_nothing(stores: list[HeadFile]) -> None:
    """A node that did not catch up, or whose log was cut by a restore."""
    sign_next(stores, tree_of(20), LOG_KEY)
    with pytest.raises(TreeBehindError, match="a head of size 20 was fixed already"):
        sign_next(stores, tree_of(19), LOG_KEY)


@pytest.mark.parametrize("restored", ["heads-log", "local"])
@pytest.mark.parametrize("lost", [False, True])
def test_yesterdays_store_beside_todays_signs_nothing(
    tmp_path: Path, stores: list[HeadFile], restored: str, *, lost: bool
) -> None:
    """Also for a tree that would fork where only the older store looks."""
    sign_next(stores, tree_of(5), LOG_KEY)
    shutil.copy(tmp_path / restored, tmp_path / "yesterday")
    for size in (8, 12):
        sign_next(stores, tree_of(size), LOG_KEY)
    if lost:
        (tmp_path / restored).unlink()
    else:
        shutil.copy(tmp_path / "yesterday", tmp_path / restored)
    before = [store.last() for store in stores]
    for tree in (tree_of(12), tree_of(15), tree_of(15, fork_at=7), tree_of(5)):
        with pytest.raises(DomainsDisagreeError, match=r"heads-log and .*local: hold"):
            sign_next(stores, tree, LOG_KEY)
    assert [store.last() for store in stores] == before


def test_a_store_with_a_changed_byte_is_named(
    tmp_path: Path, stores: list[HeadFile]
) -> None:
    sign_next(stores, tree_of(5), LOG_KEY)
    content = (tmp_path / "local").read_bytes()
    for at in range(len(content)):
        for changed in (content[:at], content[:at] + b"~" + content[at + 1 :]):
            (tmp_path / "local").write_bytes(changed)
            with pytest.raises(HeadError) as refused:
                sign_next(stores, tree_of(6), LOG_KEY)
            assert str(tmp_path / "local") in refused.value.place


@pytest.mark.parametrize("at", [0, 1])
def test_a_forged_head_in_the_first_store_is_not_completed(
    stores: list[HeadFile], at: int
) -> None:
    """Somebody writes a fork as if a signer had died between the swaps."""
    sign_next(stores, tree_of(20), LOG_KEY)
    last = stores[0].last()
    assert last is not None
    forged = last.next(head_of(tree_of(25, fork_at=20)))
    assert stores[at].swap(last, forged)
    with pytest.raises((OtherHistoryError, DomainsDisagreeError)):
        sign_next(stores, tree_of(30), LOG_KEY)


class Killed(BaseException):
    """The process is no more."""


class Death:
    """Ends a process before its n-th act upon the disk."""

    def __init__(self, at: int) -> None:
        self._numbers, self._at = itertools.count(1), at

    def before(self, act: Callable[..., object]) -> Callable[..., object]:
        def watched(*values: object, **named: object) -> object:
            if next(self._numbers) == self._at:
                raise Killed
            return act(*values, **named)

        return watched


def test_a_signer_killed_at_any_act_leaves_one_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each death another signer goes on, or the dead one's tree is its own."""
    for act in itertools.count(1):
        folder = tmp_path / str(act)
        folder.mkdir()
        stores = stores_in(folder)
        begin(stores, ORIGIN)
        sign_next(stores, tree_of(5), LOG_KEY)
        with monkeypatch.context() as patched:
            death = Death(act)
            patched.setattr(os, "fsync", death.before(os.fsync))
            for name in ("rename", "open"):
                patched.setattr(Path, name, death.before(getattr(Path, name)))
            try:
                sign_next(stores, tree_of(9), LOG_KEY)
            except Killed:
                pass  # what it left is judged below
            else:
                break
        # The next signer has another entry 6: at most one of the two is ever signed.
        try:
            note = sign_next(stores, tree_of(9, fork_at=6), LOG_KEY)
        except OtherHistoryError:
            note = sign_next(stores, tree_of(9), LOG_KEY)
            assert signed_head(note) == head_of(tree_of(9))
        else:
            assert signed_head(note) == head_of(tree_of(9, fork_at=6))
            with pytest.raises(OtherHistoryError):
                sign_next(stores, tree_of(9), LOG_KEY)
    assert act > 15


def test_a_full_disk_signs_nothing_and_loses_nothing(
    tmp_path: Path, stores: list[HeadFile]
) -> None:
    sign_next(stores, tree_of(5), LOG_KEY)
    before = [store.last() for store in stores]
    with full_disk(), pytest.raises(HeadStoreError):
        sign_next(stores, tree_of(6), LOG_KEY)
    assert [store.last() for store in stores] == before
    sign_next(stores, tree_of(6), LOG_KEY)
    assert (tmp_path / "local").read_bytes() == (tmp_path / "heads-log").read_bytes()


def test_a_swap_is_refused_unless_the_last_head_is_as_expected(tmp_path: Path) -> None:
    store = HeadFile(tmp_path / "local")
    first = first_of(ORIGIN)
    second = first.next(head_of(tree_of(3)))
    assert not store.swap(first, second)
    assert store.swap(None, first)
    assert not store.swap(None, second)
    assert store.swap(first, second)
    assert not store.swap(first, second)
    assert store.last() == second


def test_threads_that_sign_one_growing_log_agree(stores: list[HeadFile]) -> None:
    trees = [tree_of(size) for size in range(1, 41)]

    def sign(tree: Tree) -> bytes | None:
        try:
            return sign_next(stores, tree, LOG_KEY)
        except TreeBehindError:
            return None

    with ThreadPoolExecutor(4) as pool:
        notes = [note for note in pool.map(sign, trees) if note is not None]
    heads = [signed_head(note) for note in notes]
    assert head_of(trees[-1]) in heads
    assert all(head == head_of(tree_of(head.size)) for head in heads)
    last: list[FixedHead | None] = [store.last() for store in stores]
    assert last[0] == last[1]


def race(folder: Path, history: bytes, barrier: Barrier, results: Path) -> None:
    """Propose for each size an entry of one's own; the loser takes the winner's."""
    stores, tree = stores_in(folder), Tree()
    # Waiting for the disk would only make the race rarer.
    setattr(os, "fsync", lambda _: None)
    with results.open("w") as file:
        for size in range(1, ROUNDS + 1):
            barrier.wait(60)
            for source in (history, b"a" if history == b"b" else b"b"):
                grown = copy.deepcopy(tree)
                grown.append(leaf(size, source))
                try:
                    note = sign_next(stores, grown, LOG_KEY)
                except OtherHistoryError:
                    continue
                file.write(f"{size} {signed_head(note).root.hex()}\n")
                tree = grown
                break


def test_two_signers_racing_a_thousand_times_never_sign_two_heads_of_a_size(
    tmp_path: Path, stores: list[HeadFile]
) -> None:
    """Two processes with different histories propose each size at the same moment."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    results = [tmp_path / "a", tmp_path / "b"]
    racers = [
        context.Process(target=race, args=(tmp_path, path.name.encode(), barrier, path))
        for path in results
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
        assert racer.exitcode == 0
    lines = [path.read_text().splitlines() for path in results]
    assert [len(part) for part in lines] == [ROUNDS, ROUNDS]
    heads = {line for part in lines for line in part}
    assert len(heads) == ROUNDS
    last = stores[0].last()
    assert last == stores[1].last()
    assert last is not None
    assert last.number == ROUNDS + 1
