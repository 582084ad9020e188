"""Visibility of imports, invalid requests, and the quota of imports at once."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.files.imports.importing import CARDS, open_import, problem, start_import
from testkit import tokens
from testkit.tenants import add_tenant

STRANGER = "01990000-0000-7000-8000-0000000000ff"
NEW = {"file_name": "x", "resource": "testkit.card"}
SELLER_SCOPES = "testkit.import.read testkit.import.write testkit.card.write"


async def test_an_import_is_visible_to_its_creator_only(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    mine = await open_import(client, CARDS)
    stranger = tokens.bearer(tenant, sub=STRANGER, scope=SELLER_SCOPES)
    path = f"/imports/{mine}"
    for method, where in [
        ("GET", ""), ("PUT", "/file"), ("PUT", "/mapping"), ("POST", "/preview"),
        ("POST", "/start"), ("POST", "/cancel"), ("GET", "/refusals"), ("GET", "/warnings"),
        ("GET", "/files/failed"),
    ]:  # fmt: skip
        answer = await client.request(method, path + where, headers=stranger)
        assert problem(answer) == (404, "IMPORT_NOT_FOUND"), where
    assert (await client.get("/imports", headers=stranger)).json()["items"] == []
    theirs = await client.post("/imports", json=NEW, headers=stranger)
    assert theirs.status_code == 201
    assert len((await client.get("/imports", headers=stranger)).json()["items"]) == 1
    assert len((await client.get("/imports")).json()["items"]) == 2  # the scope `*` sees all


async def test_an_import_needs_the_scope_of_its_records(client: AsyncClient, tenant: UUID) -> None:
    few = tokens.bearer(tenant, scope="testkit.import.read testkit.import.write")
    answer = await client.post("/imports", json=NEW, headers=few)
    assert problem(answer) == (403, "SCOPE_MISSING")
    assert answer.json()["params"] == {"scopes": ["testkit.card.write"]}
    mine = await open_import(client, CARDS)
    assert problem(await client.post(f"/imports/{mine}/start", headers=few)) == (
        403, "SCOPE_MISSING",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "", {**NEW, "resource": "testkit.note"}, ("/resource", "VALUE_UNKNOWN")),
        ("POST", "", {"resource": "testkit.card"}, ("/file_name", "REQUIRED")),
        ("POST", "", {**NEW, "sheet": ""}, ("/sheet", "TOO_SHORT")),
        ("POST", "", {**NEW, "dry_run": "perhaps"},
         ("/dry_run", "TYPE_INVALID")),
        ("POST", "", {**NEW, "mapping": {"a/b": "salary"}},
         ("/mapping/a~1b", "VALUE_UNKNOWN")),
        ("POST", "", {**NEW, "mapping": {"a": "title", "b": "title"}},
         ("/mapping", "MAPPING_AMBIGUOUS")),
        ("PUT", "/mapping", {"mapping": {"a": "salary"}}, ("/mapping/a", "VALUE_UNKNOWN")),
        ("PUT", "/mapping", {"mappings": {}}, ("/mappings", "UNKNOWN_FIELD")),
        ("POST", "/preview", {"mapping": {"a": "salary"}}, ("/mapping/a", "VALUE_UNKNOWN")),
    ],
)  # fmt: skip
async def test_invalid_bodies_answer_422(
    client: AsyncClient, method: str, path: str, body: dict[str, Any], expected: tuple[str, str]
) -> None:
    under = f"/{await open_import(client, CARDS)}" if path else ""
    answer = await client.request(method, f"/imports{under}{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [expected]


async def test_missing_imports_and_files_answer_404_and_409(client: AsyncClient) -> None:
    for path in ("", "/refusals", "/warnings", "/files/failed"):
        answer = await client.get(f"/imports/{uuid4()}{path}")
        assert problem(answer) == (404, "IMPORT_NOT_FOUND")
    mine = await open_import(client, CARDS)
    assert (await client.get(f"/imports/{mine}/files/other")).status_code == 422
    opened = await client.post("/imports", json=NEW)
    path = f"/imports/{opened.json()['id']}"
    for where in ("/preview", "/start"):
        answer = await client.post(path + where)
        assert problem(answer) == (409, "IMPORT_FILE_MISSING")


async def test_the_quota_limits_imports_at_once(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await add_tenant(tx, quotas={"imports_at_once": 1})
    first = await start_import(client, CARDS)
    second = await open_import(client, CARDS)
    answer = await client.post(f"/imports/{second}/start")
    assert problem(answer) == (409, "QUOTA_IMPORTS")
    assert (await client.post(f"/imports/{first}/start")).status_code == 200
    await client.post(f"/imports/{first}/cancel")
    assert (await client.post(f"/imports/{second}/start")).status_code == 200


async def test_start_and_cancel_need_the_current_version(client: AsyncClient) -> None:
    import_id = await open_import(client, CARDS)
    path = f"/imports/{import_id}"
    tag = (await client.get(path)).headers["etag"]
    assert tag == '"2"'
    stale = await client.post(f"{path}/start", headers={"If-Match": '"1"'})
    assert problem(stale) == (412, "STALE_COPY")
    del client.headers["If-Match"]
    for move in ("start", "cancel"):
        assert problem(await client.post(f"{path}/{move}")) == (428, "PRECONDITION_REQUIRED")
    assert (await client.post(f"{path}/start", headers={"If-Match": tag})).status_code == 200
    assert (await client.post(f"{path}/start", headers={"If-Match": tag})).status_code == 200
    answer = await client.post(f"{path}/cancel", headers={"If-Match": "*"})
    assert answer.json()["state"] == "CANCELLED"
