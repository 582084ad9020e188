"""Committed imports: result files, the progress stream, crashes and concurrent imports."""

import asyncio
import csv
import io
import random
from typing import Any
from uuid import UUID

import orjson
import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.files.formats import rows
from chassis.files.imports import progress_stream
from chassis.files.imports.actions import IMPORT_JOB
from chassis.jobs.queue import Again, Done, Job
from chassis.jobs.runner import JobRunner
from libs.chassis.tests.files.imports.importing import (
    counts,
    finish_committed,
    job_for,
    problem,
    progress,
    run_chunk,
    start_import,
)
from libs.chassis.tests.jobs.running import eventually, running, shortly
from testkit import tokens
from testkit.database import cards
from testkit.directory import Company, sign_in
from testkit.plugin import Committed

BAD = "title,due_date,note\ngood,2026-12-01,=1+1\nforbidden,2026-12-01,+86\n,,x\nundated,,\n"


def table(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def result(client: AsyncClient, import_id: str, which: str) -> list[dict[str, str]]:
    answer = await client.get(f"/imports/{import_id}/files/{which}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"{which}.csv" in answer.headers["content-disposition"]
    return table(answer.content)


async def test_three_result_files_contain_every_row_once(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    ended = await finish_committed(committed_client, committed, tenant, BAD.encode())
    assert ended["counts"] == counts(created=2, refused=2, with_warnings=1)
    good, undated = await result(committed_client, ended["id"], "successful")
    assert good == {
        "_row": "2", "_outcome": "CREATED", "_record_id": good["_record_id"], "_codes": "",
        "_messages": "", "title": "good", "due_date": "2026-12-01", "note": "'=1+1",
    }  # fmt: skip
    card = await committed_client.get(f"/cards/{good['_record_id']}")
    assert card.json()["title"] == "good"
    assert (undated["_row"], undated["_codes"]) == ("5", "CARD_UNDATED")
    assert undated["_messages"] == "It has no due date."
    refused = await result(committed_client, ended["id"], "failed")
    assert [(row["_row"], row["_codes"], row["note"]) for row in refused] == [
        ("3", "NOTE_FORBIDDEN", "'+86"),
        ("4", "REQUIRED", "x"),
    ]
    assert refused[0]["_messages"] == "Not to be written: forbidden"
    assert await result(committed_client, ended["id"], "unprocessed") == []


async def test_a_corrected_failed_file_can_be_imported(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    ended = await finish_committed(committed_client, committed, tenant, BAD.encode())
    answer = await committed_client.get(f"/imports/{ended['id']}/files/failed")
    corrected = answer.content.decode().replace("forbidden", "+allowed")
    again = await finish_committed(committed_client, committed, tenant, corrected.encode())
    assert again["counts"] == counts(created=1, refused=1)
    async with committed.app.begin(tenant) as tx:
        titles = set((await tx.execute(select(cards.c.title))).scalars())
    assert titles == {"good", "undated", "+allowed"}


async def test_a_cancelled_import_has_unprocessed_rows(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    content = b"title,due_date\n" + b"".join(b"card %d,2026-12-01\n" % n for n in range(300))
    import_id = await start_import(committed_client, content)
    async with committed.worker.begin(tenant) as tx:
        await run_chunk(tx, job_for(import_id, tenant))
    cancelled = (await committed_client.post(f"/imports/{import_id}/cancel")).json()
    assert (cancelled["state"], cancelled["counts"]["created"]) == ("CANCELLED", 250)
    left = await result(committed_client, import_id, "unprocessed")
    assert [row["_row"] for row in left] == [str(n) for n in range(252, 302)]
    assert len(await result(committed_client, import_id, "successful")) == 250


async def test_progress_is_streamed_until_the_import_finishes(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    small_chunks: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_stream, "POLL_SECONDS", 0.01)
    content = b"title\n" + b"".join(b"card %d\n" % n for n in range(60))
    import_id = await start_import(committed_client, content)

    async def work() -> None:
        outcome: object = None
        while not isinstance(outcome, Done):
            await asyncio.sleep(0.2)
            async with committed.worker.begin(tenant) as tx:
                outcome = await run_chunk(tx, job_for(import_id, tenant))

    async def watch() -> list[dict[str, Any]]:
        answer = await committed_client.get(f"/imports/{import_id}/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [orjson.loads(line[5:]) for line in answer.text.splitlines() if line[:5] == "data:"]

    seen, _ = await asyncio.gather(watch(), work())
    versions = [each["version"] for each in seen]
    assert versions == sorted(set(versions))
    assert seen[0]["state"] == "QUEUED"
    assert {each["counts"]["processed"] for each in seen} >= {0, 20}
    assert seen[-1] == await progress(committed_client, import_id)
    assert seen[-1]["state"] == "SUCCEEDED"


async def test_a_stream_ends_when_its_caller_is_deactivated(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_stream, "POLL_SECONDS", 0.02)
    import_id = await start_import(committed_client, BAD.encode())
    place, seller = f"/imports/{import_id}/events", sign_in(tenant, "li", scope="testkit.*")
    watched = asyncio.create_task(committed_client.get(place, headers=seller))
    await asyncio.sleep(0.3)
    assert not watched.done()
    async with committed.app.begin(tenant) as tx:
        await Company(tx).person("li", active=False)
    answer = await asyncio.wait_for(watched, 2)
    assert answer.text.count("event: import") == 1
    again = await committed_client.get(place, headers=seller)
    assert problem(again) == (403, "PERSON_INACTIVE")


async def test_the_stream_of_an_invisible_import_answers_404(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    import_id = await start_import(committed_client, BAD.encode())
    stranger = tokens.bearer(tenant, sub="somebody", scope="testkit.import.read")
    answer = await committed_client.get(f"/imports/{import_id}/events", headers=stranger)
    assert problem(answer) == (404, "IMPORT_NOT_FOUND")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "CHUNK_ROWS", 20)


@pytest.fixture
def ended(committed_client: AsyncClient) -> Any:
    async def all_ended(*import_ids: str) -> bool:
        shown = [await progress(committed_client, import_id) for import_id in import_ids]
        return all(each["finished_at"] for each in shown)

    return all_ended


async def test_a_worker_that_dies_between_chunks_neither_loses_nor_duplicates_rows(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    ended: Any,
    small_chunks: None,
) -> None:
    dice, deaths = random.Random(7), 0
    lines = [f"card {n},2026-12-01,{f'card {n + 1}' if n < 119 else ''}" for n in range(120)]
    import_id = await start_import(
        committed_client, "\n".join(["title,due_date,parent", *lines]).encode()
    )

    async def hostile(tx: AsyncConnection, job: Job) -> Done | Again:
        nonlocal deaths
        outcome = await run_chunk(tx, job)
        if dice.random() < 0.4 and deaths < 5:
            deaths += 1
            await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return outcome

    two = [
        JobRunner(committed.worker, {IMPORT_JOB: hostile}, poll=0.02, backoff=shortly)
        for _ in range(2)
    ]
    async with running(*two):
        await eventually(lambda: ended(import_id), within=60)
    assert deaths > 0
    shown = await progress(committed_client, import_id)
    assert (shown["state"], shown["counts"]) == ("SUCCEEDED", counts(created=120))
    async with committed.app.begin(tenant) as tx:
        orphans = select(func.count()).where(cards.c.board_id.is_(None))
        assert (await tx.execute(orphans)).scalar_one() == 1
        finished = select(func.count()).where(outbox.c.type == "testkit.import.finished.v1")
        assert (await tx.execute(finished)).scalar_one() == 1
        written = select(func.count()).where(outbox.c.type == "testkit.card.written.v1")
        assert (await tx.execute(written)).scalar_one() == 120


async def test_two_concurrent_imports_of_a_file_create_each_record_once(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    ended: Any,
    small_chunks: None,
) -> None:
    lines = [f"card {n},2026-12-01" for n in range(100)]
    content = "\n".join(["title,due_date", *lines]).encode()
    both = [await start_import(committed_client, content) for _ in range(2)]
    runners = [
        JobRunner(committed.worker, {IMPORT_JOB: run_chunk}, poll=0.02, backoff=shortly)
        for _ in range(2)
    ]
    async with running(*runners):
        await eventually(lambda: ended(*both), within=60)
    shown = [await progress(committed_client, import_id) for import_id in both]
    assert [each["state"] for each in shown] == ["SUCCEEDED"] * 2
    assert sum(each["counts"]["created"] for each in shown) == 100
    assert sum(each["counts"]["unchanged"] for each in shown) == 100
    assert sum(each["counts"]["refused"] for each in shown) == 0
    async with committed.app.begin(tenant) as tx:
        total = select(func.count(), func.count(cards.c.title.distinct()))
        assert tuple((await tx.execute(total)).one()) == (100, 100)
