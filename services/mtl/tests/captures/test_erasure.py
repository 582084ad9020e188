"""Erasure of a person empties what they handed in, and leaves their withdrawal."""

from uuid import UUID

from httpx import AsyncClient

from chassis.tenancy import tasks
from libs.chassis.tests.tenancy.running import request_task, run
from services.mtl.tests.channels.senders import captures, open_channel, send
from services.mtl.tests.factories import create
from testkit.plugin import Committed

PERSON = {"name": "诸葛清菲", "phone": "13800138000"}


async def test_what_an_erased_person_handed_in_is_emptied(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    channel_id, key = await open_channel(client, gate={"required_fields": ["phone"]})
    consent = {"consent.media": ["CALL"], "consent.text": "我，诸葛清菲，同意"}
    await send(client, channel_id, key, {**PERSON, **consent})
    await send(client, channel_id, key, {**PERSON, "company": "远景科技"})
    await send(client, channel_id, key, {"name": "诸葛清菲", "need": "CRM"})
    await send(client, channel_id, key, {"name": "李娜", "phone": "13800138001"})
    kept = {each["id"]: each for each in await captures(client)}
    mine = {each["lead_id"] for each in kept.values() if each["outcome"] == "ATTACHED"}
    [lead_id] = mine
    await client.post(f"/leads/{lead_id}/consents/withdraw", json={"source": "诸葛清菲来电"})
    await request_task(committed, tenant, "ERASE", ids=(UUID(lead_id),))
    await run(committed, tenant, handle=tasks.task_job("mtl"))

    for each in await captures(client):
        whole = (await client.get(f"/captures/{each['id']}")).json()
        assert "诸葛清菲" not in str(whole), whole
        if each["lead_id"] == lead_id:
            assert (whole["payload"], whole["fields"], whole["reasons"]) == ({}, {}, [])
        entries = (await client.get(f"/captures/{each['id']}/audit")).json()
        assert "诸葛清菲" not in str(entries)
    strangers = [each for each in await captures(client) if each["fields"].get("name") == "李娜"]
    assert len(strangers) == 1
    facts = (await client.get(f"/leads/{lead_id}/consents")).json()["items"]
    assert facts == []  # the lead has no contact point any more
    again = await create(client, **PERSON)
    assert again["do_not_contact"] == ["CALL", "MESSAGE"]
    facts = (await client.get(f"/leads/{again['id']}/consents")).json()["items"]
    assert {(each["state"], each["text"], each["source"]) for each in facts} == {
        ("GRANTED", None, None),
        ("WITHDRAWN", None, None),
    }
