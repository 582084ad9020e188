"""Requests over a real socket that are too large, too slow or too many."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from chassis.web.limited_protocol import Limits, limited

LIMITS = Limits(
    header_bytes=2_000, header_seconds=20, body_seconds=20, answer_seconds=20, connections=1_000
)
SOON = 0.3  # seconds
HEAD = b"POST / HTTP/1.1\r\nHost: api.test\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the number of bytes of the body, or at once, or with a large answer."""
    request = Request(scope, receive)
    if request.url.path == "/early":
        await PlainTextResponse("early")(scope, receive, send)
        return
    size = len(await request.body())
    text = "x" * 20_000_000 if request.url.path == "/large" else str(size)
    await PlainTextResponse(text)(scope, receive, send)


@asynccontextmanager
async def running(limits: Limits) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    config = uvicorn.Config(
        echo, port=0, http=limited(limits), ws="none", lifespan="off", log_config=None
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port: int = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield server, port
    finally:
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await server.shutdown()


async def answer_of(reader: StreamReader) -> tuple[int, str]:
    """Return the status and the code of the problem, after which the server closes."""
    async with asyncio.timeout(20):
        raw = (await reader.read()).decode()
    head, _, body = raw.partition("\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["code"]


async def send(port: int, *parts: bytes) -> tuple[StreamReader, StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    return reader, writer


async def whole_answer(reader: StreamReader) -> bytes:
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        return head.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "parts",
    [
        (HEAD + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n",),
        (HEAD + b"X-A: " + b"a" * 2_500,),  # never ends
        (HEAD, b"X-A: " + b"a" * 1_500 + b"\r\n", b"X-B: " + b"b" * 1_500 + b"\r\n\r\n"),
        (b"GET /" + b"u" * 3_000 + b" HTTP/1.1\r\n\r\n",),
    ],
    ids=["70 KB", "unfinished", "several", "url"],
)
async def test_large_headers_are_431(parts: tuple[bytes, ...]) -> None:
    async with running(LIMITS) as (_, port):
        reader, writer = await send(port, *parts)
        assert await answer_of(reader) == (431, "HEADERS_TOO_LARGE")
        writer.close()


async def test_headers_within_the_limit_and_several_requests_pass() -> None:
    async with running(LIMITS) as (_, port):
        request = HEAD + b"X-A: " + b"a" * 1_500 + b"\r\nContent-Length: 5000\r\n\r\n"
        reader, writer = await send(port)
        for _ in range(3):
            writer.write(request + b"b" * 5_000)
            assert await whole_answer(reader) == b"HTTP/1.1 200 OK"
            assert await reader.readexactly(4) == b"5000"
        writer.close()


@pytest.mark.parametrize("begun", [b"", b"GET", HEAD, b"\r\n"])
async def test_unfinished_headers_are_408(begun: bytes) -> None:
    async with running(replace(LIMITS, header_seconds=SOON)) as (_, port):
        reader, writer = await send(port, begun)
        assert await answer_of(reader) == (408, "REQUEST_TOO_SLOW")
        writer.close()


async def test_the_second_request_of_a_connection_may_not_be_slow_either() -> None:
    async with running(replace(LIMITS, header_seconds=SOON)) as (_, port):
        reader, writer = await send(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await whole_answer(reader) == b"HTTP/1.1 200 OK"
        await reader.readexactly(1)
        writer.write(b"GET")
        assert await answer_of(reader) == (408, "REQUEST_TOO_SLOW")
        writer.close()


async def test_an_unfinished_body_is_408() -> None:
    async with running(replace(LIMITS, body_seconds=SOON)) as (_, port):
        reader, writer = await send(port, HEAD + b"Content-Length: 10\r\n\r\n12345")
        assert await answer_of(reader) == (408, "REQUEST_TOO_SLOW")
        writer.close()


async def test_a_body_that_goes_on_after_an_early_answer_ends_too() -> None:
    early = b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345"
    async with running(replace(LIMITS, body_seconds=SOON)) as (server, port):
        reader, writer = await send(port, early)
        assert await whole_answer(reader) == b"HTTP/1.1 200 OK"
        await until_closed(server)
        writer.close()


async def test_600_half_sent_requests_are_all_closed() -> None:
    async with running(replace(LIMITS, header_seconds=SOON)) as (server, port):
        writers = [(await send(port, HEAD))[1] for _ in range(600)]
        await until_closed(server)
        for writer in writers:
            writer.close()


async def test_a_client_that_does_not_read_the_answer_is_closed() -> None:
    large = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
    async with running(replace(LIMITS, answer_seconds=SOON)) as (server, port):
        _, writer = await send(port, large)
        await until_closed(server)
        writer.close()


async def test_connections_beyond_the_limit_are_503_and_the_others_go_on() -> None:
    async with running(replace(LIMITS, connections=2)) as (_, port):
        first = await send(port)
        second = await send(port)
        third = await send(port, HEAD)
        assert await answer_of(third[0]) == (503, "TOO_MANY_CONNECTIONS")
        for reader, writer in (first, second):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await whole_answer(reader) == b"HTTP/1.1 200 OK"
        for _, writer in (first, second, third):
            writer.close()


async def until_closed(server: uvicorn.Server) -> None:
    async with asyncio.timeout(20):
        while server.server_state.connections:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.05)
