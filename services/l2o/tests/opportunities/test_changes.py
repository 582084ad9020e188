"""Opportunities that are edited, assigned, deleted and restored; and what they are to sell."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Meta, Received
from chassis.web.preconditions import UNCONDITIONAL
from contracts.cpq.events import (
    ProductCreated,
    ProductDeactivated,
    ProductDeleted,
    ProductState,
)
from kernel.ids import new_id
from l2o.opportunities.actions import (
    OpportunityDetails,
    Standing,
    open_opportunity,
    transfer_opportunity,
)
from l2o.opportunities.domain import Stage
from l2o.opportunities.handlers import on_order_confirmed
from l2o.products import store as products
from l2o.products.handlers import on_products
from l2o.products.store import ProductFact
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import (
    NOON,
    add_account,
    add_contact,
    add_opportunity,
    cny,
    order_confirmed,
)
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
GTX = UUID(int=77)


def told(kind: type[Any], *, sequence: int = 1, **more: Any) -> Received[ProductFact]:
    state = ProductState(
        product_id=GTX, sku="GTX", name="GTX Pro", unit="PCS", **{"active": True, **more}
    )
    where = Meta(
        event_id=new_id(),
        tenant=new_id(),
        aggregate_id=GTX,
        sequence=sequence,
        epoch=1,
        occurred_at=NOON,
    )
    return Received(kind(product=state), where)


async def test_what_a_patch_names_is_changed(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    await on_products(tx, [told(ProductCreated)])
    account = await add_account(tx)
    contact = await add_contact(tx, account.id)
    opportunity = await add_opportunity(tx, account_id=account.id)
    patch = {
        "amount": {"amount": "4821.00", "currency": "USD"},
        "expected_close_date": "2027-03-31",
        "engaged_date": "2026-10-20",
        "product_id": str(GTX),
        "contact_id": str(contact.id),
    }
    path = f"/opportunities/{opportunity.id}"
    changed = (await client.patch(path, json=patch, headers={"If-Match": '"1"'})).json()
    assert {name: changed[name] for name in patch} == patch
    assert (changed["name"], changed["version"]) == (opportunity.name, 2)
    assert (await client.patch(path, json=patch)).json() == changed
    without = (await client.patch(path, json={"product_id": None})).json()
    assert (without["product_id"], without["amount"]) == (None, patch["amount"])
    stale = await client.patch(path, json={"name": "X"}, headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    facts = await published()
    assert [(f.type, f.sequence) for f in facts] == [
        ("l2o.opportunity.changed.v1", 2),
        ("l2o.opportunity.changed.v1", 3),
    ]
    assert facts[0].payload["opportunity"]["product_id"] == str(GTX)


@pytest.mark.parametrize(
    ("patch", "pointer", "code"),
    [
        ({"name": None}, "/name", "REQUIRED"),
        ({"amount": {"amount": "-1", "currency": "CNY"}}, "/amount", "TOO_SMALL"),
        ({"amount": {"amount": "1.001", "currency": "CNY"}}, "/amount", "AMOUNT_TOO_PRECISE"),
        ({"engaged_date": "2026-02-30"}, "/engaged_date", "DATE_INVALID"),
        ({"product_id": str(UUID(int=5))}, "/product_id", "PRODUCT_UNKNOWN"),
        ({"contact_id": str(UUID(int=6))}, "/contact_id", "CONTACT_UNKNOWN"),
        ({"stage": "WON"}, "/stage", "UNKNOWN_FIELD"),
        ({"owner_id": "me"}, "/owner_id", "UNKNOWN_FIELD"),
        ({"account_id": "x"}, "/account_id", "UNKNOWN_FIELD"),
    ],
)
async def test_bad_patches(
    client: Client, tx: AsyncConnection, patch: dict[str, Any], pointer: str, code: str
) -> None:
    opportunity = await add_opportunity(tx, account_id=(await add_account(tx)).id)
    answer = await client.patch(f"/opportunities/{opportunity.id}", json=patch)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


async def test_products_follow_cpq(client: Client, tx: AsyncConnection) -> None:
    account = await add_account(tx)
    body = {"account_id": str(account.id), "name": "n", "product_id": str(GTX)}
    newer, older = told(ProductDeactivated, sequence=2, active=False), told(ProductCreated)
    await on_products(tx, [newer])
    assert (await on_products(tx, [older])).applied == frozenset()
    assert (await client.post("/opportunities", json=body)).status_code == 201
    made = (await client.post("/opportunities", json=body)).json()
    await on_products(tx, [told(ProductDeleted, sequence=3)])
    assert not await products.exists(tx, GTX)
    refused = await client.post("/opportunities", json=body)
    assert refused.json()["errors"][0]["code"] == "PRODUCT_UNKNOWN"
    # What named it before may go on naming it.
    kept = await client.patch(f"/opportunities/{made['id']}", json={"name": "m"})
    assert (kept.status_code, kept.json()["product_id"]) == (200, str(GTX))


async def test_it_gets_another_owner(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    opportunity = await add_opportunity(tx)
    for _ in range(2):
        theirs = await transfer_opportunity(
            tx, opportunity.id, "other", UNCONDITIONAL, "boss", NOON
        )
        assert (theirs.owner_id, theirs.version) == ("other", 2)
    [fact] = await published()
    assert fact.type == "l2o.opportunity.assigned.v1"
    assert (fact.payload["from_owner_id"], fact.payload["assigned_by"]) == ("seller", "boss")


async def test_it_is_deleted_and_restored(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    opportunity = await add_opportunity(tx, account_id=account.id)
    path = f"/opportunities/{opportunity.id}"
    for _ in range(2):
        assert (await client.delete(path)).status_code == 204
    for answer in (await client.get(path), await client.post(f"{path}/win")):
        assert (answer.status_code, answer.json()["code"]) == (404, "OPPORTUNITY_NOT_FOUND")
    assert (await client.get("/opportunities")).json()["items"] == []
    for _ in range(2):
        assert (await client.post(f"{path}/restore")).json()["version"] == 3
    assert [f.type.split(".")[2] for f in await published()] == ["deleted", "restored"]


async def test_an_order_brings_a_deleted_one_back(client: Client, tx: AsyncConnection) -> None:
    opportunity = await add_opportunity(tx)
    path = f"/opportunities/{opportunity.id}"
    await client.delete(path)
    await on_order_confirmed(tx, order_confirmed(opportunity_id=opportunity.id), meta())
    won = (await client.get(path)).json()
    assert (won["stage"], won["closed_date"], won["version"]) == ("WON", "2026-11-22", 3)


@pytest.mark.parametrize(("move", "body"), [("win", {}), ("lose", {"reason": "预算"})])
async def test_a_move_needs_a_fresh_copy(
    client: Client, tx: AsyncConnection, move: str, body: dict[str, str]
) -> None:
    opportunity = await add_opportunity(tx)
    path = f"/opportunities/{opportunity.id}/{move}"
    stale = await client.post(path, json=body, headers={"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    del client.headers["If-Match"]
    missing = await client.post(path, json=body)
    assert (missing.status_code, missing.json()["code"]) == (428, "PRECONDITION_REQUIRED")
    done = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert done.status_code == 200
    # What is done already answers before anybody looks at the copy.
    assert (await client.post(path, json=body)).json() == done.json()


async def test_one_that_did_not_begin_here(client: Client, tx: AsyncConnection) -> None:
    account = await add_account(tx)
    opportunity = await open_opportunity(
        tx,
        OpportunityDetails(
            account_id=account.id,
            name="1C1I7A6R",
            amount=cny("1054"),
            engaged_date=date(2016, 10, 20),
        ),
        standing=Standing(stage=Stage.WON, closed_at=NOON, closed_date=date(2017, 3, 1)),
        owner_id="moses",
        actor="import",
        now=NOON,
    )
    shown = (await client.get(f"/opportunities/{opportunity.id}")).json()
    assert (shown["stage"], shown["engaged_date"]) == ("WON", "2016-10-20")
    assert (shown["closed_date"], shown["owner_id"]) == ("2017-03-01", "moses")
