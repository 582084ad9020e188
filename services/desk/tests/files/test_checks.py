"""Checks: a file is served after its scan; what is found, and a scanner that does not answer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import now as current_time
from chassis.jobs.queue import Again, Done
from desk.file_settings.domain.limits import PART_BYTES
from desk.files.actions.drops import DROP_JOB, DROP_KEY
from desk.files.actions.scanners import ClamdScanner, ScannerFailed
from desk.files.actions.uploads import CHECK_JOB
from desk.files.domain.file import MAX_CHECKS
from desk.files.timers import CHECK_FILE, DROP_OBJECTS
from services.desk.tests.conftest import forget_settings
from services.desk.tests.files.linking import fetch
from services.desk.tests.files.uploading import (
    PDF,
    begin,
    code_of,
    objects_in,
    parts_of,
    put,
    upload,
)
from services.desk.tests.files.virus_scanner import THREAT, VIRUS, scanner
from testkit.jobs import make_job, run_steps
from testkit.plugin import PublishedWork
from testkit.tokens import CALLER

LARGE = PDF + bytes(2 * PART_BYTES)


@pytest.fixture
async def clamd(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    async with scanner(tmp_path_factory.mktemp("clamd")) as address:
        monkeypatch.setenv("DESK_CLAMD", address)
        forget_settings()
        yield address


async def check(tx: AsyncConnection, tenant: UUID, file_id: str) -> Done | Again:
    return await run_steps(CHECK_FILE, tx, make_job(tenant, CHECK_JOB, file_id))


async def pieces_of(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


async def test_a_large_file_is_served_after_its_checksum_was_computed(
    client: AsyncClient, app: FastAPI, tx: AsyncConnection, tenant: UUID
) -> None:
    file = await upload(client, LARGE)
    assert (file["status"], file["sha256"]) == ("CHECKING", None)
    assert code_of(await fetch(client, app, tenant, file["id"])) == (409, "FILE_NOT_CHECKED")
    assert [job.key for job in await tx.execute(_check_jobs())] == [file["id"]]
    assert await check(tx, tenant, file["id"]) == Done()
    shown = (await client.get(f"/files/{file['id']}")).json()
    assert (shown["status"], shown["sha256"]) == ("READY", hashlib.sha256(LARGE).hexdigest())
    fetched = await fetch(client, app, tenant, file["id"])
    assert (fetched.status_code, fetched.content == LARGE) == (200, True)
    assert await check(tx, tenant, file["id"]) == Done()  # repeated, it changes nothing


async def test_a_large_file_that_differs_from_its_declared_checksum_is_never_served(
    client: AsyncClient,
    app: FastAPI,
    tx: AsyncConnection,
    tenant: UUID,
    published_work: PublishedWork,
) -> None:
    file_id = await begin(client, LARGE, body={"sha256": "0" * 64})
    for number, part in enumerate(parts_of(LARGE), start=1):
        await put(client, file_id, number, part)
    await client.post(f"/files/{file_id}/complete")
    assert await check(tx, tenant, file_id) == Done()
    assert code_of(await fetch(client, app, tenant, file_id)) == (409, "FILE_BROKEN")
    [told] = await published_work()
    assert (told.kind, told.person) == ("FILE_BROKEN", CALLER)
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0


async def test_a_clean_file_is_served_after_its_scan(
    client: AsyncClient, app: FastAPI, tx: AsyncConnection, tenant: UUID, clamd: str
) -> None:
    file = await upload(client)
    assert file["status"] == "CHECKING"
    assert code_of(await fetch(client, app, tenant, file["id"])) == (409, "FILE_NOT_CHECKED")
    assert await check(tx, tenant, file["id"]) == Done()
    assert (await fetch(client, app, tenant, file["id"])).content == PDF


@pytest.mark.parametrize("place", [0, PART_BYTES - 10])
async def test_a_virus_is_found_also_across_parts_and_its_bytes_are_deleted(
    client: AsyncClient,
    app: FastAPI,
    tx: AsyncConnection,
    tenant: UUID,
    clamd: str,
    published_work: PublishedWork,
    store_folder: Path,
    place: int,
) -> None:
    content = PDF + bytes(place) + VIRUS
    file = await upload(client, content)
    assert await check(tx, tenant, file["id"]) == Done()
    shown = (await client.get(f"/files/{file['id']}")).json()
    assert (shown["status"], shown["ticket"]) == ("INFECTED", None)
    assert shown["threat"].startswith(THREAT)
    assert code_of(await fetch(client, app, tenant, file["id"])) == (409, "FILE_INFECTED")
    [told] = await published_work()
    assert (told.kind, told.person) == ("FILE_INFECTED", CALLER)
    assert told.message == f"The file 合同.pdf has a virus ({shown['threat']}) and was removed."
    await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert objects_in(store_folder) == []
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0
    again = await client.post(f"/files/{file['id']}/check")
    assert code_of(again) == (409, "FILE_NOT_CHECKABLE")


async def test_a_scanner_that_is_away_is_asked_again_and_at_last_people_see_it(
    client: AsyncClient,
    app: FastAPI,
    tx: AsyncConnection,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    published_work: PublishedWork,
) -> None:
    monkeypatch.setenv("DESK_CLAMD", str(tmp_path / "nobody"))
    forget_settings()
    file = await upload(client)
    delays = []
    for _ in range(MAX_CHECKS - 1):
        job = make_job(tenant, CHECK_JOB, file["id"])
        again = await run_steps(CHECK_FILE, tx, job)
        assert isinstance(again, Again)
        delays.append(again.run_at - job.now)
    assert delays[0] >= timedelta(seconds=1)
    assert delays[-1] > 10 * delays[0]
    assert await published_work() == []
    assert await check(tx, tenant, file["id"]) == Done()
    [told] = await published_work()
    assert (told.kind, told.person) == ("FILE_UNCHECKED", CALLER)
    [listed] = (await client.get("/files?status=UNCHECKED")).json()["items"]
    assert listed["id"] == file["id"]
    assert code_of(await fetch(client, app, tenant, file["id"])) == (409, "FILE_NOT_CHECKED")
    monkeypatch.setenv("DESK_CLAMD", "")
    forget_settings()
    assert (await client.post(f"/files/{file['id']}/check")).json()["status"] == "CHECKING"
    assert await check(tx, tenant, file["id"]) == Done()
    assert (await fetch(client, app, tenant, file["id"])).content == PDF


async def test_a_file_whose_bytes_were_changed_in_the_store_is_not_served(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, clamd: str, store_folder: Path
) -> None:
    file = await upload(client)
    [path] = objects_in(store_folder)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert isinstance(await check(tx, tenant, file["id"]), Again)


async def test_a_check_of_a_file_that_is_gone_does_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, clamd: str
) -> None:
    file = await upload(client)
    job = make_job(tenant, CHECK_JOB, file["id"])
    work = await CHECK_FILE.prepare(tx, job)
    assert not isinstance(work, Done | Again)
    found = await CHECK_FILE.perform(work)
    await client.delete(f"/files/{file['id']}")
    assert await CHECK_FILE.record(tx, job, work, found) == Done()
    assert await CHECK_FILE.prepare(tx, job) == Done()


async def test_the_scanner_speaks_with_a_daemon(clamd: str) -> None:
    asked = ClamdScanner(clamd)
    assert await asked.scan(pieces_of(b"clean" * 100_000)) is None
    found = await asked.scan(pieces_of(b"x" * 99_990 + VIRUS))
    assert found is not None
    assert found.startswith(THREAT)
    with pytest.raises(ScannerFailed):
        await asked.scan(pieces_of(bytes(30 * 1024 * 1024)))  # more than the daemon admits


@pytest.mark.parametrize("answer", [b"UNKNOWN COMMAND\0", b"stream: OK", b"", b"x" * 10_000])
async def test_an_answer_that_is_no_verdict_is_a_failure(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(ScannerFailed):
            await ClamdScanner(f"127.0.0.1:{port}").scan(pieces_of(b"x"))


def _check_jobs() -> Select[Any]:
    return select(jobs).where(jobs.c.kind == CHECK_JOB, jobs.c.run_at <= current_time())
