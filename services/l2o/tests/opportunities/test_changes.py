"""Edit, transfer, delete and restore opportunities, and the replica of products."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import ReceivedState, replicate
from chassis.web.commands import Command
from contracts.cpq.events import (
    ProductCreated,
    ProductDeactivated,
    ProductDeleted,
    ProductState,
)
from l2o.opportunities.actions.records import open_opportunity
from l2o.opportunities.domain import Stage
from l2o.opportunities.handlers import on_order_confirmed
from l2o.products import store as products
from l2o.products.store import PRODUCT_COPY
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import (
    NOON,
    add_account,
    add_contact,
    add_opportunity,
    make_opportunity,
    order_confirmed,
)
from testkit.copies import carried
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
GTX = UUID(int=77)


def received(
    event_class: type[Any], *, sequence: int = 1, **fields: Any
) -> ReceivedState[ProductState]:
    state = ProductState(
        product_id=GTX, sku="GTX", name="GTX Pro", unit="PCS", **{"active": True, **fields}
    )
    return carried(PRODUCT_COPY, event_class(product=state), GTX, sequence=sequence)


async def test_a_patch_changes_only_the_named_fields(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    await replicate(tx, PRODUCT_COPY, [received(ProductCreated)])
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
    events = await published()
    assert [(event.type, event.sequence) for event in events] == [
        ("l2o.opportunity.changed.v1", 2),
        ("l2o.opportunity.changed.v1", 3),
    ]
    assert events[0].payload["opportunity"]["product_id"] == str(GTX)


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
async def test_invalid_patches_are_refused(
    client: Client, tx: AsyncConnection, patch: dict[str, Any], pointer: str, code: str
) -> None:
    opportunity = await add_opportunity(tx, account_id=(await add_account(tx)).id)
    answer = await client.patch(f"/opportunities/{opportunity.id}", json=patch)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


async def test_an_opportunity_can_refer_to_products_until_cpq_deletes_them(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    body = {"account_id": str(account.id), "name": "n", "product_id": str(GTX)}
    newer, older = received(ProductDeactivated, sequence=2, active=False), received(ProductCreated)
    await replicate(tx, PRODUCT_COPY, [newer])
    assert await replicate(tx, PRODUCT_COPY, [older]) == set()
    assert (await client.post("/opportunities", json=body)).status_code == 201
    created = (await client.post("/opportunities", json=body)).json()
    await replicate(tx, PRODUCT_COPY, [received(ProductDeleted, sequence=3)])
    assert not await products.exists(tx, GTX)
    refused = await client.post("/opportunities", json=body)
    assert refused.json()["errors"][0]["code"] == "PRODUCT_UNKNOWN"
    # An opportunity that refers to the product already may keep it.
    edited = await client.patch(f"/opportunities/{created['id']}", json={"name": "m"})
    assert (edited.status_code, edited.json()["product_id"]) == (200, str(GTX))


async def test_a_deleted_opportunity_cannot_be_won(client: Client, tx: AsyncConnection) -> None:
    path = f"/opportunities/{(await add_opportunity(tx)).id}"
    await client.delete(path)
    answer = await client.post(f"{path}/win")
    assert (answer.status_code, answer.json()["code"]) == (404, "OPPORTUNITY_NOT_FOUND")


async def test_a_confirmed_order_restores_a_deleted_opportunity(
    client: Client, tx: AsyncConnection
) -> None:
    opportunity = await add_opportunity(tx)
    path = f"/opportunities/{opportunity.id}"
    await client.delete(path)
    await on_order_confirmed(tx, order_confirmed(opportunity_id=opportunity.id), meta())
    won = (await client.get(path)).json()
    assert (won["stage"], won["closed_date"], won["version"]) == ("WON", "2026-11-22", 3)


@pytest.mark.parametrize(
    ("move", "body"),
    [("win", {}), ("lose", {"reason": "预算"}), ("move", {"stage": "BIDDING"})],
)
async def test_a_move_requires_a_current_if_match(
    client: Client, tx: AsyncConnection, move: str, body: dict[str, str]
) -> None:
    opportunity = await add_opportunity(tx)
    path = f"/opportunities/{opportunity.id}/{move}"
    stale = await client.post(path, json=body, headers={"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    del client.headers["If-Match"]
    missing = await client.post(path, json=body)
    assert (missing.status_code, missing.json()["code"]) == (428, "PRECONDITION_REQUIRED")
    moved = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert moved.status_code == 200
    # A repeated move is answered before If-Match is checked.
    assert (await client.post(path, json=body)).json() == moved.json()


async def test_an_opportunity_can_be_opened_at_a_later_stage(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    opportunity = make_opportunity(
        account_id=account.id,
        engaged_date=date(2016, 10, 20),
        stage=Stage.WON,
        closed_at=NOON,
        closed_date=date(2017, 3, 1),
        owner_id="moses",
    )
    await open_opportunity(Command(tx, NOON, actor="import"), opportunity)
    stored = (await client.get(f"/opportunities/{opportunity.id}")).json()
    assert (stored["stage"], stored["engaged_date"]) == ("WON", "2016-10-20")
    assert (stored["closed_date"], stored["owner_id"]) == ("2017-03-01", "moses")
