"""Exports of lists: every format, limited to what the caller sees, kept for a week."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.database.backbone_tables import jobs
from chassis.files.exports import actions
from chassis.files.exports.actions import EXPORT_EXPIRY_JOB, EXPORT_JOB
from chassis.files.exports.jobs import EXPORT_FAILURE_HANDLERS, export_jobs
from chassis.files.exports.tables import export_parts, exports
from chassis.files.formats.reader import read_file
from libs.chassis.tests.files.imports.importing import problem
from testkit import tokens
from testkit.jobs import make_job
from testkit.plugin import Committed

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
SELLER = "01990000-0000-7000-8000-0000000000aa"
SCOPES = "testkit.card.read testkit.card.write testkit.export.read testkit.export.write"
ROWS: list[dict[str, Any]] = [
    {"title": "=1+1", "amount": {"amount": "1234.50", "currency": "CNY"}},
    {"title": "王芳, 李雷", "due_date": "2026-12-01", "stage": "DOING"},
    {"title": "plain"},
]


@pytest.fixture
async def written(committed_client: AsyncClient) -> list[dict[str, Any]]:
    made = [await committed_client.post("/cards", json=row) for row in ROWS]
    return [answer.json() for answer in made]


async def run(committed: Committed, tenant: UUID, export_id: str, kind: str = EXPORT_JOB) -> None:
    job = make_job(tenant, kind, export_id, now=NOON)
    async with committed.worker.begin(tenant) as tx:
        await export_jobs("testkit")[kind](tx, job)


async def request_export(
    client: AsyncClient, headers: dict[str, str] | None = None, **fields: Any
) -> str:
    body = {"resource": "testkit.card", **fields}
    answer = await client.post("/exports", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    export_id: str = answer.json()["id"]
    assert answer.headers["location"] == f"/testkit/v1/exports/{export_id}"
    return export_id


async def file_of(client: AsyncClient, committed: Committed, tenant: UUID, **fields: Any) -> bytes:
    export_id = await request_export(client, **fields)
    await run(committed, tenant, export_id)
    answer = await client.get(f"/exports/{export_id}/file")
    assert answer.status_code == 200, answer.text
    shown = (await client.get(f"/exports/{export_id}")).json()
    assert (shown["state"], shown["file_size"]) == ("SUCCEEDED", len(answer.content))
    return answer.content


async def test_json_lines_equal_the_items_of_the_api(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    written: list[dict[str, Any]],
) -> None:
    content = await file_of(committed_client, committed, tenant, format="JSONL")
    items = (await committed_client.get("/cards")).json()["items"]
    assert [orjson.loads(line) for line in content.splitlines()] == items
    assert len(items) == 3


async def test_a_table_has_two_columns_for_money_and_escaped_formulas(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    written: list[dict[str, Any]],
) -> None:
    fields = ["title", "amount", "due_date", "custom_fields"]
    content = await file_of(committed_client, committed, tenant, fields=fields)
    assert content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert (
        table
        == [
            ["id", "title", "amount", "amount.currency", "due_date", "custom_fields"],
            [written[2]["id"], "plain", "", "", "", "{}"],
            [written[1]["id"], "王芳, 李雷", "", "", "2026-12-01", "{}"],
            [written[0]["id"], "'=1+1", "1234.500000", "CNY", "", "{}"],
        ]
        or table[3][2] == "1234.50"
    )
    book = await file_of(committed_client, committed, tenant, fields=fields, format="XLSX")
    source = read_file(book)
    assert list(source.header) == table[0]
    rows = [list(row.cells or ()) for row in source.rows]
    assert [row[1] for row in rows] == ["plain", "王芳, 李雷", "=1+1"]
    assert rows[2][3] == "CNY"


async def test_an_empty_list_is_a_file_with_a_header(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    content = await file_of(committed_client, committed, tenant)
    assert content.decode("utf-8-sig").startswith("id,title,")
    assert content.count(b"\n") == 1
    assert await file_of(committed_client, committed, tenant, format="JSONL") == b""
    assert (
        list(read_file(await file_of(committed_client, committed, tenant, format="XLSX")).rows)
        == []
    )


async def test_an_export_contains_what_its_caller_sees_when_it_runs(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    written: list[dict[str, Any]],
) -> None:
    seller = tokens.bearer(tenant, sub=SELLER, scope=SCOPES)
    export_id = await request_export(committed_client, headers=seller, format="JSONL")
    own = await committed_client.post("/cards", json={"title": "own"}, headers=seller)
    await run(committed, tenant, export_id)
    answer = await committed_client.get(f"/exports/{export_id}/file", headers=seller)
    assert [orjson.loads(line)["id"] for line in answer.content.splitlines()] == [own.json()["id"]]
    # A caller who sees more may not fetch the export of another caller.
    for path in ("", "/file"):
        assert problem(await committed_client.get(f"/exports/{export_id}{path}")) == (
            404, "EXPORT_NOT_FOUND",
        )  # fmt: skip
    assert (await committed_client.get("/exports")).json()["items"] == []
    assert len((await committed_client.get("/exports", headers=seller)).json()["items"]) == 1


async def test_the_query_is_parsed_like_that_of_the_list(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    written: list[dict[str, Any]],
) -> None:
    content = await file_of(
        committed_client, committed, tenant, query="stage=DOING&fields=title", format="JSONL"
    )
    assert [orjson.loads(line) for line in content.splitlines()] == [
        {"id": written[1]["id"], "title": "王芳, 李雷"}
    ]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"resource": "testkit.note"}, "/resource", "VALUE_UNKNOWN"),
        ({"resource": "testkit.card", "fields": ["salary"]}, "/fields/0", "VALUE_UNKNOWN"),
        ({"resource": "testkit.card", "fields": []}, "/fields", "TOO_SHORT"),
        ({"resource": "testkit.card", "format": "PDF"}, "/format", "VALUE_UNKNOWN"),
        ({"resource": "testkit.card", "query": "colour=red"}, "?colour", "UNKNOWN_FIELD"),
        ({"resource": "testkit.card", "query": "stage=LOST"}, "?stage", "VALUE_UNKNOWN"),
        ({"resource": "testkit.card", "query": "x" * 4001}, "/query", "TOO_LONG"),
        ({}, "/resource", "REQUIRED"),
    ],
)
async def test_invalid_bodies_answer_422(
    client: AsyncClient, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.post("/exports", json=body)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in answer.json()["errors"]]


async def test_an_export_needs_the_scope_of_the_list(client: AsyncClient, tenant: UUID) -> None:
    few = tokens.bearer(tenant, scope="testkit.export.read testkit.export.write")
    answer = await client.post("/exports", json={"resource": "testkit.card"}, headers=few)
    assert problem(answer) == (403, "SCOPE_MISSING")
    assert problem(await client.get(f"/exports/{uuid4()}")) == (404, "EXPORT_NOT_FOUND")


async def test_a_file_is_kept_for_a_week(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    written: list[dict[str, Any]],
) -> None:
    export_id = await request_export(committed_client)
    assert problem(await committed_client.get(f"/exports/{export_id}/file")) == (
        409, "EXPORT_NOT_READY",
    )  # fmt: skip
    await run(committed, tenant, export_id)
    async with committed.app.begin(tenant) as tx:
        query = select(jobs.c.run_at).where(jobs.c.kind == EXPORT_EXPIRY_JOB)
        assert (await tx.execute(query)).scalar_one() == NOON + timedelta(days=7)
    await run(committed, tenant, export_id, EXPORT_EXPIRY_JOB)
    shown = (await committed_client.get(f"/exports/{export_id}")).json()
    assert (shown["state"], shown["rows"]) == ("EXPIRED", 3)
    assert problem(await committed_client.get(f"/exports/{export_id}/file")) == (
        409, "EXPORT_EXPIRED",
    )  # fmt: skip
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(func.count()).select_from(export_parts))).scalar_one() == 0


async def test_a_failed_export_names_the_reason(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    written: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "MAX_EXPORT_ROWS", 2)
    export_id = await request_export(committed_client)
    await run(committed, tenant, export_id)
    shown = (await committed_client.get(f"/exports/{export_id}")).json()
    assert (shown["state"], shown["failures"][0]["code"]) == ("FAILED", "EXPORT_TOO_LARGE")
    assert (
        shown["failures"][0]["message"]
        == "The export has more than 2 rows. Please narrow the filter."
    )
    given_up = await request_export(committed_client)
    job = make_job(tenant, EXPORT_JOB, given_up, now=NOON, attempts=8)
    async with committed.worker.begin(tenant) as tx:
        await EXPORT_FAILURE_HANDLERS[EXPORT_JOB](tx, job)
        states = dict((await tx.execute(select(exports.c.id, exports.c.state))).all())
    assert states[UUID(given_up)] == "FAILED"


async def test_a_long_file_is_stored_in_parts(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    written: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "PART_BYTES", 10)
    content = await file_of(committed_client, committed, tenant, format="JSONL")
    assert len(content.splitlines()) == 3
