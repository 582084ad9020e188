"""Admission of requests by tenant status, request quota and active person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.foundation.refusals import TooManyRequests, Unauthenticated
from chassis.tenancy.tenant_admission import TenantAdmission
from chassis.web.auth import Principal
from kernel.errors import Forbidden
from testkit.directory import Company, sign_in, subject
from testkit.plugin import Client, Committed
from testkit.tenants import add_tenant, remove_tenant

CARD = {"title": "x"}


def person(tenant: UUID) -> Principal:
    return Principal(tenant, "li", "person", frozenset())


@pytest.mark.parametrize(
    ("status", "read", "written"),
    [
        ("ACTIVE", (404, "NOTE_NOT_FOUND"), (201, None)),
        ("SUSPENDED", (404, "NOTE_NOT_FOUND"), (403, "TENANT_SUSPENDED")),
        ("DELETED", (403, "TENANT_DELETED"), (403, "TENANT_DELETED")),
    ],
)
async def test_the_status_of_the_tenant_limits_requests(
    client: Client,
    tx: AsyncConnection,
    tenant: UUID,
    status: str,
    read: tuple[int, str | None],
    written: tuple[int, str | None],
) -> None:
    await add_tenant(tx, status=status)
    answer = await client.get(f"/notes/{tenant}")
    assert (answer.status_code, answer.json().get("code")) == read
    answer = await client.post("/cards", json=CARD)
    assert (answer.status_code, answer.json().get("code")) == written


@pytest.mark.parametrize(
    ("languages", "accepted", "answered"),
    [
        (["en"], None, "en"),
        (["en"], "zh-CN", "zh-CN"),
        (["en"], "fr", "en"),
        (["fr", "zh-Hant-TW", "en"], None, "zh-CN"),
        (["fr"], None, "zh-CN"),
        (["zh-CN", "en"], "en", "en"),
    ],
)
async def test_texts_are_in_the_tenants_language_unless_the_caller_chooses_one(
    client: Client,
    tx: AsyncConnection,
    languages: list[str],
    accepted: str | None,
    answered: str,
) -> None:
    await add_tenant(tx, languages=languages)
    del client.headers["Accept-Language"]
    headers = {} if accepted is None else {"Accept-Language": accepted}
    answer = await client.post("/cards", json={}, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["Content-Language"] == answered
    assert answer.json()["detail"].isascii() == (answered == "en")


async def test_an_unknown_tenant_answers_503(client: Client, tx: AsyncConnection) -> None:
    await remove_tenant(tx)
    answer = await client.post("/cards", json=CARD)
    assert (answer.status_code, answer.json()["code"]) == (503, "TENANT_NOT_READY")
    assert answer.headers["Retry-After"] == "1"


async def test_the_quota_limits_requests_per_minute(
    client: Client, tx: AsyncConnection, app: FastAPI, tenant: UUID
) -> None:
    await add_tenant(tx, quotas={"requests_per_minute": 3})
    answers = [await client.get(f"/notes/{tenant}") for _ in range(4)]
    assert [one.status_code for one in answers] == [404, 404, 404, 429]
    assert answers[3].json()["code"] == "QUOTA_REQUESTS"
    assert answers[3].json()["params"] == {"limit": 3}
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 21


async def test_the_request_quota_refills_evenly(
    tx: AsyncConnection, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quota of six a minute refills one request every ten seconds, up to six."""
    await add_tenant(tx, quotas={"requests_per_minute": 6})
    now = 1000.0
    monkeypatch.setattr("chassis.tenancy.tenant_admission.time.monotonic", lambda: now)
    admission = TenantAdmission()

    async def count_admitted() -> int:
        count = 0
        try:
            while True:
                await admission.admit(tx, person(tenant), "GET")
                count += 1
        except TooManyRequests:
            return count

    assert await count_admitted() == 6
    now += 9
    assert await count_admitted() == 0
    now += 1
    assert await count_admitted() == 1
    now += 3600
    assert await count_admitted() == 6


async def test_readmission_of_a_stream_does_not_count_as_a_request(
    tx: AsyncConnection, tenant: UUID
) -> None:
    await add_tenant(tx, quotas={"requests_per_minute": 1})
    admission = TenantAdmission(max_age=0)
    await admission.admit(tx, person(tenant), "GET")
    for _ in range(3):
        await admission.readmit(tx, person(tenant))
    await add_tenant(tx, status="DELETED")
    with pytest.raises(Forbidden, match="TENANT_DELETED"):
        await admission.readmit(tx, person(tenant))


async def test_tenant_settings_are_cached_for_two_seconds_at_most(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("chassis.tenancy.tenant_admission.time.monotonic", lambda: now)
    admission = TenantAdmission()
    async with committed.app.begin(tenant) as tx:
        await admission.admit(tx, person(tenant), "POST")
        await tx.execute(update(tenant_settings).values(status="SUSPENDED"))
        now += 1.9
        await admission.admit(tx, person(tenant), "POST")
        now += 0.1
        with pytest.raises(Forbidden, match="TENANT_SUSPENDED"):
            await admission.admit(tx, person(tenant), "POST")
        await admission.admit(tx, person(tenant), "GET")


async def test_an_inactive_person_is_refused(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    """The scope `*` and own records make no difference; clients and unknown people are admitted."""
    company = await Company(tx).build()
    seller = sign_in(tenant, "li", scope="testkit.card.read testkit.card.write")
    admin = sign_in(tenant, "li", scope="*")
    card = (await client.post("/cards", json=CARD, headers=seller)).json()["id"]
    await company.person("li", "team A", active=False)
    for headers in (seller, admin):
        for path in ("/cards", f"/cards/{card}"):
            answer = await client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "PERSON_INACTIVE")
    unknown = sign_in(tenant, "newcomer", scope="testkit.card.read")
    machine = sign_in(tenant, "li", scope="testkit.card.read", kind="client")
    for headers in (unknown, machine):
        assert (await client.get("/cards", headers=headers)).status_code == 200
    await company.person("li", "team A")
    assert (await client.get(f"/cards/{card}", headers=seller)).status_code == 200


async def test_tokens_issued_before_a_revocation_are_refused(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    company = await Company(tx).build()
    revoked_at = datetime.now(UTC)
    before, at = [
        {"iat": (revoked_at + timedelta(milliseconds=shift)).timestamp()} for shift in (-1, 1)
    ]
    for kind in ("person", "client"):
        old = sign_in(tenant, "li", scope="testkit.card.read", kind=kind, **before)
        new = sign_in(tenant, "li", scope="testkit.card.read", kind=kind, **at)
        assert (await client.get("/cards", headers=old)).status_code == 200
        await company.revoke("li", revoked_at)
        answer = await client.get("/cards", headers=old)
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REVOKED")
        assert (await client.get("/cards", headers=new)).status_code == 200
        await company.revoke("li", revoked_at - timedelta(days=1))
    other = sign_in(tenant, "zhou", scope="testkit.card.read", **before)
    assert (await client.get("/cards", headers=other)).status_code == 200


async def test_a_revocation_takes_effect_within_two_seconds_and_at_once_for_fresh_writes(
    tx: AsyncConnection, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("chassis.tenancy.tenant_admission.time.monotonic", lambda: now)
    caller = replace(person(tenant), subject=subject("li"), issued_at=datetime.now(UTC))
    cached, fresh = TenantAdmission(), TenantAdmission(fresh_writes=True)
    for admission in (cached, fresh):
        await admission.admit(tx, caller, "POST")
    await Company(tx).revoke("li", datetime.now(UTC))
    await cached.admit(tx, caller, "POST")
    await fresh.admit(tx, caller, "GET")
    with pytest.raises(Unauthenticated, match="TOKEN_REVOKED"):
        await fresh.admit(tx, caller, "POST")
    now += 2
    with pytest.raises(Unauthenticated, match="TOKEN_REVOKED"):
        await cached.admit(tx, caller, "POST")
