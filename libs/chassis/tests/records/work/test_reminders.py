"""Reminders that a service raises, in the transaction of the change behind them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.records.work.actions import raise_reminder, raise_task, settle_tasks
from contracts.work import RecordRef, ReminderKind, TaskKind
from kernel.ids import new_id

CALL = TaskKind("CALL_BACK", zh="回电 {name}", en="Call {name} back")
SOON = ReminderKind("CALL_SOON", zh="{name} 等待回电", en="{name} waits", with_task=CALL)
EXPIRES = ReminderKind("CARD_EXPIRES", zh="{name} 即将到期", en="{name} expires soon")
NAME = {"name": "Acme"}
# 9:00 in Shanghai is 1:00 in UTC.
NINE = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def about() -> RecordRef:
    return RecordRef(resource="testkit.card", record_id=new_id())


async def reminders(tx: AsyncConnection, about: RecordRef) -> list[dict[str, Any]]:
    """Return the reminders in the newest event about the record."""
    query = select(outbox.c.payload).where(outbox.c.aggregateid == about.record_id)
    newest = query.order_by(outbox.c.aggversion.desc()).limit(1)
    payload: dict[str, Any] = (await tx.execute(newest)).scalar_one()
    found: list[dict[str, Any]] = payload["work"]["reminders"]
    return found


async def test_a_reminder_travels_with_its_texts_and_its_instant(
    tx: AsyncConnection, about: RecordRef
) -> None:
    await raise_reminder(tx, SOON, about, recipient="li", params=NAME, remind_at=NINE)
    assert await reminders(tx, about) == [
        {
            "kind": "CALL_SOON",
            "recipient": "li",
            "text": {"zh": "{name} 等待回电", "en": "{name} waits"},
            "params": NAME,
            "remind_at": "2026-12-01T01:00:00Z",
            "task": "CALL_BACK",
            "open": True,
            "changed_in": 1,
        }
    ]


async def test_a_reminder_of_a_kind_takes_the_place_of_the_one_before(
    tx: AsyncConnection, about: RecordRef
) -> None:
    later = datetime(2026, 12, 2, tzinfo=UTC)
    await raise_reminder(tx, EXPIRES, about, recipient="li", params=NAME, remind_at=NINE)
    await raise_reminder(tx, EXPIRES, about, recipient="wu", params=NAME, remind_at=later)
    [reminder] = await reminders(tx, about)
    assert (reminder["recipient"], reminder["remind_at"]) == ("wu", "2026-12-02T00:00:00Z")
    assert reminder["changed_in"] == 2


async def test_a_reminder_is_settled_with_its_task_and_others_stay(
    tx: AsyncConnection, about: RecordRef
) -> None:
    await raise_task(tx, CALL, about, assignee="li", params=NAME)
    for kind in (SOON, EXPIRES):
        await raise_reminder(tx, kind, about, recipient="li", params=NAME, remind_at=NINE)
    await settle_tasks(tx, about, kinds=[CALL])
    found = {one["kind"]: (one["open"], one["changed_in"]) for one in await reminders(tx, about)}
    assert found == {"CALL_SOON": (False, 4), "CARD_EXPIRES": (True, 3)}
    await settle_tasks(tx, about)
    assert [one["open"] for one in await reminders(tx, about)] == [False, False]


async def test_a_reminder_alone_is_settled_by_its_kind(
    tx: AsyncConnection, about: RecordRef
) -> None:
    await raise_reminder(tx, EXPIRES, about, recipient="li", params=NAME, remind_at=NINE)
    await settle_tasks(tx, about, kinds=[EXPIRES])
    assert [one["open"] for one in await reminders(tx, about)] == [False]


async def test_an_instant_without_a_time_zone_and_a_missing_parameter_are_refused(
    tx: AsyncConnection, about: RecordRef
) -> None:
    naive = NINE.replace(tzinfo=None)
    with pytest.raises(ValueError, match="no time zone"):
        await raise_reminder(tx, SOON, about, recipient="li", params=NAME, remind_at=naive)
    with pytest.raises(ValueError, match="needs name"):
        await raise_reminder(tx, SOON, about, recipient="li", params={}, remind_at=NINE)


async def test_without_a_recipient_nothing_is_published(
    tx: AsyncConnection, about: RecordRef
) -> None:
    await raise_reminder(tx, SOON, about, recipient=None, params=NAME, remind_at=NINE)
    of_record = select(outbox.c.id).where(outbox.c.aggregateid == about.record_id)
    assert (await tx.execute(of_record)).all() == []
