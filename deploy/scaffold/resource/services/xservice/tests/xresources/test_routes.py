"""XWords over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now
from chassis.web.commands import Command
from testkit.plugin import Client
from testkit.plugin import PublishedFacts
from xservice.xresources.routes import RESOURCE


async def created(client: Client, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/xurl", json={"name": "first", **fields})
    assert answer.status_code == 201, answer.text
    xresource: dict[str, Any] = answer.json()
    return xresource


async def test_one_is_created_read_and_published(
    client: Client, published: PublishedFacts
) -> None:
    answer = await client.post("/xurl", json={"name": " first "})
    xresource = answer.json()
    assert answer.headers["Location"] == f"/xservice/v1/xurl/{xresource['id']}"
    assert (xresource["name"], xresource["description"], xresource["version"]) == ("first", None, 1)
    assert (await client.get(f"/xurl/{xresource['id']}")).json() == xresource
    [fact] = await published()
    assert (fact.type, fact.sequence) == ("xservice.xresource.created.v1", 1)
    assert fact.payload["xresource"]["name"] == "first"


async def test_lists_are_newest_first_and_filtered(client: Client) -> None:
    first, second = await created(client), await created(client, name="second")
    items = (await client.get("/xurl")).json()["items"]
    assert [item["id"] for item in items] == [second["id"], first["id"]]
    items = (await client.get("/xurl", params={"name": "second"})).json()["items"]
    assert [item["id"] for item in items] == [second["id"]]
    items = (await client.get("/xurl", params={"q": "sec"})).json()["items"]
    assert [item["id"] for item in items] == [second["id"]]


async def test_a_patch_changes_the_fields_it_names(
    client: Client, published: PublishedFacts
) -> None:
    path = f"/xurl/{(await created(client, description='old'))['id']}"
    for _ in range(2):
        changed = (await client.patch(path, json={"name": "second"})).json()
        assert (changed["name"], changed["description"]) == ("second", "old")
        assert changed["version"] == 2
    assert [fact.sequence for fact in await published()] == [1, 2]
    stale = await client.patch(path, json={"name": "third"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_a_deleted_one_is_restored(client: Client, published: PublishedFacts) -> None:
    path = f"/xurl/{(await created(client))['id']}"
    for _ in range(2):
        assert (await client.delete(path)).status_code == 204
    missing = await client.get(path)
    assert (missing.status_code, missing.json()["code"]) == (404, "XRESOURCE_NOT_FOUND")
    for _ in range(2):
        assert (await client.post(f"{path}/restore")).json()["version"] == 3
    facts = [fact.type.split(".")[2] for fact in await published()]
    assert facts == ["created", "deleted", "restored"]


async def test_a_transfer_is_published_once(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    xresource_id = UUID((await created(client))["id"])
    command = Command(tx, now(), actor="sun", reason="parental leave")
    for _ in range(2):
        await RESOURCE.transfer(command, xresource_id, "zhou")
    [_, fact] = await published()
    assert fact.type == "xservice.xresource.assigned.v1"
    assert fact.payload["reason"] == "parental leave"


async def test_one_is_written_by_its_external_id(client: Client) -> None:
    path = "/xurl/by-external-id/erp/4711"
    first = await client.put(path, json={"name": "first"})
    assert first.status_code == 201, first.text
    again = await client.put(path, json={"name": "second"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert again.json()["name"] == "second"


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ({}, "/name", "REQUIRED"),
        ({"name": " "}, "/name", "TOO_SHORT"),
        ({"name": "x" * 201}, "/name", "TOO_LONG"),
        ({"name": "x", "description": 1}, "/description", "TYPE_INVALID"),
        ({"name": "x", "owner_id": "li"}, "/owner_id", "UNKNOWN_FIELD"),
        ({"name": "x", "custom_fields": {"colour": 1}}, "/custom_fields/colour", "UNKNOWN_FIELD"),
    ],
)
async def test_a_bad_body_is_refused(
    client: Client, sent: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.post("/xurl", json=sent)
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in errors}
    assert all(error["message"] != error["code"] for error in errors)


async def test_an_unknown_one_answers_404(client: Client) -> None:
    path = f"/xurl/{uuid4()}"
    for answer in (
        await client.get(path),
        await client.patch(path, json={}),
        await client.delete(path),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "XRESOURCE_NOT_FOUND")
