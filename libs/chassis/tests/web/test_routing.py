"""Tests of problems, languages, strict JSON, tokens and idempotency keys on the sample service."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from testkit.plugin import PublishedFacts

Token = Callable[..., str]


async def test_a_write_is_stored_and_published(
    client: AsyncClient, published: PublishedFacts
) -> None:
    answer = await client.post("/notes", json={"text": "你好"})
    assert answer.status_code == 201, answer.text
    stored = await client.get(f"/notes/{answer.json()['id']}")
    assert stored.json() == answer.json()
    assert [(p.type, p.sequence) for p in await published()] == [("testkit.note.written.v1", 1)]


async def test_a_broken_rule_writes_and_publishes_nothing(
    client: AsyncClient, published: PublishedFacts
) -> None:
    answer = await client.post("/notes", json={"text": "forbidden"})
    assert (answer.status_code, answer.json()["code"]) == (409, "NOTE_FORBIDDEN")
    assert answer.json()["detail"] == "Not to be written: forbidden"
    assert await published() == []


async def test_all_violations_are_reported_in_the_callers_language(client: AsyncClient) -> None:
    body = {"text": "", "count": 0, "colour": "red"}
    answer = await client.post("/notes", json=body, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {(e["pointer"], e["code"], e["message"]) for e in answer.json()["errors"]} == {
        ("/text", "TOO_SHORT", "长度至少为 1。"),
        ("/count", "TOO_SMALL", "应不小于 1。"),
        ("/colour", "UNKNOWN_FIELD", "未知字段。"),
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "JSON_INVALID"),
        (b'{"text": NaN}', 400, "JSON_INVALID"),
        (b'{"text": "a", "count": 1e400}', 400, "JSON_INVALID"),
        (b'{"text": "\\ud800"}', 400, "JSON_INVALID"),
        (b"[" * 3000, 400, "JSON_INVALID"),
        (b"[" * 1000 + b"]" * 1000, 400, "JSON_INVALID"),
        (b'{"text": "a", "text": "b"}', 400, "JSON_INVALID"),
        (b'{"text": "a", "\\u0074ext": "a"}', 400, "JSON_INVALID"),
        (b'{"text": "a", "count": {"a": 1, "a": 1}}', 400, "JSON_INVALID"),
        (b'{"text": "a", "text": "a", "text": "a"', 400, "JSON_INVALID"),
        (b'{"text": "a\\u0000b"}', 422, "VALIDATION_FAILED"),
        (b'{"text": "a", "co\\u0000unt": 1}', 422, "VALIDATION_FAILED"),
        (b"", 422, "VALIDATION_FAILED"),
        (b"null", 422, "VALIDATION_FAILED"),
        (b"[]", 422, "VALIDATION_FAILED"),
        (b'{"text": "' + b"x" * 1_000_001 + b'"}', 413, "BODY_TOO_LARGE"),
    ],
)
async def test_invalid_bodies_are_refused(
    client: AsyncClient, body: bytes, status: int, code: str
) -> None:
    answer = await client.post("/notes", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ({"Authorization": ""}, 401, "TOKEN_MISSING"),
        ({"Authorization": "Basic eA=="}, 401, "TOKEN_MISSING"),
        ({"Authorization": "Bearer nonsense"}, 401, "TOKEN_INVALID"),
        ({"Authorization": "Bearer a.b.c"}, 401, "TOKEN_INVALID"),
    ],
)
async def test_invalid_tokens_are_refused(
    client: AsyncClient, header: dict[str, str], status: int, code: str
) -> None:
    answer = await client.post("/notes", json={"text": "a"}, headers=header)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_expired_and_foreign_tokens_and_missing_scopes_are_refused(
    client: AsyncClient, token: Token
) -> None:
    refused: list[tuple[dict[str, Any], int, str]] = [
        ({"exp": 1}, 401, "TOKEN_EXPIRED"),
        ({"iss": "https://elsewhere.test"}, 401, "TOKEN_INVALID"),
        ({"aud": "other"}, 401, "TOKEN_INVALID"),
        ({"tenant": "x"}, 401, "TOKEN_INVALID"),
        ({"scope": "testkit.note.read"}, 403, "SCOPE_MISSING"),
    ]
    for claims, status, code in refused:
        answer = await client.post(
            "/notes",
            json={"text": "a"},
            headers={"Authorization": f"Bearer {token(**claims)}"},
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_another_tenants_row_is_404(client: AsyncClient, token: Token) -> None:
    mine = (await client.post("/notes", json={"text": "a"})).json()["id"]
    other = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    assert (await client.get(f"/notes/{mine}", headers=other)).status_code == 404
    assert (await client.get(f"/notes/{mine}")).status_code == 200


@pytest.mark.parametrize("path", ["/notes/abc", "/nothing", "/notes/%00", "/notes/x?a=%00"])
async def test_malformed_paths_are_problems(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in (400, 404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unexpected_error_is_a_500_with_its_trace_id(client: AsyncClient) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await client.post("/notes", json={"text": "bug"}, headers={"traceparent": trace})
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert answer.json()["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert "ZeroDivision" not in answer.text


async def test_a_repeated_idempotency_key_gets_the_stored_response(
    client: AsyncClient, published: PublishedFacts
) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await client.post("/notes", json={"text": "once"}, headers=key)
    again = await client.post("/notes", json={"text": "once"}, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await published()) == 1
    other = await client.post("/notes", json={"text": "twice"}, headers=key)
    assert other.status_code == 422
    assert other.json()["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_repeated_body_may_order_its_members_differently(client: AsyncClient) -> None:
    key = {"Idempotency-Key": "k3", "Content-Type": "application/json"}
    first = await client.post("/cards", content=b'{"title": "a", "stage": "DOING"}', headers=key)
    again = await client.post("/cards", content=b'{"stage":"DOING","title":"\\u0061"}', headers=key)
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert again.json() == first.json()
    other = await client.post("/cards", content=b'{"title": "a"}', headers=key)
    assert other.json()["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_failed_request_does_not_use_up_its_key(client: AsyncClient) -> None:
    key = {"Idempotency-Key": "k2"}
    assert (await client.post("/notes", json={"text": "forbidden"}, headers=key)).status_code == 409
    assert (await client.post("/notes", json={"text": "fine"}, headers=key)).status_code == 201


async def test_a_route_may_require_an_idempotency_key(client: AsyncClient) -> None:
    answer = await client.post("/notes/paid", json={"text": "a"})
    assert (answer.status_code, answer.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    bad = await client.post("/notes/paid", json={"text": "a"}, headers={"Idempotency-Key": "a b"})
    assert (bad.status_code, bad.json()["code"]) == (400, "IDEMPOTENCY_KEY_INVALID")
