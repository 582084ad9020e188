"""Tests of saved views: private to a person, valid for their list, overridden by parameters."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.records.lists.samples import problems, titles, write_five_cards
from testkit import tokens

GOOD = {"resource": "testkit.card", "name": "待办", "query": "stage=TO_DO&sort=due_date"}


async def save(client: Client, **values: Any) -> dict[str, Any]:
    answer = await client.post("/saved-views", json={**GOOD, **values})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_view_is_saved_and_read(client: Client) -> None:
    view = await save(client, fields=["title"], is_default=True)
    assert {name: view[name] for name in ("name", "query", "fields", "is_default", "version")} == {
        "name": "待办",
        "query": "stage=TO_DO&sort=due_date",
        "fields": ["title"],
        "is_default": True,
        "version": 1,
    }
    read = await client.get(f"/saved-views/{view['id']}")
    assert (read.json(), read.headers["ETag"]) == (view, '"1"')
    assert (await client.get("/saved-views?resource=testkit.card")).json()["items"] == [view]
    assert (await client.get("/saved-views?resource=testkit.note")).json()["items"] == []


async def test_a_list_uses_a_view_and_parameters_override_it(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    view = await save(client, fields=["title"])
    view_parameter = f"view={view['id']}"
    assert await titles(client, view_parameter) == "edac"
    assert (
        await titles(client, f"{view_parameter}&sort=-title") == "edca"
    )  # parameters override the view
    assert await titles(client, f"{view_parameter}&stage=DONE") == "b"
    assert await titles(client, f"{view_parameter}&title__in=a,b") == "a"
    items = (await client.get(f"/cards?{view_parameter}")).json()["items"]
    assert set(items[0]) == {"id", "title"}
    items = (await client.get(f"/cards?{view_parameter}&fields=stage")).json()["items"]
    assert set(items[0]) == {"id", "stage"}


async def test_a_cursor_is_invalid_after_a_change_of_its_view(
    client: Client, tx: AsyncConnection
) -> None:
    await write_five_cards(tx)
    view = await save(client)
    first = (await client.get(f"/cards?view={view['id']}&limit=1")).json()
    next_page = f"/cards?view={view['id']}&limit=1&cursor={first['next_cursor']}"
    assert (await client.get(next_page)).status_code == 200
    await client.patch(f"/saved-views/{view['id']}", json={"query": "sort=title"})
    assert problems(await client.get(next_page)) == {("?cursor", "CURSOR_INVALID")}


async def test_views_are_private(client: Client, tx: AsyncConnection, tenant: UUID) -> None:
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
    assert theirs.status_code == 201  # names are unique per person
    foreign = tokens.bearer(UUID(int=tenant.int ^ 1))
    assert (await client.get(address, headers=foreign)).status_code == 404


BAD = [
    ({"query": "stage=LOST"}, {("/query", "VALUE_UNKNOWN")}),
    ({"query": "colour=red&stage=X"}, {("/query", "UNKNOWN_FIELD"), ("/query", "VALUE_UNKNOWN")}),
    ({"query": "sort=colour"}, {("/query", "VALUE_UNKNOWN")}),
    ({"query": "x" * 2001}, {("/query", "TOO_LONG")}),
    ({"fields": ["title", "colour"]}, {("/fields/1", "VALUE_UNKNOWN")}),
    ({"resource": "testkit.colour"}, {("/resource", "VALUE_UNKNOWN")}),
    ({"name": " "}, {("/name", "TOO_SHORT")}),
    ({"name": "x" * 101}, {("/name", "TOO_LONG")}),
    ({"name": None}, {("/name", "TYPE_INVALID")}),
    ({"is_default": "yes please"}, {("/is_default", "TYPE_INVALID")}),
    ({"colour": 1}, {("/colour", "UNKNOWN_FIELD")}),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
async def test_a_view_that_does_not_fit_its_list_is_refused(
    client: Client, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert problems(await client.post("/saved-views", json={**GOOD, **change})) == expected


async def test_a_view_drops_page_parameters_and_other_views(client: Client) -> None:
    view = await save(client, query="?stage=DONE&cursor=abc&limit=3&view=x&title=%E9%95%BF+%26")
    assert view["query"] == "stage=DONE&title=%E9%95%BF+%26"


async def test_names_are_unique(client: Client) -> None:
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


async def test_a_list_has_one_default_view(client: Client) -> None:
    first = await save(client, is_default=True)
    second = await save(client, name="二", is_default=True)
    views = (await client.get("/saved-views")).json()["items"]
    assert [(v["name"], v["is_default"]) for v in views] == [("二", True), ("待办", False)]
    stale = await client.patch(
        f"/saved-views/{first['id']}", json={"name": "x"}, headers={"If-Match": '"1"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    changed = await client.patch(f"/saved-views/{first['id']}", json={"is_default": True})
    assert changed.json()["is_default"]
    assert not (await client.get(f"/saved-views/{second['id']}")).json()["is_default"]


async def test_an_edit_without_changes_keeps_the_version(client: Client) -> None:
    view = await save(client)
    same = await client.patch(f"/saved-views/{view['id']}", json={"name": "待办"})
    assert same.json() == view
    cleared = await client.patch(f"/saved-views/{view['id']}", json={"query": None})
    assert (cleared.json()["query"], cleared.json()["version"]) == ("", 2)


async def test_concurrent_views_keep_names_and_the_default_unique(committed_client: Client) -> None:
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
