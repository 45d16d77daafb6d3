"""What a webhook carries, against the published vector and the standards' rules."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from events.frame import Body, EventHeader
from ops.subscriber import Delivered
from ops.webhooks.message import SecretError, notice, secret_of, signed
from tests.support.registry import ORIGIN, child_id

CHILD = child_id("a child of Tongshan")
BODY = Body(salt=bytes(16), content=b"what happened")
ENTRY = Delivered(
    number=3,
    position=7,
    recorded_at=datetime(2015, 2, 4, 8, 0, 0, 5, UTC),
    submitter="tongshan-court",
    request_id="1",
    hash=bytes(32),
    events=(
        EventHeader(
            stream=f"child/{CHILD}",
            version=2,
            type="GuardianDisqualified",
            fingerprint=bytes(8),
            concerns=CHILD,
            jurisdiction="cn-320312",
            urgent=True,
            digest=bytes(32),
        ),
    ),
    registry=ORIGIN,
    bodies=(BODY,),
)


def test_a_signature_is_that_of_the_published_vector() -> None:
    """Source: the example that Standard Webhooks' libraries are tested with."""
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    id_ = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    headers = signed([secret], id_, 1_614_265_330, body)
    assert headers == {
        "webhook-id": id_,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    both = signed([secret, bytes(32)], id_, 1_614_265_330, body)
    assert len(both["webhook-signature"].split(" ")) == 2
    assert headers["webhook-signature"] in both["webhook-signature"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_?",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)
def test_what_is_no_secret_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(SecretError) as refused:
        secret_of(text)
    assert not text or text not in str(refused.value)


def test_a_notice_is_a_structured_cloudevent_without_what_happened() -> None:
    made = notice(ENTRY, 0, ORIGIN, 12, None)
    told = json.loads(made.body)
    assert (made.id, made.key) == ("7-0", CHILD)
    assert told["specversion"] == "1.0"
    assert told["id"] == "7-0"
    assert told["source"] == ORIGIN
    assert told["type"] == "childregistry.event.GuardianDisqualified"
    assert told["subject"] == f"child/{CHILD}"
    assert told["time"] == "2015-02-04T08:00:00.000005Z"
    assert told["sequence"] == "00000000000000000012"
    assert told["data"]["urgent"] is True
    names = set(told) - {"data"}
    assert all(name.isascii() and name.isalnum() and name.islower() for name in names)
    assert "avro" not in made.body.decode()
    assert base64.b64encode(BODY.content) not in made.body


def test_content_is_there_only_where_it_was_asked_for() -> None:
    told = json.loads(notice(ENTRY, 0, ORIGIN, 12, BODY).body)
    assert base64.b64decode(told["data"]["avro_base64"]) == BODY.content
