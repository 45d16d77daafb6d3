"""A receipt given before the loss of a log's file holds after its restore."""

from __future__ import annotations

from pathlib import Path

from events.promise import kept, opened
from ops.backup import copy
from registry.services.submission import receipt_message
from tests.registry.test_key_life import receipt_of
from tests.registry.test_publisher import registered
from tests.support.registry import TIMEOUT_S
from tests.support.registry import opened as registry_in
from tests.support.signing import signing_in
from tests.support.tree import KNOWN


def test_a_receipt_and_its_proof_hold_after_a_restore_and_growth(
    tmp_path: Path,
) -> None:
    signing, data = signing_in(tmp_path), tmp_path / "data"
    with registry_in(data, signing=signing) as registry:
        note, proof = receipt_of(registry, "Xiaoling")
    copy(data / "log.sqlite", tmp_path / "backup", lambda _done, _of: None)
    for file in data.glob("log.sqlite*"):
        file.unlink()
    (tmp_path / "backup").rename(data / "log.sqlite")
    with registry_in(data, signing=signing) as registry:
        for number in range(20):
            position = registered(registry, f"child {number}")
        assert registry.publisher is not None
        assert registry.publisher.wait(position, TIMEOUT_S)
        promised = opened(note, KNOWN)
        proved = kept(promised, proof, KNOWN)
        assert proved.position == promised.position < position
        # Asked again, the restored registry says the same, and proves it anew.
        (stored,) = registry.log.read(promised.position - 1, 1)
        found = registry.writer.find(stored.authority, stored.request_id)
        assert found is not None
        assert receipt_message(found, registry.publisher).note == note
        assert stored.hash == promised.hash
