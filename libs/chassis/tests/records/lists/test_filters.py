"""Tests of filters and sorts over HTTP: each kind of column, with results worked by hand."""

from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.search.prefixes import begins_with
from libs.chassis.tests.records.lists.samples import (
    BOARD,
    problems,
    titles,
    write_card,
    write_five_cards,
)
from testkit import tokens
from testkit.database import cards

FILTERS = [
    ("", "edcba"),
    ("stage=DONE", "b"),
    ("stage__in=DONE,TO_DO", "edcba"),
    ("stage__in=DONE&stage__in=DOING", "b"),
    (f"board_id={BOARD}", "edba"),
    ("board_id__isnull=true", "c"),
    ("board_id__isnull=false", "edba"),
    ("owner_id=other", "e"),
    ("title=b", "b"),
    ("title__in=a,e", "ea"),
    ("title__startswith=d", "d"),
    ("amount=9.5", "a"),
    ("amount=9.50", "a"),
    ("amount__isnull=true", "c"),
    ("amount__isnull=false", "edba"),
    ("due_date=2026-12-04", "b"),
    ("due_date__isnull=true", "c"),
    ("due_date__isnull=false", "edba"),
    ("stage=TO_DO&amount__gt=0&title__in=a,b", "a"),
    # sorted by the field with a range, descending; rows without a value are in no range
    ("amount__gte=9.5", "bda"),
    ("amount__gt=9.5", "bd"),
    ("amount__lte=20", "dae"),
    ("amount__lt=0", ""),
    ("due_date__lte=2026-12-04", "bde"),
    ("due_date__gte=2026-12-04", "ab"),
    ("due_date__lt=2026-12-04&due_date__gt=2026-12-01", "d"),
    ("due_date__lte=9999-12-31", "abde"),
    ("due_date__gte=9999-12-31", ""),
    ("created_at__gte=2026-11-22T04:00:00Z", "ed"),
    ("created_at__lt=2026-11-22T10:00:00%2B08:00", "a"),
    ("created_at__lt=2026-11-22T10:00:00+08:00", "a"),
]
SORTS = [
    ("sort=created_at", "abcde"),
    ("sort=-created_at", "edcba"),
    ("sort=due_date", "edbac"),
    ("sort=-due_date", "cabde"),
    ("sort=amount", "ceadb"),
    ("sort=-amount", "bdaec"),
    ("sort=title", "abcde"),
    ("sort=due_date,title", "edbac"),
    ("sort=stage,due_date", "bedac"),
    ("sort=-stage,-due_date", "cadeb"),
    ("sort=amount&due_date__lte=2026-12-04", "edb"),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS + SORTS)
async def test_filters_and_sorts_select_the_expected_rows(
    client: Client, tx: AsyncConnection, query: str, expected: str
) -> None:
    await write_five_cards(tx)
    assert await titles(client, query) == expected


@pytest.mark.parametrize(("query", "expected"), FILTERS + SORTS)
async def test_pages_of_one_row_cover_the_list(
    client: Client, tx: AsyncConnection, query: str, expected: str
) -> None:
    await write_five_cards(tx)
    seen, cursor = "", ""
    while True:
        answer = (await client.get(f"/cards?{query}&limit=1{cursor}")).json()
        seen += "".join(item["title"] for item in answer["items"])
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen == expected


BAD = [
    ("id__in=x", "?id__in.0", "ID_INVALID"),
    (f"id__in={','.join([str(BOARD)] * 201)}", "?id__in", "TOO_LONG"),
    ("id=01990000-0000-7000-8000-000000000009", "?id", "UNKNOWN_FIELD"),
    ("page=0", "?page", "TOO_SMALL"),
    ("page=201", "?page", "TOO_LARGE"),
    ("page=1001&limit=10", "?page", "TOO_LARGE"),
    ("page=1&cursor=abc", "?page", "CURSOR_WITH_PAGE"),
    ("count_by=amount", "?count_by", "VALUE_UNKNOWN"),
    ("count_by=created_at", "?count_by", "VALUE_UNKNOWN"),
    ("count_by=colour", "?count_by", "VALUE_UNKNOWN"),
    ("stage=LOST", "?stage", "VALUE_UNKNOWN"),
    ("stage__gte=DONE", "?stage__gte", "UNKNOWN_FIELD"),
    ("stage__in=DONE,LOST", "?stage__in.1", "VALUE_UNKNOWN"),
    ("board_id=1", "?board_id", "ID_INVALID"),
    ("board_id__in=", "?board_id__in.0", "ID_INVALID"),
    ("board_id__isnull=maybe", "?board_id__isnull", "TYPE_INVALID"),
    ("title=", "?title", "TOO_SHORT"),
    (f"title={'x' * 201}", "?title", "TOO_LONG"),
    (f"title__in={'a,' * 100}a", "?title__in", "TOO_LONG"),
    ("amount=1e5", "?amount", "DECIMAL_STRING_INVALID"),
    ("amount=NaN", "?amount", "DECIMAL_STRING_INVALID"),
    ("amount__gte=99999999999999999", "?amount__gte", "NUMBER_TOO_LARGE"),
    ("due_date=2026-02-30", "?due_date", "DATE_INVALID"),
    ("due_date=1767225600", "?due_date", "DATE_INVALID"),
    ("due_date=2026-01-01T00:00:00Z", "?due_date", "DATE_INVALID"),
    ("created_at__gte=2026-01-01", "?created_at__gte", "INSTANT_INVALID"),
    ("created_at__gte=1767225600", "?created_at__gte", "INSTANT_INVALID"),
    ("created_at__gte=2026-01-01T00:00:00", "?created_at__gte", "INSTANT_INVALID"),
    ("created_at=2026-01-01T00:00:00Z", "?created_at", "UNKNOWN_FIELD"),
    ("sort=colour", "?sort", "VALUE_UNKNOWN"),
    ("sort=", "?sort", "VALUE_UNKNOWN"),
    ("sort=--title", "?sort", "VALUE_UNKNOWN"),
    ("sort=stage", "?sort", "VALUE_UNKNOWN"),
    ("sort=stage,-due_date", "?sort", "VALUE_UNKNOWN"),
    ("sort=title,title", "?sort", "VALUE_UNKNOWN"),
    ("sort=title,amount,due_date", "?sort", "VALUE_UNKNOWN"),
    ("fields=title,colour", "?fields", "VALUE_UNKNOWN"),
    ("fields=", "?fields", "VALUE_UNKNOWN"),
    ("q=", "?q", "TOO_SHORT"),
    (f"q={'x' * 101}", "?q", "TOO_LONG"),
    ("include_total=perhaps", "?include_total", "TYPE_INVALID"),
    ("deleted=x", "?deleted", "TYPE_INVALID"),
    ("view=x", "?view", "ID_INVALID"),
    ("view=01990000-0000-7000-8000-000000000009", "?view", "SAVED_VIEW_UNKNOWN"),
    ("amount_sort=1", "?amount_sort", "UNKNOWN_FIELD"),
    ("tenant_id=01990000-0000-7000-8000-000000000009", "?tenant_id", "UNKNOWN_FIELD"),
    ("custom.colour=red", "?custom.colour", "UNKNOWN_FIELD"),
    ("cursor=abc", "?cursor", "CURSOR_INVALID"),
]


@pytest.mark.parametrize(("query", "pointer", "code"), BAD)
async def test_invalid_parameters_are_reported(
    client: Client, query: str, pointer: str, code: str
) -> None:
    assert problems(await client.get(f"/cards?{query}")) == {(pointer, code)}


async def test_all_violations_are_reported_at_once(client: Client) -> None:
    answer = await client.get("/cards?stage=X&sort=y&amount=z&colour=red&limit=0")
    assert {pointer for pointer, _ in problems(answer)} == {
        "?stage", "?sort", "?amount", "?colour", "?limit",
    }  # fmt: skip


STARTS = ["a", "z\U0010ffff", "\U0010ffff", "长", "\ud7ff", "a'%_\\"]


@pytest.mark.parametrize("start", STARTS)
async def test_a_prefix_filter_matches_exactly_the_prefix(
    client: Client, tx: AsyncConnection, start: str
) -> None:
    names = [
        start,
        start + "x",
        start + "\U0010ffff",
        start[:-1] + chr(ord(start[-1]) - 1),
        "0",
        "\ue000",
    ]
    for name in names:
        await write_card(tx, name)
    query = cards.select().where(begins_with(cards.c.title, start))
    matched = {row.title for row in await tx.execute(query)}
    assert matched == {name for name in names if name.startswith(start)}


async def test_another_tenant_sees_nothing(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await write_five_cards(tx)
    other = tokens.bearer(UUID(int=tenant.int ^ 1))
    assert await titles(client, "include_total=true", **other) == ""
