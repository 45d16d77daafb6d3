"""What many commands take: the options of the command line that they share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The node's configuration, a TOML file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Server = Annotated[
    str, typer.Option(help="Servers, host:port each, comma separated: any will do.")
]
TlsFolder = Annotated[
    Path | None,
    typer.Option(help="Folder with server-ca.pem, client.key and client.pem."),
]
Authority = Annotated[
    str, typer.Option(help="Who submits, where the server knows nobody by certificate.")
]
OfficeName = Annotated[str, typer.Option(help="The submitter's office, likewise.")]
DEFAULT_CONFIG = Path("childregistry.toml")
DEFAULT_SERVER = "127.0.0.1:50051"
