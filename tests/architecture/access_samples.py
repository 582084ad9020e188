"""How to create one record of each resource, for the access matrix."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import open_shop
from services.rms.tests.factories import add_account, add_order, make_quote
from testkit.directory import subject


@dataclass(frozen=True)
class Maker:
    """A client signed in as the future owner, with every scope but `<resource>.all`.

    `tx` is the service's database in the app's role, for the replicas that a record refers to.
    """

    client: httpx.AsyncClient
    headers: dict[str, str]
    tx: AsyncConnection

    async def post(
        self, path: str, body: dict[str, Any], more: dict[str, str] | None = None
    ) -> str:
        """Create a record and return its id; `more` are headers beside those of the sign-in."""
        headers = {**self.headers, **(more or {})}
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        created_id: str = answer.json()["id"]
        return created_id


Make = Callable[[Maker], Awaitable[str]]


async def card(maker: Maker) -> str:
    return await maker.post("/cards", {"title": "Call them back"})


async def lead(maker: Maker) -> str:
    return await maker.post("/leads", {"company": "远景科技"})


async def quote(maker: Maker) -> str:
    shop = await open_shop(maker.tx, owner_id=subject("li"))
    return await maker.post("/quotes", shop.body())


async def account(maker: Maker) -> str:
    return await maker.post("/accounts", {"name": "上海示例有限公司"})


async def contact(maker: Maker) -> str:
    return await maker.post("/contacts", {"account_id": await account(maker), "name": "王伟"})


async def opportunity(maker: Maker) -> str:
    body = {"account_id": await account(maker), "name": "2027 年度采购"}
    return await maker.post("/opportunities", body)


async def order(maker: Maker) -> str:
    await add_account(maker.tx, owner_id=subject("li"))
    return str(await add_order(maker.tx, make_quote(owner_id=subject("li")), confirmed=True))


async def receivable(maker: Maker) -> str:
    shipment_id = await maker.post(
        f"/orders/{await order(maker)}/shipments", {}, {"Idempotency-Key": "access"}
    )
    shipped = await maker.client.get("/receivables", headers=maker.headers)
    assert shipment_id, shipped.text
    receivable_id: str = shipped.json()["items"][0]["id"]
    return receivable_id


async def payment(maker: Maker) -> str:
    account_id = await add_account(maker.tx, owner_id=subject("li"))
    body = {
        "account_id": str(account_id),
        "bank_reference": "ICBC-1",
        "amount": {"amount": "100.00", "currency": "CNY"},
        "received_date": "2026-01-05",
    }
    return await maker.post("/payments", body, {"Idempotency-Key": "access"})


def import_of(kind: str) -> Make:
    """How to create an import, which is the same in every service."""

    async def make(maker: Maker) -> str:
        return await maker.post("/imports", {"file_name": "x.csv", "kind": kind})

    return make


# resource -> function that creates a record owned by the maker and returns its id.
SAMPLES: dict[str, Make] = {
    "testkit.card": card,
    "testkit.import": import_of("CARDS"),
    "mtl.lead": lead,
    "mtl.import": import_of("LEADS"),
    "l2o.account": account,
    "l2o.contact": contact,
    "l2o.opportunity": opportunity,
    "l2o.import": import_of("ACCOUNTS"),
    "cpq.quote": quote,
    "rms.order": order,
    "rms.receivable": receivable,
    "rms.payment": payment,
    "cpq.import": import_of("PRODUCTS"),
    "org.import": import_of("PEOPLE"),
}
