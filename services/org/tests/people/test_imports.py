"""Importing the sales teams of the demo pipeline through the API."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Done
from org.worker import WORKER
from services.org.tests.factories import NOW, create_department, created
from testkit import tokens
from testkit.jobs import make_job

FILE = Path(__file__).parents[4] / "deploy/demo/pipeline/sales_teams.csv"


async def run_import(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, content: bytes
) -> dict[str, Any]:
    body = {"file_name": "sales_teams.csv", "resource": "org.person"}
    key = created(await client.post("/imports", json=body))["id"]
    upload = await client.put(f"/imports/{key}/file", content=content)
    assert upload.status_code == 200, upload.text
    assert (await client.post(f"/imports/{key}/start")).json()["state"] == "QUEUED"
    job = make_job(tenant, IMPORT_JOB, key, now=NOW)
    while not isinstance(await WORKER.jobs[IMPORT_JOB](tx, job), Done):
        pass
    run: dict[str, Any] = (await client.get(f"/imports/{key}")).json()
    assert run["state"] == "SUCCEEDED", run
    return run


async def test_importing_the_file_again_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await create_department(client, "MavenTech")
    content = FILE.read_bytes()
    first = (await run_import(client, tx, tenant, content))["counts"]
    assert (first["created"], first["refused"], first["total"]) == (35, 0, 35)
    people = (await client.get("/people?include_total=true&limit=1")).json()["total"]
    assert (people, (await client.get("/people?name=Anna Snelling")).json()["items"] != []) == (
        35 + 6 + 1,  # the caller
        True,
    )
    assert (await client.get("/departments?include_total=true")).json()["total"] == 1 + 3 + 6
    second = (await run_import(client, tx, tenant, content))["counts"]
    assert (second["unchanged"], second["created"], second["updated"]) == (35, 0, 0)


async def test_an_external_id_goes_to_the_person_whom_an_earlier_row_made_as_a_manager(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await create_department(client, "总部")
    rows = ["姓名,经理,大区,外部编号,外部系统", "李娜,王伟,华东,1,hr", "王伟,赵强,华东,2,hr"]
    content = "\n".join(rows).encode()
    first = (await run_import(client, tx, tenant, content))["counts"]
    assert (first["created"], first["updated"]) == (1, 1)
    [manager] = (await client.get("/people?name=王伟")).json()["items"]
    named = await client.get("/people/by-external-id/hr/2")
    assert (named.status_code, named.json()["id"]) == (200, manager["id"])
    again = (await run_import(client, tx, tenant, content))["counts"]
    assert (again["created"], again["accepted"]) == (0, 2)
    people = (await client.get("/people?include_total=true&limit=1")).json()["total"]
    assert people == 3 + 1  # the caller
    renamed = content.replace("李娜".encode(), "李娜娜".encode())
    assert (await run_import(client, tx, tenant, renamed))["counts"]["accepted"] == 2
    person = (await client.get("/people/by-external-id/hr/1")).json()
    assert (person["name"], person["manager_id"]) == ("李娜娜", manager["id"])


async def test_chinese_headers_are_known_and_invalid_rows_refused(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await create_department(client, "总部")
    rows = [
        "姓名,经理,大区",
        "李娜,王伟,华东",
        "张三,,华东",
        f"{'x' * 201},王伟,华东",
        "王伟,王伟,华东",
    ]
    run = await run_import(client, tx, tenant, "\n".join(rows).encode())
    assert (run["counts"]["created"], run["counts"]["refused"]) == (1, 3)
    refusals = (await client.get(f"/imports/{run['id']}/refusals")).json()["items"]
    errors = {(f["code"], f["column"]) for row in refusals for f in row["errors"]}
    assert errors == {("REQUIRED", "经理"), ("TOO_LONG", "姓名"), ("MANAGER_CYCLE", None)}


async def test_without_a_root_department_all_rows_are_refused(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    counts = (await run_import(client, tx, tenant, FILE.read_bytes()))["counts"]
    assert (counts["created"], counts["refused"]) == (0, 35)


@pytest.mark.parametrize("scope", ["org.person.write", "org.department.write", "org.import.read"])
async def test_importing_needs_the_scopes_for_people_and_departments(
    client: AsyncClient, tenant: UUID, scope: str
) -> None:
    headers = tokens.bearer(tenant, scope=f"org.import.write {scope}")
    body = {"file_name": "x.csv", "resource": "org.person"}
    answer = await client.post("/imports", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
    both = tokens.bearer(tenant, scope="org.import.write org.person.write org.department.write")
    assert (await client.post("/imports", json=body, headers=both)).status_code == 201
