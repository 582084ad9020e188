"""A merged lead is found at its survivor by whoever sees that one, and by nobody else."""

import re
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.mtl.tests.factories import create, problem
from services.mtl.tests.merges.factories import merged, three_leads
from testkit.directory import Company, directory_id, sign_in, subject

SELLER = "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.follow_up.write"


@pytest.fixture
async def pair(client: AsyncClient) -> tuple[str, str]:
    """The ids of a merged lead and of its survivor."""
    a, b, _ = await three_leads(client)
    await merged(client, a, b)
    return b["id"], a["id"]


def reads_of_leads(app: FastAPI) -> list[str]:
    """The paths of all reads of one lead or of a part of it."""
    paths = app.openapi()["paths"].items()
    named = re.compile(r"/mtl/v1(/leads/\{(lead_id|record_id)\}.*)")
    found = [(named.fullmatch(path), item) for path, item in paths]
    return [match[1] for match, item in found if match is not None and "get" in item]


async def test_every_read_of_a_merged_lead_is_redirected(
    client: AsyncClient, app: FastAPI, pair: tuple[str, str]
) -> None:
    gone, survivor = pair
    paths = reads_of_leads(app)
    assert len(paths) >= 9
    for path in paths:
        of_lead = re.sub(r"\{(lead_id|record_id)\}", gone, path).replace("{name}", "lead_score")
        answer = await client.get(of_lead)
        assert answer.status_code == 307, (path, answer.text)
        expected = of_lead.replace(gone, survivor)
        assert answer.headers["Location"] == f"/mtl/v1{expected}"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json()["code"] == "LEAD_MERGED"
    assert (await client.get(f"/leads/{gone.upper()}")).status_code == 307
    assert (await client.get(f"/leads/{new_id()}/audit")).status_code != 307


async def test_every_change_of_a_merged_lead_is_refused(
    client: AsyncClient, tx: AsyncConnection, pair: tuple[str, str]
) -> None:
    await Company(tx).build()
    gone, survivor = pair
    path = f"/leads/{gone}"
    note = {"lead_id": gone, "kind": "CALL", "at": "2026-11-20T02:00:00Z"}
    name = {"system": "sap", "external_id": "1"}
    changes: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"company": "新"}),
        ("DELETE", path, None),
        ("POST", f"{path}/restore", None),
        ("POST", f"{path}/qualify", None),
        ("POST", f"{path}/disqualify", {"reason": "SPAM"}),
        ("POST", f"{path}/convert", {}),
        ("POST", f"{path}/transfer", {"owner_id": subject("li")}),
        ("PUT", f"{path}/shares/PERSON/{directory_id('li')}", {"access": "READ"}),
        ("POST", f"{path}/touches", {"kind": "FORM"}),
        ("POST", f"{path}/external-ids", name),
        ("POST", f"{path}/merge/preview", {"lead_ids": [survivor]}),
        ("POST", f"{path}/merge", {"leads": [{"lead_id": survivor, "version": 2}]}),
        ("POST", "/follow-ups", note),
    ]
    for method, target, body in changes:
        answer = await client.request(method, target, json=body, headers={"If-Match": "*"})
        assert problem(answer) == (409, "LEAD_MERGED"), (target, answer.text)
        assert answer.json()["params"] == {"lead_id": gone, "survivor_id": survivor}, target


async def test_who_does_not_see_the_survivor_finds_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    """Li's lead is merged into that of zheng, whom only the heads of both see."""
    await Company(tx).build()
    li, zheng, qian = (sign_in(tenant, name, scope=SELLER) for name in ("li", "zheng", "qian"))
    client.headers.update(zheng)
    a = await create(client, company="远景科技")
    client.headers.update(li)
    b = await create(client, company="远景")
    path = f"/leads/{b['id']}"
    body = {"leads": [{"lead_id": b["id"], "version": 1}]}
    for headers in (li, zheng):
        refused = await client.post(f"/leads/{a['id']}/merge", json=body, headers=headers)
        assert problem(refused) == (404, "LEAD_NOT_FOUND")
    client.headers.update(qian)
    made = await merged(client, a, b)
    assert (await client.get(path)).status_code == 307
    assert (await client.get(path, headers=zheng)).status_code == 307
    assert problem(await client.get(path, headers=li)) == (404, "LEAD_NOT_FOUND")
    assert problem(await client.get(f"{path}/audit", headers=li)) == (404, "LEAD_NOT_FOUND")
    refused = await client.patch(path, json={"company": "新"}, headers=li)
    assert (problem(refused), refused.json()["params"]) == ((409, "LEAD_MERGED"), {})
    for name in ("wang", "zhou"):
        stranger = sign_in(tenant, name, scope=SELLER)
        hidden = await client.patch(path, json={"company": "新"}, headers=stranger)
        assert problem(hidden) == (404, "LEAD_NOT_FOUND")
    undone = await client.post(f"/merges/{made['id']}/undo", headers=li)
    assert problem(undone) == (404, "MERGE_NOT_FOUND")
    without_scope = sign_in(tenant, "zheng", scope="mtl.import.read")
    assert problem(await client.get(path, headers=without_scope))[0] == 403


async def test_a_share_of_a_merged_lead_opens_the_survivor_until_the_undo(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, zheng = (sign_in(tenant, name, scope=SELLER) for name in ("li", "zheng"))
    client.headers.update(li)
    a, b = await create(client, company="远景科技"), await create(client, company="远景")
    grant = await client.put(
        f"/leads/{b['id']}/shares/PERSON/{directory_id('zheng')}", json={"access": "READ"}
    )
    assert grant.status_code == 200, grant.text
    made = await merged(client, a, b)
    assert (await client.get(f"/leads/{a['id']}", headers=zheng)).status_code == 200
    read_only = await client.post(f"/merges/{made['id']}/undo", headers=zheng)
    assert problem(read_only) == (403, "RECORD_READ_ONLY")
    assert (await client.post(f"/merges/{made['id']}/undo")).status_code == 200
    assert (await client.get(f"/leads/{a['id']}", headers=zheng)).status_code == 404
    assert (await client.get(f"/leads/{b['id']}", headers=zheng)).status_code == 200


async def test_the_list_of_deleted_leads_says_where_a_merged_one_is(
    client: AsyncClient, pair: tuple[str, str]
) -> None:
    gone, survivor = pair
    [shown] = (await client.get("/leads?deleted=true")).json()["items"]
    assert (shown["id"], shown["merged_into_id"]) == (gone, survivor)
    assert shown["merged_into_name"] == "远景科技"


async def test_the_documents_of_all_reads_of_a_lead_name_the_redirect(client: AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    reads = [one["get"] for path, one in paths.items() if "/leads/{" in path and "get" in one]
    assert len(reads) > 10
    for read in reads:
        moved = read["responses"]["307"]
        assert "Location" in moved["headers"], read["operationId"]
