"""Downloads by signed links: whole, in ranges, and with headers that let nothing run."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from chassis.foundation.clock import now as current_time
from desk.files.routes.contents import disposition
from kernel.ids import new_id
from services.desk.tests.files.linking import fetch, link_to
from services.desk.tests.files.uploading import PDF, begin, code_of, objects_in, upload

CONTENT = b"%PDF-1.7\n" + bytes(n % 251 for n in range(200_000))


async def test_a_file_is_fetched_without_a_token_and_nothing_of_it_can_run(
    client: AsyncClient, app: FastAPI, tenant: UUID
) -> None:
    file = await upload(client, CONTENT, "合同 扫描件.pdf")
    fetched = await fetch(client, app, tenant, file["id"])
    assert (fetched.status_code, fetched.content) == (200, CONTENT)
    headers = fetched.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Length"] == str(len(CONTENT))
    assert headers["Content-Disposition"].startswith(
        'attachment; filename="__ ___.pdf"; filename*='
    )
    assert "%E5%90%88%E5%90%8C%20" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["ETag"] == f'"{file["sha256"]}"'


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=65530-65545", (65_530, 65_546)),
        ("bytes=200000-", (200_000, 200_009)),
        ("bytes=-9", (200_000, 200_009)),
    ],
)
async def test_a_range_is_fetched(
    client: AsyncClient,
    app: FastAPI,
    tenant: UUID,
    encrypted: bool,
    asked: str,
    span: tuple[int, int],
) -> None:
    await client.patch("/file-settings", json={"encrypted": encrypted})
    file, (start, end) = await upload(client, CONTENT), span
    fetched = await fetch(client, app, tenant, file["id"], Range=asked)
    assert (fetched.status_code, fetched.content) == (206, CONTENT[start:end])
    assert fetched.headers["Content-Range"] == f"bytes {start}-{end - 1}/200009"
    assert fetched.headers["Content-Length"] == str(end - start)


async def test_a_range_behind_the_end_and_one_of_another_version(
    client: AsyncClient, app: FastAPI, tenant: UUID
) -> None:
    file = await upload(client)
    behind = await fetch(client, app, tenant, file["id"], Range="bytes=99999-")
    assert code_of(behind) == (416, "RANGE_UNSATISFIABLE")
    assert behind.headers["Content-Range"] == f"bytes */{len(PDF)}"
    other = await fetch(
        client, app, tenant, file["id"], **{"Range": "bytes=0-1", "If-Range": '"other"'}
    )
    assert (other.status_code, other.content) == (200, PDF)
    same = {"Range": "bytes=0-1", "If-Range": f'"{file["sha256"]}"'}
    assert (await fetch(client, app, tenant, file["id"], **same)).status_code == 206


async def test_a_head_request_answers_the_headers_alone(
    client: AsyncClient, app: FastAPI, tenant: UUID
) -> None:
    file = await upload(client)
    answer = await client.head(link_to(app, tenant, file["id"]))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(PDF))


async def test_links_that_do_not_admit_are_answered_alike(
    client: AsyncClient, app: FastAPI, tenant: UUID
) -> None:
    file = await upload(client)
    past = current_time() - timedelta(seconds=1)
    good = link_to(app, tenant, file["id"])
    bodies = []
    for path in (
        link_to(app, tenant, file["id"], expires_at=past),
        link_to(app, tenant, str(new_id())),
        f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        "/file-contents/l2ck_nothing",
        "/file-contents/合同",
    ):
        refused = await client.get(path)
        assert code_of(refused) == (404, "ACCESS_KEY_REFUSED")
        bodies.append({**refused.json(), "instance": "", "trace_id": ""})
        assert "l2ck_***" in refused.json()["instance"] or "合同" in path
    assert all(body == bodies[0] for body in bodies)


async def test_a_link_of_another_tenant_opens_nothing_of_this_one(
    client: AsyncClient, app: FastAPI, tenant: UUID
) -> None:
    file = await upload(client)
    refused = await client.get(link_to(app, new_id(), file["id"]))
    assert code_of(refused) == (404, "ACCESS_KEY_REFUSED")


async def test_a_file_whose_bytes_are_gone_or_changed_is_answered_with_503(
    client: AsyncClient, app: FastAPI, tenant: UUID, store_folder: Path
) -> None:
    file = await upload(client)
    [path] = objects_in(store_folder)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    refused = await fetch(client, app, tenant, file["id"])
    assert code_of(refused) == (503, "FILE_STORE_UNAVAILABLE")
    path.unlink()
    refused = await fetch(client, app, tenant, file["id"])
    assert code_of(refused) == (503, "FILE_STORE_UNAVAILABLE")
    assert refused.headers["Cache-Control"] == "no-store"


async def test_an_upload_that_is_not_complete_is_not_served(
    client: AsyncClient, app: FastAPI, tenant: UUID
) -> None:
    file_id = await begin(client, PDF)
    assert code_of(await fetch(client, app, tenant, file_id)) == (409, "FILE_NOT_COMPLETE")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ('a"b.pdf', "attachment; filename=\"a_b.pdf\"; filename*=UTF-8''a%22b.pdf"),
        ("100%.pdf", "attachment; filename=\"100_.pdf\"; filename*=UTF-8''100%25.pdf"),
    ],
)
def test_a_name_is_quoted_for_a_header(name: str, expected: str) -> None:
    assert disposition(name) == expected
