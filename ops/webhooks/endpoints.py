"""The configuration of webhooks: one TOML file, read and refused by key.

What lives here: reading. What never does: sending.

    state = "webhooks.sqlite"                  # beside this file where relative
    servers = "127.0.0.1:50051"                # nodes of the registry, any will do
    authority = "notifier"                     # who follows, where it is claimed
    office = "civil_affairs"
    tls = "certificates"                       # server-ca.pem, client.key, client.pem

    [[endpoint]]
    name = "tongshan-bureau"
    url = "https://bureau.example/events"
    secrets = ["tongshan.secret"]              # files; two while one is replaced
    after = 0                                  # the position after which it begins
    kinds = ["child", "case"]                  # streams
    types = ["GuardianDisqualified"]           # left out: what a topic has by default
    children = []                              # each list that is not empty must be met
    jurisdictions = ["cn-320312"]
    submitters = []
    causes = []
    content = false                            # true: what happened, not only that
    allowed = []                               # private networks, such as "10.1.0.0/16"
    trust = "bureau-ca.pem"                    # left out: the machine's own authorities
    retries_s = [5, 300, 1800]                 # left out: about three days
"""

from __future__ import annotations

import ipaddress
import ssl
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from events.feed import Filter
from events.published_rule import PUBLIC_KINDS, PUBLIC_TYPES
from ops.config import ConfigError
from ops.webhooks.message import SecretError, secret_of
from ops.webhooks.transport import Network, Target

RETRIES_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""As Standard Webhooks propose: nine more attempts in about three days."""
MAX_ENDPOINTS: Final = 200
"""A thread and a stream each: whoever has more runs a second process."""
MAX_RETRIES: Final = 50
MAX_RETRY_S: Final = 7 * 86_400
_TOP: Final = {"state", "servers", "authority", "office", "tls", "endpoint"}
_SETS: Final = tuple(one.name for one in fields(Filter))
_KEYS: Final = {"name", "url", "secrets", "after", "kinds", "content", "allowed"}
KEYS: Final = _KEYS | {"trust", "retries_s", *_SETS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Who is told, of what, where and how often."""

    name: str
    target: Target
    secrets: tuple[bytes, ...]
    after: int
    kinds: frozenset[str]
    wanted: Filter
    content: bool
    retries_s: tuple[float, ...]

    @property
    def filter_text(self) -> str:
        """What the outbox keeps of what it is about."""
        kinds = [f"kinds={kind}" for kind in sorted(self.kinds)]
        return "\n".join([self.wanted.text, *kinds])


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """All of a file."""

    state: Path
    servers: str
    who: tuple[str, str]
    tls: Path | None
    endpoints: tuple[Endpoint, ...]


def load(path: Path) -> Webhooks:
    """Read a configuration. Raises ConfigError."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path}: {error}"
        raise ConfigError(message) from error
    _known(told, _TOP, "")
    listed = told.get("endpoint", [])
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_ENDPOINTS:
        raise _wrong("endpoint", f"is a list of 1 to {MAX_ENDPOINTS} tables")
    found = [
        _endpoint(one, path.parent, f"endpoint[{n}].") for n, one in enumerate(listed)
    ]
    if len({one.name for one in found}) != len(found):
        raise _wrong("endpoint", "has each name once")
    return Webhooks(
        state=path.parent / _text(told, "state", ""),
        servers=_text(told, "servers", ""),
        who=(str(told.get("authority", "")), str(told.get("office", ""))),
        tls=path.parent / _text(told, "tls", "") if "tls" in told else None,
        endpoints=tuple(found),
    )


def _endpoint(told: Any, base: Path, prefix: str) -> Endpoint:  # noqa: ANN401  what a file says
    if not isinstance(told, dict):
        raise _wrong(prefix.rstrip("."), "is a table")
    _known(told, KEYS, prefix)
    after = told.get("after", 0)
    if not isinstance(after, int) or after < 0:
        raise _wrong(f"{prefix}after", "is a position, 0 or above")
    content = told.get("content", False)
    if not isinstance(content, bool):
        raise _wrong(f"{prefix}content", "is true or false")
    kinds = _texts(told, "kinds", prefix) if "kinds" in told else PUBLIC_KINDS
    sets = {name: frozenset(_texts(told, name, prefix)) for name in _SETS}
    if "types" not in told and PUBLIC_KINDS.issuperset(kinds):
        sets["types"] = PUBLIC_TYPES
    if not sets["types"]:
        raise _wrong(f"{prefix}types", "names what of these streams is told")
    return Endpoint(
        name=_text(told, "name", prefix),
        target=Target(
            url=_url(_text(told, "url", prefix), f"{prefix}url"),
            trust=_trust(told, base, prefix),
            allowed=_networks(told, prefix),
        ),
        secrets=_secrets(told, base, prefix),
        after=after,
        kinds=frozenset(kinds),
        wanted=Filter(**sets),
        content=content,
        retries_s=_retries(told, prefix),
    )


def _url(text: str, key: str) -> SplitResult:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise _wrong(key, "is an address") from error
    if url.scheme != "https" or not url.hostname or port == 0:
        raise _wrong(key, "is https://host[:port]/path")
    if url.username or url.password or url.fragment or not text.isascii():
        raise _wrong(key, "has no user, no fragment, and is ASCII")
    if any(ord(letter) <= ord(" ") for letter in text):
        raise _wrong(key, "has no spaces")
    return url


def _trust(told: dict[str, Any], base: Path, prefix: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if "trust" in told:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(base / _text(told, "trust", prefix))
        except (OSError, ssl.SSLError) as error:
            raise _wrong(f"{prefix}trust", f"cannot be read: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _networks(told: dict[str, Any], prefix: str) -> tuple[Network, ...]:
    try:
        return tuple(map(ipaddress.ip_network, _texts(told, "allowed", prefix)))
    except ValueError as error:
        raise _wrong(f"{prefix}allowed", f"is of networks: {error}") from error


def _secrets(told: dict[str, Any], base: Path, prefix: str) -> tuple[bytes, ...]:
    key = f"{prefix}secrets"
    names = _texts(told, "secrets", prefix)
    if not names:
        raise _wrong(key, "names at least one file")
    try:
        texts = [(base / name).read_text(encoding="ascii") for name in names]
        return tuple(map(secret_of, texts))
    except (OSError, UnicodeDecodeError, SecretError) as error:
        raise _wrong(key, str(error)) from error


def _retries(told: dict[str, Any], prefix: str) -> tuple[float, ...]:
    given = told.get("retries_s", list(RETRIES_S))
    sound = isinstance(given, list) and len(given) <= MAX_RETRIES
    if not sound or not all(
        isinstance(one, int | float) and 0 < one <= MAX_RETRY_S for one in given
    ):
        rule = f"is at most {MAX_RETRIES} times above 0, in seconds, up to a week"
        raise _wrong(f"{prefix}retries_s", rule)
    return tuple(given)


def _texts(told: dict[str, Any], name: str, prefix: str) -> list[str]:
    given = told.get(name, [])
    sound = isinstance(given, list) and all(isinstance(one, str) for one in given)
    if not sound or any(not one or "\n" in one for one in given):
        raise _wrong(f"{prefix}{name}", "is a list of texts")
    return list(given)


def _text(told: dict[str, Any], name: str, prefix: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(f"{prefix}{name}", "is required and is text")
    return value


def _known(told: dict[str, Any], names: set[str], prefix: str) -> None:
    for name in told:
        if name not in names:
            raise _wrong(
                f"{prefix}{name}", f"is no key; keys are {', '.join(sorted(names))}"
            )


def _wrong(key: str, rule: str) -> ConfigError:
    return ConfigError(f"{key}: {rule}")
