"""Imports of accounts and opportunities know the tenant's custom fields."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.factories import add_account
from services.l2o.tests.importing import finish_import

FILES = {
    "l2o.account": ("name", "星辰科技"),
    "l2o.opportunity": ("external_id,account", "O-1,上海示例"),
}


@pytest.mark.parametrize("resource", FILES)
async def test_a_required_custom_field_is_required_in_a_file(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, resource: str
) -> None:
    await add_account(tx, name="上海示例")
    collection = "accounts" if resource == "l2o.account" else "opportunities"
    field = {"resource": resource}
    field |= {"key": "colour", "type": "TEXT", "label_zh": "颜色", "label_en": "Colour"}
    defined = await client.post("/custom-fields", json={**field, "required": True})
    assert defined.status_code == 201, defined.text
    header, cells = FILES[resource]

    async def run(content: str) -> dict[str, Any]:
        ended = await finish_import(client, tx, tenant, resource, content.encode())
        return {name: count for name, count in ended["counts"].items() if count}

    before = (await client.get(f"/{collection}?include_total=true")).json()["total"]
    assert (await run(f"{header}\n{cells}\n"))["refused"] == 1
    assert (await run(f"{header},颜色\n{cells},\n"))["refused"] == 1
    assert (await client.get(f"/{collection}?include_total=true")).json()["total"] == before
    assert (await run(f"{header},颜色\n{cells},红\n"))["created"] == 1
    assert (await run(f"{header},Colour\n{cells},红\n"))["unchanged"] == 1
    assert (await run(f"{header}\n{cells}\n"))["unchanged"] == 1
    assert (await run(f"{header},colour\n{cells},蓝\n"))["updated"] == 1
    newest = (await client.get(f"/{collection}?limit=1")).json()["items"][0]
    assert newest["custom_fields"] == {"colour": "蓝"}
