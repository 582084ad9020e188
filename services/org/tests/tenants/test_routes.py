"""The routes of the caller's own tenant."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.org.tests.factories import codes, store_tenant
from testkit import tokens
from testkit.plugin import PublishedFacts
from testkit.shared_transaction import set_tenant


@pytest.fixture(autouse=True)
async def _stored_tenant(tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)


async def test_the_callers_tenant_is_read(client: AsyncClient, tenant: UUID) -> None:
    answer = await client.get("/tenant")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body == {
        "id": str(tenant),
        "name": "示例科技",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "languages": ["zh-CN", "en"],
        "default_tax_rate": "0.13",
        "country": "CN",
        "status": "ACTIVE",
        "tax_rounding": "LINE",
        "separate_resources": [],
        "transferred_along": [],
        "quotas": {"requests_per_minute": None, "rows": None, "imports_at_once": None},
        "version": 1,
        "created_at": "2026-11-22T08:00:00Z",
        "updated_at": "2026-11-22T08:00:00Z",
    }


async def test_a_change_is_stored_and_published_as_the_whole_state(
    client: AsyncClient, published: PublishedFacts, tenant: UUID
) -> None:
    body = {"timezone": "Europe/Berlin", "languages": ["de", "zh-Hans-CN"], "default_tax_rate": "0"}
    answer = await client.patch("/tenant", json=body)
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert {name: changed[name] for name in body} == body
    assert (changed["version"], changed["name"]) == (2, "示例科技")
    assert changed["updated_at"] > changed["created_at"]
    assert (await client.get("/tenant")).json() == changed
    created, event = await published()
    assert (created.type, created.sequence) == ("org.tenant.created.v1", 1)
    assert (event.type, event.sequence) == ("org.tenant.changed.v1", 2)
    assert event.payload["tenant"] == {
        "tenant_id": str(tenant),
        "name": "示例科技",
        "timezone": "Europe/Berlin",
        "currency": "CNY",
        "languages": ["de", "zh-Hans-CN"],
        "default_tax_rate": "0",
        "country": "CN",
        "status": "ACTIVE",
        "tax_rounding": "LINE",
        "separate_resources": [],
        "transferred_along": [],
        "quotas": {"requests_per_minute": None, "rows": None, "imports_at_once": None},
        "deleted": False,
    }


@pytest.mark.parametrize("body", [{}, {"currency": "CNY"}, {"default_tax_rate": "0.130000"}])
async def test_no_change_makes_no_version_and_no_event(
    client: AsyncClient, published: PublishedFacts, body: dict[str, Any]
) -> None:
    answer = await client.patch("/tenant", json=body)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert len(await published()) == 1


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("name", " ", "TOO_SHORT"),
        ("name", "x" * 201, "TOO_LONG"),
        ("name", None, "TYPE_INVALID"),
        ("name", "a\0b", "TEXT_INVALID"),
        ("timezone", "Mars/Olympus", "TIMEZONE_UNKNOWN"),
        ("timezone", "../../etc/passwd", "TIMEZONE_UNKNOWN"),
        ("timezone", "Factory", "TIMEZONE_UNKNOWN"),
        ("timezone", "asia/shanghai", "TIMEZONE_UNKNOWN"),
        ("currency", "RMB", "CURRENCY_UNKNOWN"),
        ("currency", "cny", "CURRENCY_UNKNOWN"),
        ("languages", [], "TOO_SHORT"),
        ("languages", ["en", "en"], "LANGUAGE_REPEATED"),
        ("languages", "en", "TYPE_INVALID"),
        ("default_tax_rate", "1.1", "TOO_LARGE"),
        ("default_tax_rate", "-0.1", "TOO_SMALL"),
        ("default_tax_rate", 0.13, "DECIMAL_STRING_INVALID"),
        ("default_tax_rate", "1e-1", "DECIMAL_STRING_INVALID"),
        ("default_tax_rate", None, "DECIMAL_STRING_INVALID"),
        ("country", "China", "COUNTRY_UNKNOWN"),
        ("country", "ZZ", "COUNTRY_UNKNOWN"),
        ("status", "SUSPENDED", "UNKNOWN_FIELD"),
        ("id", "x", "UNKNOWN_FIELD"),
    ],
)
async def test_invalid_settings_are_refused(
    client: AsyncClient, name: str, value: object, code: str
) -> None:
    answer = await client.patch("/tenant", json={name: value})
    assert answer.status_code == 422, answer.text
    assert codes(answer) == {(f"/{name}", code)}


@pytest.mark.parametrize("tag", ["english", "EN", "zh-cn", "zh_CN", "zh-Hans-CN-x", ""])
async def test_invalid_languages_are_refused(client: AsyncClient, tag: str) -> None:
    answer = await client.patch("/tenant", json={"languages": ["en", tag]})
    assert codes(answer) == {("/languages/1", "PATTERN_MISMATCH")}


@pytest.mark.parametrize("tag", ["xx", "zh-Xxxx", "en-ZY", "qqq"])
async def test_unknown_languages_are_refused(client: AsyncClient, tag: str) -> None:
    answer = await client.patch("/tenant", json={"languages": ["en", tag]})
    assert codes(answer) == {("/languages/1", "LANGUAGE_UNKNOWN")}


async def test_all_violations_are_reported_at_once(
    client: AsyncClient, published: PublishedFacts
) -> None:
    body = {"timezone": "x", "currency": "x", "country": "x", "name": "Good"}
    assert codes(await client.patch("/tenant", json=body)) == {
        ("/timezone", "TIMEZONE_UNKNOWN"),
        ("/currency", "CURRENCY_UNKNOWN"),
        ("/country", "COUNTRY_UNKNOWN"),
    }
    assert (await client.get("/tenant")).json()["name"] == "示例科技"
    assert len(await published()) == 1


async def test_another_tenant_is_not_visible(client: AsyncClient) -> None:
    other = tokens.bearer(new_id())
    answer = await client.get("/tenant", headers=other)
    assert (answer.status_code, answer.json()["code"]) == (404, "TENANT_NOT_FOUND")
    answer = await client.patch("/tenant", json={"name": "Mine"}, headers=other)
    assert answer.status_code == 404


async def test_routes_need_their_scopes(client: AsyncClient, tenant: UUID) -> None:
    reader = tokens.bearer(tenant, scope="org.tenant.read")
    assert (await client.get("/tenant", headers=reader)).status_code == 200
    answer = await client.patch("/tenant", json={}, headers=reader)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
    no_scopes = tokens.bearer(tenant, scope="")
    assert (await client.get("/tenant", headers=no_scopes)).status_code == 403


async def test_an_idempotency_key_changes_once(
    client: AsyncClient, published: PublishedFacts
) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await client.patch("/tenant", json={"name": "新名"}, headers=key)
    again = await client.patch("/tenant", json={"name": "新名"}, headers=key)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert len(await published()) == 2


async def test_queries_without_a_tenant_see_no_rows(tx: AsyncConnection) -> None:
    await set_tenant(tx, None)
    for table in ("tenants", "people", "clients", "outbox"):
        body = await tx.exec_driver_sql(f"SELECT count(*) FROM {table}")
        assert body.scalar_one() == 0, table


async def test_kinds_of_records_can_be_kept_apart(
    client: AsyncClient, published: PublishedFacts
) -> None:
    """Each is named once, in order; a kind that hangs on nothing is unknown."""
    named = ["rms.receivable", "cpq.quote", "rms.receivable"]
    answer = await client.patch("/tenant", json={"separate_resources": named})
    assert answer.json()["separate_resources"] == ["cpq.quote", "rms.receivable"]
    tenant = (await published())[-1].payload["tenant"]
    assert tenant["separate_resources"] == ["cpq.quote", "rms.receivable"]
    refused = await client.patch("/tenant", json={"separate_resources": ["mtl.lead"]})
    assert codes(refused) == {("/separate_resources/0", "VALUE_UNKNOWN")}
