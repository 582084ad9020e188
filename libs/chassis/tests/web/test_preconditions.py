"""Tests of ETag and If-Match on the sample resource."""

import asyncio
from typing import Any

import pytest

from testkit.app import create
from testkit.plugin import Client, PublishedFacts


async def create_card(client: Client, **fields: Any) -> tuple[str, str]:
    """Create a card; return its path and its ETag."""
    answer = await client.post("/cards", json={"title": "One"} | fields)
    assert answer.status_code == 201, answer.text
    return f"/cards/{answer.json()['id']}", answer.headers["etag"]


async def test_every_response_with_a_resource_has_its_etag(client: Client) -> None:
    address, etag = await create_card(client)
    assert etag == '"1"'
    assert (await client.get(address)).headers["etag"] == '"1"'
    changed = await client.patch(address, json={"title": "Two"}, headers={"If-Match": etag})
    assert changed.headers["etag"] == '"2"'
    assert (await client.get(address)).headers["etag"] == '"2"'


MOVES = [("PATCH", "", {"title": "Two"}), ("POST", "/finish", None), ("DELETE", "", None)]


@pytest.mark.parametrize(("method", "verb", "body"), MOVES)
@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (None, 428, "PRECONDITION_REQUIRED"),
        ('"2"', 412, "STALE_COPY"),
        ('W/"1"', 412, "STALE_COPY"),
        ('"01"', 412, "STALE_COPY"),
        ('"one"', 412, "STALE_COPY"),
        ('"2", "3"', 412, "STALE_COPY"),
        ("1", 400, "IF_MATCH_INVALID"),
        ('"1', 400, "IF_MATCH_INVALID"),
        ('"1" "2"', 400, "IF_MATCH_INVALID"),
        ("", 400, "IF_MATCH_INVALID"),
        (",", 400, "IF_MATCH_INVALID"),
        ('*, "1"', 400, "IF_MATCH_INVALID"),
    ],
)
async def test_missing_stale_and_malformed_preconditions_are_refused(
    client: Client, method: str, verb: str, body: Any, sent: str | None, status: int, code: str
) -> None:
    address, _ = await create_card(client)
    del client.headers["If-Match"]
    headers = {} if sent is None else {"If-Match": sent}
    answer = await client.request(method, address + verb, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(address)).json()["version"] == 1


@pytest.mark.parametrize(("method", "verb", "body"), MOVES)
@pytest.mark.parametrize("sent", ['"1"', "*", '"7", "1"', '"7",, W/"1" , "1" ', '"x,y", "1"'])
async def test_a_matching_etag_may_change(
    client: Client, method: str, verb: str, body: Any, sent: str
) -> None:
    address, _ = await create_card(client)
    answer = await client.request(method, address + verb, json=body, headers={"If-Match": sent})
    assert answer.is_success, answer.text


async def test_a_repeated_command_answers_whatever_the_etag(
    client: Client, published: PublishedFacts
) -> None:
    address, etag = await create_card(client)
    del client.headers["If-Match"]
    for headers in ({"If-Match": etag}, {"If-Match": etag}, {}):
        answer = await client.post(f"{address}/finish", headers=headers)
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
    for headers in ({"If-Match": '"2"'}, {"If-Match": '"2"'}, {}):
        assert (await client.delete(address, headers=headers)).status_code == 204
    assert len(await published()) == 3


async def test_an_unknown_record_is_404_whatever_the_etag(client: Client) -> None:
    missing = "/cards/01990000-0000-7000-8000-000000000001"
    answer = await client.delete(missing, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")


async def test_of_concurrent_changes_with_the_same_etag_one_succeeds(
    committed_client: Client,
) -> None:
    address, etag = await create_card(committed_client)
    answers = await asyncio.gather(
        *(
            committed_client.patch(address, json={"title": f"By {n}"}, headers={"If-Match": etag})
            for n in range(5)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    assert (await committed_client.get(address)).json()["version"] == 2


async def test_a_deleted_record_is_restored(client: Client, published: PublishedFacts) -> None:
    address, _ = await create_card(client)
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).status_code == 404
    assert (await client.patch(address, json={"title": "Two"})).status_code == 404
    stale = await client.post(f"{address}/restore", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    restored = await client.post(f"{address}/restore", headers={"If-Match": '"2"'})
    assert (restored.status_code, restored.json()["version"]) == (200, 3)
    assert (await client.post(f"{address}/restore")).json() == restored.json()
    assert [fact.sequence for fact in await published()] == [1, 2, 3]


def test_openapi_documents_preconditions(environment: None) -> None:
    paths = create().openapi()["paths"]
    operation = paths["/testkit/v1/cards/{card_id}"]["patch"]
    header = next(p for p in operation["parameters"] if p["name"] == "If-Match")
    assert header["required"]
    assert "application/problem+json" in operation["responses"]["412"]["content"]
    assert {"412", "428"} <= set(operation["responses"])
    assert set(operation["requestBody"]["content"]) == {
        "application/json",
        "application/merge-patch+json",
    }
    assert "412" not in paths["/testkit/v1/cards"]["post"]["responses"]
