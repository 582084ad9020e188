"""What happens at once: parts of one number, completions, uploads for the last bytes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.jobs.runner import JobRunner
from desk.files.actions.drops import DROP_JOB
from desk.files.store.rows import file_parts
from desk.files.timers import DROP_OBJECTS
from services.desk.tests.files.uploading import PDF, begin, objects_in, put, upload
from testkit.plugin import Committed


async def test_one_of_many_simultaneous_parts_is_kept_and_the_others_are_deleted(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, store_folder: Path
) -> None:
    client = committed_client
    file_id = await begin(client, PDF)
    contents = [PDF[:-1] + bytes([n]) for n in range(8)]
    sent = await asyncio.gather(*(put(client, file_id, 1, one) for one in contents))
    assert {one.status_code for one in sent} == {200}
    completed = await asyncio.gather(*(client.post(f"/files/{file_id}/complete") for _ in range(4)))
    assert {one.json()["version"] for one in completed} == {2}
    kept = (await client.get(f"/files/{file_id}")).json()["sha256"]
    assert kept in {one.json()["sha256"] for one in sent}
    runner = JobRunner(committed.worker, {DROP_JOB: DROP_OBJECTS})
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    async with asyncio.timeout(20):
        while await parts_left(committed, tenant) > 1:  # noqa: ASYNC110  # the condition is in the database
            await asyncio.sleep(0.05)
    stop.set()
    await running
    assert len(objects_in(store_folder)) == 1


async def parts_left(committed: Committed, tenant: UUID) -> int:
    async with committed.app.begin(tenant) as tx:
        return await tx.scalar(select(func.count()).select_from(file_parts)) or 0


async def test_simultaneous_uploads_never_exceed_the_storage(
    committed_client: AsyncClient,
) -> None:
    client = committed_client
    await client.patch("/file-settings", json={"storage_bytes": 3500})
    body = {"file_name": "a.pdf", "size": 1000}
    begun = await asyncio.gather(*(client.post("/files", json=body) for _ in range(8)))
    assert sorted(one.status_code for one in begun) == [201] * 3 + [409] * 5
    assert (await client.get("/file-settings")).json()["used_bytes"] == 3000
    ids = [one.json()["id"] for one in begun if one.status_code == 201]
    await asyncio.gather(*(client.delete(f"/files/{one}") for one in [*ids, *ids]))
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0


async def test_simultaneous_uploads_of_a_person_keep_to_their_number(
    committed_client: AsyncClient,
) -> None:
    client = committed_client
    await client.patch("/file-settings", json={"open_uploads": 3})
    body = {"file_name": "a.pdf", "size": 10}
    begun = await asyncio.gather(*(client.post("/files", json=body) for _ in range(8)))
    assert sorted(one.status_code for one in begun) == [201] * 3 + [409] * 5
    assert (await client.get("/file-settings")).json()["used_bytes"] == 30


async def test_a_part_that_ends_after_its_upload_was_given_up_is_refused(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    file_id = await begin(client, PDF)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield PDF[:100]
        reached.set()
        await go_on.wait()
        yield PDF[100:]

    sending = asyncio.create_task(client.put(f"/files/{file_id}/parts/1", content=slowly()))
    await reached.wait()
    assert (await client.delete(f"/files/{file_id}")).status_code == 204
    go_on.set()
    assert (await sending).status_code == 404
    async with committed.app.begin(tenant) as tx:
        [left] = (await tx.execute(select(file_parts))).all()
    assert left.drop_after is not None
    assert (await upload(client))["status"] == "READY"
