"""Custom fields in files: mapped by label, by key, or by the requested mapping."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.files.imports.importing import finish_import, open_import

CHOICES = [
    {"value": "RED", "label_zh": "红", "label_en": "red"},
    {"value": "BLUE", "label_zh": "蓝", "label_en": "blue"},
]


async def define(client: AsyncClient, key: str, kind: str, label: str, **more: Any) -> None:
    body = {"resource": "testkit.card", "key": key, "type": kind, "label_zh": label}
    answer = await client.post("/custom-fields", json={**body, "label_en": f"The {key}", **more})
    assert answer.status_code == 201, answer.text


@pytest.fixture
async def defined(client: AsyncClient) -> None:
    await define(client, "colour", "CHOICE", "颜色", choices=CHOICES)
    await define(client, "likes", "MULTI_CHOICE", "喜好", choices=CHOICES)
    await define(client, "weight", "NUMBER", "重量", minimum="0")
    await define(client, "since", "DATE", "起始日")
    await define(client, "vip", "BOOLEAN", "重要")
    await define(client, "stage", "TEXT", "阶段")


async def card(client: AsyncClient, title: str) -> dict[str, Any]:
    items = (await client.get("/cards", params={"title": title})).json()["items"]
    assert len(items) == 1
    item: dict[str, Any] = items[0]
    return item


async def test_every_type_of_custom_field_is_parsed(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, defined: None
) -> None:
    file = (
        "title,颜色,The likes,custom_fields.weight,起始日,重要,阶段\n"
        "one,红,red；蓝,1.50,2026-01-31,是,DOING\n"
        "two,BLUE,,,,no,TO_DO\n"
    )
    ended = await finish_import(client, tx, tenant, file.encode())
    assert (ended["counts"]["created"], ended["counts"]["refused"]) == (2, 0)
    one, two = await card(client, "one"), await card(client, "two")
    assert one["custom_fields"] == {
        "colour": "RED",
        "likes": ["RED", "BLUE"],
        "weight": "1.5",
        "since": "2026-01-31",
        "vip": True,
    }
    assert (one["stage"], two["custom_fields"]) == ("DOING", {"colour": "BLUE", "vip": False})


async def test_fields_without_a_column_stay_unchanged(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, defined: None
) -> None:
    await finish_import(client, tx, tenant, "title,颜色,重量\none,红,2\n".encode())
    again = await finish_import(client, tx, tenant, "title,颜色\none,蓝\n".encode())
    assert again["counts"]["updated"] == 1
    assert (await card(client, "one"))["custom_fields"] == {"colour": "BLUE", "weight": "2"}


async def test_a_required_field_is_named_where_the_file_has_no_column_of_it(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await define(client, "colour", "TEXT", "颜色", required=True)
    ended = await finish_import(client, tx, tenant, b"title\none\n")
    [refusal] = (await client.get(f"/imports/{ended['id']}/refusals")).json()["items"]
    [error] = refusal["errors"]
    assert (error["code"], error["column"]) == ("REQUIRED", "颜色")


async def test_errors_name_their_columns(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, defined: None
) -> None:
    file = "title,颜色,重量,重要,起始日\none,pink,-1,perhaps,31.1.2026\n".encode()
    ended = await finish_import(client, tx, tenant, file)
    [row] = (await client.get(f"/imports/{ended['id']}/refusals")).json()["items"]
    assert {(one["column"], one["code"]) for one in row["errors"]} == {
        ("颜色", "VALUE_UNKNOWN"),
        ("重量", "TOO_SMALL"),
        ("重要", "TYPE_INVALID"),
        ("起始日", "DATE_INVALID"),
    }


async def test_a_column_is_mapped_to_a_field(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, defined: None
) -> None:
    mapping = {"Farbe": "custom_fields.colour"}
    file = b"title,Farbe\none,red\n"
    import_id = await open_import(client, file, mapping=mapping)
    preview = (await client.post(f"/imports/{import_id}/preview")).json()
    assert preview["mapping"] == {"title": "title", **mapping}
    assert preview["rows"][0]["fields"] == {"title": "one", "custom_fields.colour": "red"}
    assert "custom_fields.vip" in preview["fields"]
    await finish_import(client, tx, tenant, file, mapping=mapping)
    assert (await card(client, "one"))["custom_fields"] == {"colour": "RED"}


@pytest.mark.parametrize("field", ["custom_fields.nothing", "custom_fields.", "custom_fields"])
async def test_an_undefined_custom_field_is_refused(
    client: AsyncClient, defined: None, field: str
) -> None:
    body = {"file_name": "x.csv", "resource": "testkit.card", "mapping": {"Farbe": field}}
    answer = await client.post("/imports", json=body)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["VALUE_UNKNOWN"]
