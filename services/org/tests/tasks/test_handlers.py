"""Work events of services: they raise, reassign, reopen and settle tasks, and notify people."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.events.subscriptions import EventMeta
from chassis.jobs.queue import Job
from contracts.mtl.events import MtlWorkChanged
from kernel.ids import new_id
from org.tasks.handlers import on_work_changed, on_work_snapshot
from org.tasks.store import tasks
from org.tasks.timers import task_overdue
from services.org.tests.factories import store_tenant
from services.org.tests.tasks.work import AUDIT, ME, NOW, VISIT, Publisher
from testkit import tokens

COLLEAGUE = "a-colleague"


@pytest.fixture(autouse=True)
async def _stored_tenant(tx: AsyncConnection, tenant: UUID) -> None:
    await store_tenant(tx, tenant)


class Reader:
    """Hands work events to org, and reads what the test client's person sees of them."""

    def __init__(self, tx: AsyncConnection, tenant: UUID, client: AsyncClient) -> None:
        self.tx, self._tenant, self._client = tx, tenant, client

    async def handle(self, event: MtlWorkChanged, *, epoch: int = 1) -> None:
        record = event.work.record_id
        meta = EventMeta(new_id(), self._tenant, record, 1, epoch, NOW)
        await on_work_changed(self.tx, event, meta)

    async def tasks(self, person: str = ME) -> list[dict[str, Any]]:
        headers = tokens.bearer(self._tenant, sub=person)
        items: list[dict[str, Any]] = (
            await self._client.get("/tasks", headers={**headers, "Accept-Language": "en"})
        ).json()["items"]
        return items

    async def messages(self, language: str = "en") -> list[tuple[str, str]]:
        answer = await self._client.get("/notifications", headers={"Accept-Language": language})
        return [(item["kind"], item["message"]) for item in answer.json()["items"]]


@pytest.fixture
def reader(tx: AsyncConnection, tenant: UUID, client: AsyncClient) -> Reader:
    return Reader(tx, tenant, client)


async def test_a_task_of_an_unknown_kind_is_shown_until_it_is_settled(
    reader: Reader, client: AsyncClient
) -> None:
    store = Publisher()
    await reader.handle(store.raise_task())
    [task] = await reader.tasks()
    assert (task["kind"], task["state"], task["title"]) == (
        "PLAN_VISIT",
        "OPEN",
        "Plan a visit to 上海测试",
    )
    assert (task["resource"], task["record_id"]) == ("future.store", str(store.record_id))
    chinese = await client.get("/tasks", headers={"Accept-Language": "zh-CN"})
    assert chinese.json()["items"][0]["title"] == "安排拜访 上海测试"
    await reader.handle(store.settle())
    assert [(task["state"], task["version"]) for task in await reader.tasks()] == [("DONE", 2)]


async def test_a_raised_task_moves_to_its_new_assignee_open(
    reader: Reader, client: AsyncClient
) -> None:
    store = Publisher()
    await reader.handle(store.raise_task())
    [task] = await reader.tasks()
    await client.post(f"/tasks/{task['id']}/complete")
    await reader.handle(store.raise_task(assignee=COLLEAGUE))
    assert await reader.tasks() == []
    assert [(one["id"], one["state"]) for one in await reader.tasks(COLLEAGUE)] == [
        (task["id"], "OPEN")
    ]
    await reader.handle(store.settle())
    await reader.handle(store.raise_task())
    assert [one["state"] for one in await reader.tasks()] == ["OPEN"]


async def test_what_the_assignee_did_stays_when_something_else_happens_to_the_record(
    reader: Reader, client: AsyncClient
) -> None:
    store = Publisher()
    await reader.handle(store.raise_task())
    [task] = await reader.tasks()
    await client.post(f"/tasks/{task['id']}/dismiss")
    await reader.handle(store.notify())
    await reader.handle(store.raise_task(AUDIT))
    states = {one["kind"]: one["state"] for one in await reader.tasks()}
    assert states == {"PLAN_VISIT": "DISMISSED", "AUDIT_STORE": "OPEN"}
    await reader.handle(store.settle())
    states = {one["kind"]: one["state"] for one in await reader.tasks()}
    assert states == {"PLAN_VISIT": "DISMISSED", "AUDIT_STORE": "OPEN"}


def a_history(random_steps: random.Random) -> list[MtlWorkChanged]:
    """Twelve events of two tasks of one record, raised and settled for two people."""
    store, events = Publisher(), []
    for _ in range(12):
        kind = random_steps.choice([VISIT, AUDIT])
        if kind.code in store.tasks and random_steps.random() < 0.4:
            events.append(store.settle(kind))
        else:
            person = random_steps.choice([ME, COLLEAGUE])
            due = random_steps.choice([None, date(2026, 12, 1)])
            events.append(store.raise_task(kind, person, due_date=due))
    return events


async def seen(reader: Reader, events: Sequence[MtlWorkChanged]) -> set[tuple[Any, ...]]:
    for event in events:
        await reader.handle(event)
    return {
        (one["kind"], person, one["state"], one["due_date"], one["title"])
        for person in (ME, COLLEAGUE)
        for one in await reader.tasks(person)
        if one["record_id"] == str(events[0].work.record_id)
    }


@pytest.mark.parametrize("seed", range(5))
async def test_late_and_repeated_events_in_any_order_give_the_same_tasks(
    reader: Reader, seed: int
) -> None:
    """The last event holds the state of all tasks, so nothing else is needed to know it."""
    steps = random.Random(seed)  # an order of events, not a secret
    events = a_history(steps)
    async with reader.tx.begin_nested() as savepoint:
        expected = await seen(reader, events)
        await savepoint.rollback()
    assert len(expected) in (1, 2)
    shuffled = [*events, *steps.sample(events, 4)]
    steps.shuffle(shuffled)
    assert await seen(reader, shuffled) == expected


async def test_a_snapshot_restores_lost_tasks_and_leaves_the_others(
    reader: Reader, client: AsyncClient, tenant: UUID
) -> None:
    kept, lost = Publisher(), Publisher()
    for store in (kept, lost):
        await reader.handle(store.raise_task(VISIT))
        await reader.handle(store.raise_task(AUDIT, COLLEAGUE))
        await reader.handle(store.settle(AUDIT))
    [task] = [one for one in await reader.tasks() if one["record_id"] == str(kept.record_id)]
    await client.post(f"/tasks/{task['id']}/dismiss")
    before = [await reader.tasks(person) for person in (ME, COLLEAGUE)]
    await reader.tx.execute(delete(tasks).where(tasks.c.record_id == lost.record_id))
    for store in (kept, lost, kept):
        meta = EventMeta(new_id(), tenant, store.record_id, store.sequence, 1, NOW)
        await on_work_snapshot(reader.tx, store.snapshot(), meta)
    shown = ("record_id", "kind", "state", "title", "due_date")
    for person, expected in zip((ME, COLLEAGUE), before, strict=True):
        found = await reader.tasks(person)
        assert sorted([one[name] for name in shown] for one in found) == sorted(
            [one[name] for name in shown] for one in expected
        )
    assert await reader.messages() == []  # a snapshot notifies nobody


async def test_a_restored_publisher_continues_in_its_new_epoch(reader: Reader) -> None:
    store = Publisher()
    await reader.handle(store.raise_task())
    await reader.handle(store.settle())
    restored = Publisher(record_id=store.record_id)
    await reader.handle(restored.raise_task(assignee=COLLEAGUE), epoch=2)
    assert [one["state"] for one in await reader.tasks(COLLEAGUE)] == ["OPEN"]


async def test_a_task_is_overdue_on_the_day_after_its_due_date(
    reader: Reader, tenant: UUID
) -> None:
    store = Publisher()
    await reader.handle(store.raise_task(name="CRM 项目", due_date=date(2026, 12, 1)))
    [task] = await reader.tasks()
    assert task["due_date"] == "2026-12-01"
    job = (await reader.tx.execute(select(jobs).where(jobs.c.key == task["id"]))).one()
    assert job.run_at == datetime(2026, 12, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    overdue_job = Job(
        tenant=tenant,
        id=job.id,
        kind=job.kind,
        key=job.key,
        run_at=job.run_at,
        payload=job.payload,
        attempts=0,
        now=job.run_at + timedelta(seconds=1),
    )
    await task_overdue(reader.tx, overdue_job)
    overdue = "The task “CRM 项目” is overdue (it was due on 2026-12-01)."
    assert await reader.messages() == [("TASK_OVERDUE", overdue)]
    await reader.handle(store.settle())
    await task_overdue(reader.tx, overdue_job)
    assert len(await reader.messages()) == 1


async def test_a_notice_of_an_unknown_kind_is_shown_in_the_readers_language(
    reader: Reader, client: AsyncClient
) -> None:
    store = Publisher()
    await reader.handle(store.notify())
    assert await reader.messages() == [("PRAISED", "王芳 has praised you.")]
    assert await reader.messages("zh-CN") == [("PRAISED", "王芳 表扬了您。")]
    [item] = (await client.get("/notifications")).json()["items"]
    assert (item["resource"], item["record_id"]) == ("future.store", str(store.record_id))
    assert item["occurred_at"].startswith("2026-11-22T04:00:00")


async def test_a_kind_that_is_switched_off_is_not_sent(reader: Reader, client: AsyncClient) -> None:
    body = {"in_app": {"QUOTE_EXPIRED": False}}
    assert (await client.put("/notifications/preferences", json=body)).status_code == 200
    store = Publisher()
    event = store.notify()
    expired = event.notices[0].model_copy(update={"kind": "QUOTE_EXPIRED"})
    await reader.handle(event.model_copy(update={"notices": (expired,)}))
    assert await reader.messages() == []
    await reader.handle(store.notify())
    assert len(await reader.messages()) == 1
