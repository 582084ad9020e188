"""The HTTP API of imports: open, upload, start, cancel and read."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Done
from services.mtl.tests.factories import (
    counts,
    finish_import,
    job_for,
    problem,
    run_chunk,
    run_import,
    start_import,
    violations,
)
from testkit.plugin import PublishedFacts

Token = Callable[..., str]
FILE = "姓名,手机\n王芳,13800138000\n".encode()
BODY = {"file_name": "leads.csv", "resource": "mtl.lead"}


async def open_import(client: AsyncClient, **fields: Any) -> str:
    answer = await client.post("/imports", json={**BODY, **fields})
    assert answer.status_code == 201, answer.text
    import_id: str = answer.json()["id"]
    assert answer.headers["location"] == f"/mtl/v1/imports/{import_id}"
    return import_id


async def queued_jobs(tx: AsyncConnection) -> list[str]:
    return list((await tx.execute(select(jobs.c.key).where(jobs.c.kind == IMPORT_JOB))).scalars())


@pytest.mark.parametrize("move", ["start", "cancel"])
@pytest.mark.parametrize("content", [b'{"foo": 1}', b"{{{", b"[]"])
async def test_start_and_cancel_accept_only_an_empty_body(
    client: AsyncClient, move: str, content: bytes
) -> None:
    path = f"/imports/{await open_import(client)}"
    await client.put(f"{path}/file", content=FILE)
    headers = {"Content-Type": "application/json"}
    answer = await client.post(f"{path}/{move}", content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert (await client.get(path)).json()["state"] == "OPEN"
    assert (await client.post(f"{path}/{move}", json={})).status_code == 200


async def test_an_import_from_opening_to_its_published_event(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    import_id = await open_import(client)
    path = f"/imports/{import_id}"
    opened = (await client.get(path)).json()
    assert (opened["state"], opened["file_size"], opened["mapping"]) == ("OPEN", None, None)
    assert opened["counts"] == counts()
    uploaded = await client.put(f"{path}/file", content=FILE)
    assert (uploaded.status_code, uploaded.json()["file_size"]) == (200, len(FILE))
    started = await client.post(f"{path}/start")
    assert (started.status_code, started.json()["state"]) == (200, "QUEUED")
    assert await queued_jobs(tx) == [import_id]
    await run_import(tx, import_id, tenant)
    ended = (await client.get(path)).json()
    assert (ended["state"], ended["failures"]) == ("SUCCEEDED", [])
    assert ended["counts"] == counts(created=1)
    [lead] = (await client.get("/leads")).json()["items"]
    assert (lead["name"], lead["phone"]) == ("王芳", "+8613800138000")
    assert lead["owner_id"] == ended["created_by"]
    events = await published()
    assert [event.type for event in events] == ["mtl.lead.captured.v1", "mtl.import.finished.v1"]
    assert (await client.get("/imports?state=SUCCEEDED")).json()["items"] == [ended]
    assert (await client.get("/imports?state=OPEN")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"file_name": " ", "resource": "rms.order", "colour": "red"},
            {
                ("/file_name", "TOO_SHORT"),
                ("/resource", "VALUE_UNKNOWN"),
                ("/colour", "UNKNOWN_FIELD"),
            },
        ),
        ({**BODY, "mapping": {"A": "salary"}}, {("/mapping/A", "VALUE_UNKNOWN")}),
        ({**BODY, "mapping": {"A": "phone", "B": "phone"}}, {("/mapping", "MAPPING_AMBIGUOUS")}),
        ({**BODY, "mapping": {"A": 1}}, {("/mapping/A", "TYPE_INVALID")}),
        ({**BODY, "mapping": []}, {("/mapping", "TYPE_INVALID")}),
    ],
)
async def test_invalid_bodies_are_refused(
    client: AsyncClient, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/imports", json=body)
    assert (answer.status_code, violations(answer)) == (422, expected)


async def test_a_mapping_may_leave_columns_out_and_name_attributes_twice(
    client: AsyncClient,
) -> None:
    mapping = {"A": None, "B": None, "C": "attributes", "D": "attributes", "E": "phone"}
    import_id = await open_import(client, mapping=mapping)
    assert (await client.get(f"/imports/{import_id}")).json()["mapping"] == mapping


async def test_empty_and_too_large_files_are_refused(client: AsyncClient) -> None:
    path = f"/imports/{await open_import(client)}"
    empty = await client.put(f"{path}/file", content=b"")
    assert (empty.status_code, violations(empty)) == (422, {("", "FILE_EMPTY")})
    large = await client.put(f"{path}/file", content=b"x" * 32_000_001)
    assert problem(large) == (413, "BODY_TOO_LARGE")
    assert problem(await client.post(f"{path}/start")) == (409, "IMPORT_FILE_MISSING")
    assert (await client.get(path)).json()["version"] == 1


async def test_a_file_above_the_usual_limit_is_taken(client: AsyncClient) -> None:
    path = f"/imports/{await open_import(client)}"
    assert (await client.put(f"{path}/file", content=b"x" * 5_000_000)).status_code == 200


async def test_the_last_uploaded_file_is_imported(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    import_id = await open_import(client)
    path = f"/imports/{import_id}"
    await client.put(f"{path}/file", content=b"phone\n1\n")
    await client.put(f"{path}/file", content=FILE)
    await client.post(f"{path}/start")
    late = await client.put(f"{path}/file", content=FILE)
    assert problem(late) == (409, "IMPORT_NOT_OPEN")
    await run_import(tx, import_id, tenant)
    assert (await client.get(path)).json()["counts"]["accepted"] == 1


async def test_starting_twice_runs_the_import_once(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    import_id = await start_import(client, FILE)
    first = (await client.get(f"/imports/{import_id}")).json()
    again = await client.post(f"/imports/{import_id}/start")
    assert (again.status_code, again.json()) == (200, first)
    assert await queued_jobs(tx) == [import_id]
    await run_import(tx, import_id, tenant)
    finished = await client.post(f"/imports/{import_id}/start")
    assert (finished.status_code, finished.json()["state"]) == (200, "SUCCEEDED")
    assert isinstance(await run_chunk(tx, job_for(import_id, tenant)), Done)
    assert len((await client.get("/leads")).json()["items"]) == 1


async def test_a_cancelled_import_processes_no_more_rows(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    content = b"external_id\n" + b"".join(b"%d\n" % n for n in range(600))
    import_id = await start_import(client, content)
    path = f"/imports/{import_id}"
    await run_chunk(tx, job_for(import_id, tenant))
    running = (await client.get(path)).json()
    assert (running["state"], running["counts"]["processed"]) == ("RUNNING", 250)
    assert running["counts"]["total"] == 600
    cancelled = await client.post(f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "CANCELLED")
    assert (await client.post(f"{path}/cancel")).json() == cancelled.json()
    assert await queued_jobs(tx) == []
    assert isinstance(await run_chunk(tx, job_for(import_id, tenant)), Done)
    assert (await client.get(path)).json() == cancelled.json()
    assert problem(await client.post(f"{path}/start")) == (409, "IMPORT_CANCELLED")


async def test_an_ended_import_cannot_be_cancelled(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    ended = await finish_import(client, tx, tenant, FILE)
    answer = await client.post(f"/imports/{ended['id']}/cancel")
    assert problem(answer) == (409, "IMPORT_FINISHED")


async def test_unknown_imports_and_those_of_other_tenants_answer_404(
    client: AsyncClient, token: Token
) -> None:
    mine = await open_import(client)
    other = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    for import_id, headers in [(str(uuid4()), {}), (mine, other)]:
        for method, path in [
            ("GET", ""), ("PUT", "/file"), ("POST", "/start"), ("POST", "/cancel"),
            ("GET", "/refusals"), ("GET", "/warnings"),
        ]:  # fmt: skip
            answer = await client.request(
                method,
                f"/imports/{import_id}{path}",
                headers=headers,
                content=FILE if method == "PUT" else None,
            )
            assert problem(answer) == (404, "IMPORT_NOT_FOUND")


async def test_imports_require_the_right_scope(client: AsyncClient, token: Token) -> None:
    import_id = await open_import(client)
    reader = {"Authorization": f"Bearer {token(scope='mtl.import.read')}"}
    assert (await client.get(f"/imports/{import_id}", headers=reader)).status_code == 200
    answer = await client.put(f"/imports/{import_id}/file", content=FILE, headers=reader)
    assert problem(answer) == (403, "SCOPE_MISSING")
    anonymous = await client.put(
        f"/imports/{import_id}/file", content=FILE, headers={"Authorization": ""}
    )
    assert problem(anonymous) == (401, "TOKEN_MISSING")
