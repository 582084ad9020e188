"""Tests of batches: each item by the rules of its own route, alone or all together."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.records.record_quota import tenant_usage
from kernel.ids import new_id
from testkit import tokens
from testkit.plugin import PublishedFacts

SELLER, OTHER = "seller", "other"


async def make_card(client: Client, title: str, **headers: str) -> dict[str, Any]:
    answer = await client.post("/cards", json={"title": title}, headers=headers)
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


async def run(client: Client, *items: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """Send a batch; return its results."""
    answer = await client.post("/cards/batch", json={"items": items, **options})
    assert answer.status_code == (200 if options.get("atomic") else 207), answer.text
    results: list[dict[str, Any]] = answer.json()["items"]
    return results


async def titles(client: Client) -> list[str]:
    listed = (await client.get("/cards?sort=title")).json()["items"]
    return [card["title"] for card in listed]


def patch(card: dict[str, Any], version: int | str | None = None, **values: Any) -> dict[str, Any]:
    return {"id": card["id"], "version": version or card["version"], "patch": values}


async def test_items_succeed_and_fail_independently(
    client: Client, published: PublishedFacts
) -> None:
    first = await make_card(client, "a")
    results = await run(
        client,
        {"create": {"title": "b"}},
        patch(first, title="A"),
        {"create": {"title": ""}},
        patch(first, title="stale"),
        {"create": {"title": "c", "colour": "red", "stage": "LOST"}},
        {"id": str(new_id()), "version": 1, "patch": {}},
        {"id": first["id"], "patch": {"title": "x"}},
        patch(first, "*", title="AA", due_date="soon"),
        {"create": None},
        {"create": {"title": "nul\0"}},
    )
    assert [each["status"] for each in results] == [201, 200, 422, 412, 422, 404, 428, *[422] * 3]
    assert [(each["record"] or {}).get("title") for each in results[:2]] == ["b", "A"]
    assert [each["record"] for each in results[2:]] == [None] * 8
    codes = [each["problem"]["code"] for each in results[2:]]
    assert codes == [
        "VALIDATION_FAILED",
        "STALE_COPY",
        "VALIDATION_FAILED",
        "CARD_NOT_FOUND",
        "PRECONDITION_REQUIRED",
        "VALIDATION_FAILED",
        "VALIDATION_FAILED",
        "VALIDATION_FAILED",
    ]
    unstorable = results[9]["problem"]["errors"]
    assert [(e["pointer"], e["code"]) for e in unstorable] == [("/title", "TEXT_INVALID")]
    wrong = {(e["pointer"], e["code"]) for e in results[4]["problem"]["errors"]}
    assert wrong == {("/colour", "UNKNOWN_FIELD"), ("/stage", "VALUE_UNKNOWN")}
    assert results[3]["problem"]["instance"] == f"/testkit/v1/cards/{first['id']}"
    assert await titles(client) == ["A", "b"]
    facts = [(fact.type, fact.sequence) for fact in await published()]
    assert len(facts) == 3  # two created cards and one change; refused items publish nothing


async def test_an_atomic_batch_carries_out_all_items(client: Client) -> None:
    first = await make_card(client, "a")
    results = await run(
        client, {"create": {"title": "b"}}, patch(first, title="A"), patch(first, 2, title="AA"),
        atomic=True,
    )  # fmt: skip
    assert [each["status"] for each in results] == [201, 200, 200]
    assert [each["record"]["version"] for each in results] == [1, 2, 3]
    assert await titles(client) == ["AA", "b"]


async def test_a_refused_atomic_batch_changes_nothing_and_names_every_reason(
    client: Client, published: PublishedFacts
) -> None:
    first = await make_card(client, "a")
    items = [
        {"create": {"title": "b"}},
        patch(first, 7, title="A"),
        {"create": {"title": "", "colour": "red"}},
        patch(first, title=""),
    ]
    answer = await client.post("/cards/batch", json={"items": items, "atomic": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_REFUSED")
    errors = {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert errors == {
        ("/items/1", "STALE_COPY"),
        ("/items/2/create/title", "TOO_SHORT"),
        ("/items/2/create/colour", "UNKNOWN_FIELD"),
        ("/items/3/patch/title", "TOO_SHORT"),
    }
    assert await titles(client) == ["a"]
    assert len(await published()) == 1


BAD: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"items": []}, ("/items", "TOO_SHORT")),
    ({"items": [{"create": {"title": "a"}}] * 201}, ("/items", "TOO_LONG")),
    ({"items": [{}]}, ("/items/0", "BATCH_ITEM_INVALID")),
    ({"items": [{"patch": {}}]}, ("/items/0", "BATCH_ITEM_INVALID")),
    ({"items": [{"create": {}, "id": str(new_id())}]}, ("/items/0", "BATCH_ITEM_INVALID")),
    ({"items": [{"id": "x", "version": 1, "patch": {}}]}, ("/items/0/id", "ID_INVALID")),
    ({"items": [{"id": None, "version": 1, "patch": {}}]}, ("/items/0/id", "ID_INVALID")),
    ({"items": [{"create": {}, "delete": True}]}, ("/items/0/delete", "UNKNOWN_FIELD")),
    ({"items": [{"create": {}}], "atomic": "maybe"}, ("/atomic", "TYPE_INVALID")),
]


@pytest.mark.parametrize(("body", "violation"), BAD)
async def test_a_malformed_batch_is_refused_as_a_whole(
    client: Client, body: dict[str, Any], violation: tuple[str, str]
) -> None:
    answer = await client.post("/cards/batch", json=body)
    assert answer.status_code == 422, answer.text
    assert violation in {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert await titles(client) == []


async def test_a_batch_keeps_the_access_rules(client: Client, tenant: UUID) -> None:
    seller = tokens.bearer(tenant, sub=SELLER, scope="testkit.card.read testkit.card.write")
    other = tokens.bearer(tenant, sub=OTHER, scope="testkit.card.read testkit.card.write")
    mine, theirs = await make_card(client, "a", **seller), await make_card(client, "b", **other)
    body = {"items": [patch(mine, title="A"), patch(theirs, title="B"), {"create": {"title": "c"}}]}
    answer = await client.post("/cards/batch", json=body, headers=seller)
    assert [each["status"] for each in answer.json()["items"]] == [200, 404, 201]
    assert answer.json()["items"][2]["record"]["owner_id"] == SELLER
    reader = tokens.bearer(tenant, sub=SELLER, scope="testkit.card.read")
    assert (await client.post("/cards/batch", json=body, headers=reader)).status_code == 403


async def test_a_batch_keeps_the_quota_of_records(client: Client, tx: AsyncConnection) -> None:
    await tx.execute(update(tenant_settings).values(quotas={"rows": 3}))
    await make_card(client, "a")
    results = await run(client, *[{"create": {"title": title}} for title in "bcd"])
    assert [each["status"] for each in results] == [201, 201, 409]
    assert results[2]["problem"]["code"] == "QUOTA_ROWS"
    assert await tx.scalar(select(tenant_usage.c.rows)) == 3
    assert await titles(client) == ["a", "b", "c"]


async def test_a_repeated_key_gets_the_same_results(client: Client) -> None:
    body, key = {"items": [{"create": {"title": "a"}}]}, {"Idempotency-Key": "batch-1"}
    first = await client.post("/cards/batch", json=body, headers=key)
    again = await client.post("/cards/batch", json=body, headers=key)
    assert (first.status_code, again.status_code) == (207, 207)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    assert await titles(client) == ["a"]


async def test_concurrent_batches_in_opposite_orders_apply_each_version_once(
    committed_client: Client,
) -> None:
    """Every batch changes every card from the version it read: one of them wins each card."""
    cards = [await make_card(committed_client, f"c{n}") for n in range(6)]
    batches = [
        [patch(card, title=f"{card['title']}-{n}") for card in (cards if n % 2 else cards[::-1])]
        for n in range(6)
    ]
    results = await asyncio.gather(*(run(committed_client, *batch) for batch in batches))
    statuses = [each["status"] for batch in results for each in batch]
    assert sorted(statuses) == [200] * 6 + [412] * 30
    listed = (await committed_client.get("/cards")).json()["items"]
    assert {card["version"] for card in listed} == {2}


async def test_concurrent_atomic_batches_are_all_or_nothing(committed_client: Client) -> None:
    cards = [await make_card(committed_client, f"c{n}") for n in range(4)]
    bodies = [
        {
            "items": [
                patch(card, title=f"batch {n}") for card in (cards if n % 2 else cards[::-1])
            ],
            "atomic": True,
        }
        for n in range(6)
    ]
    answers = await asyncio.gather(
        *(committed_client.post("/cards/batch", json=body) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len(set(await titles(committed_client))) == 1
