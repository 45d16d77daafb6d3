"""Receipts as files: fetched from a server, verified without one.

What lives here: arguments, two files, output. What never does: proofs
(`events.receipts`, `events.promise`).

A receipt is `<request id>.receipt`, the registry's signed word, and beside it
`<request id>.tlog-proof`, once a signed head covers the entry.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ops.options import (
    DEFAULT_SERVER,
    AsJson,
    Authority,
    OfficeName,
    Server,
    TlsFolder,
)
from ops.terminal import connection, ending, say

WORD, PROOF = ".receipt", ".tlog-proof"


def add_to(app: typer.Typer) -> None:
    """Add the group `receipt`."""
    group = typer.Typer(help="Receipts, kept and verified.", no_args_is_help=True)
    app.add_typer(group, name="receipt")
    for command in (get, verify):
        group.command()(command)


def get(
    request_id: Annotated[str, typer.Argument(help="The submission's request id.")],
    folder: Annotated[
        Path, typer.Option("--to", help="Folder for the files.")
    ] = Path(),
    server: Server = DEFAULT_SERVER,
    tls: TlsFolder = None,
    authority: Authority = "",
    office: OfficeName = "",
    as_json: AsJson = False,
) -> None:
    """Fetch one's own receipt, with its proof where a signed head covers it."""
    from childregistry.v1 import submission_service_pb2 as pb
    from events.promise import PromiseError

    request = pb.GetReceiptRequest(request_id=request_id)
    with ending():
        with connection(server, tls, (authority, office)) as client:
            got = client.called("GetReceipt", request)
        if not got.receipt.note:
            place = f"entry {got.receipt.position}"
            raise PromiseError(place, "this node has no key: no receipt is signed")
        files = {WORD: got.receipt.note, PROOF: got.tlog_proof}
        written = []
        for suffix, content in files.items():
            if content:
                path = folder / f"{request_id}{suffix}"
                path.write_bytes(content)
                written.append(str(path))
    told = {"position": got.receipt.position, "files": written}
    say(told if as_json else "\n".join(written))


def verify(
    file: Annotated[Path, typer.Argument(help="The .receipt; its proof lies beside.")],
    key: Annotated[list[str], typer.Option("--key", help="Key of the log or witness.")],
    line: Annotated[
        Path | None,
        typer.Option(help="The keys and their times, as `keys line` says."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a receipt offline: the registry's word, and that it was kept."""
    from events.key_line import parse_line
    from events.notes import parse_verifier
    from events.promise import kept, opened

    with ending():
        given = [parse_verifier(vkey) for vkey in key]
        keys = None if line is None else parse_line(line.read_bytes())
        known = given if keys is None else keys.trusted(given)
        said = opened(file.read_bytes(), known, keys)
        told: dict[str, object] = {
            "log": said.origin,
            "position": said.position,
            "hash": said.hash.hex(),
            "recorded_at": datetime.fromtimestamp(
                said.recorded_at / 1_000_000, UTC
            ).isoformat(),
        }
        proof = file.with_suffix(PROOF)
        if proof.exists():
            proved = kept(said, proof.read_bytes(), known, keys)
            told["proved_in_tree_of"] = proved.checkpoint.head.size
    if as_json:
        say(told)
        return
    say(f"{said.origin} says: entry {said.position} is {said.hash.hex()}")
    say(f"recorded at {told['recorded_at']}")
    size = told.get("proved_in_tree_of")
    say(f"proved: in the signed tree of {size}" if size else "no proof lies beside it")
