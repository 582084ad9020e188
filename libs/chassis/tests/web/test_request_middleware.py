"""Tests of what holds for every path: framework errors, CORS, slow and large bodies, languages."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from chassis.composition.app import create_app
from chassis.composition.serve import combine_apps
from chassis.foundation.languages import preferred_language
from chassis.foundation.refusals import TooManyRequests
from chassis.foundation.settings import Settings
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from testkit import tokens
from testkit.plugin import Committed

ORIGIN = "https://ui.test"


def things() -> Any:
    router = new_router("/things", tag="things")

    @router.get("")
    async def thing_list() -> list[str]:
        return []

    @router.post("")
    async def thing_create() -> None:
        raise TooManyRequests("THING_BRAKED", retry_after=7, seconds=7)

    @router.post("/{name}/move")
    async def thing_move(name: str, tx: Tx) -> str:
        return name

    return router


@pytest.fixture
async def app(
    committed: Committed, environment: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    monkeypatch.setenv("CORS_ORIGINS", f'["{ORIGIN}"]')
    settings = Settings.of("testkit")
    made = create_app(settings, title="Edge", description="", routers=[things()], texts={})
    made.state.verifier = tokens.verifier()
    async with made.router.lifespan_context(made):
        yield made


async def send_request(app: Any, method: str, path: str, **options: Any) -> Response:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as http:
        return await http.request(method, path, **options)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PUT", "/testkit/v1/things", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/testkit/v1/nothing", 404, "NOT_FOUND"),
    ],
)
async def test_framework_errors_are_problems(
    app: FastAPI, method: str, path: str, status: int, code: str
) -> None:
    headers = {"Origin": ORIGIN, "Accept-Language": "en"}
    answer = await send_request(app, method, path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["Content-Language"] == "en"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers.get("Allow") == ("GET, POST" if status == 405 else None)


async def test_answers_stay_out_of_caches_and_vary_with_the_language(app: FastAPI) -> None:
    for path in ("/testkit/v1/nothing", "/testkit/v1/enums"):
        headers = (await send_request(app, "GET", path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept-Language" in headers["Vary"]


PREFLIGHT = {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "If-Match, Authorization, Idempotency-Key",
}


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:5173", "http://127.0.0.1:3000"])
async def test_in_development_a_front_end_of_this_machine_may_call(
    app: FastAPI, origin: str
) -> None:
    headers = {**PREFLIGHT, "Origin": origin}
    answer = await send_request(app, "OPTIONS", "/testkit/v1/things", headers=headers)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)
    assert "if-match" in answer.headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize("origin", ["http://localhost.example.com", "https://evil.example.com"])
async def test_pages_of_other_origins_may_not_call(app: FastAPI, origin: str) -> None:
    headers = {**PREFLIGHT, "Origin": origin}
    answer = await send_request(app, "OPTIONS", "/testkit/v1/things", headers=headers)
    assert answer.status_code == 400
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_429_carries_retry_after(app: FastAPI) -> None:
    answer = await send_request(app, "POST", "/testkit/v1/things")
    assert (answer.status_code, answer.json()["code"]) == (429, "THING_BRAKED")
    assert answer.headers["Retry-After"] == "7"


async def test_options_asterisk_is_answered(app: FastAPI) -> None:
    """`OPTIONS *` (RFC 9110, 9.3.7) has no path."""
    front = combine_apps({"testkit": app})
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    for path in ("*", "/"):
        scope: dict[str, Any] = {"type": "http", "method": "OPTIONS", "path": path, "headers": []}
        scope |= {"query_string": b"", "root_path": "", "http_version": "1.1"}
        await front(scope, receive, send)
    assert [m["status"] for m in sent if m["type"] == "http.response.start"] == [404, 405]


async def test_no_transaction_is_open_while_a_body_arrives(app: FastAPI, tenant: Any) -> None:
    pool: Any = app.state.database.engine.pool
    checked_out: list[int] = []

    async def slow_body() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0.01)
            checked_out.append(pool.checkedout())
            yield b" "

    headers = {**tokens.bearer(tenant), "Idempotency-Key": "k"}
    path = "/testkit/v1/things/a/move"
    answer = await send_request(app, "POST", path, headers=headers, content=slow_body())
    assert (answer.status_code, checked_out) == (200, [0, 0, 0])


async def test_a_too_large_body_of_a_route_that_reads_none_is_413(
    app: FastAPI, tenant: Any
) -> None:
    headers = {**tokens.bearer(tenant), "Idempotency-Key": "k"}
    path = "/testkit/v1/things/a/move"
    answer = await send_request(app, "POST", path, headers=headers, content=b" " * 1_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, None),
        ("fr", None),
        ("en", "en"),
        ("en; q=0.9", "en"),
        ("EN-gb ; Q=0.9 , zh;q=0.8", "en"),
        ("en; q=0.1, zh; q=0.2", "zh-CN"),
        ("en;q=0, *", "zh-CN"),
        ("fr, en; q=x, de", None),
        (";;;,,", None),
        ("en;level=1;q=0.4", "en"),
    ],
)
def test_the_preferred_language(accept: str | None, language: str | None) -> None:
    assert preferred_language(accept) == language
