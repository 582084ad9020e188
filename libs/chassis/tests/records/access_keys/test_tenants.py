"""Keys and tenants: what the API's role may read, and what becomes of keys with their tenant."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.pruning import ACCESS_KEY_DAYS, prune
from chassis.foundation.clock import now
from chassis.records.access_keys.keys import access_key_digest
from chassis.records.access_keys.store import find_by_digest
from chassis.records.access_keys.tables import access_keys
from kernel.ids import new_id
from libs.chassis.tests.records.access_keys import links
from libs.chassis.tests.tenancy.running import request_task, run
from testkit import tokens
from testkit.plugin import Client, Committed
from testkit.tenants import add_tenant, add_tenants

ISSUER = UUID("01990000-0000-7000-8000-000000000001")  # the subject of the tests' tokens


async def count(tx: AsyncConnection) -> int:
    counted: int = (await tx.execute(select(func.count(access_keys.c.id)))).scalar_one()
    return counted


async def test_a_key_reaches_its_own_tenant_only(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    other = new_id()
    await add_tenants(committed.app, other)
    card_id = await links.make_card(committed_client, "Mine")
    issued = await links.issue(committed_client, card_id, "view")
    foreign = tokens.bearer(other)
    body = {"purpose": "testkit.card.view"}
    for method, path, sent in (
        ("POST", f"/cards/{card_id}/links", body),
        ("GET", f"/cards/{card_id}/access-keys", None),
        ("POST", f"/cards/{card_id}/access-keys/{issued['key_id']}/revoke", None),
    ):
        answer = await committed_client.request(method, path, json=sent, headers=foreign)
        assert answer.status_code == 404, path
    answer = await committed_client.get(f"/card-links/{issued['key']}", headers=foreign)
    assert answer.json()["title"] == "Mine"
    async with committed.app.begin(other) as tx:
        assert await count(tx) == 0


async def test_the_role_of_the_api_finds_keys_by_exact_digest_only(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "view")
    digest = access_key_digest(issued["key"])
    async with committed.app.begin(None) as tx:
        assert await count(tx) == 0
        found = await find_by_digest(tx, digest)
        assert found is not None
        assert (found.tenant_id, str(found.id)) == (tenant, issued["key_id"])
        for guess in (b"", digest[:31], digest + b"\0", b"%", access_key_digest("x")):
            assert await find_by_digest(tx, guess) is None


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT digest FROM access_keys",
        "SELECT * FROM access_keys",
        "UPDATE access_keys SET expires_at = expires_at + interval '1 day'",
        "UPDATE access_keys SET record_id = gen_random_uuid()",
        "UPDATE access_keys SET digest = '\\x00'",
        "UPDATE access_keys SET max_uses = NULL",
    ],
)
async def test_the_role_of_the_api_may_neither_read_digests_nor_extend_keys(
    tx: AsyncConnection, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        await tx.execute(text(statement))


async def test_a_suspended_tenant_of_a_key_is_refused_in_its_own_transaction(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "view")
    async with committed.app.begin(tenant) as tx:
        await add_tenant(tx, status="SUSPENDED")
    assert (await links.view(committed_client, issued["key"])).status_code == 403
    (key,) = await links.keys_of(committed_client, card_id)  # who signs in may still read
    assert key["uses"] == 0


async def test_keys_are_pruned_a_while_after_they_have_expired(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card_id = await links.make_card(committed_client)
    await links.issue(committed_client, card_id, "view")
    async with committed.app.begin(tenant) as tx:
        for days in (ACCESS_KEY_DAYS - 1, ACCESS_KEY_DAYS + 1):
            await links.add_expired_key(tx, card_id, f"l2ck_{days}", since=timedelta(days=days))
    assert (await prune(committed.worker, now=now())).access_keys == 1
    states = [key["state"] for key in await links.keys_of(committed_client, card_id)]
    assert sorted(states) == ["ACTIVE", "EXPIRED"]


async def test_an_export_has_the_keys_without_their_digests(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card_id = await links.make_card(committed_client)
    await links.issue(committed_client, card_id, "view")
    task_id = await request_task(committed, tenant, "EXPORT")
    await run(committed, tenant)
    answer = await committed_client.get(f"/tenant-exports/{task_id}/file")
    with ZipFile(BytesIO(answer.content)) as archive:
        (name,) = [name for name in archive.namelist() if "access_keys" in name]
        exported = archive.read(name).decode()
    assert "testkit.card.view" in exported
    assert "digest" not in exported


async def test_the_keys_of_a_deleted_tenant_are_deleted(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "view")
    async with committed.app.begin(tenant) as tx:
        await add_tenant(tx, status="DELETED")
    await request_task(committed, tenant, "DELETE")
    await run(committed, tenant)
    async with committed.worker.begin(None) as tx:
        assert await count(tx) == 0
    assert (await links.view(committed_client, issued["key"])).status_code == 404


async def test_a_persons_erasure_leaves_the_keys_of_the_company(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """A key names its issuer by subject only, as audit entries do; it holds no personal data."""
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "view")
    await request_task(committed, tenant, "ERASE", ids=[ISSUER])
    await run(committed, tenant)
    assert (await links.view(committed_client, issued["key"])).status_code == 200
