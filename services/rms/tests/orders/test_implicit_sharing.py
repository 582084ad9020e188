"""Who sees an account or an opportunity in L2O sees its orders and receivables here."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import SETTINGS_KEY
from chassis.records.access.tables import grant_copies
from kernel.ids import new_id
from rms.accounts.store import accounts
from rms.orders.store.tables import orders
from rms.receivables.store import receivables
from services.rms.tests.factories import add_account, add_order, add_settings, make_quote
from testkit.copies import NOON
from testkit.directory import Company, directory_id, sign_in, subject

Client = httpx.AsyncClient
SCOPE = "rms.order.read rms.order.write rms.receivable.read rms.receivable.write"


class Deal:
    """An order of li for an account of zheng, shipped, so that it has a receivable."""

    def __init__(self, client: Client, tx: AsyncConnection, tenant: UUID) -> None:
        self._client, self._tx, self._tenant = client, tx, tenant
        self.account_id, self.order_id, self.opportunity_id = new_id(), new_id(), new_id()

    async def build(self) -> "Deal":
        await Company(self._tx).build()
        await add_settings(self._tx)
        quote = make_quote(owner_id=subject("li"))
        self.account_id, self.opportunity_id = quote.account_id, quote.opportunity_id
        await add_account(self._tx, quote.account_id, owner_id=subject("zheng"))
        self.order_id = await add_order(self._tx, quote, confirmed=True)
        shipped = await self.call("li", "POST", f"{self.order_path}/shipments", json={})
        assert shipped.status_code == 201, shipped.text
        await self._tx.execute(update(receivables).values(owner_id=subject("li")))
        return self

    async def call(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = sign_in(self._tenant, name, scope=SCOPE) | {"Idempotency-Key": str(new_id())}
        return await self._client.request(method, path, headers=headers, **more)

    async def status(self, name: str) -> int:
        return (await self.call(name, "GET", self.order_path)).status_code

    async def listed(self, name: str, path: str) -> int:
        return len((await self.call(name, "GET", path)).json()["items"])

    async def grant(self, resource: str, record_id: UUID, name: str, access: str) -> None:
        """Store a grant as if its event from L2O had been applied."""
        row = {
            "id": new_id(),
            "epoch": 1,
            "sequence": 1,
            "resource": resource,
            "record_id": record_id,
            "via": "TEAM",
            "grantee_kind": "PERSON",
            "grantee_id": directory_id(name),
            "access": access,
            "created_by": subject("li"),
            "created_at": NOON,
        }
        await self._tx.execute(insert(grant_copies).values(row))

    @property
    def order_path(self) -> str:
        return f"/orders/{self.order_id}"


@pytest.fixture
async def deal(client: Client, tx: AsyncConnection, tenant: UUID) -> Deal:
    return await Deal(client, tx, tenant).build()


async def test_the_owner_of_the_account_reads_its_orders_and_receivables(deal: Deal) -> None:
    for name in ("zheng", "wu"):  # wu manages zheng
        assert await deal.status(name) == 200, name
    for path in ("/orders", "/receivables"):
        assert await deal.listed("zheng", f"{path}?account_id={deal.account_id}") == 1, path
        assert await deal.listed("zheng", path) == 0, path
    note = await deal.call("zheng", "PATCH", deal.order_path, json={"note": "x"})
    assert (note.status_code, note.json()["code"]) == (403, "RECORD_READ_ONLY")
    assert await deal.status("bei") == 404


async def test_the_team_of_the_account_reads_them(deal: Deal) -> None:
    await deal.grant("l2o.account", deal.account_id, "bei", "WRITE")
    assert await deal.status("bei") == 200
    assert await deal.listed("bei", f"/receivables?account_id={deal.account_id}") == 1
    note = await deal.call("bei", "PATCH", deal.order_path, json={"note": "x"})
    assert (note.status_code, note.json()["code"]) == (403, "RECORD_READ_ONLY")


async def test_the_team_of_the_deal_works_on_its_orders(deal: Deal) -> None:
    await deal.grant("l2o.opportunity", deal.opportunity_id, "bei", "WRITE")
    note = await deal.call("bei", "PATCH", deal.order_path, json={"note": "x"})
    assert note.status_code == 200, note.text
    assert await deal.listed("bei", "/orders") == 1


async def test_a_tenant_can_keep_receivables_apart(deal: Deal, tx: AsyncConnection) -> None:
    await tx.execute(text("UPDATE tenant_settings SET separate_resources = '{rms.receivable}'"))
    tx.info.pop(SETTINGS_KEY, None)
    assert await deal.listed("zheng", f"/orders?account_id={deal.account_id}") == 1
    assert await deal.listed("zheng", f"/receivables?account_id={deal.account_id}") == 0


async def test_who_sees_an_order_sees_its_receivables(deal: Deal, tx: AsyncConnection) -> None:
    """Also after the order and its receivable went to different people."""
    await tx.execute(update(accounts).values(owner_id=None))
    await tx.execute(update(receivables).values(owner_id=subject("zhou")))
    await tx.execute(update(orders).values(owner_id=subject("li")))
    assert await deal.listed("li", f"/receivables?order_id={deal.order_id}") == 1
    assert await deal.listed("bei", f"/receivables?order_id={deal.order_id}") == 0
