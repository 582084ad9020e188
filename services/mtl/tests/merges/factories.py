"""Helpers that merge leads through the API."""

from typing import Any

from httpx import AsyncClient, Response

from services.mtl.tests.factories import create, note


async def merge(
    client: AsyncClient, survivor: dict[str, Any], *others: dict[str, Any], **more: Any
) -> Response:
    """Merge leads, as they were read, into a survivor."""
    leads = [{"lead_id": one["id"], "version": one["version"]} for one in others]
    path = f"/leads/{survivor['id']}/merge"
    headers = {"If-Match": f'"{survivor["version"]}"', **more.pop("headers", {})}
    return await client.post(path, json={"leads": leads, **more}, headers=headers)


async def merged(
    client: AsyncClient, survivor: dict[str, Any], *others: dict[str, Any], **more: Any
) -> dict[str, Any]:
    answer = await merge(client, survivor, *others, **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def undo(client: AsyncClient, merge_id: str, version: str = '"1"') -> Response:
    return await client.post(f"/merges/{merge_id}/undo", headers={"If-Match": version})


async def read(client: AsyncClient, lead_id: str) -> dict[str, Any]:
    answer = await client.get(f"/leads/{lead_id}")
    assert answer.status_code == 200, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


async def touch(client: AsyncClient, lead_id: str, **fields: Any) -> dict[str, Any]:
    body = {"kind": "FORM", "at": "2026-11-20T02:00:00Z", **fields}
    answer = await client.post(f"/leads/{lead_id}/touches", json=body)
    assert answer.status_code == 201, answer.text
    recorded: dict[str, Any] = answer.json()
    return recorded


async def add_activities(client: AsyncClient, lead_id: str, count: int) -> set[str]:
    """Add follow-ups and touches to a lead in turn; return their ids."""
    made = [
        await (note if n % 2 else touch)(client, lead_id, at=f"2026-11-{n + 10}T02:00:00Z")
        for n in range(count)
    ]
    return {one["id"] for one in made}


async def activities(client: AsyncClient, lead_id: str) -> set[str]:
    """Return the touches and follow-ups in the timeline of a lead."""
    answer = await client.get(f"/leads/{lead_id}/timeline", params={"limit": 100})
    assert answer.status_code == 200, answer.text
    kinds = ("TOUCH", "FOLLOW_UP")
    return {one["record_id"] for one in answer.json()["items"] if one["kind"] in kinds}


async def three_leads(client: AsyncClient) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A lead with a phone and no address, one with an address and a tag, one with another mail."""
    a = await create(client, name="王芳", phone="13800138000", email="a@example.com")
    b = await create(
        client,
        company="远景科技",
        country="CN",
        region_code="330106",
        address="文三路 1 号",
        attributes={"标签": "x"},
    )
    c = await create(client, name="王芳芳", email="c@example.com", phone="13800138002")
    return a, b, c
