"""Imports of cards: outcomes, the second pass, dry runs, previews and resuming."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.files.imports.tables import import_results
from chassis.jobs.queue import Done
from libs.chassis.tests.files.imports.importing import (
    CARDS,
    counts,
    finish_import,
    job_for,
    on_given_up,
    open_import,
    problem,
    progress,
    run_chunk,
    start_import,
)
from libs.chassis.tests.files.imports.test_files import workbook
from testkit.database import cards
from testkit.plugin import PublishedFacts
from testkit.tenants import add_tenant


async def rows(client: AsyncClient, import_id: str, kind: str) -> dict[int, Any]:
    items = (await client.get(f"/imports/{import_id}/{kind}?limit=200")).json()["items"]
    return {i["row"]: [(e["column"], e["code"]) for e in i["errors"]] for i in items}


async def all_cards(tx: AsyncConnection) -> dict[str, Any]:
    return {row.title: row for row in await tx.execute(select(cards))}


async def test_the_same_file_again_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    first = await finish_import(client, tx, tenant, CARDS)
    assert (first["state"], first["counts"]) == ("SUCCEEDED", counts(created=2))
    stored = await all_cards(tx)
    assert stored["child"].board_id == stored["root"].id
    assert {card.owner_id for card in stored.values()} == {first["created_by"]}
    again = await finish_import(client, tx, tenant, CARDS)
    assert (again["state"], again["counts"]) == ("SUCCEEDED", counts(unchanged=2))
    assert await all_cards(tx) == stored
    facts = await published()
    assert Counter(fact.type for fact in facts) == {
        "testkit.card.written.v1": 2,
        "testkit.card.changed.v1": 1,
        "testkit.import.finished.v1": 2,
    }
    assert facts[-1].payload["counts"] == {
        "total": 2, "created": 0, "updated": 0, "merged": 0, "unchanged": 2, "refused": 0,
        "with_warnings": 0,
    }  # fmt: skip
    assert (facts[-1].payload["created_by"], facts[-1].sequence) == (first["created_by"], 1)


async def test_a_parent_may_follow_its_child_and_a_changed_parent_is_an_update(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    file = "title,parent,due_date\nc,b,2026-12-01\nb,a,2026-12-01\na,nobody,2026-12-01\n"
    first = await finish_import(client, tx, tenant, file.encode())
    assert first["counts"] == counts(created=3, with_warnings=1)
    assert await rows(client, first["id"], "warnings") == {4: [("parent", "CARD_PARENT_UNKNOWN")]}
    stored = await all_cards(tx)
    assert stored["c"].board_id == stored["b"].id
    assert stored["b"].board_id == stored["a"].id
    moved = file.replace("c,b", "c,a")
    again = await finish_import(client, tx, tenant, moved.encode())
    assert again["counts"] == counts(updated=1, unchanged=2, with_warnings=1)
    assert (await all_cards(tx))["c"].board_id == stored["a"].id


async def test_rows_have_every_outcome(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await finish_import(client, tx, tenant, b"title,due_date\nold,2026-12-01\nsame,2026-12-01\n")
    rows_of_file = [
        "title,stage,due_date",
        "new,DOING,2026-12-01",
        "old,DOING,2026-12-01",
        "same,,2026-12-01",
        "undated,,",
        "forbidden,,2026-12-01",
        f"{'x' * 101},BOGUS,tomorrow",
        "three,cells",
        ",DOING,2026-12-01",
    ]
    ended = await finish_import(client, tx, tenant, "\n".join(rows_of_file).encode())
    assert ended["counts"] == counts(created=2, updated=1, unchanged=1, refused=4, with_warnings=1)
    assert await rows(client, ended["id"], "refusals") == {
        6: [(None, "NOTE_FORBIDDEN")],
        7: [("title", "TOO_LONG"), ("stage", "VALUE_UNKNOWN"), ("due_date", "DATE_INVALID")],
        8: [(None, "ROW_CELLS")],
        9: [("title", "REQUIRED")],
    }
    assert await rows(client, ended["id"], "warnings") == {5: [("due_date", "CARD_UNDATED")]}
    query = select(import_results).where(import_results.c.import_id == UUID(ended["id"]))
    results = {row.row: row for row in await tx.execute(query)}
    stored = await all_cards(tx)
    assert results[2].record_id == stored["new"].id
    assert [results[n].outcome for n in range(2, 6)] == [
        "CREATED", "UPDATED", "UNCHANGED", "CREATED",
    ]  # fmt: skip
    assert results[6].record_id is None


@pytest.mark.parametrize(
    "content",
    [
        CARDS.decode().encode("gb18030"),
        CARDS.decode().encode("utf-8-sig"),
        workbook(A=[line.split(",") for line in CARDS.decode().splitlines()]),
        b'{"title": "root", "stage": "DOING", "due_date": "2026-12-01"}\n'
        b'{"title": "child", "due_date": "2026-12-02", "parent": "root"}\n',
    ],
)
async def test_every_format_gives_the_same_records(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, content: bytes
) -> None:
    ended = await finish_import(client, tx, tenant, content)
    assert (ended["state"], ended["counts"]) == ("SUCCEEDED", counts(created=2))
    stored = await all_cards(tx)
    assert stored["child"].board_id == stored["root"].id
    assert str(stored["root"].due_date) == "2026-12-01"


async def test_a_dry_run_counts_the_same_and_leaves_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    lines = [f"card {n % 290},2026-12-01,{'card 5' if n == 3 else ''}" for n in range(300)]
    content = "\n".join(["title,due_date,parent", *lines, "forbidden,,"]).encode()
    before = await all_cards(tx)
    tried = await finish_import(client, tx, tenant, content, dry_run=True)
    assert (tried["dry_run"], tried["state"]) == (True, "SUCCEEDED")
    assert await all_cards(tx) == before == {}
    assert [fact.type for fact in await published()] == ["testkit.import.finished.v1"]
    query = select(import_results.c.record_id).where(import_results.c.outcome == "CREATED")
    assert set((await tx.execute(query)).scalars()) == {None}
    done = await finish_import(client, tx, tenant, content)
    assert tried["counts"] == done["counts"] == counts(created=290, unchanged=10, refused=1)
    assert await rows(client, tried["id"], "refusals") == await rows(client, done["id"], "refusals")
    assert len(await all_cards(tx)) == 290


async def test_a_dry_run_of_too_many_rows_fails(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    content = b"title\n" + b"".join(b"%d\n" % n for n in range(20_001))
    ended = await finish_import(client, tx, tenant, content, dry_run=True)
    assert (ended["state"], ended["failures"][0]["code"]) == ("FAILED", "DRY_RUN_TOO_LARGE")


async def test_a_preview_shows_parsed_rows(client: AsyncClient) -> None:
    lines = [f"card {n},2026-12-01,memo" for n in range(30)]
    content = "\n".join(["标题,When,Memo", "bad,never,x", "few", *lines]).encode("gb18030")
    import_id = await open_import(client, content)
    path = f"/imports/{import_id}"
    shown = (await client.post(f"{path}/preview")).json()
    assert shown["mapping"] == {"标题": "title", "When": None, "Memo": None}
    assert (shown["format"], shown["header"]) == ("CSV", ["标题", "When", "Memo"])
    assert (shown["fields"], shown["findings"]) == (["title", "stage", "due_date", "parent"], [])
    assert [(one["column"], one["code"]) for one in shown["warnings"]] == [
        ("When", "COLUMN_IGNORED"),
        ("Memo", "COLUMN_IGNORED"),
    ]
    assert len(shown["rows"]) == 20
    assert shown["rows"][0]["fields"] == {"title": "bad"}
    assert shown["rows"][1]["errors"][0]["code"] == "ROW_CELLS"
    assert shown["rows"][2]["warnings"][0]["code"] == "CARD_UNDATED"
    tried = await client.post(f"{path}/preview", json={"mapping": {"When": "due_date"}})
    rows_shown = tried.json()["rows"]
    assert [one["column"] for one in tried.json()["warnings"]] == ["Memo"]
    assert [e["code"] for e in rows_shown[0]["errors"]] == ["DATE_INVALID"]
    assert (rows_shown[0]["errors"][0]["column"], rows_shown[2]["warnings"]) == ("When", [])
    assert (await progress(client, import_id))["mapping"] is None
    replaced = await client.put(f"{path}/mapping", json={"mapping": {"When": "due_date"}})
    assert (replaced.status_code, replaced.json()["mapping"]) == (200, {"When": "due_date"})
    assert (await client.post(f"{path}/preview")).json()["rows"] == rows_shown


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (b"stage\nDOING\n", {}, "COLUMN_REQUIRED"),
        (b"title,title\n1,2\n", {}, "COLUMN_DUPLICATE"),
        (b"title\n1\n", {"mapping": {"Tel": "stage"}}, "COLUMN_MISSING"),
        (workbook(A=[["title"]]), {"sheet": "B"}, "SHEET_MISSING"),
        (b"PK\x03\x04", {}, "FILE_NOT_XLSX"),
        (b"\n", {}, "FILE_EMPTY"),
    ],
)
async def test_an_unreadable_file_has_findings_in_the_preview_and_fails(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    content: bytes,
    fields: dict[str, Any],
    code: str,
) -> None:
    import_id = await open_import(client, content, **fields)
    shown = (await client.post(f"/imports/{import_id}/preview")).json()
    assert [finding["code"] for finding in shown["findings"]] == [code]
    ended = await finish_import(client, tx, tenant, content, **fields)
    assert (ended["state"], [f["code"] for f in ended["failures"]]) == ("FAILED", [code])
    assert ended["failures"][0]["message"] != code
    assert problem(await client.get(f"/imports/{ended['id']}/files/failed")) == (
        409, "IMPORT_NOT_READ",
    )  # fmt: skip


async def test_an_import_whose_job_failed_resumes_where_it_stopped(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    content = b"title\n" + b"".join(b"card %d\n" % n for n in range(600))
    import_id = await start_import(client, content)
    job = job_for(import_id, tenant)
    await run_chunk(tx, job)
    await on_given_up(tx, job)
    await tx.execute(jobs.delete())
    broken = await progress(client, import_id)
    assert (broken["state"], broken["counts"]["created"]) == ("FAILED", 250)
    assert [failure["code"] for failure in broken["failures"]] == ["JOB_FAILED"]
    started = (await client.post(f"/imports/{import_id}/start")).json()
    assert (started["state"], started["failures"]) == ("QUEUED", [])
    assert list((await tx.execute(select(jobs.c.key))).scalars()) == [import_id]
    while not isinstance(await run_chunk(tx, job), Done):
        pass
    ended = await progress(client, import_id)
    assert ended["counts"] == counts(created=600, with_warnings=600)
    ends = [f for f in await published() if f.type == "testkit.import.finished.v1"]
    assert [(end.sequence, end.payload["state"]) for end in ends] == [
        (1, "FAILED"), (2, "SUCCEEDED"),
    ]  # fmt: skip


async def test_rows_beyond_the_quota_are_refused(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await add_tenant(tx, quotas={"rows": 2})
    content = "标题\na\nb\nc\nd\n".encode()
    run = await finish_import(client, tx, tenant, content)
    assert (run["counts"]["created"], run["counts"]["refused"]) == (2, 2)
    refused = await rows(client, run["id"], "refusals")
    assert refused == {4: [(None, "QUOTA_ROWS")], 5: [(None, "QUOTA_ROWS")]}


@pytest.mark.parametrize(
    "content", [b'{"title": "\\ud800"}\n{"title": "a"}\n', b'{"\\ud800": "a"}\n']
)
async def test_a_preview_refuses_lone_surrogates(client: AsyncClient, content: bytes) -> None:
    import_id = await open_import(client, content)
    answer = await client.post(f"/imports/{import_id}/preview")
    assert answer.status_code == 200, answer.text
    assert "TEXT_INVALID" in answer.text or "FILE_NOT_UTF8" in answer.text


async def test_a_preview_without_a_mapping_uses_that_of_the_import(client: AsyncClient) -> None:
    import_id = await open_import(client, b"A\nx\n", mapping={"A": "title"})
    answer = await client.post(f"/imports/{import_id}/preview", json={})
    assert answer.json()["mapping"] == {"A": "title"}
