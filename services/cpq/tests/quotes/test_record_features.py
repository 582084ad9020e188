"""Custom fields of quotes in any status, drafts by external id, lists, and the audit of lines."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.conftest import SetClock
from services.cpq.tests.factories import (
    NOON,
    Shop,
    add_opportunity,
    create_quote,
    define_custom_field,
    list_ids,
    status_and_code,
)
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
BY_ERP = "/quotes/by-external-id/erp/4711"


async def test_custom_fields_can_change_in_any_status(
    client: Client, shop: Shop, published: PublishedFacts
) -> None:
    await define_custom_field(client, "cpq.quote", "lost_to", "TEXT")
    await define_custom_field(client, "cpq.quote", "weight", "NUMBER")
    quote = await create_quote(client, shop.body(custom_fields={"lost_to": "Acme"}))
    assert quote["custom_fields"] == {"lost_to": "Acme"}
    path = f"/quotes/{quote['id']}"
    await client.post(f"{path}/send")
    await client.post(f"{path}/reject", json={"reason": "x"})
    patch = {"custom_fields": {"weight": "2.5", "lost_to": None}}
    changed = (await client.patch(path, json=patch, headers={"If-Match": '"3"'})).json()
    assert (changed["custom_fields"], changed["version"]) == ({"weight": "2.5"}, 4)
    assert (changed["status"], changed["lines"]) == ("REJECTED", quote["lines"])
    both = {**patch, "custom_fields": {"weight": "3"}, "valid_until": "2027-01-01"}
    assert status_and_code(await client.patch(path, json=both)) == (409, "QUOTE_NOT_DRAFT")
    assert await list_ids(client, "/quotes?custom.weight__gte=2") == [quote["id"]]
    assert await list_ids(client, "/quotes?custom.lost_to=Acme") == []
    fact = (await published())[-1]
    assert (fact.type, fact.sequence) == ("cpq.quote.changed.v1", 4)
    assert fact.payload["quote"]["custom_fields"] == {"weight": "2.5"}
    revision = (await client.post(f"{path}/revise", json={})).json()
    clone = (await client.post(f"{path}/clone", json={})).json()
    assert revision["custom_fields"] == clone["custom_fields"] == {"weight": "2.5"}


async def test_an_erp_writes_a_draft_by_external_id(
    client: Client, tx: AsyncConnection, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    first = await client.put(BY_ERP, json=shop.body(valid_until="2026-12-31"))
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    quote = first.json()
    assert (await client.put(BY_ERP, json=shop.body())).json() == quote
    second = await client.put(BY_ERP, json=shop.body({"quantity": "10"}))
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert second.json()["gross_total"]["amount"] == "1017.00"  # 10 x 90 x 1.13
    assert (await client.get(BY_ERP)).json() == second.json()
    assert len(await published()) == 2
    other = await add_opportunity(tx, account_id=shop.account_id)
    elsewhere = await client.put(BY_ERP, json=shop.body(opportunity_id=str(other)))
    [error] = elsewhere.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/opportunity_id", "OPPORTUNITY_FIXED")
    await client.post(f"/quotes/{quote['id']}/send")
    assert status_and_code(await client.put(BY_ERP, json=shop.body())) == (409, "QUOTE_NOT_DRAFT")
    names = (await client.get(f"/quotes/{quote['id']}/external-ids")).json()["items"]
    assert [(one["system"], one["external_id"]) for one in names] == [("erp", "4711")]


async def test_every_declared_filter_and_sort(
    client: Client, shop: Shop, set_clock: SetClock
) -> None:
    set_clock(NOON)
    small = await create_quote(client, shop.body(valid_until="2026-11-30"))
    large = await create_quote(client, shop.body({"quantity": "10"}))
    await client.post(f"/quotes/{small['id']}/send")
    for query, expected in {
        f"account_id={shop.account_id}&sort=gross_total": [small, large],
        "account_name__startswith=星": [small, large],
        "account_name__startswith=月": [],
        "q=xckj": [large, small],  # the initials of 星辰科技
        "q=000002": [large],
        "document_no=Q-2026-000001": [small],
        "document_no__startswith=Q-2026&sort=-document_no": [large, small],
        "gross_total__gte=339.01": [large],
        "gross_total=339": [small],
        "valid_until__lte=2026-11-30": [small],
        "sort=valid_until": [small, large],
        "status__in=SENT,ACCEPTED": [small],
        "sent_at__isnull=true": [large],
        "sort=sent_at": [small, large],
        "currency=USD": [],
        f"price_book_id={shop.book.id}": [large, small],
        "created_at__gte=2026-11-23T00:00:00Z": [],
        "sort=status,valid_until": [large, small],
        "sort=-status,-valid_until": [small, large],
    }.items():
        assert await list_ids(client, f"/quotes?{query}") == [one["id"] for one in expected], query
    page = (await client.get("/quotes?include_total=true&fields=document_no&limit=1")).json()
    assert page["total"] == 2
    assert page["items"] == [{"id": large["id"], "document_no": large["document_no"]}]


@pytest.mark.parametrize(
    "query",
    ["gross_total__gte=much", "sort=colour", "fields=colour", "status__in=OPEN", "custom.x=1"],
)
async def test_bad_list_parameters(client: Client, query: str) -> None:
    assert (await client.get(f"/quotes?{query}")).status_code == 422


async def test_query_parameters_override_a_saved_view(client: Client, shop: Shop) -> None:
    quote, other = [await create_quote(client, shop.body()) for _ in range(2)]
    await client.post(f"/quotes/{quote['id']}/send")
    body = {"resource": "cpq.quote", "name": "已发送", "query": "status=SENT"}
    view = (await client.post("/saved-views", json=body)).json()["id"]
    assert await list_ids(client, f"/quotes?view={view}") == [quote["id"]]
    assert await list_ids(client, f"/quotes?view={view}&status=DRAFT") == [other["id"]]


async def test_the_audit_shows_only_changed_lines(client: Client, shop: Shop) -> None:
    body = shop.body({"quantity": "1"}, {"quantity": "2"}, {"quantity": "3"})
    quote = await create_quote(client, body)
    path = f"/quotes/{quote['id']}"
    before = (await client.get(f"{path}/audit")).json()["items"]
    assert [entry["part"] for entry in before].count("lines") == 3
    lines = [{"product_id": str(shop.product.id), "quantity": n} for n in ("1", "20")]
    amended = (await client.patch(path, json={"lines": lines})).json()
    assert [line["id"] for line in amended["lines"]] == [line["id"] for line in quote["lines"][:2]]
    entries = (await client.get(f"{path}/audit")).json()["items"][: -len(before)]
    of_lines = {e["part_id"]: e["verb"] for e in entries if e["part"] == "lines"}
    second, third = (line["id"] for line in quote["lines"][1:])
    assert of_lines == {second: "UPDATE", third: "DELETE"}
    [change] = [
        c
        for e in entries
        for c in e["changes"]
        if c["field"] == "quantity" and e["part_id"] == second
    ]
    assert (float(change["from"]), float(change["to"])) == (2, 20)


async def test_sending_needs_a_current_if_match(client: Client, shop: Shop) -> None:
    path = f"/quotes/{(await create_quote(client, shop.body()))['id']}/send"
    stale = await client.post(path, headers={"If-Match": '"7"'})
    assert status_and_code(stale) == (412, "STALE_COPY")
    del client.headers["If-Match"]
    assert status_and_code(await client.post(path)) == (428, "PRECONDITION_REQUIRED")
