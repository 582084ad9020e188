"""Saved views: a person's own, valid for their list, laid under what is asked beside them."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.lists.samples import problems, titles, write_five
from testkit import tokens

GOOD = {"collection": "cards", "name": "待办", "query": "stage=TO_DO&sort=due_date"}


async def save(client: Client, **values: Any) -> dict[str, Any]:
    answer = await client.post("/saved-views", json={**GOOD, **values})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_view_is_kept_and_shown(client: Client) -> None:
    view = await save(client, fields=["title"], is_default=True)
    assert {name: view[name] for name in ("name", "query", "fields", "is_default", "version")} == {
        "name": "待办",
        "query": "stage=TO_DO&sort=due_date",
        "fields": ["title"],
        "is_default": True,
        "version": 1,
    }
    got = await client.get(f"/saved-views/{view['id']}")
    assert (got.json(), got.headers["ETag"]) == (view, '"1"')
    assert (await client.get("/saved-views?collection=cards")).json()["items"] == [view]
    assert (await client.get("/saved-views?collection=notes")).json()["items"] == []


async def test_a_list_as_a_view_shows_it(client: Client, tx: AsyncConnection) -> None:
    await write_five(tx)
    view = await save(client, fields=["title"])
    here = f"view={view['id']}"
    assert await titles(client, here) == "edac"
    assert await titles(client, f"{here}&sort=-title") == "edca"  # what is asked beside it wins
    assert await titles(client, f"{here}&stage=DONE") == "b"
    assert await titles(client, f"{here}&title__in=a,b") == "a"
    items = (await client.get(f"/cards?{here}")).json()["items"]
    assert set(items[0]) == {"id", "title"}
    items = (await client.get(f"/cards?{here}&fields=stage")).json()["items"]
    assert set(items[0]) == {"id", "stage"}


async def test_a_cursor_does_not_outlive_a_change_of_its_view(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five(tx)
    view = await save(client)
    first = (await client.get(f"/cards?view={view['id']}&limit=1")).json()
    more = f"/cards?view={view['id']}&limit=1&cursor={first['next_cursor']}"
    assert (await client.get(more)).status_code == 200
    await client.patch(f"/saved-views/{view['id']}", json={"query": "sort=title"})
    assert problems(await client.get(more)) == {("?cursor", "CURSOR_INVALID")}


async def test_views_are_ones_own(client: Client, tx: AsyncConnection, tenant: UUID) -> None:
    view = await save(client)
    other = tokens.bearer(tenant, sub="somebody else")
    address = f"/saved-views/{view['id']}"
    assert (await client.get(address, headers=other)).status_code == 404
    assert (await client.patch(address, headers=other, json={"name": "x"})).status_code == 404
    assert (await client.delete(address, headers=other)).status_code == 404
    assert (await client.get("/saved-views", headers=other)).json()["items"] == []
    answer = await client.get(f"/cards?view={view['id']}", headers=other)
    assert problems(answer) == {("?view", "SAVED_VIEW_UNKNOWN")}
    theirs = await client.post("/saved-views", headers=other, json=GOOD)
    assert theirs.status_code == 201  # a name is taken by its owner only
    foreign = tokens.bearer(UUID(int=tenant.int ^ 1))
    assert (await client.get(address, headers=foreign)).status_code == 404


BAD = [
    ({"query": "stage=LOST"}, {("/query", "VALUE_UNKNOWN")}),
    ({"query": "colour=red&stage=X"}, {("/query", "UNKNOWN_FIELD"), ("/query", "VALUE_UNKNOWN")}),
    ({"query": "sort=colour"}, {("/query", "VALUE_UNKNOWN")}),
    ({"query": "x" * 2001}, {("/query", "TOO_LONG")}),
    ({"fields": ["title", "colour"]}, {("/fields/1", "VALUE_UNKNOWN")}),
    ({"collection": "colours"}, {("/collection", "VALUE_UNKNOWN")}),
    ({"name": " "}, {("/name", "TOO_SHORT")}),
    ({"name": "x" * 101}, {("/name", "TOO_LONG")}),
    ({"name": None}, {("/name", "TYPE_INVALID")}),
    ({"is_default": "yes please"}, {("/is_default", "TYPE_INVALID")}),
    ({"colour": 1}, {("/colour", "UNKNOWN_FIELD")}),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
async def test_a_view_its_list_cannot_show(
    client: Client, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert problems(await client.post("/saved-views", json={**GOOD, **change})) == expected


async def test_a_view_keeps_no_page_and_no_other_view(client: Client) -> None:
    view = await save(client, query="?stage=DONE&cursor=abc&limit=3&view=x&title=%E9%95%BF+%26")
    assert view["query"] == "stage=DONE&title=%E9%95%BF+%26"


async def test_names_are_taken_once(client: Client) -> None:
    view = await save(client)
    again = await client.post("/saved-views", json=GOOD)
    assert (again.status_code, again.json()["code"]) == (409, "SAVED_VIEW_NAME_TAKEN")
    other = await save(client, name="另一个")
    renamed = await client.patch(f"/saved-views/{other['id']}", json={"name": "待办"})
    assert renamed.json()["code"] == "SAVED_VIEW_NAME_TAKEN"
    assert (await client.delete(f"/saved-views/{view['id']}")).status_code == 204
    assert (await client.get(f"/saved-views/{view['id']}")).status_code == 404
    renamed = await client.patch(f"/saved-views/{other['id']}", json={"name": "待办"})
    assert (renamed.status_code, renamed.json()["version"]) == (200, 2)


async def test_one_default_for_a_list(client: Client) -> None:
    first = await save(client, is_default=True)
    second = await save(client, name="二", is_default=True)
    views = (await client.get("/saved-views")).json()["items"]
    assert [(v["name"], v["is_default"]) for v in views] == [("二", True), ("待办", False)]
    stale = await client.patch(
        f"/saved-views/{first['id']}", json={"name": "x"}, headers={"If-Match": '"1"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    back = await client.patch(f"/saved-views/{first['id']}", json={"is_default": True})
    assert back.json()["is_default"]
    assert not (await client.get(f"/saved-views/{second['id']}")).json()["is_default"]


async def test_an_edit_that_changes_nothing(client: Client) -> None:
    view = await save(client)
    same = await client.patch(f"/saved-views/{view['id']}", json={"name": "待办"})
    assert same.json() == view
    cleared = await client.patch(f"/saved-views/{view['id']}", json={"query": None})
    assert (cleared.json()["query"], cleared.json()["version"]) == ("", 2)


async def test_many_at_once_make_one_name_and_one_default(committed_client: Client) -> None:
    answers = await asyncio.gather(
        *(
            committed_client.post("/saved-views", json={**GOOD, "is_default": True})
            for _ in range(6)
        ),
        *(
            committed_client.post(
                "/saved-views", json={**GOOD, "name": f"v{n}", "is_default": True}
            )
            for n in range(4)
        ),
    )
    assert sorted(a.status_code for a in answers) == [201] * 5 + [409] * 5
    views = (await committed_client.get("/saved-views")).json()["items"]
    assert len(views) == 5
    assert sum(view["is_default"] for view in views) == 1
