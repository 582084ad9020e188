"""XWords over HTTP; what all resources share is tested in tests/resources."""

from typing import Any

import pytest

from testkit.plugin import Client, PublishedFacts


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
