"""Tests of `POST /cards/search`: groups of conditions, with results worked by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from libs.chassis.tests.records.lists.samples import (
    BOARD,
    SELLER,
    problems,
    titles,
    write_card,
    write_five_cards,
)
from testkit import tokens
from testkit.cards.store import CARDS

Json = Mapping[str, Any]
LATE = {"due_date__gte": "2026-12-04"}
DONE = {"stage": "DONE"}
SEARCHES: list[tuple[Json, str]] = [
    ({}, "edcba"),
    ({"filter_groups": []}, "edcba"),
    ({"filter_groups": [DONE]}, "b"),
    ({"filter_groups": [{"stage__in": ["DONE", "DOING"]}]}, "b"),
    ({"filter_groups": [{"title__in": ["a,b", "c"]}]}, "c"),
    ({"filter_groups": [DONE, {"title": "e"}]}, "eb"),
    ({"filter_groups": [LATE, {"board_id__isnull": True}]}, "cba"),
    ({"filter_groups": [{**LATE, **DONE}]}, "b"),
    ({"filter_groups": [{**DONE, "title": "e"}]}, ""),
    ({"filter_groups": [{"board_id": str(BOARD), "any_of": [DONE, {"amount": "0"}]}]}, "eb"),
    ({"filter_groups": [{"any_of": [DONE, LATE]}, {"title": "d"}]}, "dba"),
    (
        {
            "filter_groups": [
                {
                    "all_of": [
                        {"any_of": [DONE, {"title__in": ["a", "c"]}]},
                        {"any_of": [LATE, {"amount__isnull": True}]},
                    ]
                }
            ]
        },
        "cba",
    ),
    ({"filter_groups": [DONE, {"title": "e"}], "sort": "title"}, "be"),
    ({"filter_groups": [LATE, {"title": "d"}], "sort": "-amount"}, "bda"),
    ({"filter_groups": [DONE, {"title": "a"}], "q": "a"}, "a"),
    ({"filter_groups": [LATE], "deleted": True}, ""),
    ({"filter_groups": [{"created_at__lt": "2026-11-22T10:00:00+08:00"}]}, "a"),
]


async def found(client: Client, body: Json, **headers: str) -> str:
    answer = await client.post("/cards/search", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return "".join(item["title"] for item in answer.json()["items"])


@pytest.mark.parametrize(("body", "expected"), SEARCHES)
async def test_a_search_finds_the_rows_of_its_groups(
    client: Client, tx: AsyncConnection, body: Json, expected: str
) -> None:
    await write_five_cards(tx)
    assert await found(client, body) == expected


@pytest.mark.parametrize(("body", "expected"), SEARCHES)
async def test_pages_of_one_row_cover_a_search(
    client: Client, tx: AsyncConnection, body: Json, expected: str
) -> None:
    await write_five_cards(tx)
    seen, cursor = "", None
    while True:
        page = {**body, "limit": 1, "cursor": cursor}
        answer = (await client.post("/cards/search", json=page)).json()
        seen += "".join(item["title"] for item in answer["items"])
        if (cursor := answer["next_cursor"]) is None:
            break
    assert seen == expected


async def test_a_search_answers_what_the_list_answers(client: Client, tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    query = "include_total=true&count_by=stage&sort=title&limit=2&page=2&fields=title,stage"
    listed = (await client.get(f"/cards?due_date__lte=2026-12-04&{query}")).json()
    body = {
        "filter_groups": [{"due_date__lte": "2026-12-04"}],
        "include_total": True,
        "count_by": "stage",
        "sort": "title",
        "limit": 2,
        "page": 2,
        "fields": ["title", "stage"],
    }
    searched = (await client.post("/cards/search", json=body)).json()
    assert searched.pop("next_cursor") is None
    assert listed.pop("next_cursor") is None
    assert searched == listed
    assert searched["total"] == 3


async def test_a_search_finds_only_what_the_caller_sees(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await write_five_cards(tx)
    seller = tokens.bearer(tenant, sub=SELLER, scope="testkit.card.read")
    assert await found(client, {"filter_groups": [DONE, {"title": "e"}]}, **seller) == "b"
    assert await found(client, {"sort": "title"}, **seller) == "abcd"
    other = tokens.bearer(UUID(int=tenant.int ^ 1), scope="testkit.card.read")
    assert await found(client, {}, **other) == ""
    none = tokens.bearer(tenant, scope="testkit.note.read")
    bad: Json = {"filter_groups": [{}]}
    assert (await client.post("/cards/search", json=bad, headers=none)).status_code == 403


async def test_a_cursor_is_valid_only_for_the_same_search(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    body = {"filter_groups": [{"stage": "TO_DO"}], "sort": "title", "limit": 1}
    cursor = (await client.post("/cards/search", json=body)).json()["next_cursor"]
    assert await found(client, {**body, "cursor": cursor}) == "c"
    changes: list[Json] = [
        {"filter_groups": [DONE]},
        {"filter_groups": []},
        {"filter_groups": [{"all_of": [{"stage": "TO_DO"}]}]},
        {"sort": "-title"},
        {"q": "a"},
        {"deleted": True},
    ]
    for change in changes:
        answer = await client.post("/cards/search", json={**body, **change, "cursor": cursor})
        assert problems(answer) == {("/cursor", "CURSOR_INVALID")}
    listed = await client.get(f"/cards?stage=TO_DO&sort=title&limit=1&cursor={cursor}")
    assert problems(listed) == {("?cursor", "CURSOR_INVALID")}


def nested(depth: int) -> Json:
    return DONE if depth == 1 else {"any_of": [nested(depth - 1)]}


GROUPS = "/filter_groups"
BAD: list[tuple[Json, set[tuple[str, str]]]] = [
    ({"filter_groups": [{"stage": "LOST"}]}, {(f"{GROUPS}/0/stage", "VALUE_UNKNOWN")}),
    ({"filter_groups": [DONE, {"colour": "red"}]}, {(f"{GROUPS}/1/colour", "UNKNOWN_FIELD")}),
    (
        {"filter_groups": [{"stage__in": ["DONE", "X"]}]},
        {(f"{GROUPS}/0/stage__in/1", "VALUE_UNKNOWN")},
    ),
    ({"filter_groups": [{"stage": None}]}, {(f"{GROUPS}/0/stage", "VALUE_UNKNOWN")}),
    ({"filter_groups": [{"id__in": ["x"]}]}, {(f"{GROUPS}/0/id__in/0", "ID_INVALID")}),
    ({"filter_groups": [{"amount": 9.5}]}, {(f"{GROUPS}/0/amount", "DECIMAL_STRING_INVALID")}),
    ({"filter_groups": [{"due_date": "soon"}]}, {(f"{GROUPS}/0/due_date", "DATE_INVALID")}),
    ({"filter_groups": [{}]}, {(f"{GROUPS}/0", "TOO_SHORT")}),
    (
        {"filter_groups": [{"any_of": [{}], "all_of": [DONE, {}]}]},
        {(f"{GROUPS}/0/any_of/0", "TOO_SHORT"), (f"{GROUPS}/0/all_of/1", "TOO_SHORT")},
    ),
    (
        {"filter_groups": [nested(4)]},
        {(f"{GROUPS}/0/any_of/0/any_of/0/any_of/0", "GROUPS_TOO_DEEP")},
    ),
    ({"filter_groups": [DONE] * 6}, {(GROUPS, "TOO_LONG")}),
    ({"filter_groups": [{"all_of": [DONE] * 6}]}, {(f"{GROUPS}/0/all_of", "TOO_LONG")}),
    (
        {"filter_groups": [{"all_of": [{"all_of": [{**DONE, **LATE, "title": "a"}] * 5}] * 4}]},
        {(GROUPS, "TOO_MANY_CONDITIONS")},
    ),
    (
        {"filter_groups": [{"custom": {"colour": "red"}}, {"any_of": [{"custom": {"size": "3"}}]}]},
        {
            (f"{GROUPS}/0/custom/colour", "UNKNOWN_FIELD"),
            (f"{GROUPS}/1/any_of/0/custom/size", "UNKNOWN_FIELD"),
        },
    ),
    ({"filter_groups": DONE}, {(GROUPS, "TYPE_INVALID")}),
    (
        {"sort": "colour", "fields": ["title", "colour"], "limit": 0, "count_by": "x", "page": 0},
        {
            ("/sort", "VALUE_UNKNOWN"),
            ("/fields/1", "VALUE_UNKNOWN"),
            ("/limit", "TOO_SMALL"),
            ("/count_by", "VALUE_UNKNOWN"),
            ("/page", "TOO_SMALL"),
        },
    ),
    ({"page": 1, "cursor": "abc"}, {("/page", "CURSOR_WITH_PAGE")}),
    ({"view": "01990000-0000-7000-8000-000000000009"}, {("/view", "SAVED_VIEW_UNKNOWN")}),
    ({"stage": "DONE"}, {("/stage", "UNKNOWN_FIELD")}),
]


@pytest.mark.parametrize(("body", "violations"), BAD)
async def test_every_violation_of_a_search_is_reported_where_it_stands(
    client: Client, body: Json, violations: set[tuple[str, str]]
) -> None:
    assert problems(await client.post("/cards/search", json=body)) == violations


async def test_a_search_takes_no_query_parameters(client: Client) -> None:
    answer = await client.post("/cards/search?stage=DONE", json={})
    assert problems(answer) == {("?stage", "UNKNOWN_FIELD")}


async def test_fifty_conditions_are_allowed(client: Client, tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    two = {"stage": "DONE", "title": "b"}
    body = {"filter_groups": [{"all_of": [two] * 5}] * 5}
    assert await found(client, body) == "b"


async def test_a_search_filters_by_custom_fields(client: Client) -> None:
    for key, kind in (("colour", "TEXT"), ("size", "NUMBER")):
        field = {
            "resource": CARDS.resource,
            "key": key,
            "label_zh": key,
            "label_en": key,
            "type": kind,
            "filterable": True,
        }
        created = await client.post("/custom-fields", json=field)
        assert created.status_code == 201, created.text
    for title, fields in (("a", {"colour": "red"}), ("b", {"size": "3"}), ("c", {"size": "9"})):
        card = {"title": title, "custom_fields": fields}
        assert (await client.post("/cards", json=card)).status_code == 201
    groups = [{"custom": {"colour": "red"}}, {"custom": {"size__gte": "4"}}]
    assert await found(client, {"filter_groups": groups}) == "ca"
    assert await found(client, {"filter_groups": [{"all_of": groups}]}) == ""
    bad = [{"custom": {"size__gte": "x"}}]
    answer = await client.post("/cards/search", json={"filter_groups": bad})
    assert problems(answer) == {(f"{GROUPS}/0/custom/size__gte", "DECIMAL_STRING_INVALID")}


async def test_a_search_completes_a_saved_view(client: Client, tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    view = {"resource": "testkit.card", "name": "open", "query": "stage=TO_DO&sort=title"}
    saved = (await client.post("/saved-views", json=view)).json()
    groups = [{"title__in": ["b", "c"]}, {"title": "a"}]
    assert await found(client, {"view": saved["id"], "filter_groups": groups}) == "ac"


async def test_a_suspended_tenant_may_search(client: Client, tx: AsyncConnection) -> None:
    await write_card(tx, "a", at=datetime(2026, 11, 22, tzinfo=UTC))
    await tx.execute(update(tenant_settings).values(status="SUSPENDED"))
    assert (await client.post("/cards", json={"title": "b"})).status_code == 403
    assert await found(client, {}) == await titles(client) == "a"
