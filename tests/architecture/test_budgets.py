"""What hot operations ask of PostgreSQL, counted: a change that adds a round trip fails here.

BEGIN with the tenant, and COMMIT, are a round trip each beside the statements. Who makes an
operation cheaper lowers its numbers.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from chassis.database.engine import Database
from kernel.ids import new_id
from services.cpq.tests import factories as cpq
from services.rms.tests import factories as rms
from testkit import tokens
from testkit.databases import empty_tables
from testkit.directory import Company, subject
from testkit.ground import Ground
from testkit.tenants import add_tenant
from tests.architecture.round_trips import Counted, counting_proxy, counting_statements

# Statements, and round trips with BEGIN and COMMIT, once tenant and caller are admitted.
BUDGETS: Mapping[str, tuple[int, int]] = {
    "create a lead": (10, 12),
    "capture a lead": (18, 22),
    "check a lead for duplicates": (4, 6),
    "read a lead": (3, 5),
    "patch a lead": (7, 9),
    "qualify a lead": (7, 9),
    "list leads as admin": (3, 5),
    "list leads as seller": (4, 6),
    "price 10 lines": (6, 8),
    "save a quote of 10 lines": (13, 15),
    "confirm an order": (8, 10),
}
TIMES = 4  # the last time is measured, when the caches are warm
SELLER_SCOPE = "mtl.lead.read mtl.lead.write"


@dataclass
class CountedService:
    """The real application of a service, on connections whose round trips are counted."""

    app: FastAPI
    database: Database
    tenant: UUID = field(default_factory=new_id)
    counted: Counted = field(default_factory=Counted)

    @asynccontextmanager
    async def client(self, scope: str) -> AsyncIterator[httpx.AsyncClient]:
        headers = tokens.bearer(self.tenant, sub=subject("li"), scope=scope) | {"If-Match": "*"}
        base = f"http://budget/{self.app.state.settings.service}/v1"
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            yield client


@asynccontextmanager
async def counted_service(
    ground: Ground, name: str, patch: pytest.MonkeyPatch
) -> AsyncIterator[CountedService]:
    """Serve the service through a proxy, with the company of `testkit.directory` in it."""
    urls, counted = await ground.urls(name), Counted()
    patch.setenv("L2C_MODE", "development")
    async with counting_proxy(urls.app_url, counted) as url:
        patch.setenv(f"{name.upper()}_DATABASE_URL", url)
        app: FastAPI = import_module(f"{name}.app").create()
        app.state.verifier = tokens.verifier()
        app.state.admission.max_age = 600.0
        database: Database = app.state.database
        service = CountedService(app, database, counted=counted)
        async with database.begin(service.tenant) as tx:
            await add_tenant(tx)
            await Company(tx).build()
        with counting_statements(database.engine, counted):
            async with app.router.lifespan_context(app):
                database.on_published = lambda: None  # its NOTIFY comes later, whenever it likes
                yield service
    await empty_tables(urls)


Request = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


async def measured(
    service: CountedService, requests: Sequence[Request], scope: str = "*"
) -> tuple[int, int]:
    """Return the statements and the round trips of the last request."""
    async with service.client(scope) as client:
        for request in requests:
            service.counted.reset()
            answer = await request(client)
            assert answer.is_success, answer.text
    return service.counted.statements, service.counted.round_trips


def post(path: str, body: Any = None) -> Request:
    return lambda client: client.post(path, json=body)


def get(path: str) -> Request:
    return lambda client: client.get(path)


def patch(path: str, body: Any) -> Request:
    return lambda client: client.patch(path, json=body)


async def leads(service: CountedService) -> dict[str, tuple[int, int]]:
    bodies = [
        {"name": "王芳", "company": "远景科技", "phone": f"1380013800{n}", "email": f"w{n}@x.cn"}
        for n in range(TIMES)
    ]
    create = await measured(service, [post("/leads", body) for body in bodies], SELLER_SCOPE)
    async with service.client("*") as client:
        ids = [item["id"] for item in (await client.get("/leads")).json()["items"]]
    reads = [get(f"/leads/{key}") for key in ids]
    patches = [patch(f"/leads/{key}", {"source": "展会"}) for key in ids]
    lists = [get("/leads?limit=50")] * TIMES
    return {
        "create a lead": create,
        "capture a lead": await captured_leads(service),
        "check a lead for duplicates": await measured(
            service, [post("/leads/duplicate-check", body) for body in bodies], SELLER_SCOPE
        ),
        "read a lead": await measured(service, reads, SELLER_SCOPE),
        "patch a lead": await measured(service, patches, SELLER_SCOPE),
        "qualify a lead": await measured(
            service, [post(f"/leads/{key}/qualify") for key in ids], SELLER_SCOPE
        ),
        "list leads as admin": await measured(service, lists),
        "list leads as seller": await measured(service, lists, SELLER_SCOPE),
    }


async def captured_leads(service: CountedService) -> tuple[int, int]:
    """Hand in leads with the key of a channel; its own lookup is a transaction before the other."""
    async with service.client("*") as client:
        channel = (await client.post("/channels", json={"name": "官网", "kind": "WEB_FORM"})).json()
        path = f"/channels/{channel['id']}"
        headers = {"X-Access-Key": (await client.post(f"{path}/access-keys")).json()["key"]}
    payloads = [{"name": "李娜", "phone": f"1380013810{n}", "event_id": n} for n in range(TIMES)]

    def send(payload: Any) -> Request:
        return lambda client: client.post(f"{path}/captures", json=payload, headers=headers)

    return await measured(service, [send(each) for each in payloads])


async def quotes(service: CountedService) -> dict[str, tuple[int, int]]:
    async with service.database.begin(service.tenant) as tx:
        products = [await cpq.add_product(tx, sku=f"SKU-{n}") for n in range(10)]
        await cpq.add_price_book(
            tx,
            [
                cpq.make_price_entry(one.id, cpq.cny("100"), from_10=cpq.cny("90"))
                for one in products
            ],
        )
        account = new_id()
        await cpq.add_account(tx, account)
        opportunity = await cpq.add_opportunity(tx, account_id=account, owner_id=subject("li"))
    lines = [{"product_id": str(one.id), "quantity": "12"} for one in products]
    body = {"opportunity_id": str(opportunity), "lines": lines}
    return {
        "price 10 lines": await measured(service, [post("/quotes/preview", body)] * TIMES),
        "save a quote of 10 lines": await measured(service, [post("/quotes", body)] * TIMES),
    }


async def orders(service: CountedService) -> dict[str, tuple[int, int]]:
    async with service.database.begin(service.tenant) as tx:
        made = [await rms.add_order(tx, rms.make_quote()) for _ in range(TIMES)]
    confirmations = [post(f"/orders/{key}/confirm") for key in made]
    return {"confirm an order": await measured(service, confirmations)}


@pytest.mark.parametrize(("name", "operations"), [("mtl", leads), ("cpq", quotes), ("rms", orders)])
async def test_hot_operations_ask_no_more_than_their_budget(
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    operations: Callable[[CountedService], Awaitable[dict[str, tuple[int, int]]]],
) -> None:
    async with counted_service(ground, name, monkeypatch) as service:
        counted = await operations(service)
    assert counted == {operation: BUDGETS[operation] for operation in counted}


async def test_a_further_statement_is_counted(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        counted_service(ground, "mtl", monkeypatch) as service,
        service.database.begin(service.tenant) as tx,
    ):
        await tx.exec_driver_sql("SELECT 1")
        first = (service.counted.statements, service.counted.round_trips)
        await tx.exec_driver_sql("SELECT 1")
        second = (service.counted.statements, service.counted.round_trips)
    assert (second[0] - first[0], second[1] - first[1]) == (1, 1)
