"""Amending, rejecting, revising, cloning and deleting quotes, over HTTP."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from services.cpq.tests.conftest import SetClock
from services.cpq.tests.factories import (
    NOON,
    Shop,
    add_opportunity,
    add_price_book,
    cny,
    create_quote,
    make_price_entry,
)
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient


async def create_sent_quote(client: Client, shop: Shop, **more: Any) -> dict[str, Any]:
    quote = await create_quote(client, shop.body(**more))
    answer = await client.post(f"/quotes/{quote['id']}/send")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_an_amended_draft_is_priced_again(
    client: Client, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    quote = await create_quote(client, shop.body({"quantity": "3"}))
    path = f"/quotes/{quote['id']}"
    lines = [{"product_id": str(shop.product.id), "quantity": "10", "discount_rate": "0.1"}]
    patch = {"lines": lines, "valid_until": "2026-12-31"}
    answer = await client.patch(path, json=patch, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    amended = answer.json()
    # 10 x 90 x 0.9 = 810; tax 105.30
    assert amended["gross_total"] == {"amount": "915.30", "currency": "CNY"}
    assert (amended["valid_until"], amended["version"]) == ("2026-12-31", 2)
    assert amended["document_no"] == quote["document_no"]
    assert answer.headers["ETag"] == '"2"'
    assert (await client.get(path)).json() == amended
    facts = await published()
    assert [fact.type for fact in facts] == ["cpq.quote.created.v1", "cpq.quote.changed.v1"]
    assert facts[1].payload["quote"]["gross_total"]["amount"] == "915.30"


async def test_a_patch_without_a_difference_changes_nothing(
    client: Client, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    quote = await create_quote(client, shop.body())
    for patch in ({}, {"valid_until": quote["valid_until"], "currency": "CNY"}):
        answer = await client.patch(f"/quotes/{quote['id']}", json=patch)
        assert answer.json() == quote
    assert len(await published()) == 1


async def test_null_restores_the_defaults_of_today(
    client: Client, shop: Shop, set_clock: SetClock
) -> None:
    set_clock(NOON)
    quote = await create_quote(client, shop.body(price_date="2026-01-02", valid_until="2026-11-30"))
    defaults = {"valid_until": None, "price_date": None, "price_book_id": None}
    amended = (await client.patch(f"/quotes/{quote['id']}", json=defaults)).json()
    assert (amended["price_date"], amended["valid_until"]) == ("2026-11-22", "2026-12-22")


@pytest.mark.parametrize(
    ("patch", "pointer", "code"),
    [
        ({"lines": []}, "/lines", "TOO_SHORT"),
        ({"lines": None}, "/lines", "REQUIRED"),
        ({"lines": [{"quantity": "1"}]}, "/lines/0/product_id", "REQUIRED"),
        ({"lines": {"0": 1}}, "/lines", "TYPE_INVALID"),
        ({"valid_until": "2026-02-30"}, "/valid_until", "DATE_INVALID"),
        ({"valid_until": "2020-01-01"}, "/valid_until", "DATE_PAST"),
        ({"currency": "XXQ"}, "/currency", "CURRENCY_UNKNOWN"),
        ({"currency": "USD"}, "/price_book_id", "CURRENCY_MISMATCH"),
        ({"opportunity_id": "x"}, "/opportunity_id", "UNKNOWN_FIELD"),
        ({"status": "SENT"}, "/status", "UNKNOWN_FIELD"),
    ],
)
async def test_bad_patches(
    client: Client, shop: Shop, patch: dict[str, Any], pointer: str, code: str
) -> None:
    quote = await create_quote(client, shop.body())
    for answer in (
        await client.patch(f"/quotes/{quote['id']}", json=patch),
        await client.post(
            f"/quotes/{(await create_sent_quote(client, shop))['id']}/revise", json=patch
        ),
    ):
        assert answer.status_code == 422, answer.text
        assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


async def test_a_sent_quote_can_be_revised_but_not_amended(
    client: Client, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    quote = await create_sent_quote(client, shop)
    path = f"/quotes/{quote['id']}"
    later = {"valid_until": "2026-12-31"}
    await assert_refused(await client.patch(path, json=later), 409, "QUOTE_NOT_DRAFT")
    assert (await client.patch(path, json={})).json() == quote
    await assert_refused(await client.delete(path), 409, "QUOTE_NOT_DRAFT")
    patch = {"lines": [{"product_id": str(shop.product.id), "quantity": "12"}]}
    answer = await client.post(f"{path}/revise", json=patch)
    assert answer.status_code == 201, answer.text
    revision = answer.json()
    assert answer.headers["Location"] == f"/cpq/v1/quotes/{revision['id']}"
    assert (revision["document_no"], revision["revision"]) == (quote["document_no"], 2)
    assert (revision["status"], revision["revises"]) == ("DRAFT", quote["id"])
    assert revision["gross_total"]["amount"] == "1220.40"  # 12 x 90 x 1.13
    old = (await client.get(path)).json()
    assert (old["status"], old["superseded_by"]) == ("SUPERSEDED", revision["id"])
    assert (old["gross_total"], old["lines"]) == (quote["gross_total"], quote["lines"])
    for move in ("accept", "reject"):
        answer = await client.post(
            f"{path}/{move}", json={"reason": "x"} if move == "reject" else None
        )
        await assert_refused(answer, 409, "QUOTE_SUPERSEDED")
    assert (await client.post(f"{path}/revise", json=patch)).json() == revision
    await assert_refused(await client.delete(f"/quotes/{revision['id']}"), 409, "QUOTE_REVISES")
    assert [(fact.type, fact.sequence) for fact in await published()] == [
        ("cpq.quote.created.v1", 1),
        ("cpq.quote.sent.v1", 2),
        ("cpq.quote.revised.v1", 3),
        ("cpq.quote.created.v1", 1),
    ]


async def test_revisions_are_numbered_and_the_last_can_be_accepted(
    client: Client, shop: Shop
) -> None:
    quote = await create_sent_quote(client, shop)
    for revision in (2, 3):
        answer = await client.post(f"/quotes/{quote['id']}/revise", json={})
        await client.post(f"/quotes/{answer.json()['id']}/send")
        quote = (await client.get(f"/quotes/{answer.json()['id']}")).json()
        assert quote["revision"] == revision
    accepted = await client.post(f"/quotes/{quote['id']}/accept")
    assert accepted.json()["status"] == "ACCEPTED"
    await assert_refused(
        await client.post(f"/quotes/{quote['id']}/revise", json={}), 409, "QUOTE_ACCEPTED"
    )
    page = (await client.get("/quotes", params={"status": "SUPERSEDED"})).json()
    assert [item["revision"] for item in page["items"]] == [2, 1]


async def test_a_draft_cannot_be_revised(client: Client, shop: Shop) -> None:
    quote = await create_quote(client, shop.body())
    answer = await client.post(f"/quotes/{quote['id']}/revise", json={})
    await assert_refused(answer, 409, "QUOTE_NOT_SENT")


async def test_a_clone_is_a_new_quote_at_todays_prices(
    client: Client, tx: AsyncConnection, shop: Shop, set_clock: SetClock
) -> None:
    set_clock(NOON)
    quote = await create_sent_quote(client, shop)
    await add_price_book(tx, [make_price_entry(shop.product.id, cny("80"))], valid_from=NOON.date())
    other = await add_opportunity(tx, account_id=shop.account_id)
    set_clock(datetime(2026, 11, 23, 4, tzinfo=UTC))
    answer = await client.post(f"/quotes/{quote['id']}/clone", json={"opportunity_id": str(other)})
    assert answer.status_code == 201, answer.text
    clone = answer.json()
    assert (clone["document_no"], clone["revision"]) == ("Q-2026-000002", 1)
    assert (clone["revises"], clone["opportunity_id"]) == (None, str(other))
    assert (clone["price_date"], clone["valid_until"]) == ("2026-11-23", "2026-12-23")
    assert clone["gross_total"]["amount"] == "271.20"  # 3 x 80 x 1.13
    # A revision keeps the price book and the price date.
    revision = (await client.post(f"/quotes/{quote['id']}/revise", json={})).json()
    assert revision["gross_total"] == quote["gross_total"]
    assert revision["price_date"] == "2026-11-22"


async def test_a_draft_is_deleted_and_restored(
    client: Client, shop: Shop, published: PublishedFacts
) -> None:
    quote = await create_quote(client, shop.body())
    path = f"/quotes/{quote['id']}"
    for _ in range(2):
        assert (await client.delete(path)).status_code == 204
    await assert_refused(await client.get(path), 404, "QUOTE_NOT_FOUND")
    await assert_refused(await client.post(f"{path}/send"), 404, "QUOTE_NOT_FOUND")
    assert (await client.get("/quotes")).json()["items"] == []
    for _ in range(2):
        restored = await client.post(f"{path}/restore")
        assert (restored.status_code, restored.json()["version"]) == (200, 3)
    assert (await client.get(path)).json() == restored.json()
    assert [fact.type.split(".")[2] for fact in await published()] == [
        "created",
        "deleted",
        "restored",
    ]


async def test_a_move_with_a_stale_etag_answers_412(
    client: Client, shop: Shop, published: PublishedFacts
) -> None:
    quote = await create_sent_quote(client, shop)
    path = f"/quotes/{quote['id']}"
    stale = {"If-Match": '"1"'}
    for move, body in (("accept", None), ("reject", {"reason": "x"}), ("revise", {})):
        answer = await client.post(f"{path}/{move}", json=body, headers=stale)
        await assert_refused(answer, 412, "STALE_COPY")
        del client.headers["If-Match"]
        await assert_refused(
            await client.post(f"{path}/{move}", json=body), 428, "PRECONDITION_REQUIRED"
        )
        client.headers["If-Match"] = "*"
    # A repeated move returns its result without checking If-Match.
    assert (await client.post(f"{path}/send", headers=stale)).json() == quote
    fresh = await client.post(f"{path}/accept", headers={"If-Match": '"2"'})
    assert fresh.json()["status"] == "ACCEPTED"
    assert len(await published()) == 3


async def test_tax_rounding_follows_the_tenants_policy_and_is_recorded(
    client: Client, tx: AsyncConnection, shop: Shop
) -> None:
    lines = [{"quantity": "0.3333"}, {"quantity": "0.3333"}, {"quantity": "0.3334"}]
    per_line = await create_quote(client, shop.body(*lines))
    assert (per_line["tax_rounding"], per_line["tax_total"]["amount"]) == ("LINE", "12.99")
    await tx.execute(update(tenant_settings).values(tax_rounding="DOCUMENT"))
    whole = await create_quote(client, shop.body(*lines))
    assert (whole["tax_rounding"], whole["tax_total"]["amount"]) == ("DOCUMENT", "13.00")
    assert [line["tax_amount"]["amount"] for line in whole["lines"]] == ["4.33", "4.33", "4.34"]
    assert (await client.get(f"/quotes/{per_line['id']}")).json() == per_line
    amended = await client.patch(f"/quotes/{per_line['id']}", json={"currency": "CNY"})
    assert amended.json() == per_line  # a patch without a difference
    await client.post(f"/quotes/{per_line['id']}/send")
    revision = (await client.post(f"/quotes/{per_line['id']}/revise", json={})).json()
    assert (revision["tax_rounding"], revision["tax_total"]["amount"]) == ("DOCUMENT", "13.00")


async def test_a_quote_can_change_to_a_book_in_another_currency(
    client: Client, tx: AsyncConnection, shop: Shop
) -> None:
    dollars = [make_price_entry(shop.product.id, cny("0"))]
    answer = await client.post(
        "/price-books",
        json={
            "name": "USD",
            "currency": "USD",
            "valid_from": "2026-01-01",
            "entries": [
                {
                    "product_id": str(dollars[0].product_id),
                    "list_price": {"amount": "14.25", "currency": "USD"},
                }
            ],
        },
    )
    assert answer.status_code == 201, answer.text
    quote = await create_quote(client, shop.body(currency="USD"))
    assert quote["gross_total"] == {"amount": "48.31", "currency": "USD"}  # 42.75 + 5.5575
    moved = await client.patch(
        f"/quotes/{quote['id']}", json={"currency": "CNY", "price_book_id": None}
    )
    assert moved.json()["gross_total"] == {"amount": "339.00", "currency": "CNY"}
    assert moved.json()["price_book_id"] == str(shop.book.id)
