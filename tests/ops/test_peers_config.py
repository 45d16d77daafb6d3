"""The list of peers in a node's configuration: read, or refused by its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.config import ConfigError, load
from registry.peers import Peer

NODE = """registry = "registry.example/cn-320300"
node = "xuzhou-1"
data_dir = "data"
"""
KAFKA = '[kafka]\nservers = "kafka-1:9092"\ntopic = "t"\n'
TLS = """[tls]
key = "server.key"
chain = "server.pem"
clients = "clients-ca.pem"
identities = "identities.toml"
"""


def peer(node: str = "xuzhou-2", more: str = "", address: str = "127.0.0.1:2") -> str:
    return f'[[peers]]\nnode = "{node}"\naddress = "{address}"\n{more}'


def written(folder: Path, text: str) -> Path:
    path = folder / "childregistry.toml"
    path.write_text(text)
    return path


def test_all_nodes_may_have_one_list_and_each_leaves_itself_out(tmp_path: Path) -> None:
    certificate = 'certificate = "{}.pem"\n'
    text = NODE + KAFKA + TLS
    for name in ("xuzhou-1", "xuzhou-2"):
        text += peer(name, certificate.format(name), f"{name}:50051")
    found = load(written(tmp_path, text)).listen.peers
    assert found == (Peer("xuzhou-2", "xuzhou-2:50051", tmp_path / "xuzhou-2.pem"),)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (NODE + peer(), "peers: needs \\[kafka\\]"),
        ("peers = 3\n" + NODE + KAFKA, "peers: are up to 16 tables"),
        (NODE + KAFKA + "".join(peer(f"n-{n}") for n in range(17)), "up to 16"),
        (NODE + KAFKA + peer() * 2, "peers\\[2\\].node: is listed twice"),
        (NODE + KAFKA + peer(address="2"), "peers\\[1\\].address: is host:port"),
        (NODE + KAFKA + peer(more="weight = 1\n"), "weight: is no key"),
        (NODE + KAFKA + "[[peers]]\nnode = 'b'\n", "address: is required"),
        (NODE + KAFKA + peer(more='certificate = "x"\n'), "nothing without \\[tls\\]"),
        (NODE + KAFKA + TLS + peer(), "peers\\[1\\].certificate: is required"),
    ],
)
def test_a_wrong_list_is_refused_by_its_rule(
    tmp_path: Path, text: str, rule: str
) -> None:
    with pytest.raises(ConfigError, match=rule):
        load(written(tmp_path, text))
