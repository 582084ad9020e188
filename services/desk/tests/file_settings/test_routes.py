"""The limits of a tenant's files: default ones, changed ones, and who may change them."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from testkit.directory import Company, sign_in


async def test_a_tenant_has_default_limits_until_somebody_changes_them(
    client: AsyncClient,
) -> None:
    read = await client.get("/file-settings")
    shown = read.json()
    assert (shown["version"], shown["max_file_bytes"], shown["encrypted"]) == (0, 209_715_200, True)
    assert "application/pdf" in shown["media_types"]
    assert read.headers["ETag"] == '"0"'
    changed = await client.patch(
        "/file-settings", json={"max_file_bytes": 1000}, headers={"If-Match": '"0"'}
    )
    assert (changed.json()["max_file_bytes"], changed.json()["storage_bytes"]) == (
        1000,
        shown["storage_bytes"],
    )
    again = await client.patch(
        "/file-settings", json={"max_file_bytes": 2000}, headers={"If-Match": '"0"'}
    )
    assert again.status_code == 412
    assert (await client.get("/file-settings")).json()["max_file_bytes"] == 1000


async def test_a_change_that_changes_nothing_stores_nothing(client: AsyncClient) -> None:
    same = await client.patch("/file-settings", json={"encrypted": True})
    assert same.json()["version"] == 0


async def test_everything_wrong_with_the_limits_is_said_at_once(client: AsyncClient) -> None:
    body = {"max_file_bytes": 0, "storage_bytes": -1, "media_types": ["pdf"], "x": 1}
    refused = await client.patch("/file-settings", json=body)
    assert {(one["pointer"], one["code"]) for one in refused.json()["errors"]} == {
        ("/max_file_bytes", "TOO_SMALL"),
        ("/storage_bytes", "TOO_SMALL"),
        ("/media_types/0", "PATTERN_MISMATCH"),
        ("/x", "UNKNOWN_FIELD"),
    }


async def test_everybody_reads_the_limits_and_administrators_change_them(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li = sign_in(tenant, "li", scope="desk.file_setting.read")
    assert (await client.get("/file-settings", headers=li)).status_code == 200
    refused = await client.patch("/file-settings", json={"encrypted": False}, headers=li)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
