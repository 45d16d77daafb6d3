"""Keys are adopted and retired by entries; what they signed stays right in its time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from events.evidence import Scope, export
from events.key_line import KeyAct, KeyLineError, line_text, parse_line
from events.keys import load_key, make_key
from events.notes import NoteUnsignedError, open_note
from events.promise import kept, opened
from events.receipts import prove
from events.verify import compare_head, verify_folder
from ops.terminal import Exit
from projections.evidence import verify
from registry.bootstrap import Config, Registry, SigningConfig, open_log
from registry.key_life import KeyLife
from registry.keyring import Keyring
from registry.services.submission import receipt_message
from tests.ops.test_cli import run
from tests.registry.test_publisher import registered
from tests.support.audited import agree, faults
from tests.support.judge import Auditor
from tests.support.registry import ORIGIN, TIMEOUT_S, sources
from tests.support.registry import opened as registry_in
from tests.support.signing import signing_in
from tests.support.tree import LOG_KEY, OTHER_KEY


def config_in(folder: Path, signing: SigningConfig) -> Config:
    return Config(
        data_dir=folder / "data", registry=ORIGIN, node="tongshan-1", signing=signing
    )


def receipt_of(registry: Registry, who: str) -> tuple[bytes, bytes]:
    """Register a child; return the signed receipt and, once covered, its proof."""
    publisher = registry.publisher
    assert publisher is not None
    position = registered(registry, who)
    (stored,) = registry.log.read(position - 1, 1)
    found = registry.writer.find(stored.authority, stored.request_id)
    assert found is not None
    assert publisher.wait(position, TIMEOUT_S)
    assert publisher.note is not None
    assert publisher.head is not None
    proof = prove(publisher.tree(publisher.head.size), position, publisher.note)
    return receipt_message(found, publisher).note, proof


class Story:
    """A node whose key was followed by another: three receipts, one from each time."""

    def __init__(self, folder: Path) -> None:
        self.signing = signing_in(folder)
        self.config = config_in(folder, self.signing)
        self.new = make_key(folder / "log-2.key", ORIGIN)
        self.both = replace(self.signing, more_keys=(folder / "log-2.key",))
        self.after = replace(self.signing, key=folder / "log-2.key")
        data = folder / "data"
        with registry_in(data, signing=self.signing) as registry:
            self.old = receipt_of(registry, "Xiaoling")
            assert registry.publisher is not None
            assert registry.publisher.note is not None
            self.old_head = registry.publisher.note
        with open_log(self.config) as log:
            life = KeyLife(log, sources(), "node", Keyring(log, [LOG_KEY]))
            life.adopt(self.new)
        with registry_in(data, signing=self.both) as registry:
            self.between = receipt_of(registry, "her brother")
        with open_log(self.config) as log:
            keys = Keyring(log, [LOG_KEY, self.new])
            life = KeyLife(log, sources(), "node", keys)
            self.line = life.retire(LOG_KEY.verifier, KeyAct.ROTATED)
        with registry_in(data, signing=self.after) as registry:
            self.last = receipt_of(registry, "her sister")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("keys"))


def test_receipts_verify_with_the_key_of_their_position(story: Story) -> None:
    """Whoever kept the first key alone follows the line to the second."""
    line = parse_line(line_text(story.line))
    known = line.trusted([LOG_KEY.verifier])
    for note, proof in (story.old, story.between, story.last):
        said = opened(note, known, line)
        assert kept(said, proof, known, line).position == said.position
    both = [s.by for s in open_note(story.between[0], known).signatures]
    assert both == [LOG_KEY.verifier, story.new.verifier]
    with pytest.raises(NoteUnsignedError):
        opened(story.last[0], [LOG_KEY.verifier])
    opened(story.old[0], [LOG_KEY.verifier])


def test_a_retired_key_signs_nothing_new_also_where_it_is_held(story: Story) -> None:
    said = opened(story.last[0], [story.new.verifier])
    forged = story.last[0].partition(b"\n\n")[0] + b"\n"
    with pytest.raises(KeyLineError, match="no key in force there"):
        opened(
            forged + b"\n" + LOG_KEY.sign(forged),
            story.line.trusted([LOG_KEY.verifier]),
            story.line,
        )
    assert story.line.signs(story.new.verifier, said.position)


def test_a_key_folder_of_yesterday_signs_nothing(story: Story) -> None:
    """Entries go on; no head is made, no receipt is signed, and why is said."""
    data = story.config.data_dir
    before = (data / "tiles/checkpoint").read_bytes()
    with registry_in(data, signing=story.signing) as registry:
        publisher = registry.publisher
        assert publisher is not None
        position = registered(registry, "a cousin")
        assert not publisher.wait(position, 0.3)
        with pytest.raises(KeyLineError, match="no key held here is in force"):
            publisher.keys.demanded(position)
        assert publisher.keys.sign(b"text\n", position) == b""
    assert (data / "tiles/checkpoint").read_bytes() == before
    with registry_in(data, signing=story.after) as registry:
        assert registry.publisher is not None
        assert registry.publisher.wait(position, TIMEOUT_S)


def test_the_audit_follows_the_keys_and_tells_them(story: Story) -> None:
    report = verify_folder(story.config.data_dir, [LOG_KEY.verifier])
    assert report.audit.faults == []
    keys = [told for what, told in report.lines if what == "key"]
    assert [key.split(" from ")[0] for key in keys] == [
        LOG_KEY.verifier.vkey,
        story.new.verifier.vkey,
    ]
    assert "rotated before" in keys[0]
    compare_head(report, "kept", story.old_head, [LOG_KEY.verifier])
    assert report.audit.faults == []


@pytest.mark.parametrize("trusted", ["old", "new", "nobody's"])
def test_two_auditors_follow_the_keys_alike(
    story: Story, trusted: str, auditor: Auditor
) -> None:
    keys = {"old": LOG_KEY, "new": story.new, "nobody's": OTHER_KEY}
    said = agree(auditor, story.config.data_dir, keys[trusted])
    assert bool(faults(said)) == (trusted == "nobody's")


def test_a_head_by_a_key_out_of_its_time_is_a_fault(story: Story) -> None:
    report = verify_folder(story.config.data_dir, [story.new.verifier])
    text = story.old_head.partition(b"\n\n")[0] + b"\n"
    early = text + b"\n" + story.new.sign(text)
    compare_head(report, "kept", early, [story.new.verifier])
    (fault,) = report.audit.faults
    assert "no key in force there" in fault.rule


def test_exported_evidence_tells_the_keys_and_follows_them(
    story: Story, tmp_path: Path
) -> None:
    bag = tmp_path / "bag"
    export(story.config.data_dir, bag, Scope(), story.new.verifier)
    found = verify(bag, [LOG_KEY.verifier])
    assert line_text(found.line) == line_text(story.line)


def test_an_operator_adopts_and_retires_by_command(tmp_path: Path) -> None:
    signing = signing_in(tmp_path)
    with registry_in(tmp_path / "data", signing=signing) as registry:
        note, proof = receipt_of(registry, "Xiaoling")
    (tmp_path / "node.toml").write_text(
        f'registry = "{ORIGIN}"\nnode = "tongshan-1"\ndata_dir = "data"\n'
        '[signing]\nkey = "log.key"\nheads = "heads"\nmore_keys = ["log-2.key"]\n'
    )
    config = ("--config", str(tmp_path / "node.toml"))
    made = run("keys", "adopt", str(tmp_path / "log-2.key"), *config)
    assert made.returncode != Exit.DONE  # the configuration names what is not there
    make_key(tmp_path / "log-2.key", ORIGIN)
    made = run("keys", "adopt", str(tmp_path / "log-2.key"), *config)
    assert made.returncode == Exit.DONE, made.stderr
    again = run("keys", "adopt", str(tmp_path / "log-2.key"), *config)
    assert b"was adopted before" in again.stderr
    retired = run("keys", "retire", LOG_KEY.verifier.vkey, *config)
    assert retired.returncode == Exit.DONE, retired.stderr
    last = load_key(tmp_path / "log-2.key").verifier.vkey
    refused = run("keys", "retire", last, "--because", "lost", *config)
    assert b"is the last" in refused.stderr
    line = run("keys", "line", *config)
    (tmp_path / "keys").write_bytes(line.stdout)
    (tmp_path / "a.receipt").write_bytes(note)
    (tmp_path / "a.tlog-proof").write_bytes(proof)
    said = run(
        "receipt",
        "verify",
        str(tmp_path / "a.receipt"),
        "--key",
        last,
        "--line",
        str(tmp_path / "keys"),
    )
    assert said.returncode == Exit.DONE, said.stderr
    assert b"proved: in the signed tree" in said.stdout
