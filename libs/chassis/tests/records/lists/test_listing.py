"""Tests of declared lists: fields, total, deleted rows, cursors, batches, visibility."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy import Column, ColumnElement, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import grants
from chassis.records.access.visibility import EVERYTHING, ScopedResource, Visibility
from chassis.records.lists.batches import list_batch, list_rows
from chassis.records.lists.listing import Listing, find_listing, listings_of
from chassis.web.pages import PageRequest
from chassis.web.references import shown_fields
from kernel.errors import Invalid
from kernel.ids import new_id
from libs.chassis.tests.records.lists.samples import (
    MORNING,
    OTHER,
    SELLER,
    problems,
    titles,
    write_five_cards,
)
from testkit import tokens
from testkit.cards.store import LISTING, CardOut
from testkit.database import cards

FIRST = PageRequest(limit=50, cursor=None, filters="/cards", key=b"k" * 32)


async def test_a_list_returns_only_the_requested_fields_and_the_id(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    answer = (await client.get("/cards?fields=title,amount&limit=2")).json()
    assert [set(item) for item in answer["items"]] == [{"id", "title", "amount"}] * 2
    assert answer["items"][0]["amount"] == {"amount": "0.00", "currency": "CNY"}
    whole = (await client.get("/cards?limit=1")).json()["items"][0]
    assert set(whole) == set(shown_fields(CardOut))


async def test_the_total_counts_all_matching_rows(client: Client, tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    assert (await client.get("/cards?limit=1")).json()["total"] is None
    for query, total in (("", 5), ("stage=TO_DO", 4), ("title=zzz", 0), ("q=a", 1)):
        answer = (await client.get(f"/cards?include_total=true&limit=1&{query}")).json()
        assert answer["total"] == total, query


async def test_deleted_rows_are_listed_only_on_request(client: Client, tx: AsyncConnection) -> None:
    written = await write_five_cards(tx)
    assert (await client.delete(f"/cards/{written[1].id}")).status_code == 204
    assert await titles(client) == "edca"
    assert await titles(client, "stage=DONE") == ""
    assert await titles(client, "deleted=true") == "b"
    assert await titles(client, "deleted=true&q=b&sort=title") == "b"


async def test_a_cursor_is_valid_only_for_the_same_query(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    path = "/cards?stage=TO_DO&limit=1&sort=title"
    cursor = (await client.get(path)).json()["next_cursor"]
    good = await client.get(f"{path}&cursor={cursor}")
    assert [item["title"] for item in good.json()["items"]] == ["c"]
    shape = await client.get(f"{path}&cursor={cursor}&fields=title&include_total=true")
    assert shape.status_code == 200  # fields and total may change between pages
    for other in (
        "stage=DONE&sort=title",
        "sort=title",
        "stage=TO_DO&sort=-title",
        "stage=TO_DO",
        "stage=TO_DO&sort=title&q=a",
        "stage=TO_DO&sort=title&deleted=true",
    ):
        answer = await client.get(f"/cards?{other}&limit=1&cursor={cursor}")
        assert problems(answer) == {("?cursor", "CURSOR_INVALID")}
    other_first = "B" if cursor[0] == "A" else "A"
    for forged in (cursor[:-2] + "AA", other_first + cursor[1:], cursor + "A", cursor[:8]):
        answer = await client.get(f"{path}&cursor={forged}")
        assert problems(answer) == {("?cursor", "CURSOR_INVALID")}


SELLERS = Visibility(owners=(SELLER,))
BOTH = Visibility(owners=(OTHER, SELLER))


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        (EVERYTHING, "edcba"),
        (SELLERS, "dcba"),
        (BOTH, "edcba"),
        (Visibility(owners=(OTHER,)), "e"),
        (Visibility(owners=("nobody",)), ""),
        (Visibility(), ""),
    ],
)
@pytest.mark.parametrize("prefer_filter", [False, True])
async def test_a_page_holds_the_rows_that_the_caller_sees(
    tx: AsyncConnection, visibility: Visibility, expected: str, *, prefer_filter: bool
) -> None:
    await write_five_cards(tx)
    visibility = replace(visibility, prefer_filter=prefer_filter)
    for text in ("", "sort=-title", "created_at__gte=2026-01-01T00:00:00Z", "include_total=true"):
        query = LISTING.parse_query(text)
        page = await LISTING.page(tx, FIRST, query, visibility)
        assert "".join(card.title for card in page.items) == expected
        assert page.total == (len(expected) if query.include_total else None)


async def test_a_list_over_http_holds_the_rows_that_the_caller_sees(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await write_five_cards(tx)
    seller = tokens.bearer(tenant, sub=SELLER, scope="testkit.card.read")
    assert await titles(client, "", **seller) == "dcba"
    assert await titles(client, "sort=due_date&q=a", **seller) == "a"
    everybody = tokens.bearer(tenant, sub=SELLER, scope="testkit.card.read testkit.card.all")
    assert await titles(client, "", **everybody) == "edcba"
    none = tokens.bearer(tenant, sub=SELLER, scope="testkit.note.read")
    assert (await client.get("/cards", headers=none)).status_code == 403


async def share(tx: AsyncConnection, card_id: UUID, grantee: UUID, **values: Any) -> None:
    grant = {
        "id": new_id(),
        "resource": "testkit.card",
        "record_id": card_id,
        "via": "SHARE",
        "grantee_kind": "PERSON",
        "grantee_id": grantee,
        "access": "READ",
        "created_by": SELLER,
        "created_at": MORNING,
        **values,
    }
    await tx.execute(insert(grants).values(grant))


@pytest.mark.parametrize("prefer_filter", [False, True])
@pytest.mark.parametrize("owners", [("nobody",), (OTHER,), (OTHER, "nobody")])
async def test_granted_rows_are_listed_once(
    tx: AsyncConnection, owners: tuple[str, ...], *, prefer_filter: bool
) -> None:
    a, b, c, _, e = await write_five_cards(tx)
    me, team = new_id(), new_id()
    await share(tx, a.id, me)
    await share(tx, a.id, team, via="TEAM")  # granted twice
    await share(tx, b.id, me, until_date=date(2026, 11, 22))  # expired today
    await share(tx, c.id, team, until_date=date(2026, 11, 23))
    await share(tx, c.id, new_id())
    await share(tx, e.id, me)  # also visible by its owner
    visibility = Visibility(
        owners=owners, grantees=(me, team), prefer_filter=prefer_filter, today=date(2026, 11, 22)
    )
    for query, expected in (("", "eca"), ("sort=title", "ace"), ("include_total=true", "eca")):
        page = await LISTING.page(tx, FIRST, LISTING.parse_query(query), visibility)
        assert "".join(card.title for card in page.items) == expected
        assert page.total in (None, 3)


async def test_a_page_with_a_condition_of_the_path(tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    page = await LISTING.page(
        tx, FIRST, LISTING.parse_query(""), SELLERS, where=[cards.c.title.in_(["a", "e"])]
    )
    assert [card.title for card in page.items] == ["a"]


@pytest.mark.parametrize("size", [1, 2, 5, 6])
async def test_all_rows_are_read_in_batches(tx: AsyncConnection, size: int) -> None:
    await write_five_cards(tx)
    query = LISTING.parse_query("sort=-due_date")
    batches = [batch async for batch in list_rows(tx, LISTING, query, BOTH, size=size)]
    assert "".join(row["title"] for batch in batches for row in batch) == "cabde"
    assert all(0 < len(batch) <= size for batch in batches)
    item = LISTING.shape(batches[0][0])
    assert (type(item), item.title) == (CardOut, "c")


async def test_a_batch_continues_in_another_transaction(tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    query = LISTING.parse_query("sort=title")
    first, after = await list_batch(tx, LISTING, query, EVERYTHING, size=3)
    await tx.execute(update(cards).values(amount=None))
    second, end = await list_batch(tx, LISTING, query, EVERYTHING, after=after, size=3)
    assert ["".join(row["title"] for row in batch) for batch in (first, second)] == ["abc", "de"]
    assert end is None


async def test_a_stored_query_is_validated_like_a_request() -> None:
    query = LISTING.parse_query("stage=DONE&fields=title&include_total=true", subject="me")
    assert (query.fields, query.include_total, query.subject) == (("title",), True, "me")
    with pytest.raises(Invalid) as refused:
        LISTING.parse_query("stage=X&colour=red&limit=3")
    assert {(v.pointer, v.code) for v in refused.value.violations} == {
        ("?stage", "VALUE_UNKNOWN"),
        ("?colour", "UNKNOWN_FIELD"),
        ("?limit", "UNKNOWN_FIELD"),
    }


def test_a_declaration_attaches_each_index_once() -> None:
    names = [str(index.name) for index in LISTING.indexes()]
    assert len(names) == len(set(names))
    assert {index.name for index in cards.indexes} >= set(names)
    again = Listing(
        ScopedResource("testkit.card_again", cards), CardOut, filters=["stage"], sorts=["title"]
    )
    assert {str(index.name) for index in again.indexes()} <= set(names)


def test_a_list_is_found_by_the_name_of_its_resource() -> None:
    assert find_listing("testkit", "testkit.card") is LISTING
    assert find_listing("testkit", "testkit.colour") is None
    assert find_listing("l2o", "testkit.card") is None
    assert LISTING in listings_of("testkit")


async def test_a_list_without_owners(tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    catalogue = Listing(
        cards,
        CardOut,
        resource="testkit.catalogue",
        collection="catalogue",
        sorts=["title"],
        shape=lambda row: CardOut.model_construct(title=row["title"]),
    )
    page = await catalogue.page(tx, FIRST, catalogue.parse_query("sort=title"))
    assert "".join(card.title for card in page.items) == "abcde"


async def test_filters_by_custom_fields_are_passed_to_the_list(tx: AsyncConnection) -> None:
    received: list[tuple[str, dict[str, str]]] = []

    async def custom(
        _: AsyncConnection, resource: str, key: Column[UUID], params: Mapping[str, str]
    ) -> list[ColumnElement[bool]]:
        received.append((resource, dict(params)))
        return [key.is_(None)] if params.get("custom.colour") == "red" else []

    await write_five_cards(tx)
    listing = Listing(
        ScopedResource("testkit.coloured", cards), CardOut, custom=custom, shape=LISTING.shape
    )
    red = await listing.page(tx, FIRST, listing.parse_query("custom.colour=red"))
    blue = await listing.page(
        tx, FIRST, listing.parse_query("custom.colour=blue&custom.size__gte=3")
    )
    assert (len(red.items), len(blue.items)) == (0, 5)
    assert received[1] == ("testkit.coloured", {"custom.colour": "blue", "custom.size__gte": "3"})
