"""Tests of `id__in`, of pages by number and of counts by value, for every plan of visibility."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.web.pages import PageRequest
from kernel.ids import new_id
from libs.chassis.tests.records.lists.samples import (
    BOARD,
    OTHER,
    SELLER,
    titles,
    write_card,
    write_five_cards,
)
from testkit import tokens
from testkit.cards.store import LISTING

VISIBILITIES = [
    (EVERYTHING, "edcba"),
    (Visibility(owners=(SELLER,)), "dcba"),
    (Visibility(owners=(SELLER, OTHER)), "edcba"),
    (Visibility(owners=(SELLER, OTHER), prefer_filter=True), "edcba"),
]


def page_of(limit: int) -> PageRequest:
    return PageRequest(limit=limit, cursor=None, filters="/cards", key=b"k" * 32)


async def test_id_in_selects_records_by_id(client: Client, tx: AsyncConnection) -> None:
    a, b, _, _, e = await write_five_cards(tx)
    ids = f"{a.id},{e.id},{b.id},{new_id()}"
    assert await titles(client, f"id__in={ids}") == "eba"
    assert await titles(client, f"id__in={ids}&sort=title") == "abe"
    assert await titles(client, f"id__in={ids}&stage=DONE") == "b"
    assert await titles(client, f"id__in={ids}&limit=1&page=2") == "b"
    many = ",".join(str(new_id()) for _ in range(199))
    assert await titles(client, f"id__in={many},{a.id}") == "a"


async def test_id_in_shows_only_what_the_caller_sees(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    a, _, _, _, e = await write_five_cards(tx)
    seller = tokens.bearer(tenant, sub=SELLER, scope="testkit.card.read")
    assert await titles(client, f"id__in={a.id},{e.id}", **seller) == "a"


@pytest.mark.parametrize("sort", ["", "title", "-title", "stage,due_date", "-amount"])
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_numbered_pages_are_the_slices_of_the_whole_list(
    tx: AsyncConnection, sort: str, limit: int
) -> None:
    await write_five_cards(tx)
    for visibility, visible in VISIBILITIES:
        text = f"sort={sort}" if sort else ""
        whole = await LISTING.page(tx, page_of(50), LISTING.parse_query(text), visibility)
        assert len(whole.items) == len(visible)
        for number in range(1, 7):
            query = LISTING.parse_query(f"page={number}&{text}")
            page = await LISTING.page(tx, page_of(limit), query, visibility)
            assert page.items == whole.items[(number - 1) * limit : number * limit]
            assert page.total == len(visible)
            assert (page.next_cursor is None) == (number * limit >= len(visible))


async def test_a_numbered_page_continues_with_its_cursor(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    second = (await client.get("/cards?limit=2&page=2&sort=title")).json()
    assert [item["title"] for item in second["items"]] == ["c", "d"]
    rest = await titles(client, f"limit=2&sort=title&cursor={second['next_cursor']}")
    assert rest == "e"


async def test_the_last_numbered_page_ends_at_row_ten_thousand(client: Client) -> None:
    for query in ("limit=200&page=50", "limit=1&page=10000", "page=200", "limit=3&page=3333"):
        answer = await client.get(f"/cards?{query}")
        assert (answer.status_code, answer.json()["total"]) == (200, 0), query
    for query in ("limit=200&page=51", "limit=1&page=10001", "limit=3&page=3334"):
        assert (await client.get(f"/cards?{query}")).status_code == 422, query


def counts(answer: Any) -> list[tuple[Any, int]]:
    assert answer.status_code == 200, answer.text
    return [(each["value"], each["count"]) for each in answer.json()["counts"]]


async def test_counts_by_an_enum_name_every_value_whatever_its_own_filter(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    assert (await client.get("/cards")).json()["counts"] is None
    every = [("TO_DO", 4), ("DOING", 0), ("DONE", 1)]
    assert counts(await client.get("/cards?count_by=stage")) == every
    filtered = await client.get("/cards?count_by=stage&stage=DONE&limit=1")
    assert counts(filtered) == every
    assert [item["title"] for item in filtered.json()["items"]] == ["b"]
    assert counts(await client.get("/cards?count_by=stage&stage__in=DONE,DOING")) == every
    others = await client.get("/cards?count_by=stage&stage=DONE&due_date__lte=2026-12-03")
    assert counts(others) == [("TO_DO", 2), ("DOING", 0), ("DONE", 0)]


async def test_counts_by_other_fields_are_in_order_of_frequency_with_null(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    await write_card(tx, "f", owner_id=None)
    owners = [(SELLER, 4), (OTHER, 1), (None, 1)]
    assert counts(await client.get("/cards?count_by=owner_id")) == owners
    boards = await client.get("/cards?count_by=board_id&q=a")
    assert counts(boards) == [(str(BOARD), 1)]
    assert counts(await client.get("/cards?count_by=owner_id&deleted=true")) == []


async def test_counts_hold_only_what_the_caller_sees(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await write_five_cards(tx)
    seller = tokens.bearer(tenant, sub=OTHER, scope="testkit.card.read")
    answer = await client.get("/cards?count_by=stage", headers=seller)
    assert counts(answer) == [("TO_DO", 1), ("DOING", 0), ("DONE", 0)]


async def test_counts_of_many_values_keep_the_most_frequent(
    client: Client, tx: AsyncConnection
) -> None:
    for number in range(101):
        await write_card(tx, f"t{number:03}")
    await write_card(tx, "t050")
    found = counts(await client.get("/cards?count_by=title&limit=1"))
    assert (len(found), found[0], found[-1]) == (100, ("t050", 2), ("t099", 1))
