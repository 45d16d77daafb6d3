"""Trees and proofs: published vectors, every promise after each entry, every change."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.proof import (
    ConsistencyError,
    InclusionError,
    OutOfTreeError,
    ProofError,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from events.tree import (
    EMPTY_TREE,
    Tree,
    TreeHead,
    head_of,
    leaf_hash,
    leaf_text,
    root_of,
)

# The reference inputs of Certificate Transparency for the tree of RFC 6962, their
# roots, and proofs between them, as published with its first implementation.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (3, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (2, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONTINUATIONS = {
    (1, 1): [],
    (1, 8): PATHS[1, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def tree_of(leaves: list[bytes]) -> Tree:
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree


def entries(count: int) -> list[bytes]:
    """Return the leaf hashes of as many entries."""
    hashes = (hashlib.sha256(b"frame %d" % n).digest() for n in range(count))
    return [leaf_hash(leaf_text(n, digest)) for n, digest in enumerate(hashes, 1)]


LEAVES = entries(300)
TREE = tree_of(LEAVES)
HEADS = [head_of(TREE, size) for size in range(301)]


def test_published_roots_inclusion_and_consistency_are_met() -> None:
    leaves = [leaf_hash(text) for text in INPUTS]
    tree = tree_of(leaves)
    heads = [TreeHead(size=n, root=bytes.fromhex(h)) for n, h in enumerate(ROOTS)]
    assert [head_of(tree, size) for size in range(9)] == heads
    for (position, size), path in PATHS.items():
        found = prove_inclusion(tree, position, size)
        assert [step.hex() for step in found] == path
        verify_inclusion(leaves[position - 1], position, heads[size], found)
    for (old, new), proof in CONTINUATIONS.items():
        found = prove_consistency(tree, old, new)
        assert [step.hex() for step in found] == proof
        verify_consistency(heads[old], heads[new], found)


def test_the_leaf_is_the_printable_commitment() -> None:
    assert leaf_text(7, bytes(32)) == (
        b"childregistry/entry/v1\n7\n" + b"A" * 43 + b"=\n"
    )
    assert len({leaf_text(position, bytes(32)) for position in range(1, 100)}) == 99


def test_after_each_entry_every_earlier_promise_still_holds() -> None:
    """A tree that grows: all heads, entries and continuations, up to 300 entries."""
    tree = Tree()
    heads = [EMPTY_TREE]
    for size, leaf in enumerate(LEAVES, 1):
        tree.append(leaf)
        head = head_of(tree)
        assert head.root == root_of(b"".join(LEAVES[:size]))
        for old in heads:
            verify_consistency(old, head, prove_consistency(tree, old.size, size))
        for position in range(1, size + 1):
            path = prove_inclusion(tree, position, size)
            verify_inclusion(LEAVES[position - 1], position, head, path)
        heads.append(head)
    assert heads == HEADS


def flips(hashes: list[bytes]) -> list[list[bytes]]:
    """Return the lists in which one bit of one hash is another, or one hash is gone."""
    changed = []
    for at, step in enumerate(hashes):
        flipped = step[:-1] + bytes([step[-1] ^ 1])
        changed.append([*hashes[:at], flipped, *hashes[at + 1 :]])
        changed.append([*hashes[:at], step[:-1], *hashes[at + 1 :]])
        changed.append(hashes[:at] + hashes[at + 1 :])
        changed.append([*hashes[:at], step, *hashes[at:]])
    return [*changed, [*hashes, bytes(32)]]


@given(st.data())
def test_no_single_change_to_an_inclusion_is_accepted(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    position = data.draw(st.integers(1, size))
    other = data.draw(st.integers(1, size).filter(position.__ne__))
    head, leaf = HEADS[size], LEAVES[position - 1]
    path = prove_inclusion(TREE, position, size)
    verify_inclusion(leaf, position, head, path)
    for changed in flips(path):
        with pytest.raises(InclusionError) as refused:
            verify_inclusion(leaf, position, head, changed)
        assert refused.value.place == f"entry {position} in the tree of {size}"
    for lie in (
        partial(verify_inclusion, leaf, other, head, path),
        partial(verify_inclusion, LEAVES[other - 1], position, head, path),
        partial(verify_inclusion, leaf, position, HEADS[size - 1], path),
    ):
        with pytest.raises(ProofError):
            lie()


@given(st.data())
def test_no_single_change_to_a_continuation_is_accepted(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new))
    other = data.draw(st.integers(0, 300).filter(lambda n: n not in {old, new}))
    proof = prove_consistency(TREE, old, new)
    verify_consistency(HEADS[old], HEADS[new], proof)
    for changed in flips(proof):
        with pytest.raises(ConsistencyError):
            verify_consistency(HEADS[old], HEADS[new], changed)
    forged = TreeHead(size=old, root=HEADS[other].root)
    for first, second in (
        (forged, HEADS[new]),
        (HEADS[old], TreeHead(size=new, root=HEADS[other].root)),
    ):
        with pytest.raises(ConsistencyError):
            verify_consistency(first, second, proof)
    if other < new and other and (old < new):
        with pytest.raises(ConsistencyError):
            verify_consistency(HEADS[other], HEADS[new], proof)


@given(st.integers(1, 299), st.integers(1, 300), st.data())
def test_a_fork_is_no_continuation(at: int, new: int, data: st.DataObject) -> None:
    """One entry replaced after a head was given out: no honest proof leads there."""
    old = data.draw(st.integers(at, 299))
    new = max(new, old)
    forged = list(LEAVES)
    forged[at - 1] = leaf_hash(leaf_text(at, hashlib.sha256(b"other").digest()))
    fork = tree_of(forged)
    for proof in (
        prove_consistency(TREE, old, new),
        prove_consistency(fork, old, new),
    ):
        with pytest.raises(ConsistencyError):
            verify_consistency(HEADS[old], head_of(fork, new), proof)


def test_what_is_not_in_the_tree_is_named_and_not_proved() -> None:
    with pytest.raises(OutOfTreeError) as refused:
        prove_inclusion(TREE, 12, 11)
    assert (refused.value.place, refused.value.rule) == (
        "position 12",
        "must be from 1 to 11",
    )
    for wrong in (
        partial(prove_inclusion, TREE, 0, 11),
        partial(prove_inclusion, TREE, 1, 301),
        partial(prove_consistency, TREE, 12, 11),
        partial(prove_consistency, TREE, 1, 301),
        partial(verify_inclusion, LEAVES[0], 1, EMPTY_TREE, []),
        partial(verify_consistency, HEADS[12], HEADS[11], []),
    ):
        with pytest.raises(OutOfTreeError):
            wrong()


def test_a_tree_without_entries_has_one_root_and_every_tree_continues_it() -> None:
    for head in (EMPTY_TREE, HEADS[5]):
        verify_consistency(EMPTY_TREE, head, [])
    with pytest.raises(ConsistencyError, match="one size has two roots"):
        verify_consistency(TreeHead(size=0, root=bytes(32)), HEADS[5], [])
    with pytest.raises(ConsistencyError, match="needs no proof"):
        verify_consistency(EMPTY_TREE, HEADS[5], [bytes(32)])


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(2, 400))
def test_hostile_proofs_raise_only_the_typed_errors(path: list[bytes], n: int) -> None:
    head = TreeHead(size=n, root=bytes(32))
    for check in (
        partial(verify_inclusion, bytes(32), n // 2, head, path),
        partial(verify_consistency, HEADS[n // 2], head, path),
    ):
        with pytest.raises(ProofError):
            check()
