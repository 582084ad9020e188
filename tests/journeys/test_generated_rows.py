"""The benchmark's generated rows are as valid as those of the API: read, found and worked on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from urllib.parse import quote

import asyncpg

from chassis.records.numbers.numbers import next_number
from kernel.ids import new_id
from testkit import databases
from tests.bench.machine.generator import copy_leads, generated_leads
from tests.bench.machine.generator_accounts import copy_accounts, generated_accounts
from tests.bench.machine.generator_orders import (
    Deal,
    copy_account_names,
    copy_orders,
    generated_orders,
)
from tests.bench.machine.generator_quotes import copy_quotes, generated_quotes
from tests.journeys.world import World

COUNT, TODAY = 30, date(2026, 11, 30)


@asynccontextmanager
async def _superuser(world: World, service: str) -> AsyncIterator[asyncpg.Connection]:
    name = world.urls[service].name
    connection = await asyncpg.connect(databases.admin_dsn(), database=name)
    await connection.execute(f"SET app.tenant = '{world.tenant}'")
    yield connection
    await connection.close()


async def _ids_found(world: World, path: str, words: str) -> list[str]:
    return [one["id"] for one in await world.items(f"{path}?q={quote(words)}")]


async def test_leads_are_read_found_by_words_and_number_and_refuse_duplicates(world: World) -> None:
    leads = list(generated_leads(COUNT))
    async with _superuser(world, "mtl") as connection:
        await copy_leads(connection, world.tenant, leads)
    path, lead = "/mtl/v1/leads", leads[7]
    assert lead.company is not None
    listed = await world.items(f"{path}?limit=50")
    assert [one["id"] for one in listed] == [str(one.id) for one in reversed(leads)]
    assert listed[-8]["phone"] == lead.phone
    assert await _ids_found(world, path, lead.company) == [str(lead.id)]
    assert await _ids_found(world, path, "13900000007") == [str(lead.id)]
    again = {"name": "另一位", "phone": lead.phone}
    refused = await world.call("POST", path, again, expect=409)
    assert refused["code"] == "LEAD_DUPLICATE"
    edited = await world.call("PATCH", f"{path}/{lead.id}", {"source": "官网改"})
    assert edited["version"] == 2
    audit = await world.items(f"{path}/{lead.id}/audit")
    assert [entry["verb"] for entry in audit] == ["UPDATE", "INSERT"]


async def test_accounts_are_read_found_and_edited(world: World) -> None:
    accounts = list(generated_accounts(COUNT))
    async with _superuser(world, "l2o") as connection:
        await copy_accounts(connection, world.tenant, accounts)
    path, account = "/l2o/v1/accounts", accounts[9]
    listed = await world.items(f"{path}?limit=50&sort=-annual_revenue")
    assert len(listed) == COUNT
    assert await _ids_found(world, path, account.name) == [str(account.id)]
    children = await world.items(f"{path}?parent_id={account.parent_id}")
    assert [one["id"] for one in children] == [str(account.id)]
    edited = await world.call("PATCH", f"{path}/{account.id}", {"industry": "咨询"})
    assert edited["version"] == 2


async def test_quotes_are_read_found_and_numbered_on(world: World) -> None:
    quotes = list(generated_quotes(COUNT, list(generated_accounts(10))))
    async with _superuser(world, "cpq") as connection:
        await copy_quotes(connection, world.tenant, quotes)
    path, last = "/cpq/v1/quotes", quotes[-1]
    assert len(await world.items(f"{path}?limit=50")) == COUNT
    assert await _ids_found(world, path, last.document_no) == [str(last.id)]
    read = await world.get(f"{path}/{last.id}")
    assert [one["sku"] for one in read["lines"]] == [one.sku for one in last.lines]
    assert read["gross_total"]["amount"] == str(last.gross_total.amount)
    async with world.workers["cpq"].begin(world.tenant) as tx:
        following = await next_number(tx, "cpq.quote", prefix="Q", on=TODAY)
    assert following[-6:] == f"{int(last.document_no[-6:]) + 1:06}"


async def test_orders_are_read_found_paid_and_reconciled(world: World) -> None:
    accounts = list(generated_accounts(10))
    deals = list(generated_orders(COUNT, accounts))
    async with _superuser(world, "rms") as connection:
        await copy_account_names(connection, world.tenant, accounts)
        await copy_orders(connection, world.tenant, deals)
    order = deals[-1].order
    listed = {
        name: await world.items(f"/rms/v1/{name}?limit=50")
        for name in ("orders", "receivables", "payments")
    }
    assert len(listed["orders"]) == COUNT
    assert {one["status"] for one in listed["orders"]} == {
        "OPEN",
        "CONFIRMED",
        "PARTLY_SHIPPED",
        "SHIPPED",
    }
    assert {one["status"] for one in listed["receivables"]} == {"OPEN", "PARTLY_SETTLED", "SETTLED"}
    assert await _ids_found(world, "/rms/v1/orders", order.document_no) == [str(order.id)]
    open_one = next(one for one in listed["receivables"] if one["status"] == "OPEN")
    body = {
        "account_id": open_one["account_id"],
        "bank_reference": f"BANK-{new_id()}",
        "amount": open_one["amount"],
        "received_date": str(TODAY),
    }
    payment = await world.post("/rms/v1/payments", body)
    lines = [{"receivable_id": open_one["id"], "amount": open_one["amount"]}]
    await world.post(f"/rms/v1/payments/{payment['id']}/allocations", {"lines": lines})
    settled = await world.get(f"/rms/v1/receivables/{open_one['id']}")
    assert settled["status"] == "SETTLED"
    unconfirmed = next(one for one in listed["orders"] if one["status"] == "OPEN")
    await world.post(f"/rms/v1/orders/{unconfirmed['id']}/confirm")
    shipped = await world.post(f"/rms/v1/orders/{unconfirmed['id']}/shipments")
    assert shipped["document_no"].endswith(f"{_shipments_of_2026(deals) + 1:06}")
    [sums] = (await world.get("/rms/v1/reconciliation"))["items"]
    assert sums["settled"] == sums["allocated"] == sums["booked"]
    assert sums["shipped"] == sums["owed"]
    assert sums["returned"] == sums["repaid"]


def _shipments_of_2026(deals: Sequence[Deal]) -> int:
    shipped = [one.shipment for one in deals if one.shipment is not None]
    return len([one for one in shipped if one.created_at.year == TODAY.year])
