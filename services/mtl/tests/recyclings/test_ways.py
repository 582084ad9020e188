"""Every way of getting a lead starts the same clock; none that gives nobody a lead does."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from mtl.conversions.actions.conversions import reject_conversion
from mtl.leads.actions.waking import wake_lead
from mtl.leads.store import leads
from services.mtl.tests.factories import create, finish_import
from services.mtl.tests.recyclings.factories import (
    SetClock,
    at,
    days,
    get,
    instant,
    publish,
    reckon,
    rules,
    sweep,
)
from testkit.directory import Company, subject

BEGIN, THEN = at("02-27 10:00"), at("03-01 16:30")
TEN_DAYS = rules({"next_follow_up": days(10), "conversion": days(60)})
Way = Callable[[AsyncClient, AsyncConnection, str], Awaitable[str]]


async def move(client: AsyncClient, lead_id: str, verb: str, body: Any = None) -> None:
    answer = await client.post(f"/leads/{lead_id}/{verb}", json=body)
    assert answer.status_code in (200, 202), answer.text


async def create_one(client: AsyncClient, _tx: AsyncConnection, _lead_id: str) -> str:
    return str((await create(client, company="own"))["id"])


async def assign_on_create(client: AsyncClient, _tx: AsyncConnection, _lead_id: str) -> str:
    return str((await create(client, company="given", owner_id=subject("zhou")))["id"])


async def transfer(client: AsyncClient, _tx: AsyncConnection, lead_id: str) -> str:
    await move(client, lead_id, "transfer", {"owner_id": subject("zhou")})
    return lead_id


async def transfer_many(client: AsyncClient, _tx: AsyncConnection, lead_id: str) -> str:
    body = {"ids": [lead_id], "owner_id": subject("zhou")}
    answer = await client.post("/leads/transfer", json=body)
    assert answer.status_code in (200, 207), answer.text
    return lead_id


async def create_batch(client: AsyncClient, _tx: AsyncConnection, _lead_id: str) -> str:
    items = [{"create": {"company": "batch"}}]
    answer = await client.post("/leads/batch", json={"items": items})
    assert answer.status_code in (200, 207), answer.text
    return await newest(client)


async def upsert(client: AsyncClient, _tx: AsyncConnection, _lead_id: str) -> str:
    answer = await client.put("/leads/by-external-id/erp/7", json={"company": "upsert"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def restore(client: AsyncClient, _tx: AsyncConnection, lead_id: str) -> str:
    await client.delete(f"/leads/{lead_id}")
    assert (await get(client, lead_id)).get("falls_back_at") is None
    await move(client, lead_id, "restore")
    return lead_id


async def reopen(client: AsyncClient, _tx: AsyncConnection, lead_id: str) -> str:
    await move(client, lead_id, "disqualify", {"reason": "SPAM"})
    assert (await get(client, lead_id))["falls_back_at"] is None
    await move(client, lead_id, "reopen")
    return lead_id


async def wake(client: AsyncClient, tx: AsyncConnection, lead_id: str) -> str:
    await move(client, lead_id, "nurture", {"wakes_on": "2026-06-01"})
    assert (await get(client, lead_id))["falls_back_at"] is None
    wakes_on = (await tx.scalars(select(leads.c.wakes_on).where(leads.c.id == UUID(lead_id)))).one()
    await wake_lead(Command(tx, THEN), UUID(lead_id), wakes_on)
    return lead_id


async def take_back(client: AsyncClient, tx: AsyncConnection, lead_id: str) -> str:
    await move(client, lead_id, "qualify")
    await move(client, lead_id, "convert", {})
    converted = await get(client, lead_id)
    assert converted["falls_back_at"] is None
    conversion_id, command = UUID(converted["conversion_id"]), Command(tx, THEN)
    await reject_conversion(
        command, UUID(lead_id), conversion_id=conversion_id, reason="ACCOUNT_NOT_FOUND"
    )
    return lead_id


async def newest(client: AsyncClient) -> str:
    items = (await client.get("/leads?sort=-created_at&limit=1")).json()["items"]
    return str(items[0]["id"])


WAYS: tuple[Way, ...] = (
    create_one,
    assign_on_create,
    transfer,
    transfer_many,
    create_batch,
    upsert,
    restore,
    reopen,
    wake,
    take_back,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_way_of_getting_a_lead_starts_its_clock(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock, way: Way
) -> None:
    await Company(tx).build()
    set_clock(BEGIN)
    await publish(client, TEN_DAYS)
    earlier = (await create(client, company="earlier"))["id"]
    set_clock(THEN)
    found = await get(client, await way(client, tx, earlier))
    assert instant(found["owned_since"]) == THEN
    assert instant(found["falls_back_at"]) == at("03-11 16:30")


async def test_an_import_starts_the_clock(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, set_clock: SetClock
) -> None:
    await Company(tx).build()
    set_clock(BEGIN)
    await publish(client, TEN_DAYS)
    file = "company,phone,owner\n远景科技,13800138000,zhou\n".encode()
    assert (await finish_import(client, tx, tenant, file))["counts"]["created"] == 1
    found = await get(client, await newest(client))
    since = instant(found["owned_since"])
    assert found["owner_id"] == subject("zhou")
    assert since == instant(found["created_at"])
    assert since is not None
    assert instant(found["falls_back_at"]) == since + timedelta(days=10)


@pytest.mark.parametrize("verb", ["hand-over", "qualify"])
async def test_a_move_among_open_leads_starts_nothing_anew(
    client: AsyncClient, set_clock: SetClock, verb: str
) -> None:
    set_clock(BEGIN)
    await publish(client, TEN_DAYS)
    lead_id = (await create(client, company="a"))["id"]
    set_clock(THEN)
    await move(client, lead_id, verb)
    assert instant((await get(client, lead_id))["falls_back_at"]) == at("03-09 10:00")


async def test_a_rule_that_gives_a_lead_to_the_head_starts_the_heads_clock(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await Company(tx).build()
    set_clock(BEGIN)
    await publish(
        client, rules({"next_follow_up": days(10), "target": {"kind": "DEPARTMENT_HEAD"}})
    )
    made = [
        (await create(client, company=name, owner_id=subject(name)))["id"]
        for name in ("li", "sun", "bei")
    ]
    await sweep(tx, at("03-09 10:00"))
    found = [await get(client, one) for one in made]
    # sun heads the team of li, and qian that of sun; nobody is above bei.
    assert [one["owner_id"] for one in found] == [subject("sun"), subject("qian"), None]
    assert instant(found[0]["falls_back_at"]) == at("03-19 10:00")


async def test_publishing_reckons_the_clocks_of_all_open_leads(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    set_clock(BEGIN)
    open_id, closed_id = [(await create(client, company=name))["id"] for name in "ab"]
    await move(client, closed_id, "disqualify", {"reason": "SPAM"})
    before = await get(client, open_id)
    assert before["falls_back_at"] is None
    await publish(client, TEN_DAYS)
    await reckon(tx, THEN)
    after = await get(client, open_id)
    assert instant(after["falls_back_at"]) == at("03-09 10:00")
    assert after["version"] == before["version"]
    assert (await get(client, closed_id))["falls_back_at"] is None
    await publish(client, rules(), based_on=1)
    await reckon(tx, THEN)
    assert (await get(client, open_id))["falls_back_at"] is None
