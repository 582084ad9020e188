"""Helpers that set up pools and quotas for tests."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient

from testkit.directory import directory_id, sign_in, subject

SELLER = "mtl.lead.read mtl.lead.write mtl.pool.read"
Headers = dict[str, str]


def signed_in(tenant: UUID, name: str, scope: str = SELLER) -> Headers:
    """Headers of a person of the company without the scope to see all leads."""
    return sign_in(tenant, name, scope=scope)


async def make_pool(client: AsyncClient, *members: str, **fields: Any) -> str:
    """Create a pool with these people or departments as members; return its id."""
    departments = {"root", "sales", "team A", "team B"}
    body = {
        "name": "华东公海",
        "members": [
            {"department_id" if one in departments else "person_id": str(directory_id(one))}
            for one in members
        ],
        **fields,
    }
    answer = await client.post("/pools", json=body)
    assert answer.status_code == 201, answer.text
    pool_id: str = answer.json()["id"]
    return pool_id


async def put_in(client: AsyncClient, pool_id: str, **fields: Any) -> str:
    """Capture a lead into a pool; return its id."""
    answer = await client.post("/leads", json={"company": "远景科技", **fields, "pool_id": pool_id})
    assert answer.status_code == 201, answer.text
    assert answer.json()["owner_id"] is None
    lead_id: str = answer.json()["id"]
    return lead_id


async def set_quota(client: AsyncClient, **fields: Any) -> str:
    """Set a quota; `person` and `department` are names of the company."""
    if (person := fields.pop("person", None)) is not None:
        fields["holder_id"] = subject(person)
    if (department := fields.pop("department", None)) is not None:
        fields["department_id"] = str(directory_id(department))
    answer = await client.post("/quotas", json=fields)
    assert answer.status_code == 201, answer.text
    quota_id: str = answer.json()["id"]
    return quota_id
