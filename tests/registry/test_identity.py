"""Who submits: real certificates over real TLS, and the file that maps them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool

from childregistry.v1 import admin_service_pb2 as admin
from childregistry.v1 import custody_service_pb2 as custody
from childregistry.v1 import event_service_pb2 as feed
from events.entry import AuthenticationKind, open_entry
from events.guardianship import Office
from registry.identity import Identities, IdentitiesError
from registry.server import NAMES, InsecureError, Listen, serving
from tests.support.certificates import Certified, certified, listed, tls_in
from tests.support.registry import child_id, opened, submission, submit
from tests.support.server import Client, Running, details, served
from tests.support.stories import CHILD, COURT, FATHER, born, judgment, outcome


@dataclass(frozen=True)
class Secured:
    """A server behind TLS, and the authority that signs its clients."""

    running: Running
    authority: Certified

    @contextmanager
    def client(self, who: Certified | None) -> Iterator[Client]:
        credentials = grpc.ssl_channel_credentials(
            root_certificates=self.authority.pem,
            private_key=who.key_pem if who else None,
            certificate_chain=who.pem if who else None,
        )
        address = f"localhost:{self.running.port}"
        with grpc.secure_channel(address, credentials) as channel:
            yield Client(channel, ())


COURTS = certified("authority")
TONGSHAN = certified("tongshan", COURTS)
POLICE = certified("police", COURTS)


OPERATOR = certified("operator", COURTS)
SOON_S = 8.0
"""Time enough to be known, and little enough to wait for the end of."""
WAIT_S = 60.0


def operator(who: Certified, name: str) -> str:
    return f'[[operator]]\ncertificate = "{who.fingerprint.hex()}"\nname = "{name}"\n'


def operated(who: Certified, name: str) -> str:
    return listed(POLICE, "xuzhou-police", "police") + operator(who, name)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    known = listed(TONGSHAN, COURT, "court") + operated(OPERATOR, "li-of-xuzhou-1")
    tls = tls_in(tmp_path, certified("localhost", COURTS), COURTS, known)
    with served(tmp_path / "data", tls=tls) as running:
        yield Secured(running, COURTS)


def refused(secured: Secured, who: Certified | None) -> grpc.RpcError:
    command = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    with secured.client(who) as client, pytest.raises(grpc.RpcError) as error:
        client.submit(command, "j")
    return error.value


def test_a_mapped_certificate_submits_and_the_entry_says_which(
    secured: Secured,
) -> None:
    with secured.client(POLICE) as police:
        receipt = police.submit(born(CHILD, "2004-10", FATHER), "birth")
    with secured.client(TONGSHAN) as court:
        court.submit(judgment("2015-02-04", outcome(disqualified=(FATHER,))), "j")
    first, second = secured.running.registry.log.read(receipt.position - 1, 2)
    for stored, who, authority in (
        (first, POLICE, "xuzhou-police"),
        (second, TONGSHAN, COURT),
    ):
        frame = open_entry(stored).frame
        assert frame.authority == authority
        assert frame.authentication.kind is AuthenticationKind.CERTIFICATE
        assert frame.authentication.fingerprint == who.fingerprint


def test_a_court_cannot_submit_as_another_court(tmp_path: Path) -> None:
    other = certified("other", COURTS)
    command = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    identities = Identities({other.fingerprint: ("another-court", Office.COURT)})
    assert identities.known(other.fingerprint).authority == "another-court"
    with served(tmp_path) as running, running.client("another-court", "court") as court:
        with pytest.raises(grpc.RpcError) as error:
            court.submit(command, "j")
        told = details(error.value)["BadRequest"].field_violations[0]
        assert (told.field, told.description) == ("court", "is the submitting court")


def test_an_unmapped_certificate_is_nobody(secured: Secured) -> None:
    error = refused(secured, certified("unmapped", COURTS))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert details(error)["ErrorInfo"].reason == "SUBMITTER_UNKNOWN"


def _methods() -> list[tuple[str, bool]]:
    found = []
    for name in NAMES:
        service = descriptor_pool.Default().FindServiceByName(name)
        for method in service.methods:
            path = f"/{name}/{method.name}"
            found.append((path, bool(method.server_streaming)))
    return found


def _ended(client: Client, path: str, *, streaming: bool) -> grpc.RpcError | None:
    """Return how a call of nothing ends, where it does not end well."""
    channel = client.channel
    make: Any = channel.unary_stream if streaming else channel.unary_unary
    try:
        got = make(path)(b"", timeout=10)
        if streaming:
            next(got)
    except grpc.RpcError as error:
        return error
    return None


def test_whom_no_identity_is_mapped_to_reads_nothing_either(secured: Secured) -> None:
    """Every method that there is, by the contract itself."""
    methods = _methods()
    assert len(methods) > 20
    with secured.client(certified("unmapped", COURTS)) as stranger:
        for path, streaming in methods:
            error = _ended(stranger, path, streaming=streaming)
            assert error is not None, path
            assert error.code() is grpc.StatusCode.UNAUTHENTICATED, path
            assert details(error)["ErrorInfo"].reason == "SUBMITTER_UNKNOWN"
    with secured.client(POLICE) as police:
        for path, streaming in methods:
            error = _ended(police, path, streaming=streaming)
            code = error.code() if error else grpc.StatusCode.OK
            assert code is not grpc.StatusCode.UNAUTHENTICATED, path


@pytest.mark.parametrize(
    "who",
    [
        certified("expired", COURTS, days=(-3, -2)),
        certified("too early", COURTS, days=(1, 2)),
        certified("foreign", certified("another authority")),
        certified("signed by itself"),
        None,
    ],
    ids=["expired", "early", "foreign", "self-signed", "none"],
)
def test_an_expired_foreign_or_missing_certificate_gets_no_connection(
    secured: Secured, who: Certified | None
) -> None:
    assert refused(secured, who).code() is grpc.StatusCode.UNAVAILABLE
    assert secured.running.registry.log.find(COURT, "j") is None


def test_one_that_expires_while_its_connection_lasts_is_nobody_from_then_on(
    tmp_path: Path,
) -> None:
    who = certified("soon", COURTS, days=(-1, SOON_S / 86_400))
    known = listed(who, "xuzhou-police", "police")
    tls = tls_in(tmp_path, certified("localhost", COURTS), COURTS, known)
    with served(tmp_path / "data", tls=tls) as running:
        with Secured(running, COURTS).client(who) as police:
            police.submit(born(CHILD, "2004-10", FATHER), "birth")
            request = feed.SubscribeEventsRequest(beginning=True)
            stream = police.events.SubscribeEvents(request, timeout=WAIT_S)
            assert next(stream) is not None
            ends = who.certificate.not_valid_after_utc.timestamp()
            time.sleep(max(0.0, ends - time.time()) + 0.1)
            with pytest.raises(grpc.RpcError) as read:
                police.called("GetCustody", custody.GetCustodyRequest(child=CHILD))
            with pytest.raises(grpc.RpcError) as written:
                police.submit(born(child_id("sister"), "2006-10", FATHER), "second")
            later = born(child_id("third"), "2007-10", FATHER)
            asked = submission(later, "third", "xuzhou-police", Office.POLICE)
            submit(running.registry, asked)
            with pytest.raises(grpc.RpcError) as followed:
                for _ in stream:
                    pass
        found = running.registry.log.find("xuzhou-police", child_id("second"))
    for error in (read.value, written.value, followed.value):
        assert error.code() is grpc.StatusCode.UNAUTHENTICATED
        assert details(error)["ErrorInfo"].reason == "SUBMITTER_UNKNOWN"
    assert found is None


def test_what_is_claimed_in_metadata_counts_for_nothing_behind_tls(
    secured: Secured,
) -> None:
    metadata = (("childregistry-authority", COURT), ("childregistry-office", "court"))
    command = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
    with secured.client(POLICE) as police:
        receipt = Client(police.channel, metadata).submit(command, "j")
    assert receipt.refused.reason == "not_competent"
    assert receipt.authority == "xuzhou-police"


def test_without_tls_entries_say_claimed(tmp_path: Path) -> None:
    with served(tmp_path) as running, running.client("police", "police") as police:
        receipt = police.submit(born(CHILD, "2004-10", FATHER), "birth")
        (stored,) = running.registry.log.read(receipt.position - 1, 1)
    known = open_entry(stored).frame.authentication
    assert (known.kind, known.fingerprint) == (AuthenticationKind.CLAIMED, None)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "10.0.0.1:0", "host:0"])
def test_without_tls_only_loopback_is_served(tmp_path: Path, address: str) -> None:
    async def serve() -> None:
        with opened(tmp_path) as registry:
            async with serving(registry, Listen(address=address)):
                pass

    with pytest.raises(InsecureError, match="only loopback"):
        asyncio.run(serve())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "holds"),
        ("x = [", "Expected|Invalid|Unclosed"),
        ("[[submitter]]\nauthority = 'a'", "says certificate, authority and office"),
        (listed(TONGSHAN, COURT, "court") * 2, "listed twice"),
        (listed(TONGSHAN, "A Court", "court"), "2 to 64"),
        (listed(TONGSHAN, COURT, "registry"), "none of the offices"),
        (listed(TONGSHAN, COURT, "king"), "none of the offices"),
        (listed(TONGSHAN, COURT, "court").replace('e = "', 'e = "zz'), "hex digits"),
        (listed(TONGSHAN, COURT, "court") + "[other]\n", "nothing else"),
        (listed(TONGSHAN, COURT, "court") + "[operator]\n", "nothing else"),
        (listed(TONGSHAN, COURT, "court") + "[[operator]]\n", "certificate and name"),
        (
            listed(TONGSHAN, COURT, "court") + operator(OPERATOR, "li") * 2,
            "operator 2: its certificate is listed twice",
        ),
        (operated(TONGSHAN, "A Name"), "2 to 64"),
        (operated(TONGSHAN, "li") + operated(TONGSHAN, "wang"), "submitter 2|twice"),
    ],
)
def test_a_wrong_file_of_identities_is_refused_by_its_rule(
    tmp_path: Path, text: str, rule: str
) -> None:
    path = tmp_path / "identities"
    path.write_text(text)
    with pytest.raises(IdentitiesError, match=rule):
        Identities.load(path)


def test_a_missing_file_of_identities_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(IdentitiesError, match="identities"):
        Identities.load(tmp_path / "identities")


def test_only_a_listed_operator_rebuilds_and_is_no_authority_by_that(
    secured: Secured,
) -> None:
    request = admin.StartRebuildRequest(projections=["places"])
    with secured.client(OPERATOR) as client:
        begun = client.called("StartRebuild", request).rebuild
        assert begun.operator == "li-of-xuzhou-1"
        with pytest.raises(grpc.RpcError) as error:
            client.called("GetCustody", custody.GetCustodyRequest(child=CHILD))
        assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED
    claims = (("childregistry-operator", "li-of-xuzhou-1"),)
    with secured.client(POLICE) as police, pytest.raises(grpc.RpcError) as error:
        Client(police.channel, claims).called("StartRebuild", request)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
