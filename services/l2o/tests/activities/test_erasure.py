"""Erasure of a contact takes their name out of activities, whose other words stay."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from chassis.tenancy import tasks
from l2o.worker import WORKER
from libs.chassis.tests.tenancy.running import request_task, run
from services.l2o.tests.activities.calling import account, make, read, record
from testkit.plugin import Committed


async def test_an_erased_contact_is_named_in_no_text_and_others_stay(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    account_id = await account(client)
    erased, kept = [
        (await make(client, "/contacts", {"account_id": account_id, "name": name}))["id"]
        for name in ("王芳菲", "李四平")
    ]
    made = await record(
        client,
        account_id,
        subject="与王芳菲、李四平开会",
        body="王芳菲说预算已批",
        guests="王芳菲的助理",
        next_step="给王芳菲回电",
        contact_ids=[erased, kept],
    )
    await request_task(committed, tenant, "ERASE", ids=(UUID(erased),))
    await run(committed, tenant, handle=WORKER.jobs[tasks.TASK_JOB_KIND])
    shown = await read(client, f"/activities/{made['id']}")
    texts = [shown[name] for name in ("subject", "body", "guests", "next_step")]
    assert not any("王芳菲" in text for text in texts)
    assert "李四平" in shown["subject"]
    assert "预算已批" in shown["body"]
    assert shown["version"] == 2
    async with committed.app.begin(tenant) as tx:
        query = select(outbox.c.payload).where(outbox.c.aggregateid == UUID(made["id"]))
        assert "王芳菲" not in str(list((await tx.execute(query)).scalars()))
    assert "王芳菲" not in str(await read(client, f"/activities/{made['id']}/audit"))
    edited = await client.patch(f"/activities/{made['id']}", json={"result": "POSITIVE"})
    assert edited.status_code == 200, edited.text
