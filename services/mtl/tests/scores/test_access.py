"""Who may read, try and publish the rules by which leads are scored, and on which leads."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.mtl.tests.factories import problem
from testkit.directory import Company, sign_in

Token = Callable[..., str]
SELLER = "mtl.lead.read mtl.lead.write"
MANAGER = f"{SELLER} mtl.rule.read"
RULES: dict[str, Any] = {
    "hit_policy": "SUM",
    "rows": [
        {
            "id": "any",
            "condition": {"field": "company", "operator": "IS_NOT_EMPTY"},
            "points": 60,
        }
    ],
}


async def test_sellers_read_no_rules_and_managers_publish_none(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, sun = sign_in(tenant, "li", scope=SELLER), sign_in(tenant, "sun", scope=MANAGER)
    assert problem(await client.get("/rule-sets", headers=li)) == (403, "SCOPE_MISSING")
    assert (await client.get("/rule-sets", headers=sun)).status_code == 200
    body = {"rules": RULES, "based_on": 0}
    path = "/rule-sets/lead_score/versions"
    assert problem(await client.post(path, json=body, headers=sun)) == (403, "SCOPE_MISSING")
    assert (await client.post(path, json=body)).status_code == 201


async def test_a_dry_run_and_an_explanation_show_only_what_the_caller_sees(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, sun, bei = (sign_in(tenant, name, scope=MANAGER) for name in ("li", "sun", "bei"))
    lead = (await client.post("/leads", json={"company": "远景科技"}, headers=li)).json()
    for headers, records in ((li, 1), (sun, 1), (bei, 0)):
        tried = await client.post(
            "/rule-sets/lead_score/dry-run", json={"rules": RULES}, headers=headers
        )
        assert tried.json()["records"] == records
    path = f"/leads/{lead['id']}/rule-sets/lead_score/explanation"
    assert (await client.get(path, headers=li)).status_code == 200
    assert problem(await client.get(path, headers=bei)) == (404, "LEAD_NOT_FOUND")


async def test_rules_belong_to_their_tenant(client: AsyncClient, token: Token) -> None:
    body = {"rules": RULES, "based_on": 0}
    await client.post("/rule-sets/lead_score/versions", json=body)
    client.headers["Authorization"] = f"Bearer {token(tenant=str(new_id()))}"
    found = (await client.get("/rule-sets/lead_score")).json()
    assert (found["version"], found["rules"]["rows"]) == (0, [])
    lead = (await client.post("/leads", json={"company": "x"})).json()
    assert lead["score"] is None
