"""Methods of a server: found by name, wrapped once, and one way of ending badly."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import grpc
import pytest

from childregistry.v1 import admin_service_pb2_grpc
from childregistry.v1 import custody_service_pb2 as pb
from events.log import LogUnavailableError
from registry.refusal import InvalidError, NotKnownError
from registry.server import Serving
from registry.services.call import (
    PACKAGE,
    Context,
    answering,
    encoded,
    streaming,
    undecoded,
)
from registry.services.methods import Methods
from tests.support.server import details, in_thread
from tests.support.waiting import wait

SECRET = "王小明-secret"  # noqa: S105  a name that must not leak
SERVICE = PACKAGE.strip("/") + "ProbeService"
ASK, FOLLOW = f"/{SERVICE}/Ask", f"/{SERVICE}/Follow"
ERRORS: dict[str, Exception] = {
    "invalid": InvalidError("child", "is a child's id"),
    "unknown": NotKnownError("children/nobody"),
    "down": LogUnavailableError("the disk is full"),
    "unexpected": ValueError(SECRET),
}


class Probe:
    """Does what the request's field `child` says, and remembers who went away."""

    def __init__(self) -> None:
        self.waiting = threading.Event()
        self.gone: list[str] = []

    @answering
    async def ask(
        self, request: pb.GetCustodyRequest, _context: Context
    ) -> pb.GetCustodyResponse | bytes:
        await self._does(request.child)
        answer = pb.GetCustodyResponse(custody=pb.Custody(child=request.child))
        return answer.SerializeToString() if request.child == "bytes" else answer

    @streaming
    async def follow(
        self, request: pb.GetCustodyRequest, _context: Context
    ) -> AsyncIterator[pb.GetCustodyResponse]:
        yield pb.GetCustodyResponse(custody=pb.Custody(child="the first"))
        await self._does(request.child)
        yield pb.GetCustodyResponse(custody=pb.Custody(child="the second"))

    async def _does(self, child: str) -> None:
        if child in ERRORS:
            raise ERRORS[child]
        if child == "waits":
            self.waiting.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.gone.append(child)
                raise


def handlers(probe: Probe) -> dict[str, Any]:
    given: dict[str, Any] = {
        "request_deserializer": pb.GetCustodyRequest.FromString,
        "response_serializer": pb.GetCustodyResponse.SerializeToString,
    }
    return {
        "Ask": grpc.unary_unary_rpc_method_handler(probe.ask, **given),
        "Follow": grpc.unary_stream_rpc_method_handler(probe.follow, **given),
    }


@contextmanager
def called(methods: Methods) -> Iterator[grpc.Channel]:
    """Serve methods as the server does; give a channel to them."""

    @asynccontextmanager
    async def serving() -> AsyncIterator[Serving]:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((methods,))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield Serving(server, port)
        finally:
            await server.stop(None)

    with (
        in_thread(serving) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
def channel(probe: Probe) -> Iterator[grpc.Channel]:
    methods = Methods((undecoded, encoded))
    methods.add_registered_method_handlers(SERVICE, handlers(probe))
    with called(methods) as open_:
        yield open_


def method(channel: grpc.Channel, name: str) -> Any:  # noqa: ANN401  bytes to bytes
    return channel.unary_unary(name)


def unary(channel: grpc.Channel, child: str) -> str:
    answer = method(channel, ASK)(asked(child), timeout=20)
    return str(pb.GetCustodyResponse.FromString(answer).custody.child)


def stream(channel: grpc.Channel, content: bytes) -> Any:  # noqa: ANN401  a call
    called_: Any = channel.unary_stream(FOLLOW)
    return called_(content, timeout=20)


def asked(child: str) -> bytes:
    return pb.GetCustodyRequest(child=child).SerializeToString()


def traced(name: str, trace: list[str]) -> Callable[[str, Any], Any]:
    """Return a wrap that notes each method it is put round, and each call."""

    def wrap(method: str, handler: Any) -> Any:  # noqa: ANN401  the transport's own
        trace.append(f"{name} round {method.rpartition('/')[2]}")
        inner = handler.unary_unary

        async def noted(request: Any, context: Context) -> Any:  # noqa: ANN401  any message
            trace.append(name)
            return await inner(request, context)

        return handler._replace(unary_unary=noted)

    return wrap


def test_a_method_is_wrapped_once_and_not_at_its_calls_the_first_innermost(
    probe: Probe,
) -> None:
    trace: list[str] = []
    methods = Methods((traced("inner", trace), traced("outer", trace)))
    ask = {"Ask": handlers(probe)["Ask"]}
    methods.add_registered_method_handlers(SERVICE, ask)
    assert trace == ["inner round Ask", "outer round Ask"]
    trace.clear()
    with called(methods) as channel:
        assert [unary(channel, "a child") for _ in range(3)] == ["a child"] * 3
    assert trace == ["outer", "inner"] * 3


def test_generated_code_adds_each_of_its_methods_once() -> None:
    trace: list[str] = []
    methods = Methods((traced("once", trace),))
    generated: Any = admin_service_pb2_grpc
    admin = generated.AdminServiceServicer()
    generated.add_AdminServiceServicer_to_server(admin, methods)
    names = [name for name in vars(type(admin)) if name[0].isupper()]
    assert sorted(trace) == sorted(f"once round {name}" for name in names)
    with called(methods) as channel:
        for _ in range(2):
            with pytest.raises(grpc.RpcError) as error:
                method(channel, PACKAGE + "AdminService/GetRebuild")(b"")
            assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED
            with pytest.raises(grpc.RpcError) as error:
                method(channel, PACKAGE + "AdminService/GetNothing")(b"")
            assert "Method not found" in str(error.value.details())
    assert trace.count("once round GetRebuild") == 1
    assert trace.count("once") == 2


class Others(grpc.GenericRpcHandler):
    """Knows every method whose name ends in one of some ways, by itself."""

    def __init__(self, says: str, *ends: str) -> None:
        self._says = says
        self._ends = ends

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401  the transport's own
        if not handler_call_details.method.endswith(self._ends):
            return None

        async def said(_request: bytes, _context: Context) -> bytes:
            return self._says.encode()

        return grpc.unary_unary_rpc_method_handler(said)


def test_the_table_comes_before_the_others_and_these_in_their_order(
    probe: Probe,
) -> None:
    trace: list[str] = []
    methods = Methods((traced("ours", trace),))
    methods.add_generic_rpc_handlers((Others("the first", "/Ask", "/Tell"),))
    methods.add_generic_rpc_handlers((Others("the second", "/Tell", "/Say"),))
    methods.add_registered_method_handlers(SERVICE, {"Ask": handlers(probe)["Ask"]})
    trace.clear()
    with called(methods) as channel:
        assert unary(channel, "a child") == "a child"
        for name, says in (("Tell", b"the first"), ("Say", b"the second")):
            assert method(channel, f"/{SERVICE}/{name}")(b"") == says
        assert trace.count("ours") == 3
        trace.clear()
        # What is no method of this package is given as it is.
        assert method(channel, "/grpc.foreign.v1.Service/Say")(b"") == b"the second"
        assert trace == []
        with pytest.raises(grpc.RpcError) as error:
            method(channel, f"/{SERVICE}/Forget")(b"")
        assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_an_answer_that_is_bytes_already_is_given_as_it_is(
    channel: grpc.Channel,
) -> None:
    assert unary(channel, "bytes") == "bytes"
    given = list(stream(channel, asked("a child")))
    children = [pb.GetCustodyResponse.FromString(one).custody.child for one in given]
    assert children == ["the first", "the second"]


@pytest.mark.parametrize(
    ("child", "code", "reason", "retried"),
    [
        ("invalid", grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", False),
        ("unknown", grpc.StatusCode.NOT_FOUND, "NOT_KNOWN", False),
        ("down", grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE", True),
        ("unexpected", grpc.StatusCode.INTERNAL, "INTERNAL", True),
    ],
)
def test_an_error_is_told_by_its_class_also_after_part_of_a_stream(
    channel: grpc.Channel,
    caplog: pytest.LogCaptureFixture,
    child: str,
    code: grpc.StatusCode,
    reason: str,
    *,
    retried: bool,
) -> None:
    with caplog.at_level(logging.ERROR):
        with pytest.raises(grpc.RpcError) as alone:
            unary(channel, child)
        given = stream(channel, asked(child))
        assert b"the first" in next(given)
        with pytest.raises(grpc.RpcError) as after:
            next(given)
    for error in (alone.value, after.value):
        told = details(error)
        assert error.code() is code
        assert told["ErrorInfo"].reason == reason
        assert ("RetryInfo" in told) == retried
        assert SECRET not in str(error)
    assert SECRET not in caplog.text
    references = [
        details(error.value)["ErrorInfo"].metadata["reference"]
        for error in (alone, after)
        if reason == "INTERNAL"
    ]
    assert all(reference in caplog.text for reference in references)
    assert len(caplog.records) == len(set(references))
    assert unary(channel, "a child") == "a child"  # it goes on


def test_bytes_that_are_no_message_are_a_fault_of_the_caller(
    channel: grpc.Channel,
) -> None:
    for call in (
        partial(method(channel, ASK), b"\xff", timeout=20),
        partial(next, stream(channel, b"\xff")),
    ):
        with pytest.raises(grpc.RpcError) as error:
            call()
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        (found,) = details(error.value)["BadRequest"].field_violations
        assert found.field == "message"


@pytest.mark.parametrize("name", [ASK, FOLLOW])
def test_a_call_that_its_caller_gave_up_ends_in_the_method_and_is_no_error(
    channel: grpc.Channel,
    probe: Probe,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    with caplog.at_level(logging.ERROR):
        if name == ASK:
            call = method(channel, ASK).future(asked("waits"))
        else:
            call = stream(channel, asked("waits"))
        assert probe.waiting.wait(20)
        call.cancel()
        wait(lambda: bool(probe.gone))
        assert probe.gone == ["waits"]
        assert unary(channel, "a child") == "a child"
    assert [record.name for record in caplog.records] == []
