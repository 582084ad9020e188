"""Reminders that services raise: sent once, replaced, settled, in any order of the events."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.subscriptions import EventMeta
from contracts.mtl.events import MtlWorkChanged
from kernel.ids import new_id
from org.reminders.timers import reminder_due
from org.tasks.handlers import on_work_changed, on_work_snapshot
from services.org.tests.factories import store_tenant
from services.org.tests.tasks.work import NOW, Publisher
from testkit import tokens
from testkit.jobs import job_of

HOUR = timedelta(hours=1)


class Reader:
    """Hands work events to org, and reads what the test client's person is reminded of."""

    def __init__(self, tx: AsyncConnection, tenant: UUID, client: AsyncClient) -> None:
        self.tx, self._tenant, self.client = tx, tenant, client

    async def handle(self, event: MtlWorkChanged) -> None:
        await on_work_changed(self.tx, event, self.meta(event.work.record_id))

    def meta(self, record_id: UUID) -> EventMeta:
        return EventMeta(new_id(), self._tenant, record_id, 1, 1, NOW)

    async def reminders(self, language: str = "en", **query: str) -> list[dict[str, Any]]:
        headers = {"Accept-Language": language}
        answer = await self.client.get("/reminders", headers=headers, params=query)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def messages(self, language: str = "en") -> list[str]:
        answer = await self.client.get("/notifications", headers={"Accept-Language": language})
        return [item["message"] for item in answer.json()["items"]]

    async def run_due(self, hours: int) -> int:
        """Run the reminders' jobs that are due these hours after the events."""
        at = NOW + hours * HOUR
        due = select(jobs).where(jobs.c.kind == "reminder", jobs.c.run_at <= at)
        rows = (await self.tx.execute(due)).all()
        for row in rows:
            await reminder_due(self.tx, job_of(row, now=at))
        return len(rows)


@pytest.fixture
async def reader(tx: AsyncConnection, tenant: UUID, client: AsyncClient) -> Reader:
    await store_tenant(tx, tenant)
    return Reader(tx, tenant, client)


async def test_a_raised_reminder_is_sent_once_in_the_readers_language(reader: Reader) -> None:
    store = Publisher()
    raised = store.raise_reminder(NOW + HOUR)
    for _ in range(2):
        await reader.handle(raised)
    [reminder] = await reader.reminders()
    assert (reminder["kind"], reminder["text"]) == (
        "OFFER_EXPIRES",
        "The offer to 上海测试 expires soon",
    )
    assert (reminder["resource"], reminder["record_id"]) == ("future.store", str(store.record_id))
    assert await reader.run_due(0) == 0
    for _ in range(2):
        await reader.run_due(1)
    await reader.handle(raised)
    await reader.run_due(2)
    assert await reader.messages() == ["The offer to 上海测试 expires soon"]
    assert await reader.messages("zh-CN") == ["上海测试 的报价即将到期"]
    assert await reader.reminders(waiting="true") == []


async def test_a_settled_reminder_is_never_sent(reader: Reader) -> None:
    store = Publisher()
    await reader.handle(store.raise_reminder(NOW + HOUR))
    await reader.handle(store.settle_reminder())
    assert await reader.run_due(2) == 0
    assert await reader.messages() == []
    [reminder] = await reader.reminders()
    assert (reminder["sent_at"], reminder["settled_at"]) == (None, "2026-11-22T04:00:00Z")


async def test_a_reminder_is_postponed_and_goes_to_somebody_else(
    reader: Reader, tenant: UUID
) -> None:
    store = Publisher()
    await reader.handle(store.raise_reminder(NOW + HOUR))
    await reader.handle(store.raise_reminder(NOW + 5 * HOUR, recipient="a-colleague"))
    assert await reader.reminders() == []
    assert await reader.run_due(4) == 0
    assert await reader.run_due(5) == 1
    assert await reader.messages() == []
    reader.client.headers.update(tokens.bearer(tenant, sub="a-colleague"))
    assert await reader.messages() == ["The offer to 上海测试 expires soon"]


@pytest.mark.parametrize("seed", range(5))
async def test_repeated_and_reordered_events_give_the_newest_reminder(
    reader: Reader, seed: int
) -> None:
    store = Publisher()
    events = [
        store.raise_reminder(NOW + HOUR, name="一"),
        store.settle_reminder(),
        store.raise_reminder(NOW + 2 * HOUR, name="二"),
        store.raise_reminder(NOW + 3 * HOUR, name="三"),
    ] * 2
    Random(seed).shuffle(events)
    for event in events:
        await reader.handle(event)
    [reminder] = await reader.reminders("zh-CN")
    assert (reminder["text"], reminder["remind_at"], reminder["settled_at"]) == (
        "三 的报价即将到期",
        "2026-11-22T07:00:00Z",
        None,
    )


async def test_a_snapshot_restores_what_is_missing_and_sends_nothing_twice(
    reader: Reader,
) -> None:
    store = Publisher()
    raised = store.raise_reminder(NOW + HOUR)
    await on_work_snapshot(reader.tx, store.snapshot(), reader.meta(store.record_id))
    assert len(await reader.reminders()) == 1
    await reader.run_due(1)
    await on_work_snapshot(reader.tx, store.snapshot(), reader.meta(store.record_id))
    await reader.handle(raised)
    await reader.run_due(1)
    assert len(await reader.messages()) == 1


async def test_a_raised_reminder_is_not_edited_and_ends_when_it_is_deleted(
    reader: Reader,
) -> None:
    store = Publisher()
    raised = store.raise_reminder(NOW + HOUR)
    await reader.handle(raised)
    [reminder] = await reader.reminders()
    path = f"/reminders/{reminder['id']}"
    refused = await reader.client.patch(path, json={"text": "later"})
    assert (refused.status_code, refused.json()["code"]) == (409, "REMINDER_NOT_OWN")
    assert (await reader.client.delete(path)).status_code == 204
    await reader.handle(raised)
    assert await reader.run_due(2) == 0
    [ended] = await reader.reminders()
    assert ended["settled_at"] is not None
