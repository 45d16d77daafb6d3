"""A node that signs: its key, its two domains, begun as a person would."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path

from events.heads import begin
from events.notes import Signer
from registry.bootstrap import Config, SigningConfig, open_heads
from tests.support.registry import ORIGIN, sources
from tests.support.tree import LOG_KEY


def key_file(path: Path, key: Signer = LOG_KEY) -> Path:
    """Write a known key as `events.keys` would a new one."""
    material = b64encode(bytes([key.kind]) + key.seed).decode()
    path.write_text(f"PRIVATE+KEY+{key.name}+{key.verifier.id.hex()}+{material}\n")
    os.chmod(path, 0o600)  # noqa: PTH101  as the key's maker sets it
    return path


def signing_in(folder: Path, key: Signer = LOG_KEY) -> SigningConfig:
    """Return the signing of a node in `<folder>/data`, its heads begun."""
    (folder / "data").mkdir(exist_ok=True)
    signing = SigningConfig(
        key=key_file(folder / "log.key", key), heads=folder / "heads"
    )
    config = Config(data_dir=folder / "data", registry=ORIGIN, node="tongshan-1")
    with open_heads(config, signing, sources()) as stores:
        begin(stores, ORIGIN)
    return signing
