"""Who is let in, and how often."""

from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.foundation.refusals import TooManyRequests
from chassis.tenancy.tenant_admission import TenantAdmission
from chassis.web.auth import Principal
from kernel.errors import Forbidden
from testkit.directory import Company, sign_in
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
async def test_what_a_tenant_may_do(
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


async def test_an_unknown_tenant_comes_too_early(client: Client, tx: AsyncConnection) -> None:
    await remove_tenant(tx)
    answer = await client.post("/cards", json=CARD)
    assert (answer.status_code, answer.json()["code"]) == (503, "TENANT_NOT_READY")
    assert answer.headers["Retry-After"] == "1"


async def test_a_tenant_has_so_many_requests_a_minute(
    client: Client, tx: AsyncConnection, app: FastAPI, tenant: UUID
) -> None:
    await add_tenant(tx, quotas={"requests_per_minute": 3})
    answers = [await client.get(f"/notes/{tenant}") for _ in range(4)]
    assert [one.status_code for one in answers] == [404, 404, 404, 429]
    assert answers[3].json()["code"] == "QUOTA_REQUESTS"
    assert answers[3].json()["params"] == {"limit": 3}
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 21


async def test_the_bucket_fills_evenly(
    tx: AsyncConnection, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six a minute are one every ten seconds, and never more than six at once."""
    await add_tenant(tx, quotas={"requests_per_minute": 6})
    now = 1000.0
    monkeypatch.setattr("chassis.tenancy.tenant_admission.time.monotonic", lambda: now)
    door = TenantAdmission()

    async def let_in() -> int:
        count = 0
        try:
            while True:
                await door.admit(tx, person(tenant), "GET")
                count += 1
        except TooManyRequests:
            return count

    assert await let_in() == 6
    now += 9
    assert await let_in() == 0
    now += 1
    assert await let_in() == 1
    now += 3600
    assert await let_in() == 6


async def test_the_looks_of_a_stream_are_no_requests(tx: AsyncConnection, tenant: UUID) -> None:
    await add_tenant(tx, quotas={"requests_per_minute": 1})
    door = TenantAdmission(max_age=0)
    await door.admit(tx, person(tenant), "GET")
    for _ in range(3):
        await door.readmit(tx, person(tenant))
    await add_tenant(tx, status="DELETED")
    with pytest.raises(Forbidden, match="TENANT_DELETED"):
        await door.readmit(tx, person(tenant))


async def test_what_is_known_is_two_seconds_old_at_most(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("chassis.tenancy.tenant_admission.time.monotonic", lambda: now)
    door = TenantAdmission()
    async with committed.app.begin(tenant) as tx:
        await door.admit(tx, person(tenant), "POST")
        await tx.execute(update(tenant_settings).values(status="SUSPENDED"))
        now += 1.9
        await door.admit(tx, person(tenant), "POST")
        now += 0.1
        with pytest.raises(Forbidden, match="TENANT_SUSPENDED"):
            await door.admit(tx, person(tenant), "POST")
        await door.admit(tx, person(tenant), "GET")


async def test_whoever_left_the_company_is_let_in_no_more(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    """Not even with a token that sees all, nor to what was theirs; a client has no person."""
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
