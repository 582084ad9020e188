"""Tests of HEAD: the status and headers of the GET, without a body."""

import asyncio

import pytest
from httpx import AsyncClient as Client
from starlette.types import Message, Receive, Scope, Send

from chassis.web.head_requests import HeadMiddleware

SAME = ("content-type", "content-length", "etag")


@pytest.mark.parametrize("path", ["/cards", "/cards/{id}", "/cards/{id}/audit", "/enums"])
async def test_a_head_has_the_headers_of_the_get(client: Client, path: str) -> None:
    card = (await client.post("/cards", json={"title": "a"})).json()
    path = path.format(id=card["id"])
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers.get(name) for name in SAME] == [got.headers.get(name) for name in SAME]


async def test_a_head_is_refused_as_the_get_is(client: Client) -> None:
    unknown = "/cards/01990000-0000-7000-8000-000000000009"
    for path, status in ((unknown, 404), ("/cards?colour=red", 422), ("/cards/search", 422)):
        answer = await client.head(path)
        assert (answer.status_code, answer.content) == (status, b""), path
    anonymous = await client.head("/cards", headers={"Authorization": ""})
    assert anonymous.status_code == 401
    only_post = await client.head(f"{unknown}/finish")
    assert only_post.status_code == 405


async def test_the_head_of_an_endless_stream_ends() -> None:
    ended = asyncio.Event()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["method"] == "GET"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"tick", "more_body": True})
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "HEAD"}
    async with asyncio.timeout(1):
        await HeadMiddleware(stream)(scope, send, send)  # type: ignore[arg-type]  # never received
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert ended.is_set()


async def test_an_error_of_the_application_is_raised() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    async def send(message: Message) -> None:
        raise AssertionError(message)

    with pytest.raises(RuntimeError, match="broken"):
        await HeadMiddleware(fail)({"type": "http", "method": "HEAD"}, send, send)  # type: ignore[arg-type]  # never received
