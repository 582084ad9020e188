"""Files of decisions: whose they may be, who sees them, and what becomes of the others."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.desk.tests.factories import (
    SCOPES,
    as_,
    ask,
    asked,
    build_company,
    decide,
    discounts,
    publish,
    tasks_of,
)
from services.desk.tests.files.uploading import begin, code_of, upload
from testkit.plugin import PublishedFacts

UPLOADS = f"{SCOPES} desk.file.write"


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection, client: AsyncClient) -> None:
    await build_company(tx)
    await publish(client, discounts())


async def test_a_file_of_a_decision_is_seen_by_who_sees_the_request(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    approval_id = await ask(tx, asked())
    qian = as_(tenant, "qian", scope=UPLOADS)
    file = await upload(client, headers=qian)
    await decide(client, qian, "reject", comment="见附件", file_ids=[file["id"]])
    path = f"/approvals/{approval_id}/files"
    [seen] = (await client.get(path, headers=as_(tenant, "li"))).json()["items"]
    assert (seen["file_name"], seen["size"]) == (file["file_name"], file["size"])
    link = await client.post(f"{path}/{seen['id']}/link", headers=as_(tenant, "li"))
    assert link.status_code == 200, link.text
    assert (await client.get(path, headers=as_(tenant, "zheng"))).status_code == 404
    history = (await client.get(f"/approvals/{approval_id}/history")).json()["items"]
    assert history[0]["attachment_ids"] == [seen["id"]]
    types = [fact.type for fact in await published()]
    assert types.count("desk.attachment.changed.v1") == 1


async def test_files_that_are_no_ones_or_not_complete_are_refused_together(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    qian = as_(tenant, "qian", scope=UPLOADS)
    unknown = str(new_id())
    theirs = await upload(client, headers=as_(tenant, "li", scope=UPLOADS))
    begun = await begin(client, b"%PDF-1.7 x", headers=qian)
    mine = await upload(client, headers=qian)
    [task] = await tasks_of(client, qian)
    refused = await client.post(
        f"/approval-tasks/{task['id']}/approve",
        json={"file_ids": [unknown, theirs["id"], mine["id"], begun]},
        headers=qian,
    )
    assert code_of(refused) == (422, "FILE_NOT_ATTACHABLE")
    assert [one["pointer"] for one in refused.json()["errors"]] == [
        "/file_ids/0",
        "/file_ids/1",
        "/file_ids/3",
    ]
    assert (await client.get(f"/approvals/{approval_id}/files")).json()["items"] == []
    [still] = await tasks_of(client, qian)
    assert still["version"] == task["version"]


async def test_the_asker_takes_no_file_of_a_decision_away(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    qian = as_(tenant, "qian", scope=UPLOADS)
    file = await upload(client, headers=qian)
    await decide(client, qian, file_ids=[file["id"]])
    path = f"/approvals/{approval_id}/files"
    [seen] = (await client.get(path)).json()["items"]
    refused = await client.delete(f"{path}/{seen['id']}", headers=as_(tenant, "li"))
    assert refused.status_code in (404, 405)
    assert len((await client.get(path)).json()["items"]) == 1
