"""Tasks and notices that a service raises, in the transaction of the change behind them."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.records.work.actions import (
    announce_owner,
    has_open_task,
    notify,
    raise_task,
    settle_tasks,
)
from chassis.records.work.tables import record_work
from contracts.work import NoticeKind, RecordRef, TaskKind
from kernel.errors import NotYet
from kernel.ids import new_id
from libs.chassis.tests.tenancy.running import request_task, run
from testkit.notes import write
from testkit.plugin import Committed, PublishedFacts, PublishedWork
from testkit.published import Work

CALL = TaskKind("CALL_BACK", zh="回电 {name}", en="Call {name} back")
CHECK = TaskKind("CHECK_CARD", zh="检查 {name}", en="Check {name}")
MOVED = NoticeKind("CARD_MOVED", zh="{name} 已移动。", en="{name} was moved.")
NAME = {"name": "Acme"}


@pytest.fixture
def about() -> RecordRef:
    return RecordRef(resource="testkit.card", record_id=new_id())


async def work_events(tx: AsyncConnection, about: RecordRef) -> list[dict[str, Any]]:
    query = select(outbox.c.payload).where(outbox.c.aggregateid == about.record_id)
    return list((await tx.execute(query.order_by(outbox.c.aggversion))).scalars())


async def test_a_task_is_raised_reassigned_and_settled(
    tx: AsyncConnection, about: RecordRef, published_work: PublishedWork
) -> None:
    due = date(2026, 12, 1)
    await raise_task(tx, CALL, about, assignee="li", params=NAME, due_date=due)
    assert await has_open_task(tx, CALL, about)
    await raise_task(tx, CALL, about, assignee="wu", params=NAME)
    await settle_tasks(tx, about)
    assert not await has_open_task(tx, CALL, about)
    text = "Call Acme back"
    assert await published_work() == [
        Work("raised", "CALL_BACK", "testkit.card", "li", text),
        Work("raised", "CALL_BACK", "testkit.card", "wu", text),
        Work("settled", "CALL_BACK", "testkit.card", "wu", text),
    ]


async def test_every_event_holds_all_tasks_of_the_record_and_versions_have_no_holes(
    tx: AsyncConnection, about: RecordRef
) -> None:
    await raise_task(tx, CALL, about, assignee="li", params=NAME)
    await notify(tx, MOVED, about, recipient="li", params=NAME)
    await raise_task(tx, CHECK, about, assignee="wu", params=NAME)
    await settle_tasks(tx, about, kinds=[CALL])
    query = select(outbox.c.aggversion).where(outbox.c.aggregatetype == "testkit.work")
    assert list((await tx.execute(query.order_by(outbox.c.seq))).scalars()) == [1, 2, 3, 4]
    states = [
        {task["kind"]: (task["open"], task["changed_in"]) for task in event["work"]["tasks"]}
        for event in await work_events(tx, about)
    ]
    assert states == [
        {"CALL_BACK": (True, 1)},
        {"CALL_BACK": (True, 1)},
        {"CALL_BACK": (True, 1), "CHECK_CARD": (True, 3)},
        {"CALL_BACK": (False, 4), "CHECK_CARD": (True, 3)},
    ]
    notices = [len(event["notices"]) for event in await work_events(tx, about)]
    assert notices == [0, 1, 0, 0]


async def test_nobody_and_nothing_to_settle_publish_nothing(
    tx: AsyncConnection, about: RecordRef, published_work: PublishedWork
) -> None:
    await raise_task(tx, CALL, about, assignee=None, params=NAME)
    await notify(tx, MOVED, about, recipient=None, params=NAME)
    await announce_owner(tx, about, name="Acme", owner_id="li", actor="li")
    await announce_owner(tx, about, name="Acme", owner_id=None, actor="li")
    await settle_tasks(tx, about)
    await raise_task(tx, CALL, about, assignee="li", params=NAME)
    await settle_tasks(tx, about, kinds=[CHECK])
    assert [work.step for work in await published_work()] == ["raised"]
    await settle_tasks(tx, about)
    await settle_tasks(tx, about)
    assert [work.step for work in await published_work()] == ["raised", "settled"]


async def test_a_missing_parameter_is_an_error_of_the_publisher(
    tx: AsyncConnection, about: RecordRef
) -> None:
    with pytest.raises(ValueError, match="the text of CALL_BACK needs name"):
        await raise_task(tx, CALL, about, assignee="li", params={"title": "x"})


@pytest.mark.parametrize(
    ("code", "zh", "en", "reason"),
    [
        ("call back", "x", "x", "UPPER_SNAKE"),
        ("CALL", "{name}", "{title}", "differ in their parameters"),
    ],
)
def test_a_kind_has_a_code_and_the_same_parameters_in_both_texts(
    code: str, zh: str, en: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        TaskKind(code, zh=zh, en=en)


async def test_work_is_rolled_back_with_the_change_behind_it(
    committed: Committed, tenant: UUID, about: RecordRef
) -> None:
    async def fail() -> None:
        async with committed.app.begin(tenant) as tx:
            await raise_task(tx, CALL, about, assignee="li", params=NAME)
            raise NotYet("NOT_NOW")

    with pytest.raises(NotYet):
        await fail()
    async with committed.app.begin(tenant) as tx:
        assert await work_events(tx, about) == []
        assert not await has_open_task(tx, CALL, about)


async def test_concurrent_work_on_one_record_is_published_in_the_order_of_its_versions(
    committed: Committed, tenant: UUID, about: RecordRef
) -> None:
    async def raise_for(person: str) -> None:
        async with committed.app.begin(tenant) as tx:
            await raise_task(tx, CALL, about, assignee=person, params=NAME)
            await notify(tx, MOVED, about, recipient=person, params=NAME)

    await asyncio.gather(*(raise_for(f"person-{number}") for number in range(8)))
    async with committed.app.begin(tenant) as tx:
        query = select(outbox.c.aggversion).where(outbox.c.aggregateid == about.record_id)
        versions = list((await tx.execute(query.order_by(outbox.c.seq))).scalars())
        stored = (await tx.execute(select(record_work))).one()
        last = (await work_events(tx, about))[-1]
    assert versions == list(range(1, 17))
    assert (stored.version, [stored.tasks]) == (16, [last["work"]["tasks"]])


async def test_an_erased_person_is_in_no_later_event(committed: Committed, tenant: UUID) -> None:
    async with committed.app.begin(tenant) as tx:
        note = await write(tx, "Li Na's note")
        about = RecordRef(resource="testkit.note", record_id=note.id)
        await raise_task(tx, CALL, about, assignee="li", params={"name": "call +8613800138000"})
    await request_task(committed, tenant, "ERASE", phones=("+8613800138000",))
    await run(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        await settle_tasks(tx, about)
        settled = (await work_events(tx, about))[-1]
    assert "13800138000" not in str(settled)


async def test_a_transferred_record_is_announced_to_its_new_owner(
    tx: AsyncConnection, published: PublishedFacts, published_work: PublishedWork
) -> None:
    about = RecordRef(resource="testkit.card", record_id=new_id())
    await announce_owner(tx, about, name="Acme", owner_id="li", actor="wu")
    assert await published() == []
    assert await published_work() == [
        Work("notified", "ASSIGNED", "testkit.card", "li", "Acme has been assigned to you.")
    ]
