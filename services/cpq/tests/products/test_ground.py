"""What the ground gives to products: custom fields, names of other systems, lists, audit, races."""

import asyncio
from typing import Any

import httpx
import pytest

from kernel.ids import new_id
from services.cpq.tests.factories import define, listed, problem
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
GTX = {"sku": "GTX", "name": "GTX 基础版", "series": "GTX"}
BY_ERP = "/products/by-external-id/erp/4711"


async def made(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post("/products", json={**GTX, **more})
    assert answer.status_code == 201, answer.text
    product: dict[str, Any] = answer.json()
    return product


async def test_custom_fields_are_checked_merged_and_told(
    client: Client, published: PublishedFacts
) -> None:
    await define(client, "cpq.product", "weight", "NUMBER")
    await define(client, "cpq.product", "colour", "TEXT", required=True)
    missing = await client.post("/products", json=GTX)
    [error] = missing.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/custom_fields/colour", "REQUIRED")
    product = await made(client, custom_fields={"weight": "1.50", "colour": "red"})
    path = f"/products/{product['id']}"
    patch = {"custom_fields": {"weight": "2"}, "series": None}
    changed = (await client.patch(path, json=patch)).json()
    assert changed["custom_fields"] == {"weight": "2", "colour": "red"}
    assert changed["series"] is None
    assert (await published())[-1].payload["product"]["custom_fields"] == changed["custom_fields"]
    assert await listed(client, "/products?custom.weight__gt=1.9") == [product["id"]]
    assert await listed(client, "/products?custom.colour=blue") == []


async def test_an_erp_writes_a_product_by_its_own_name(
    client: Client, published: PublishedFacts
) -> None:
    first = await client.put(BY_ERP, json=GTX)
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    product = first.json()
    for body, version, active in (
        (GTX, 1, True),
        ({**GTX, "name": "GTX 2"}, 2, True),
        ({**GTX, "name": "GTX 3", "active": False}, 4, False),
        ({**GTX, "name": "GTX 3"}, 5, True),
    ):
        answer = await client.put(BY_ERP, json=body)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["id"], told["version"], told["active"]) == (product["id"], version, active)
        assert (await client.get(BY_ERP)).json() == told
    assert [fact.type.split(".")[2] for fact in await published()] == [
        "created",
        "changed",
        "changed",
        "deactivated",
        "reactivated",
    ]
    taken = await client.put("/products/by-external-id/erp/4712", json=GTX)
    assert problem(taken) == (409, "PRODUCT_DUPLICATE")
    unknown = await client.get("/products/by-external-id/erp/4712")
    assert problem(unknown) == (404, "PRODUCT_NOT_FOUND")


async def test_a_deleted_product_comes_back_by_its_name(client: Client) -> None:
    product = (await client.put(BY_ERP, json=GTX)).json()
    await client.delete(f"/products/{product['id']}")
    assert (await client.get(BY_ERP)).json()["params"] == {"key": "erp/4711"}
    back = await client.put(BY_ERP, json={**GTX, "name": "旗舰"})
    assert (back.status_code, back.json()["id"]) == (200, product["id"])
    assert (await client.get(BY_ERP)).json()["name"] == "旗舰"


async def test_a_product_has_several_names(client: Client) -> None:
    product = (await client.put(BY_ERP, json=GTX)).json()
    path = f"/products/{product['id']}/external-ids"
    added = await client.post(path, json={"system": "plm", "external_id": "A/1"})
    assert added.status_code == 201, added.text
    assert [one["system"] for one in (await client.get(path)).json()["items"]] == ["erp", "plm"]
    other = await made(client, sku="OTHER")
    taken = await client.post(
        f"/products/{other['id']}/external-ids", json={"system": "erp", "external_id": "4711"}
    )
    assert problem(taken) == (409, "EXTERNAL_ID_TAKEN")
    for method in ("GET", "POST"):
        nowhere = await client.request(
            method,
            f"/products/{new_id()}/external-ids",
            json={"system": "erp", "external_id": "9"},
        )
        assert problem(nowhere) == (404, "PRODUCT_NOT_FOUND")


async def test_every_filter_of_a_screen(client: Client) -> None:
    basic = (await made(client))["id"]
    special = (await made(client, sku="MG-1", name="MG 特别版", series="MG", unit="KG"))["id"]
    plain = (await made(client, sku="Z", name="服务", series=None, active=False))["id"]
    for query, found in {
        "active=true": [special, basic],
        "sku=MG-1": [special],
        "sku__startswith=G": [basic],
        "sku__in=Z,GTX": [plain, basic],
        "series=MG": [special],
        "series__isnull=true": [plain],
        "unit=KG": [special],
        "name__startswith=MG": [special],
        "q=tbb": [special],  # the initials of 特别版
        "q=mg 特別": [special],
        "q=基础": [basic],
        "sort=sku": [basic, special, plain],
        "sort=-name": [plain, special, basic],
        "created_at__lt=2020-01-01T00:00:00Z": [],
    }.items():
        assert await listed(client, f"/products?{query}") == found, query
    page = (await client.get("/products?include_total=true&fields=sku&limit=1")).json()
    assert (page["total"], page["items"]) == (3, [{"id": plain, "sku": "Z"}])
    await client.delete(f"/products/{plain}")
    assert await listed(client, "/products?deleted=true") == [plain]


async def test_a_new_name_is_found_and_the_old_one_is_not(client: Client) -> None:
    product = await made(client)
    await client.patch(f"/products/{product['id']}", json={"name": "旗舰"})
    assert await listed(client, "/products?q=旗舰") == [product["id"]]
    assert await listed(client, "/products?q=基础版") == []


async def test_the_audit_tells_who_changed_what(client: Client) -> None:
    product = await made(client)
    path = f"/products/{product['id']}"
    await client.patch(path, json={"name": "GTX 2"})
    await client.post(f"{path}/deactivate")
    told = (await client.get(f"{path}/audit")).json()["items"]
    assert [entry["verb"] for entry in told] == ["UPDATE", "UPDATE", "INSERT"]
    assert told[1]["changes"] == [{"field": "name", "from": "GTX 基础版", "to": "GTX 2"}]
    assert told[0]["changes"] == [{"field": "active", "from": True, "to": False}]


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        ({"series": ""}, "/series", "TOO_SHORT"),
        ({"series": "x" * 101}, "/series", "TOO_LONG"),
        ({"series": 1}, "/series", "TYPE_INVALID"),
        ({"custom_fields": {"x": 1}}, "/custom_fields/x", "UNKNOWN_FIELD"),
        ({"custom_fields": None}, "/custom_fields", "TYPE_INVALID"),
    ],
)
async def test_bad_bodies(client: Client, given: dict[str, Any], pointer: str, code: str) -> None:
    for answer in (
        await client.post("/products", json={**GTX, **given}),
        await client.put(BY_ERP, json={**GTX, **given}),
    ):
        assert answer.status_code == 422, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_no_change_without_a_copy(client: Client) -> None:
    product = await made(client)
    path = f"/products/{product['id']}"
    del client.headers["If-Match"]
    for method, tail in (("PATCH", ""), ("DELETE", ""), ("POST", "/deactivate")):
        answer = await client.request(
            method, f"{path}{tail}", json={"name": "x"} if not tail else {}
        )
        assert problem(answer) == (428, "PRECONDITION_REQUIRED")
    # What is so already needs no copy.
    assert (await client.post(f"{path}/reactivate")).status_code == 200


async def test_one_name_written_twice_at_once_is_one_product(committed_client: Client) -> None:
    answers = await asyncio.gather(*(committed_client.put(BY_ERP, json=GTX) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {answer.json()["version"] for answer in answers} == {1}


async def test_of_a_patch_and_a_move_with_one_copy_one_wins(committed_client: Client) -> None:
    product = await made(committed_client)
    path, tag = f"/products/{product['id']}", {"If-Match": '"1"'}
    answers = await asyncio.gather(
        committed_client.patch(path, json={"name": "x"}, headers=tag),
        committed_client.post(f"{path}/deactivate", headers=tag),
        committed_client.delete(path, headers=tag),
    )
    assert sorted(answer.status_code for answer in answers)[1:] in ([404, 404], [412, 412])


async def test_deletions_and_restores_at_once_take_turns(committed_client: Client) -> None:
    product = await made(committed_client)
    path = f"/products/{product['id']}"
    answers = await asyncio.gather(
        *(committed_client.delete(path) for _ in range(4)),
        *(committed_client.post(f"{path}/restore") for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} == {200, 204}
    told = (await committed_client.get(f"{path}/audit")).json()["items"]
    gone = [entry["changes"][0]["to"] is not None for entry in told[:-1]][::-1]
    assert gone == [n % 2 == 0 for n in range(len(gone))]  # deleted, restored, deleted, ...
