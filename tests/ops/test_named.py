"""Named subscriptions from the command line, and one under fire."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from childregistry.v1 import subscription_service_pb2 as pb
from events.frame import EventHeader
from events.guardianship import Office
from ops import doctor
from ops.broker import Cluster
from ops.client import connected
from ops.doctor import examine
from ops.feed_view import LAST, View
from ops.fire.feed import Run
from ops.fire.servers import Server
from ops.named import Follower
from ops.subscriber import Delivered
from ops.terminal import Exit
from registry import watch
from registry.bootstrap import Config
from registry.sources import Sources
from tests.ops.test_cli import COMMAND
from tests.registry.services.test_feed import register
from tests.registry.services.test_named import BUREAU, CREATE, NAME
from tests.support.registry import ORIGIN, child_id, submission, submit
from tests.support.server import Running, served
from tests.support.stories import CHILD, COURT, FATHER, MOTHER, born, judgment, outcome

WHO = ("--authority", BUREAU, "--office", "civil_affairs")
EVENTS = 10_000
KILLS = 6


def run(
    running: Running, *arguments: str, code: Exit = Exit.DONE
) -> list[dict[str, Any]]:
    ended = subprocess.run(
        [
            COMMAND,
            *arguments,
            "--json",
            f"--server=127.0.0.1:{running.port}",
            *WHO,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_a_bureau_does_all_of_it_from_the_command_line(tmp_path: Path) -> None:
    with served(tmp_path) as running:
        register(running, 4)
        (created,) = run(running, "subscriptions", "create", NAME)
        position = int(created["position"])
        shown = run(running, "subscribe", NAME, f"--until={position}")
        assert [one["number"] for one in shown if "number" in one] == list(
            range(1, position + 1)
        )
        # Without a file it goes on behind what was acknowledged.
        again = run(running, "subscribe", NAME, f"--until={position}")
        assert not [one for one in again if "number" in one]
        (listed,) = run(running, "subscriptions", "list")
        (epoch,) = listed["epochs"]
        assert int(epoch["acknowledged"]["position"]) == position
        (delivery,) = run(running, "deliveries", "3")
        assert delivery["state"] == "DELIVERY_STATE_ACKNOWLEDGED"
        (changed,) = run(
            running, "subscriptions", "change", NAME, "--type=GuardianDisqualified"
        )
        run(running, "subscriptions", "end", NAME)
        rest = run(running, "subscribe", NAME)  # ends with the subscription
        assert [int(one["position"]) for one in rest if "number" in one] == [
            int(changed["position"])
        ]
        run(running, "subscriptions", "create", NAME, code=Exit.INVALID)
        run(running, "subscribe", "unheard-of", code=Exit.NOT_FOUND)
        run(running, "subscribe", NAME, "--type=A", code=Exit.USAGE)


def test_a_follower_goes_on_over_a_restart_and_acknowledges_what_was_taken(
    tmp_path: Path,
) -> None:
    taken: list[int] = []
    with served(tmp_path) as running, connected_to(running) as client:
        register(running, 5)
        client.called("SubmitSubscription", created())
        for one in Follower(client, NAME, tmp_path / "place").follow():
            if isinstance(one, Delivered):
                taken.append(one.position)
            if len(taken) == 4:
                break  # as if it were killed: the fourth is not kept
    with served(tmp_path) as running, connected_to(running) as client:
        head = running.registry.log.head().position
        follower = Follower(client, NAME, tmp_path / "place")
        rest = [o.position for o in follower.follow(head) if isinstance(o, Delivered)]
        assert taken + rest == [1, 2, 3, 4, *range(4, head + 1)]
        assert follower.at() == (head, head)


def connected_to(running: Running) -> Any:  # noqa: ANN401  a context of the module's
    return connected(f"127.0.0.1:{running.port}", who=(BUREAU, "civil_affairs"))


def created() -> Any:  # noqa: ANN401  a generated message
    from childregistry.v1 import submission_service_pb2 as submit_pb  # noqa: PLC0415
    from registry.services.translate import message_of  # noqa: PLC0415

    request = submit_pb.SubmitSubscriptionRequest(
        create_subscription=message_of(CREATE)
    )
    request.envelope.request_id = CHILD
    return request


def born_as(number: int) -> tuple[str, Any, tuple[str, str]]:
    """Return a call that registers a child, and who makes it."""
    from childregistry.v1 import submission_service_pb2 as submit_pb  # noqa: PLC0415
    from registry.services.translate import message_of  # noqa: PLC0415

    asked = born(child_id(f"child {number}"), "2010-03-01", FATHER, MOTHER)
    request = submit_pb.SubmitGuardianshipChangeRequest(
        register_child=message_of(asked)
    )
    request.envelope.request_id = child_id(f"request {number}")
    return "SubmitGuardianshipChange", request, ("xuzhou-police", "police")


def test_over_kills_of_server_and_reader_the_set_is_the_logs(tmp_path: Path) -> None:
    outcome_ = Run(tmp_path, EVENTS, seed=7).run(KILLS)
    assert outcome_.kills_of_server + outcome_.kills_of_reader == KILLS
    assert outcome_.shown >= outcome_.entries


def test_doctor_says_which_bureau_did_not_take_an_urgent_event(tmp_path: Path) -> None:
    now = [int((datetime.now(UTC) - timedelta(days=2)).timestamp() * 1_000_000)]

    def clock() -> int:
        now[0] += 1_000
        return now[0]

    def looked() -> tuple[bool, str]:
        config = Config(data_dir=tmp_path, registry=ORIGIN, node="tongshan-1")
        (found,) = [one for one in examine(config) if one.about == "deliveries"]
        return found.well, found.says

    with served(tmp_path, Sources(clock=clock, salt=lambda: bytes(16))) as running:
        asked = born(CHILD, "2010-03-01", FATHER, MOTHER)
        submit(running.registry, submission(asked, "b", "xuzhou-police", Office.POLICE))
        taken = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        position = submit(running.registry, submission(taken, "t", COURT)).position
        assert looked() == (True, "0 subscriptions, no urgent event is overdue")
        with running.client(BUREAU, "civil_affairs") as bureau:
            bureau.submit(CREATE, "create")
        well, says = looked()
        assert not well
        assert f"{BUREAU}/{NAME}" in says
        with connected_to(running) as client:
            list(Follower(client, NAME).follow(position))
        assert looked() == (True, "1 subscriptions, no urgent event is overdue")


def test_doctor_looks_through_all_that_a_bureau_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MAX_READ", 1)
    monkeypatch.setattr(watch, "PAGE", 1)

    def looked() -> tuple[bool, str]:
        config = Config(data_dir=tmp_path, registry=ORIGIN, node="tongshan-1")
        (found,) = [one for one in examine(config) if one.about == "deliveries"]
        return found.well, found.says

    with served(tmp_path) as running:  # its clock stands years ago
        with running.client(BUREAU, "civil_affairs") as bureau:
            bureau.submit(CREATE, "create")
        register(running, 4)
        asked = born(CHILD, "2010-03-01", FATHER, MOTHER)
        submit(running.registry, submission(asked, "b", "xuzhou-police", Office.POLICE))
        taken = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        position = submit(running.registry, submission(taken, "t", COURT)).position
        well, says = looked()
        assert not well
        assert f"(position {position})" in says
        monkeypatch.setattr(doctor, "LOOKS", position - 2)
        well, says = looked()
        assert well
        assert says.endswith("; 2 entries were not looked through")


def delivered(number: int, *, urgent: bool = False) -> Delivered:
    header = EventHeader(
        stream=f"child/{CHILD}",
        version=number,
        type="GuardianDisqualified",
        fingerprint=bytes(8),
        concerns=CHILD,
        jurisdiction=None,
        urgent=urgent,
        digest=bytes(32),
    )
    return Delivered(
        number=number,
        position=number + 10,
        recorded_at=datetime(2022, 6, 1, 12, 0, number, tzinfo=UTC),
        submitter="tongshan-court",
        request_id=CHILD,
        hash=bytes(32),
        events=(header,),
        registry=ORIGIN,
        bodies=(None,),
    )


def drawn(view: View, second: int) -> str:
    out = Console(width=120, file=io.StringIO())
    with out.capture() as shown:
        out.print(view.drawn(datetime(2022, 6, 1, 12, 0, second, tzinfo=UTC)))
    return shown.get()


def test_the_live_view_shows_place_lag_and_the_last_entries() -> None:
    moments = iter(range(1_000))
    view = View("all-of-xuzhou", now=lambda: float(next(moments)) / 10)
    for number in range(1, LAST + 5):
        view.take(delivered(number, urgent=number == LAST + 4), number + 9)
    text = drawn(view, 30)
    assert "all-of-xuzhou: catching up" in text
    assert f"position {LAST + 14}, number {LAST + 4}" in text
    assert f"{30 - (LAST + 4)} s behind" in text
    rows = [line.split()[0] for line in text.splitlines()[3:]]
    assert rows == [str(number) for number in range(5, LAST + 5)]
    view.take("caught_up", LAST + 20)
    view.acknowledged = 7
    text = drawn(view, 59)
    assert f"live\nposition {LAST + 20}, number {LAST + 4}" in text
    assert "0 s behind, acknowledged up to 7" in text
    view.take("lost", LAST + 20)
    assert "server lost" in drawn(view, 59)


def test_an_alarm_is_an_exit_code(tmp_path: Path) -> None:
    now = [1_700_000_000_000_000]

    def clock() -> int:
        now[0] += 1_000
        return now[0]

    with served(tmp_path, Sources(clock=clock, salt=lambda: bytes(16))) as running:
        with running.client(BUREAU, "civil_affairs") as bureau:
            bureau.submit(replace(CREATE, urgent_within_s=60), "create")
        asked = born(CHILD, "2010-03-01", FATHER, MOTHER)
        submit(running.registry, submission(asked, "b", "xuzhou-police", Office.POLICE))
        taken = judgment("2015-02-04", outcome(disqualified=(FATHER,)))
        position = submit(running.registry, submission(taken, "t", COURT)).position
        run(running, "deliveries", str(position))
        now[0] += 61_000_000
        (one,) = run(running, "deliveries", str(position), code=Exit.WRONG)
        assert (one["alarm"], one["urgent"]) == (True, True)
        (listed,) = run(running, "subscriptions", "list", code=Exit.WRONG)
        assert listed["epochs"][0]["first_urgent"] == str(position)


@pytest.mark.parametrize("message", [pb.Subscription(), pb.Delivery()])
def test_what_is_shown_names_every_field_by_the_contracts_name(
    message: pb.Subscription | pb.Delivery,
) -> None:
    from ops.commands.subscriptions import _delivery, _lines  # noqa: PLC0415

    if isinstance(message, pb.Delivery):
        message.authority, message.subscription, message.epoch = "a", "n", 2
        message.state = pb.DELIVERY_STATE_NOT_OFFERED
        assert _delivery(message) == "a/n epoch 2: not offered"
        return
    message.authority, message.subscription = "a", "n"
    message.epochs.add(number=1, after=3, until=9)
    message.epochs.add(number=2, after=9, first_missing=11, first_urgent=12, alarm=True)
    assert _lines(message, 20) == [
        "a/n epoch 1, over at 9: offered to 3, acknowledged to 3 of 9",
        (
            "a/n epoch 2: offered to 9, acknowledged to 9 of 20; behind since "
            "1970-01-01 00:00:00Z (position 11); ALARM: urgent at 12"
        ),
    ]


def test_a_killed_server_is_left_for_another_and_no_acknowledgement_is_lost(
    tmp_path: Path, cluster: Cluster, new_topic: Callable[[], str]
) -> None:
    topic, ledger = new_topic(), new_topic()
    nodes = [
        Server(
            tmp_path / name,
            name,
            cluster.addresses,
            topic,
            registry=ORIGIN,
            ledger=ledger,
        )
        for name in ("a", "b")
    ]
    for node in nodes:
        node.start()
    servers = ",".join(node.address for node in nodes)
    taken: list[Delivered] = []
    lost = False
    try:
        with connected(servers, who=(BUREAU, "civil_affairs")) as client:
            for number in range(8):
                client.called(*born_as(number))
            client.called("SubmitSubscription", created())
            follower = Follower(client, NAME, tmp_path / "place")
            for one in follower.follow():
                lost = lost or one == "lost"
                if isinstance(one, Delivered):
                    taken.append(one)
                elif one == "caught_up" and lost:
                    break
                if len(taken) == 2:
                    nodes[0].kill()
            confirmed = follower.acknowledged
        with connected(nodes[1].address, who=(BUREAU, "civil_affairs")) as client:
            request = pb.GetSubscriptionRequest(subscription=NAME)
            (epoch,) = client.called("GetSubscription", request).subscription.epochs
            assert epoch.acknowledged.position >= confirmed
            head = client.called("GetSubscription", request).head
            rest = list(Follower(client, NAME, tmp_path / "place").follow(head))
    finally:
        for node in nodes:
            node.stop()
    taken += [one for one in rest if isinstance(one, Delivered)]
    numbers = {one.number: one.position for one in taken}
    assert numbers == {number: number for number in range(1, head + 1)}
