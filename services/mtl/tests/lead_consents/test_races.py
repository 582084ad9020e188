"""Consents and follow-ups at the same time on a real PostgreSQL."""

import asyncio
from collections import Counter

from httpx import AsyncClient

from services.mtl.tests.factories import create


async def test_after_a_withdrawal_nobody_notes_a_call(committed_client: AsyncClient) -> None:
    client = committed_client
    lead_id = (await create(client, name="王芳", phone="13800138000"))["id"]
    call = {"lead_id": lead_id, "kind": "CALL", "at": "2026-11-20T02:00:00Z"}
    before = [client.post("/follow-ups", json=call) for _ in range(6)]
    withdrawal = client.post(f"/leads/{lead_id}/consents/withdraw", json={"media": ["CALL"]})
    *noted, withdrawn = await asyncio.gather(*before, withdrawal)
    assert withdrawn.json() == {"do_not_contact": ["CALL"]}
    assert {each.status_code for each in noted} <= {201, 409}
    later = await asyncio.gather(*(client.post("/follow-ups", json=call) for _ in range(4)))
    assert Counter(each.status_code for each in later) == {409: 4}
    lead = (await client.get(f"/leads/{lead_id}")).json()
    made = sum(each.status_code == 201 for each in noted)
    assert (lead["follow_up_count"], lead["do_not_contact"]) == (made, ["CALL"])


async def test_withdrawals_at_leads_that_share_points_do_not_deadlock(
    committed_client: AsyncClient,
) -> None:
    client = committed_client
    bodies = [
        {"name": name, "work_phone": "010-62345678", "wechat_id": f"person_{n}"}
        for n, name in enumerate(("王芳", "李娜", "张伟"))
    ]
    ids = [(await create(client, **body))["id"] for body in bodies]
    paths = [f"/leads/{ids[n % 3]}/consents/withdraw" for n in range(12)]
    answers = await asyncio.gather(*(client.post(path) for path in paths))
    assert Counter(each.status_code for each in answers) == {200: 12}
    for lead_id in ids:
        shown = (await client.get(f"/leads/{lead_id}")).json()["do_not_contact"]
        assert shown == ["CALL", "WECHAT"]
