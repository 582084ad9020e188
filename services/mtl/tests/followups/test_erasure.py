"""Erasure of a person empties what people wrote about them in follow-ups and touches."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from chassis.tenancy import tasks
from libs.chassis.tests.tenancy.running import request_task, run
from services.mtl.tests.factories import create, note
from testkit.plugin import Committed

TEXTS: dict[str, Any] = {
    "summary": "王芳菲说她下周出差",
    "next_step": "给她回电",
    "checklist": [{"question": "预算？", "answer": "她说有", "ok": True}],
}
TOUCH = {"kind": "FORM", "subject": "王芳菲的留言", "payload": {"text": "请联系我"}}


async def payloads(committed: Committed, tenant: UUID, event: str) -> list[Any]:
    async with committed.app.begin(tenant) as tx:
        query = select(outbox.c.payload).where(outbox.c.type == event)
        return list((await tx.execute(query)).scalars())


async def test_texts_about_an_erased_person_are_emptied_and_others_stay(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    erased, kept = [(await create(client, name=name))["id"] for name in ("王芳菲", "李四")]
    made = {lead: (await note(client, lead, **TEXTS))["id"] for lead in (erased, kept)}
    for lead in made:
        assert (await client.post(f"/leads/{lead}/touches", json=TOUCH)).status_code == 201
    await request_task(committed, tenant, "ERASE", ids=(UUID(erased),))
    await run(committed, tenant, handle=tasks.task_job("mtl"))

    emptied = (await client.get(f"/follow-ups/{made[erased]}")).json()
    assert [emptied[name] for name in TEXTS] == [None, None, []]
    [touch] = (await client.get(f"/leads/{erased}/touches")).json()["items"]
    assert (touch["subject"], touch["payload"]) == (None, {})
    titles = [e["title"] for e in (await client.get(f"/leads/{erased}/timeline")).json()["items"]]
    assert sorted(titles) == ["Call", "Form", "Lead captured"]
    whole = (await client.get(f"/follow-ups/{made[kept]}")).json()
    assert whole["checklist"] == TEXTS["checklist"]
    [touch] = (await client.get(f"/leads/{kept}/touches")).json()["items"]
    assert touch["payload"] == TOUCH["payload"]

    edited = await client.patch(f"/follow-ups/{made[erased]}", json={"result": "DONE"})
    assert edited.status_code == 200, edited.text
    for event in ("mtl.follow_up.created.v1", "mtl.lead_touch.recorded.v1"):
        texts = [str(one) for one in await payloads(committed, tenant, event)]
        assert sum("王芳菲" in text for text in texts if erased in text) == 0
    entries = (await client.get(f"/follow-ups/{made[erased]}/audit")).json()
    assert "王芳菲" not in str(entries)
