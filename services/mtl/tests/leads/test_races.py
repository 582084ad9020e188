"""Concurrent captures and conversions on a real PostgreSQL."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from contracts.l2o.events import ConversionCompleted, ConversionRejected
from mtl.conversions.handlers import on_conversion_completed, on_conversion_rejected
from mtl.leads.store import leads
from mtl.leads.store.keys import lead_keys
from services.mtl.tests.factories import META, create, create_qualified, problem, status_of
from testkit.plugin import Committed

SPELLINGS = ("13800138000", "0086 138-0013-8000", "+86 138 0013 8000", "１３８００１３８０００")


async def count_events(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(outbox.c.type))
        return Counter(rows.scalars())


async def count_rows(committed: Committed, tenant: UUID, table: Any) -> int:
    async with committed.app.begin(tenant) as tx:
        number: int = (await tx.execute(select(func.count()).select_from(table))).scalar_one()
        return number


async def test_twenty_concurrent_captures_of_one_phone_create_one_lead(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    bodies = [{"name": f"王芳 {n}", "phone": SPELLINGS[n % 4]} for n in range(20)]
    answers = await asyncio.gather(*(committed_client.post("/leads", json=body) for body in bodies))
    assert Counter(a.status_code for a in answers) == {201: 1, 409: 19}
    [lead] = [a.json() for a in answers if a.status_code == 201]
    refused = [a.json() for a in answers if a.status_code == 409]
    assert {error["code"] for error in refused} == {"LEAD_DUPLICATE"}
    assert {error["params"]["lead_id"] for error in refused} == {lead["id"]}
    assert await count_events(committed, tenant) == {"mtl.lead.captured.v1": 1}
    assert await count_rows(committed, tenant, leads) == 1


async def test_captures_that_share_keys_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Each requests two of three keys; without an order of locks this deadlocks."""
    bodies = [
        {"phone": "13800138000", "email": "a@example.com"},
        {"email": "a@example.com", "external_id": "1"},
        {"external_id": "1", "phone": "13800138000"},
    ]
    answers = await asyncio.gather(
        *(committed_client.post("/leads", json=bodies[n % 3]) for n in range(30))
    )
    assert Counter(a.status_code for a in answers) == {201: 1, 409: 29}
    assert await count_rows(committed, tenant, lead_keys) == 2


async def test_ten_concurrent_conversions_start_one_operation(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead_id = await create_qualified(committed_client)
    answers = await asyncio.gather(
        *(committed_client.post(f"/leads/{lead_id}/convert") for _ in range(10))
    )
    assert {a.status_code for a in answers} == {202}
    assert len({str(a.json()["result"]) for a in answers}) == 1
    assert len({a.json()["id"] for a in answers}) == 1
    assert (await count_events(committed, tenant))["mtl.lead.converted.v1"] == 1


@pytest.fixture
def waiting_for_operations(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests wait for the end of their operation, as they do in production."""
    monkeypatch.setattr(app.state.operation_waiter, "budget", 5)


async def answer_for_l2o(committed: Committed, tenant: UUID, reason: str | None) -> None:
    """Wait for the converted event, then complete the conversion or reject it for `reason`."""
    query = select(outbox.c.payload).where(outbox.c.type == "mtl.lead.converted.v1")
    payload = None
    while payload is None:
        async with committed.worker.begin(tenant) as tx:
            payload = (await tx.execute(query)).scalar_one_or_none()
            if payload is None:
                continue
            ids = {"conversion_id": payload["conversion_id"], "lead_id": payload["lead"]["lead_id"]}
            if reason is None:
                created = {n: payload[n] for n in ("account_id", "contact_id", "opportunity_id")}
                await on_conversion_completed(tx, ConversionCompleted(**ids, **created), META)
            else:
                rejected = ConversionRejected(**ids, reason=reason)
                await on_conversion_rejected(tx, rejected, META)


@pytest.mark.usefixtures("waiting_for_operations")
async def test_a_completion_in_time_is_answered_with_200(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead_id = await create_qualified(committed_client)
    converted, _ = await asyncio.gather(
        committed_client.post(f"/leads/{lead_id}/convert"),
        answer_for_l2o(committed, tenant, None),
    )
    operation = converted.json()
    assert (converted.status_code, operation["status"]) == (200, "SUCCEEDED")
    lead = (await committed_client.get(f"/leads/{lead_id}")).json()
    assert operation["result"]["opportunity_id"] == lead["opportunity_id"]


@pytest.mark.usefixtures("waiting_for_operations")
async def test_a_rejection_in_time_is_answered_with_409(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead_id = await create_qualified(committed_client)
    converted, _ = await asyncio.gather(
        committed_client.post(f"/leads/{lead_id}/convert"),
        answer_for_l2o(committed, tenant, "ACCOUNT_NOT_FOUND"),
    )
    assert problem(converted) == (409, "ACCOUNT_NOT_FOUND")
    assert await status_of(committed_client, lead_id) == "SQL"


async def test_a_released_phone_is_reserved_by_at_most_one_new_lead(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """One request disqualifies the lead while others capture its phone again."""
    phone = {"phone": "13800138000", "email": "w@example.com"}
    lead_id = (await create(committed_client, **phone))["id"]

    async def disqualify() -> Response:
        return await committed_client.post(f"/leads/{lead_id}/disqualify", json={"reason": "SPAM"})

    async def capture() -> Response:
        return await committed_client.post("/leads", json=phone)

    answers = await asyncio.gather(*(disqualify() if n == 5 else capture() for n in range(15)))
    assert answers.pop(5).status_code == 200
    tally = Counter(a.status_code for a in answers)
    assert set(tally) <= {201, 409}
    assert tally[201] <= 1
    assert await count_rows(committed, tenant, lead_keys) == 2 * tally[201]


async def test_concurrent_moves_are_serialized(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead_id = (await create(committed_client))["id"]
    moves: list[tuple[str, dict[str, str] | None]] = [
        ("qualify", None),
        ("disqualify", {"reason": "SPAM"}),
        ("qualify", None),
        ("convert", None),
    ]
    answers = await asyncio.gather(
        *(committed_client.post(f"/leads/{lead_id}/{move}", json=body) for move, body in moves)
    )
    assert all(a.status_code in (200, 202, 409) for a in answers)
    async with committed.app.begin(tenant) as tx:
        sequences = (await tx.execute(select(outbox.c.aggversion).order_by(outbox.c.seq))).scalars()
        assert list(sequences) == list(
            range(1, sum((await count_events(committed, tenant)).values()) + 1)
        )
