"""How long files are kept: by attachments of all services, erasures, and the end of a tenant."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now as current_time
from chassis.jobs.queue import Again, Done
from contracts.cpq.events import CpqAttachmentChanged, CpqAttachmentState
from desk.files.actions.drops import DROP_JOB, DROP_KEY, WRITING_TIME, drop_everything
from desk.files.actions.uploads import COLLECTION_JOB
from desk.files.handlers import on_attachment_changed
from desk.files.store.objects import StoreFailed
from desk.files.store.rows import add_part, file_attachments, file_parts, files
from desk.files.timers import DROP_OBJECTS, collect_unattached
from desk.worker import WORKER
from kernel.ids import new_id
from services.desk.tests.files.linking import fetch, link_to
from services.desk.tests.files.uploading import PDF, begin, code_of, objects_in, put, upload
from testkit.jobs import make_job, run_steps

ATTACHMENT = UUID("01990000-0000-7000-8000-0000000000f1")


async def attachment(
    tx: AsyncConnection,
    tenant: UUID,
    file_id: str,
    *,
    sequence: int = 1,
    deleted: bool = False,
    name: str | None = "合同.pdf",
    at: datetime | None = None,
    attachment_id: UUID = ATTACHMENT,
) -> None:
    """Apply the event of a quote that has the file, or has it no longer."""
    state = CpqAttachmentState(
        attachment_id=attachment_id,
        resource="cpq.quote",
        record_id=new_id(),
        file_id=UUID(file_id),
        file_name=name,
        media_type="application/pdf",
        size=1,
        deleted=deleted,
    )
    meta = EventMeta(
        event_id=new_id(),
        tenant=tenant,
        aggregate_id=attachment_id,
        sequence=sequence,
        epoch=1,
        occurred_at=at or current_time(),
    )
    await on_attachment_changed(tx, CpqAttachmentChanged(attachment=state), meta)


async def collection_of(tx: AsyncConnection, file_id: str) -> timedelta | None:
    """Return in what time the file is looked at by the collector; None if it is not."""
    query = select(jobs.c.run_at).where(jobs.c.kind == COLLECTION_JOB, jobs.c.key == file_id)
    run_at = await tx.scalar(query)
    return None if run_at is None else run_at - current_time()


async def collect(tx: AsyncConnection, tenant: UUID, file_id: str) -> None:
    assert await collect_unattached(tx, make_job(tenant, COLLECTION_JOB, file_id)) == Done()


async def is_there(tx: AsyncConnection, file_id: str) -> bool:
    query = select(func.count()).select_from(files).where(files.c.id == UUID(file_id))
    return await tx.scalar(query) == 1


def about(found: timedelta | None, hours: float) -> bool:
    return found is not None and abs(found - timedelta(hours=hours)) < timedelta(minutes=5)


async def test_an_upload_has_a_day_and_an_unattached_file_two(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, store_folder: Path
) -> None:
    file_id = await begin(client, PDF)
    assert about(await collection_of(tx, file_id), 24)
    await put(client, file_id, 1, PDF)
    await client.post(f"/files/{file_id}/complete")
    assert about(await collection_of(tx, file_id), 48)
    await collect(tx, tenant, file_id)
    assert not await is_there(tx, file_id)
    await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert objects_in(store_folder) == []
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0
    await collect(tx, tenant, file_id)  # repeated, it changes nothing


async def test_a_file_that_was_given_up_stays_for_the_record_that_took_it_meanwhile(
    client: AsyncClient, app: FastAPI, tx: AsyncConnection, tenant: UUID
) -> None:
    """The record's service checks the ticket alone, and its event may come after the removal."""
    file_id = (await upload(client))["id"]
    assert (await client.delete(f"/files/{file_id}")).status_code == 204
    assert code_of(await client.get(f"/files/{file_id}")) == (404, "FILE_NOT_FOUND")
    assert code_of(await client.delete(f"/files/{file_id}")) == (404, "FILE_NOT_FOUND")
    assert about(await collection_of(tx, file_id), 48)
    await attachment(tx, tenant, file_id)
    await collect(tx, tenant, file_id)
    link = link_to(app, tenant, file_id, attachment_id=ATTACHMENT)
    assert (await client.get(link)).content == PDF


async def test_a_file_that_was_given_up_is_removed_when_no_record_can_have_taken_it(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, store_folder: Path
) -> None:
    file_id = (await upload(client))["id"]
    assert (await client.delete(f"/files/{file_id}")).status_code == 204
    await collect(tx, tenant, file_id)
    assert not await is_there(tx, file_id)
    await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert objects_in(store_folder) == []
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0


async def test_a_file_is_kept_while_any_record_has_it_and_thirty_days_longer(
    client: AsyncClient, app: FastAPI, tx: AsyncConnection, tenant: UUID
) -> None:
    file_id = (await upload(client))["id"]
    other = new_id()
    await attachment(tx, tenant, file_id)
    await attachment(tx, tenant, file_id, attachment_id=other)
    await collect(tx, tenant, file_id)
    assert await is_there(tx, file_id)
    assert code_of(await client.delete(f"/files/{file_id}")) == (409, "FILE_ATTACHED")
    await attachment(tx, tenant, file_id, sequence=2, deleted=True)
    assert about(await collection_of(tx, file_id), 48)
    link = link_to(app, tenant, file_id, attachment_id=ATTACHMENT)
    assert code_of(await client.get(link)) == (404, "ACCESS_KEY_REFUSED")
    link = link_to(app, tenant, file_id, attachment_id=other)
    assert (await client.get(link)).status_code == 200
    await attachment(tx, tenant, file_id, sequence=2, deleted=True, attachment_id=other)
    assert about(await collection_of(tx, file_id), 30 * 24)
    await attachment(tx, tenant, file_id, sequence=3)
    await collect(tx, tenant, file_id)
    assert await is_there(tx, file_id)


async def test_an_older_event_that_comes_late_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    file_id = (await upload(client))["id"]
    await attachment(tx, tenant, file_id, sequence=3)
    await attachment(tx, tenant, file_id, sequence=2, deleted=True)
    await attachment(tx, tenant, file_id, sequence=3)
    assert [row.deleted for row in await tx.execute(select(file_attachments))] == [False]
    await collect(tx, tenant, file_id)
    assert await is_there(tx, file_id)


async def test_the_file_of_an_erased_person_is_destroyed(
    client: AsyncClient, app: FastAPI, tx: AsyncConnection, tenant: UUID, store_folder: Path
) -> None:
    file_id = (await upload(client))["id"]
    await attachment(tx, tenant, file_id)
    for sequence in (2, 3):
        await attachment(tx, tenant, file_id, sequence=sequence, name=None)
    row = (await tx.execute(select(files))).one()
    assert (row.status, row.file_name, row.content_secret) == ("ERASED", None, None)
    assert code_of(await fetch(client, app, tenant, file_id)) == (409, "FILE_ERASED")
    await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert objects_in(store_folder) == []
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0


async def test_a_broken_off_part_is_deleted_when_its_writer_has_surely_ended(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    file_id = await begin(client, PDF)
    now = current_time()
    await add_part(tx, new_id(), UUID(file_id), 1, now)
    await client.delete(f"/files/{file_id}")
    job = make_job(tenant, DROP_JOB, DROP_KEY)
    again = await run_steps(DROP_OBJECTS, tx, job)
    assert isinstance(again, Again)
    assert abs(again.run_at - now - WRITING_TIME) < timedelta(minutes=5)
    late = make_job(tenant, DROP_JOB, DROP_KEY, now=now + WRITING_TIME + timedelta(minutes=5))
    assert await run_steps(DROP_OBJECTS, tx, late) == Done()
    assert await tx.scalar(select(func.count()).select_from(file_parts)) == 0


async def test_a_part_that_nobody_kept_is_deleted_though_its_file_is_attached(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    file_id, lost = await begin(client, PDF), new_id()
    now = current_time()
    await add_part(
        tx, lost, UUID(file_id), 1, now
    )  # its process died, perhaps after it had written
    await put(client, file_id, 1, PDF)
    await client.post(f"/files/{file_id}/complete")
    await attachment(tx, tenant, file_id)
    late = make_job(tenant, DROP_JOB, DROP_KEY, now=now + WRITING_TIME + timedelta(minutes=5))
    assert await run_steps(DROP_OBJECTS, tx, late) == Done()
    left = (await tx.scalars(select(file_parts.c.id))).all()
    assert (len(left), lost in left) == (1, False)


async def test_the_rows_of_a_deleted_tenant_go_when_the_store_has_none_of_its_bytes(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, store_folder: Path
) -> None:
    await upload(client)
    await upload(client)
    assert len(objects_in(store_folder)) == 2
    assert await drop_everything(tx, current_time()) is False
    await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert objects_in(store_folder) == []
    assert await drop_everything(tx, current_time()) is True
    assert WORKER.emptied_elsewhere is drop_everything


async def test_a_store_that_does_not_answer_keeps_the_rows(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, store_folder: Path
) -> None:
    """Deleting is tried again: the rows of objects go after their bytes."""
    file_id = await begin(client, PDF)
    await put(client, file_id, 1, PDF)
    await client.delete(f"/files/{file_id}")
    [path] = objects_in(store_folder)
    path.unlink()
    path.mkdir()  # a folder cannot be deleted as an object
    (path / "x").write_bytes(b"x")
    with pytest.raises(StoreFailed, match="directory"):
        await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert await tx.scalar(select(func.count()).select_from(file_parts)) == 1


def test_desk_hears_of_the_attachments_of_all_services() -> None:
    [subscription] = [one for one in WORKER.subscriptions if one.name == "desk.attachments"]
    assert "cpq.attachment.v1" in subscription.topics
