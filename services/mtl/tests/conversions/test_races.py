"""Conversions under real concurrency: clicks, answers and deadlines at once."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from chassis.foundation.clock import now
from mtl.conversions.store import conversions
from mtl.leads.store.keys import lead_keys
from services.mtl.tests.conversions.answers import complete, reject, start, state, unanswered, wait
from services.mtl.tests.factories import create_qualified
from testkit.plugin import Committed


async def events_of(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        return Counter((await tx.execute(select(outbox.c.type))).scalars())


async def statuses(committed: Committed, tenant: UUID) -> list[str]:
    async with committed.app.begin(tenant) as tx:
        return [str(one) for one in (await tx.execute(select(conversions.c.status))).scalars()]


async def test_two_tabs_start_one_conversion_with_the_same_records(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead_id = await create_qualified(committed_client)
    body = {"records": ["ACCOUNT", "OPPORTUNITY"], "opportunity_name": "CRM"}
    answers = await asyncio.gather(
        *(committed_client.post(f"/leads/{lead_id}/convert", json=body) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({str(answer.json()["result"]) for answer in answers}) == 1
    assert await statuses(committed, tenant) == ["RUNNING"]
    assert (await events_of(committed, tenant))["mtl.lead.converted.v1"] == 1


async def _answer(committed: Committed, tenant: UUID, answer: Any, operation: Any) -> None:
    async with committed.worker.begin(tenant) as tx:
        await answer(tx, operation)


async def _look(committed: Committed, tenant: UUID, operation: Any, hours: int) -> None:
    async with committed.worker.begin(tenant) as tx:
        await wait(tx, operation, now() + timedelta(hours=hours))


@pytest.mark.parametrize("first", ["answer", "deadline"])
@pytest.mark.parametrize("answer", [complete, reject], ids=["completed", "rejected"])
async def test_an_answer_that_races_the_last_deadline_has_one_outcome(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, first: str, answer: Any
) -> None:
    """The answer decides, whether it comes before the cancellation or after it."""
    for _ in range(5):
        operation = await start(committed_client)
        for _ in range(3):
            await _look(committed, tenant, operation, hours=1)
        both = [
            _answer(committed, tenant, answer, operation),
            _look(committed, tenant, operation, hours=2),
        ]
        await asyncio.gather(*(both if first == "answer" else reversed(both)))
        expected = ("CONVERTED", "SUCCEEDED") if answer is complete else ("SQL", "FAILED")
        assert await state(committed_client, operation) == expected
    assert set(await statuses(committed, tenant)) == {
        "SUCCEEDED" if answer is complete else "REJECTED"
    }


async def test_contradicting_answers_at_once_leave_lead_and_operation_in_agreement(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    for number in range(10):
        operation = await start(committed_client)
        answers = [complete, reject, complete, reject]
        await asyncio.gather(
            *(
                _answer(committed, tenant, answer, operation)
                for answer in (answers if number % 2 else reversed(answers))
            )
        )
        assert await state(committed_client, operation) in (
            ("CONVERTED", "SUCCEEDED"),
            ("SQL", "FAILED"),
        )


async def test_a_late_completion_races_a_second_conversion_and_wins(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Until L2O has answered the cancellation, nobody converts the lead into other records."""
    operation = await start(committed_client)
    async with committed.worker.begin(tenant) as tx:
        await unanswered(tx, operation)
    path = f"/leads/{operation['lead_id']}/convert"
    clicks = [committed_client.post(path) for _ in range(3)]
    answers, _ = await asyncio.gather(
        asyncio.gather(*clicks), _answer(committed, tenant, complete, operation)
    )
    assert all(answer.status_code in (200, 409) for answer in answers)
    assert await statuses(committed, tenant) == ["SUCCEEDED"]
    assert await state(committed_client, operation) == ("CONVERTED", "SUCCEEDED")


async def test_completions_and_captures_of_the_same_keys_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    person = {"phone": "13800138000", "email": "a@example.com", "wechat_id": "wang_fang"}
    operation = await start(
        committed_client, await create_qualified(committed_client, **person, external_id="1")
    )
    captures = [committed_client.post("/leads", json=person) for _ in range(20)]
    answers, _ = await asyncio.gather(
        asyncio.gather(*captures), _answer(committed, tenant, complete, operation)
    )
    tally = Counter(answer.status_code for answer in answers)
    assert set(tally) <= {201, 409}
    assert tally[201] <= 1
    async with committed.app.begin(tenant) as tx:
        kinds = Counter((await tx.execute(select(lead_keys.c.kind))).scalars())
    each = tally[201]
    expected = {"external_id": 1, "phone": each, "email": each, "wechat_id": each}
    assert kinds == Counter({kind: number for kind, number in expected.items() if number})
