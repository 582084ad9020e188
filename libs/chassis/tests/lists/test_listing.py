"""A declared list: shape, total, deleted rows, cursors, batches, and who sees less."""

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
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.lists.listing import Listing, find_listing, listings_of
from chassis.web.pages import PageRequest
from kernel.errors import Invalid
from kernel.ids import new_id
from libs.chassis.tests.lists.samples import (
    MORNING,
    OTHER,
    SELLER,
    problems,
    titles,
    write_five,
)
from testkit import tokens
from testkit.cards import CARDS, LISTING, CardOut
from testkit.database import cards

FIRST = PageRequest(limit=50, cursor=None, filters="/cards", key=b"k" * 32)


async def test_only_the_fields_asked_for_and_the_id(client: Client, tx: AsyncConnection) -> None:
    await write_five(tx)
    answer = (await client.get("/cards?fields=title,amount&limit=2")).json()
    assert [set(item) for item in answer["items"]] == [{"id", "title", "amount"}] * 2
    assert answer["items"][0]["amount"] == {"amount": "0.00", "currency": "CNY"}
    whole = (await client.get("/cards?limit=1")).json()["items"][0]
    assert set(whole) == set(CardOut.model_fields)


async def test_the_total_is_of_all_that_is_asked(client: Client, tx: AsyncConnection) -> None:
    await write_five(tx)
    assert (await client.get("/cards?limit=1")).json()["total"] is None
    for query, total in (("", 5), ("stage=TO_DO", 4), ("title=zzz", 0), ("q=a", 1)):
        answer = (await client.get(f"/cards?include_total=true&limit=1&{query}")).json()
        assert answer["total"] == total, query


async def test_deleted_rows_are_in_no_list_but_theirs(client: Client, tx: AsyncConnection) -> None:
    written = await write_five(tx)
    assert (await client.delete(f"/cards/{written[1].id}")).status_code == 204
    assert await titles(client) == "edca"
    assert await titles(client, "stage=DONE") == ""
    assert await titles(client, "deleted=true") == "b"
    assert await titles(client, "deleted=true&q=b&sort=title") == "b"


async def test_a_cursor_is_bound_to_what_was_asked(client: Client, tx: AsyncConnection) -> None:
    await write_five(tx)
    asked = "/cards?stage=TO_DO&limit=1&sort=title"
    cursor = (await client.get(asked)).json()["next_cursor"]
    good = await client.get(f"{asked}&cursor={cursor}")
    assert [item["title"] for item in good.json()["items"]] == ["c"]
    shape = await client.get(f"{asked}&cursor={cursor}&fields=title&include_total=true")
    assert shape.status_code == 200  # what is shown of the rows may change
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
    for forged in (cursor[:-2] + "AA", "A" + cursor[1:], cursor + "A", cursor[:8]):
        answer = await client.get(f"{asked}&cursor={forged}")
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
async def test_a_page_holds_what_the_caller_sees(
    tx: AsyncConnection, visibility: Visibility, expected: str, *, prefer_filter: bool
) -> None:
    await write_five(tx)
    visibility = replace(visibility, prefer_filter=prefer_filter)
    for query in ("", "sort=-title", "created_at__gte=2026-01-01T00:00:00Z", "q="):
        asked = LISTING.asked(query if query != "q=" else "include_total=true")
        page = await LISTING.page(tx, FIRST, asked, visibility)
        assert "".join(card.title for card in page.items) == expected
        assert page.total == (len(expected) if asked.include_total else None)


async def test_a_list_over_http_is_bound_to_the_caller(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await write_five(tx)
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
async def test_what_was_granted_is_in_the_list_once(
    tx: AsyncConnection, owners: tuple[str, ...], *, prefer_filter: bool
) -> None:
    a, b, c, _, e = await write_five(tx)
    me, team = new_id(), new_id()
    await share(tx, a.id, me)
    await share(tx, a.id, team, via="TEAM")  # twice granted
    await share(tx, b.id, me, until_date=date(2026, 11, 22))  # the day on which it ended
    await share(tx, c.id, team, until_date=date(2026, 11, 23))
    await share(tx, c.id, new_id())
    await share(tx, e.id, me)  # seen as its owner's head too
    visibility = Visibility(
        owners=owners, grantees=(me, team), prefer_filter=prefer_filter, today=date(2026, 11, 22)
    )
    for query, expected in (("", "eca"), ("sort=title", "ace"), ("include_total=true", "eca")):
        page = await LISTING.page(tx, FIRST, LISTING.asked(query), visibility)
        assert "".join(card.title for card in page.items) == expected
        assert page.total in (None, 3)


async def test_a_condition_of_the_address(tx: AsyncConnection) -> None:
    await write_five(tx)
    page = await LISTING.page(
        tx, FIRST, LISTING.asked(""), SELLERS, where=[cards.c.title.in_(["a", "e"])]
    )
    assert [card.title for card in page.items] == ["a"]


@pytest.mark.parametrize("size", [1, 2, 5, 6])
async def test_all_rows_in_batches(tx: AsyncConnection, size: int) -> None:
    await write_five(tx)
    asked = LISTING.asked("sort=-due_date")
    batches = [batch async for batch in LISTING.rows(tx, asked, BOTH, size=size)]
    assert "".join(row["title"] for batch in batches for row in batch) == "cabde"
    assert all(0 < len(batch) <= size for batch in batches)
    shown = LISTING.shape(batches[0][0])
    assert (type(shown), shown.title) == (CardOut, "c")


async def test_a_batch_continues_in_another_transaction(tx: AsyncConnection) -> None:
    await write_five(tx)
    asked = LISTING.asked("sort=title")
    first, after = await LISTING.batch(tx, asked, EVERYTHING, size=3)
    await tx.execute(update(cards).values(amount=None))
    second, end = await LISTING.batch(tx, asked, EVERYTHING, after=after, size=3)
    assert ["".join(row["title"] for row in batch) for batch in (first, second)] == ["abc", "de"]
    assert end is None


async def test_a_stored_query_is_checked_like_a_request() -> None:
    asked = LISTING.asked("stage=DONE&fields=title&include_total=true", subject="me")
    assert (asked.fields, asked.include_total, asked.subject) == (("title",), True, "me")
    with pytest.raises(Invalid) as refused:
        LISTING.asked("stage=X&colour=red&limit=3")
    assert {(v.pointer, v.code) for v in refused.value.violations} == {
        ("?stage", "VALUE_UNKNOWN"),
        ("?colour", "UNKNOWN_FIELD"),
        ("?limit", "UNKNOWN_FIELD"),
    }


def test_a_declaration_names_its_indexes_once() -> None:
    names = [str(index.name) for index in LISTING.indexes()]
    assert len(names) == len(set(names))
    assert {index.name for index in cards.indexes} >= set(names)
    again = Listing(CARDS, CardOut, collection="cards-again", filters=["stage"], sorts=["title"])
    assert {str(index.name) for index in again.indexes()} <= set(names)


def test_a_list_is_found_by_its_collection() -> None:
    assert find_listing("testkit", "cards") is LISTING
    assert find_listing("testkit", "colours") is None
    assert LISTING in listings_of("testkit")


async def test_a_list_that_everybody_sees(tx: AsyncConnection) -> None:
    await write_five(tx)
    catalogue = Listing(
        cards,
        CardOut,
        resource="testkit.catalogue",
        collection="catalogue",
        sorts=["title"],
        shape=lambda row: CardOut.model_construct(title=row["title"]),
    )
    page = await catalogue.page(tx, FIRST, catalogue.asked("sort=title"))
    assert "".join(card.title for card in page.items) == "abcde"


async def test_a_tenants_own_fields_are_the_lists_to_filter(tx: AsyncConnection) -> None:
    asked_for: list[tuple[str, dict[str, str]]] = []

    async def custom(
        _: AsyncConnection, resource: str, key: Column[UUID], params: Mapping[str, str]
    ) -> list[ColumnElement[bool]]:
        asked_for.append((resource, dict(params)))
        return [key.is_(None)] if params.get("custom.colour") == "red" else []

    await write_five(tx)
    listing = Listing(CARDS, CardOut, collection="coloured", custom=custom, shape=LISTING.shape)
    red = await listing.page(tx, FIRST, listing.asked("custom.colour=red"))
    blue = await listing.page(tx, FIRST, listing.asked("custom.colour=blue&custom.size__gte=3"))
    assert (len(red.items), len(blue.items)) == (0, 5)
    assert asked_for[1] == ("testkit.card", {"custom.colour": "blue", "custom.size__gte": "3"})
