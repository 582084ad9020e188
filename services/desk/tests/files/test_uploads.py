"""Uploads: in parts, in any order, again where one was lost, and refused where they must be."""

import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now as current_time
from chassis.records.attachments.signatures import read_ticket
from desk.file_settings.domain.limits import PART_BYTES
from desk.files.actions.drops import DROP_JOB, DROP_KEY
from desk.files.store.rows import file_parts, files
from desk.files.timers import DROP_OBJECTS
from kernel.ids import new_id
from services.desk.tests.files.uploading import (
    PDF,
    begin,
    code_of,
    digest_of,
    objects_in,
    put,
    upload,
)
from testkit.directory import Company, sign_in
from testkit.jobs import make_job, run_steps
from testkit.tokens import CALLER

LARGE = PDF + bytes(2 * PART_BYTES)


async def test_a_small_file_is_ready_when_it_is_complete(
    client: AsyncClient, app: FastAPI, tenant: UUID
) -> None:
    file = await upload(client)
    assert (file["status"], file["media_type"]) == ("READY", "application/pdf")
    assert file["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert file["uploaded_by"] == CALLER
    ticket = read_ticket(file["ticket"], app.state.settings.file_key, now=current_time())
    assert ticket is not None
    assert (str(ticket.file.file_id), ticket.uploaded_by, ticket.tenant) == (
        file["id"],
        CALLER,
        tenant,
    )
    assert (ticket.file.file_name, ticket.file.size) == ("合同.pdf", len(PDF))
    again = await client.post(f"/files/{file['id']}/complete")
    assert again.json()["version"] == file["version"]


async def test_an_upload_goes_on_where_it_broke_off(client: AsyncClient) -> None:
    first, second, third = LARGE[:PART_BYTES], LARGE[PART_BYTES:-2018], LARGE[-2018:]
    file_id = await begin(client, LARGE)
    third = LARGE[2 * PART_BYTES :]
    second = LARGE[PART_BYTES : 2 * PART_BYTES]
    assert (await put(client, file_id, 3, third)).status_code == 200
    assert (await put(client, file_id, 1, first)).status_code == 200
    shown = (await client.get(f"/files/{file_id}")).json()
    assert [part["number"] for part in shown["parts"]] == [1, 3]
    assert (shown["part_count"], shown["part_size"], shown["ticket"]) == (3, PART_BYTES, None)
    missing = await client.post(f"/files/{file_id}/complete")
    assert code_of(missing) == (409, "FILE_PARTS_MISSING")
    assert missing.json()["params"] == {"count": 1, "first": 2}
    assert (await put(client, file_id, 2, second)).status_code == 200
    done = (await client.post(f"/files/{file_id}/complete")).json()
    assert (done["status"], done["parts"]) == ("CHECKING", [])
    assert done["ticket"]
    late = await put(client, file_id, 2, second)
    assert code_of(late) == (409, "FILE_COMPLETE")


async def test_a_part_sent_again_takes_the_place_of_the_former_one(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, store_folder: Path
) -> None:
    file_id = await begin(client, PDF)
    other = PDF[:-1] + b"x"
    for content in (PDF, PDF, other):
        assert (await put(client, file_id, 1, content)).status_code == 200
    assert len(objects_in(store_folder)) == 3
    await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert len(objects_in(store_folder)) == 1
    assert await tx.scalar(select(func.count()).select_from(file_parts)) == 1
    file = (await client.post(f"/files/{file_id}/complete")).json()
    assert file["sha256"] == hashlib.sha256(other).hexdigest()


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (PDF[:-1], {}, (422, "FILE_PART_SIZE_WRONG")),
        (PDF + b"x", {}, (422, "FILE_PART_SIZE_WRONG")),
        (b"", {}, (422, "FILE_PART_SIZE_WRONG")),
        (PDF, {"Content-Digest": digest_of(b"other")}, (422, "FILE_CHECKSUM_WRONG")),
        (PDF, {"Content-Digest": "sha-256=abc"}, (422, "FILE_CHECKSUM_MALFORMED")),
        (PDF, {"Content-Digest": "md5=:AAAA:"}, (422, "FILE_CHECKSUM_MALFORMED")),
        (PDF, {"Content-Digest": "sha-256=:!!!!:"}, (422, "FILE_CHECKSUM_MALFORMED")),
        (bytes(PART_BYTES + 1), {}, (413, "BODY_TOO_LARGE")),
    ],
)
async def test_a_part_that_is_not_as_announced_is_refused_and_not_stored(
    client: AsyncClient,
    store_folder: Path,
    content: bytes,
    headers: dict[str, str],
    expected: tuple[int, str],
) -> None:
    file_id = await begin(client, PDF)
    refused = await put(client, file_id, 1, content, headers=headers)
    assert code_of(refused) == expected
    assert objects_in(store_folder) == []
    assert (await client.get(f"/files/{file_id}")).json()["parts"] == []


async def test_a_part_without_a_checksum_is_taken(client: AsyncClient) -> None:
    file_id = await begin(client, PDF)
    sent = await client.put(f"/files/{file_id}/parts/1", content=PDF)
    assert sent.json() == {
        "number": 1,
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }


async def test_numbers_of_parts_that_do_not_exist_are_refused(client: AsyncClient) -> None:
    file_id = await begin(client, PDF)
    assert code_of(await put(client, file_id, 2, PDF)) == (409, "FILE_PART_UNKNOWN")
    assert (await put(client, file_id, 0, PDF)).status_code == 422


async def test_a_file_that_differs_from_its_declared_checksum_is_refused(
    client: AsyncClient,
) -> None:
    file_id = await begin(client, PDF, body={"sha256": "0" * 64})
    await put(client, file_id, 1, PDF)
    refused = await client.post(f"/files/{file_id}/complete")
    assert code_of(refused) == (422, "FILE_CHECKSUM_WRONG")


async def test_a_type_that_the_tenant_does_not_admit_is_refused_with_the_first_part(
    client: AsyncClient,
) -> None:
    program = b"MZ\x90\0" + bytes(2000)
    file_id = await begin(client, program, "发票.pdf")
    refused = await put(client, file_id, 1, program)
    assert code_of(refused) == (409, "FILE_TYPE_REFUSED")
    assert (await client.get(f"/files/{file_id}")).json()["parts"] == []
    limits = {"media_types": ["image/*"]}
    assert (await client.patch("/file-settings", json=limits)).status_code == 200
    file_id = await begin(client, PDF)
    assert code_of(await put(client, file_id, 1, PDF)) == (409, "FILE_TYPE_REFUSED")


async def test_everything_wrong_with_a_new_file_is_said_at_once(client: AsyncClient) -> None:
    body = {"file_name": "../../etc/passwd", "size": 0, "sha256": "x", "more": 1}
    refused = await client.post("/files", json=body)
    assert {(one["pointer"], one["code"]) for one in refused.json()["errors"]} == {
        ("/file_name", "PATTERN_MISMATCH"),
        ("/size", "TOO_SMALL"),
        ("/sha256", "PATTERN_MISMATCH"),
        ("/more", "UNKNOWN_FIELD"),
    }
    for name in ("a\nb.pdf", "", "  ", "x" * 256, "a/b", "a\\b", "\u202e"):
        assert (await client.post("/files", json={"file_name": name, "size": 1})).status_code == 422


async def test_a_file_larger_than_the_limit_or_than_what_is_left_is_refused(
    client: AsyncClient,
) -> None:
    limits = {"max_file_bytes": 5000, "storage_bytes": 9000}
    assert (await client.patch("/file-settings", json=limits)).status_code == 200
    body = {"file_name": "a.pdf", "size": 5001}
    assert code_of(await client.post("/files", json=body)) == (422, "FILE_TOO_LARGE")
    body["size"] = 5000
    first = await client.post("/files", json=body)
    assert first.status_code == 201
    assert code_of(await client.post("/files", json=body)) == (409, "FILE_STORAGE_FULL")
    assert (await client.get("/file-settings")).json()["used_bytes"] == 5000
    assert (await client.delete(f"/files/{first.json()['id']}")).status_code == 204
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0
    assert (await client.post("/files", json=body)).status_code == 201


async def test_a_person_has_only_so_many_open_uploads(client: AsyncClient, tenant: UUID) -> None:
    assert (await client.patch("/file-settings", json={"open_uploads": 2})).status_code == 200
    assert code_of(await client.patch("/file-settings", json={"open_uploads": 0}))[0] == 422
    first, _ = await begin(client, PDF), await begin(client, PDF)
    body = {"file_name": "a.pdf", "size": 10}
    refused = await client.post("/files", json=body, headers={"Accept-Language": "zh-CN"})
    assert code_of(refused) == (409, "FILE_UPLOADS_OPEN")
    assert "您已有 2 个未完成的上传（上限 2 个）" in refused.json()["detail"]
    assert (await client.get("/file-settings")).json()["used_bytes"] == 2 * len(PDF)
    await begin(client, PDF, headers=sign_in(tenant, "li", scope="desk.file.write"))
    assert (await put(client, first, 1, PDF)).status_code == 200
    assert (await client.post(f"/files/{first}/complete")).status_code == 200
    await begin(client, PDF)


async def test_nobody_but_the_uploader_reaches_an_upload(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li = sign_in(tenant, "li", scope="desk.file.write")
    sun = sign_in(tenant, "sun", scope="desk.file.write")  # who manages li
    file_id = await begin(client, PDF, headers=li)
    assert (await put(client, file_id, 1, PDF, headers=li)).status_code == 200
    path = f"/files/{file_id}"
    for refused in (
        await client.get(path, headers=sun),
        await put(client, file_id, 1, PDF, headers=sun),
        await client.post(f"{path}/complete", headers=sun),
        await client.delete(path, headers=sun),
        await client.get(f"/files/{new_id()}", headers=sun),
    ):
        assert code_of(refused) == (404, "FILE_NOT_FOUND")
    assert (await client.get("/files", headers=li)).status_code == 403
    assert (await client.post(f"{path}/check", headers=li)).status_code == 403
    listed = (await client.get("/files?status=UPLOADING")).json()["items"]
    assert [(one["id"], one["uploaded_by_name"]) for one in listed] == [(file_id, "li")]


async def test_an_upload_that_is_given_up_leaves_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, store_folder: Path
) -> None:
    file_id = await begin(client, PDF)
    assert (await put(client, file_id, 1, PDF)).status_code == 200
    assert (await client.delete(f"/files/{file_id}")).status_code == 204
    await run_steps(DROP_OBJECTS, tx, make_job(tenant, DROP_JOB, DROP_KEY))
    assert objects_in(store_folder) == []
    for table in (files, file_parts):
        assert await tx.scalar(select(func.count()).select_from(table)) == 0
    assert (await client.get("/file-settings")).json()["used_bytes"] == 0


@pytest.mark.parametrize("encrypted", [True, False])
async def test_bytes_are_encrypted_where_the_tenant_says_so(
    client: AsyncClient, store_folder: Path, encrypted: bool
) -> None:
    await client.patch("/file-settings", json={"encrypted": encrypted})
    await upload(client)
    [path] = objects_in(store_folder)
    assert (path.read_bytes() == PDF) is not encrypted


async def test_the_key_of_a_file_is_in_no_answer_and_no_trail(client: AsyncClient) -> None:
    file = await upload(client)
    for path in (f"/files/{file['id']}", "/files", f"/files/{file['id']}/audit"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "secret" not in answer.text


async def test_an_idempotency_key_begins_one_upload(client: AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"file_name": "a.pdf", "size": 10}
    first, second = [
        (await client.post("/files", json=body, headers=headers)).json() for _ in range(2)
    ]
    assert first == second
    assert (await client.get("/file-settings")).json()["used_bytes"] == 10


async def test_moves_need_the_version(client: AsyncClient) -> None:
    file_id = await begin(client, PDF)
    await put(client, file_id, 1, PDF)
    stale = {"If-Match": '"9"'}
    path = f"/files/{file_id}"
    assert (await client.post(f"{path}/complete", headers=stale)).status_code == 412
    assert (await client.delete(path, headers=stale)).status_code == 412
