"""One valid record of each resource; a new resource is tested by the shared tests with its sample.

A resource that is edited needs a sample with a patch, one with access checks a sample without.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.cpq.tests.factories import add_product, open_shop
from services.rms.tests.factories import add_account, add_opportunity, add_order, make_quote
from testkit.directory import subject

Body = dict[str, Any]


@dataclass(frozen=True)
class Maker:
    """A client signed in as the future owner, li, with every scope but `<resource>.all`.

    `begin` opens a transaction on the service's database in the app's role, for the replicas that
    a record refers to.
    """

    client: httpx.AsyncClient
    headers: Mapping[str, str]
    begin: Callable[[], AbstractAsyncContextManager[AsyncConnection]]

    async def post(self, path: str, body: Body) -> Body:
        """Create a record and return the answer."""
        headers = {**self.headers, "Idempotency-Key": str(new_id())}
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        created: Body = answer.json()
        return created


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How to make a record of a resource, and how to change it.

    `body` is sent by POST and by PUT; `make` creates a record of a resource without POST, and
    returns its id. `patch` changes texts of the record, among them its searched name if it has one.
    `unique` names the field of the body in which no two records may agree. `shown_once` are the
    fields of the answer to POST that are never shown again.
    """

    body: Callable[[Maker], Awaitable[Body]] | None = None
    make: Callable[[Maker], Awaitable[str]] | None = None
    patch: Body = field(default_factory=dict)
    unique: str = ""
    shown_once: frozenset[str] = frozenset()

    async def create(self, maker: Maker, collection: str) -> str:
        """Create a record owned by the maker; return its id."""
        if self.make is not None:
            return await self.make(maker)
        assert self.body is not None, "a sample has a body, or says how a record is made"
        record = await maker.post(collection, await self.body(maker))
        return str(record["id"])

    def numbered(self, body: Body, number: int) -> Body:
        """Return the body for the record of this number, which is unlike those before."""
        return body | ({self.unique: f"{body[self.unique]}{number}"} if self.unique else {})

    def variation(self, number: int) -> Body:
        """Return the patch with other values, one for each number below 10."""
        return {name: f"{value[:-1]}{number}" for name, value in self.patch.items()}


def always(**body: Any) -> Callable[[Maker], Awaitable[Body]]:
    """Return the body of a record that refers to no other record."""

    async def make(_: Maker) -> Body:
        return body

    return make


def import_of(kind: str) -> Sample:
    """Return the sample of an import, which is the same in every service."""
    return Sample(body=always(file_name="x.csv", kind=kind))


async def price_book(maker: Maker) -> Body:
    async with maker.begin() as tx:
        product = await add_product(tx, sku=f"P{new_id()}")
    price = {"amount": "50.00", "currency": "CNY"}
    entry = {"product_id": str(product.id), "list_price": price, "tiers": []}
    head = {"name": "经销商价", "currency": "CNY", "valid_from": "2026-01-01"}
    return {**head, "entries": [entry]}


async def quote(maker: Maker) -> Body:
    async with maker.begin() as tx:
        shop = await open_shop(tx, owner_id=subject("li"))
    return shop.body()


async def contact(maker: Maker) -> Body:
    account = await maker.post("/accounts", {"name": "上海示例有限公司"})
    return {"account_id": account["id"], "name": "王伟"}


async def opportunity(maker: Maker) -> Body:
    account = await maker.post("/accounts", {"name": "上海示例有限公司"})
    return {"account_id": account["id"], "name": "年度采购"}


async def order(maker: Maker) -> str:
    quote = make_quote(owner_id=subject("li"))
    async with maker.begin() as tx:
        await add_account(tx, quote.account_id, owner_id=subject("li"))
        await add_opportunity(tx, quote.opportunity_id)
        return str(await add_order(tx, quote, confirmed=True))


async def receivable(maker: Maker) -> str:
    shipment = await maker.post(f"/orders/{await order(maker)}/shipments", {})
    return str(shipment["receivable_id"])


async def payment(maker: Maker) -> Body:
    async with maker.begin() as tx:
        account_id = await add_account(tx, owner_id=subject("li"))
    return {
        "account_id": str(account_id),
        "bank_reference": "ICBC-1",
        "amount": {"amount": "100.00", "currency": "CNY"},
        "received_date": "2026-01-05",
    }


SAMPLES: dict[str, Sample] = {
    "testkit.card": Sample(body=always(title="Call them back"), patch={"title": "Write a letter"}),
    "mtl.lead": Sample(body=always(company="远景科技"), patch={"company": "星辰能源"}),
    "l2o.account": Sample(body=always(name="上海示例有限公司"), patch={"name": "北京样本集团"}),
    "l2o.contact": Sample(body=contact, patch={"name": "李芳"}),
    "l2o.opportunity": Sample(body=opportunity, patch={"name": "二期扩容"}),
    "cpq.product": Sample(
        body=always(sku="GTX", name="基础版"), patch={"name": "旗舰"}, unique="sku"
    ),
    "cpq.price_book": Sample(body=price_book, patch={"name": "零售价目"}),
    "cpq.quote": Sample(body=quote, patch={"valid_until": "2099-12-29"}),
    "rms.order": Sample(make=order, patch={"note": "对账后付款"}),
    "rms.receivable": Sample(make=receivable, patch={"note": "对账后付款"}),
    "rms.payment": Sample(body=payment, patch={"note": "首付款"}, unique="bank_reference"),
    "rms.payment_term": Sample(
        body=always(code="EOM", name="月结", instalments=[{"share": "1", "days": 0}]),
        patch={"name": "季付"},
        unique="code",
    ),
    "org.department": Sample(body=always(name="华东大区"), patch={"name": "华南分部"}),
    "org.person": Sample(body=always(name="李娜"), patch={"name": "王伟"}),
    "org.team": Sample(body=always(name="智慧园区"), patch={"name": "项目组"}),
    "org.role": Sample(
        body=always(code="CHANNEL", name="渠道", scopes=["mtl.lead.read"]),
        patch={"name": "伙伴"},
        unique="code",
    ),
    "org.client": Sample(
        body=always(name="金蝶", client_id="kingdee", scopes=[]),
        patch={"name": "用友"},
        unique="client_id",
        shown_once=frozenset({"client_secret"}),
    ),
    "org.working_hours": Sample(
        body=always(name="客服两班", week={"monday": [{"start": "09:00", "end": "18:00"}]}),
        patch={"name": "仓库夜班"},
    ),
    "org.task": Sample(body=always(title="回访"), patch={"title": "拜访"}),
    "org.reminder": Sample(
        body=always(text="打电话", remind_at="2099-01-01T00:00:00Z"), patch={"text": "写信"}
    ),
    "testkit.import": import_of("CARDS"),
    "mtl.import": import_of("LEADS"),
    "l2o.import": import_of("ACCOUNTS"),
    "cpq.import": import_of("PRODUCTS"),
    "org.import": import_of("PEOPLE"),
}
