"""The import job: every kind of invalid row, unreadable files, and a real file."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from httpx import AsyncClient
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Done
from services.mtl.tests.factories import (
    counts,
    create,
    fail_import,
    finish_import,
    job_for,
    run_chunk,
    start_import,
)
from testkit.plugin import Committed, PublishedFacts

REAL_FILE = Path(__file__).parents[5] / "shared" / "data" / "leads" / "leads.csv"

ROWS = [
    "手机,邮箱,编号,姓名,印象",
    "13800138000,a@example.com,1,王芳,好",
    "12,b@@example.com,2,,",
    "138-0013-8000,,3,,同一个号码",
    ",A@EXAMPLE.COM,4,,",
    ",,,,没有任何身份",
    "",
    ",,,,",
    "010-62345678,c@example.com",
    "010-62345678,c@example.com,5,李雷,x,y",
    '"010-62345678" x,,6,,',
    f",,7,{'名' * 201},",
    f",,8,韩梅梅,{'长' * 1001}",
    ",,9,a\0b,",
    "0571-88888888,,10,,",
    '"never closed,,11,,',
    ",,12,,Select",
]
FILE_WITH_INVALID_ROWS = ("\n".join(ROWS) + "\n").encode() + b",,13,\xc3\x28,\n" + b",,14,,"
MAPPING = {"编号": "external_id"}


async def refusals(client: AsyncClient, import_id: str, kind: str = "refusals") -> dict[int, Any]:
    items = (await client.get(f"/imports/{import_id}/{kind}?limit=200")).json()["items"]
    assert [item["row"] for item in items] == sorted(item["row"] for item in items)
    return {
        item["row"]: [(error["column"], error["code"]) for error in item["errors"]]
        for item in items
    }


async def test_invalid_rows_are_refused_and_the_others_imported(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    existing = await create(client, phone="057188888888")
    ended = await finish_import(client, tx, tenant, FILE_WITH_INVALID_ROWS, mapping=MAPPING)
    assert ended["state"] == "SUCCEEDED"
    assert await refusals(client, ended["id"]) == {
        3: [("手机", "PHONE_INVALID"), ("邮箱", "EMAIL_INVALID")],
        4: [("手机", "LEAD_DUPLICATE")],
        5: [("邮箱", "LEAD_DUPLICATE")],
        6: [(None, "LEAD_EMPTY")],
        9: [(None, "ROW_CELLS")],
        10: [(None, "ROW_CELLS")],
        11: [(None, "ROW_MALFORMED")],
        12: [("姓名", "TOO_LONG")],
        13: [("印象", "TOO_LONG")],
        14: [("姓名", "TEXT_INVALID")],
        15: [("手机", "LEAD_DUPLICATE")],
        16: [(None, "ROW_MALFORMED")],
        18: [("姓名", "TEXT_INVALID")],
    }
    assert await refusals(client, ended["id"], "warnings") == {}
    assert ended["counts"] == counts(created=3, refused=13)
    leads = (await client.get("/leads")).json()["items"]
    by_number = {lead["external_id"]: lead for lead in leads}
    assert set(by_number) == {None, "1", "12", "14"}
    assert by_number["1"]["attributes"] == {"印象": "好"}
    assert by_number["12"]["attributes"] == {}
    assert Counter(e.type for e in await published()) == {
        "mtl.lead.captured.v1": 4,
        "mtl.import.finished.v1": 1,
    }
    items = (await client.get(f"/imports/{ended['id']}/refusals")).json()["items"]
    duplicate = next(item for item in items if item["row"] == 15)["errors"][0]
    assert duplicate["params"] == {"lead_id": existing["id"], "matched": "phone"}
    assert duplicate["message"] == "This lead already exists (same phone number)."


async def test_refusals_are_paged_and_in_the_language_of_the_caller(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    ended = await finish_import(client, tx, tenant, b"phone\n" + b"12\n" * 5)
    path, chinese = f"/imports/{ended['id']}/refusals?limit=2", {"Accept-Language": "zh-CN"}
    page = (await client.get(path, headers=chinese)).json()
    rows = [item["row"] for item in page["items"]]
    assert page["items"][0]["errors"][0]["message"] == "不是有效的电话号码。"
    while page["next_cursor"]:
        page = (await client.get(f"{path}&cursor={page['next_cursor']}")).json()
        rows += [item["row"] for item in page["items"]]
    assert rows == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("content", "mapping", "codes"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", None, ["FILE_NOT_UTF8"]),
        (b"\n", None, ["FILE_EMPTY"]),
        (b'"phone\n', None, ["HEADER_MALFORMED"]),
        (b"phone,phone\n1,2\n", None, ["COLUMN_DUPLICATE"]),
        (b"phone,\n1,2\n", None, ["COLUMN_UNNAMED"]),
        (b"13800138000,x\n", None, ["COLUMN_IDENTIFYING_MISSING"]),
        (b"phone,x\n1,2\n", {"Tel": "name", "Fax": None}, ["COLUMN_MISSING"] * 2),
    ],
)
async def test_an_unreadable_file_fails_the_import_with_the_reason(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    content: bytes,
    mapping: dict[str, str | None] | None,
    codes: list[str],
) -> None:
    ended = await finish_import(client, tx, tenant, content, mapping=mapping)
    assert (ended["state"], [failure["code"] for failure in ended["failures"]]) == ("FAILED", codes)
    assert all(failure["message"] != failure["code"] for failure in ended["failures"])
    assert ended["finished_at"] is not None
    assert (await client.get("/leads")).json()["items"] == []


async def test_a_file_with_only_a_header_succeeds_with_no_rows(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    ended = await finish_import(client, tx, tenant, b"phone")
    assert (ended["state"], ended["counts"]["total"]) == ("SUCCEEDED", 0)


async def test_a_byte_order_mark_is_not_part_of_the_first_header(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    ended = await finish_import(client, tx, tenant, b"\xef\xbb\xbfphone\r\n13800138000\r\n")
    assert ended["counts"]["accepted"] == 1


async def test_row_numbers_continue_over_chunks(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lines = [f"{n},杭州" for n in range(2, 702)]
    lines[249], lines[250], lines[600] = "x,y,z", "", "2,上海"
    content = ("Lead Number,City\n" + "\n".join(lines)).encode()
    import_id = await start_import(client, content)
    chunks = 1
    while not isinstance(await run_chunk(tx, job_for(import_id, tenant)), Done):
        chunks += 1
    assert chunks == 3
    assert await refusals(client, import_id) == {
        251: [(None, "ROW_CELLS")],
        602: [("Lead Number", "LEAD_DUPLICATE")],
    }
    counts = (await client.get(f"/imports/{import_id}")).json()["counts"]
    assert (counts["total"], counts["accepted"], counts["refused"]) == (699, 697, 2)


@pytest.mark.parametrize(
    "check", ["company <> 'odd'", "1 / (CASE company WHEN 'odd' THEN 0 ELSE 1 END) = 1"]
)
async def test_a_row_that_the_database_refuses_does_not_stop_the_others(
    committed: Committed, committed_client: AsyncClient, tenant: UUID, check: str
) -> None:
    """The sample is a constraint that the code does not validate."""
    owner = await asyncpg.connect(committed.urls.owner_url.replace("+asyncpg", ""))
    await owner.execute(f"ALTER TABLE leads ADD CONSTRAINT odd CHECK ({check})")
    try:
        rows = [f"c{n},{n}" for n in range(9)]
        rows[3] = rows[7] = "odd,"
        content = ("company,external_id\n" + "\n".join(rows)).encode()
        import_id = await start_import(committed_client, content)
        async with committed.worker.begin(tenant) as tx:
            await run_chunk(tx, job_for(import_id, tenant))
    finally:
        await owner.execute("ALTER TABLE leads DROP CONSTRAINT odd")
        await owner.close()
    assert await refusals(committed_client, import_id) == {
        5: [(None, "ROW_NOT_STORED")],
        9: [(None, "ROW_NOT_STORED")],
    }
    ended = (await committed_client.get(f"/imports/{import_id}")).json()
    assert (ended["state"], ended["counts"]["accepted"]) == ("SUCCEEDED", 7)


async def test_a_programming_error_fails_the_job_and_refuses_no_row(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    owner = await asyncpg.connect(committed.urls.owner_url.replace("+asyncpg", ""))
    import_id = await start_import(committed_client, b"company\nA\nB\n")
    await owner.execute("REVOKE INSERT ON leads FROM mtl_worker")
    try:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with committed.worker.begin(tenant) as tx:
                await run_chunk(tx, job_for(import_id, tenant))
    finally:
        await owner.execute("GRANT INSERT ON leads TO mtl_worker")
        await owner.close()
    run = (await committed_client.get(f"/imports/{import_id}")).json()
    assert (run["state"], run["counts"]["processed"]) == ("QUEUED", 0)


@pytest.mark.parametrize("chunks", [0, 1])
async def test_an_import_fails_when_its_job_is_given_up(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, chunks: int
) -> None:
    content = b"external_id\n" + b"".join(b"%d\n" % n for n in range(300))
    import_id = await start_import(client, content)
    job = job_for(import_id, tenant)
    for _ in range(chunks):
        await run_chunk(tx, job)
    for _ in range(2):
        await fail_import(tx, job)
    ended = (await client.get(f"/imports/{import_id}")).json()
    assert (ended["state"], ended["counts"]["accepted"]) == ("FAILED", 250 * chunks)
    assert [(failure["column"], failure["code"]) for failure in ended["failures"]] == [
        (None, "JOB_FAILED")
    ]
    assert ended["failures"][0]["message"] != "JOB_FAILED"
    assert ended["finished_at"] is not None
    assert isinstance(await run_chunk(tx, job), Done)


async def test_a_cancelled_import_stays_cancelled_when_its_job_is_given_up(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    import_id = await start_import(client, b"phone\n1\n")
    cancelled = (await client.post(f"/imports/{import_id}/cancel")).json()
    await fail_import(tx, job_for(import_id, tenant))
    assert (await client.get(f"/imports/{import_id}")).json() == cancelled


def lead_file() -> tuple[bytes, int, int]:
    """A file, its rows, and how many name no known country: the real one, else a generated one."""
    if REAL_FILE.exists():
        return REAL_FILE.read_bytes(), 7396, 6
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Prospect ID", "Lead Number", "Lead Source", "Converted", "City"])
    sources = ("Google", "", "Select")
    writer.writerows([f"p{n}", 600_000 + n, sources[n % 3], n % 2, "Select"] for n in range(2000))
    return out.getvalue().encode(), 2000, 0


async def test_a_real_file_is_imported_completely_and_only_once(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    content, rows, warned = lead_file()

    async def import_all() -> dict[str, Any]:
        import_id = await start_import(committed_client, content)
        outcome: object = None
        while not isinstance(outcome, Done):
            async with committed.worker.begin(tenant) as tx:
                outcome = await run_chunk(tx, job_for(import_id, tenant))
        ended: dict[str, Any] = (await committed_client.get(f"/imports/{import_id}")).json()
        return ended

    first = await import_all()
    assert (first["state"], first["failures"]) == ("SUCCEEDED", [])
    assert first["counts"] == counts(created=rows, with_warnings=warned)
    [lead] = (await committed_client.get("/leads?limit=1")).json()["items"]
    assert lead["external_id"].isdecimal()
    assert {"Prospect ID", "Converted"} <= set(lead["attributes"])
    assert "Select" not in lead["attributes"].values()
    again = await import_all()
    assert again["counts"] == counts(unchanged=rows, with_warnings=warned)


async def test_a_file_gives_leads_their_custom_fields(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    labels = {"label_zh": "评分", "label_en": "Rating", "required": True}
    field = {"resource": "mtl.lead", "key": "rating", "type": "NUMBER", **labels}
    assert (await client.post("/custom-fields", json=field)).status_code == 201
    ended = await finish_import(client, tx, tenant, "姓名,兴趣\n王芳,CRM\n".encode())
    assert ended["counts"] == counts(refused=1)
    rows = "姓名,评分,兴趣\n王芳,12.50,CRM\n李雷,many,CRM\n韩梅梅,,CRM\n"
    ended = await finish_import(client, tx, tenant, rows.encode())
    assert ended["counts"] == counts(created=1, refused=2)
    [lead] = (await client.get("/leads")).json()["items"]
    assert (lead["custom_fields"], lead["attributes"]) == ({"rating": "12.5"}, {"兴趣": "CRM"})
