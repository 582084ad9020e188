"""The follow-up of a record, kept by every save: all changes that raise, move or settle it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.work.actions import raise_task
from chassis.records.work.follow_ups import FollowUp, keep_follow_up
from chassis.records.work.tables import record_work
from contracts.work import RecordRef, TaskKind
from kernel.ids import new_id
from testkit.plugin import PublishedWork

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
DUE = date(2026, 12, 1)


@dataclass(frozen=True)
class Visit:
    """A record that is open until it was made."""

    owner_id: str | None = "li"
    made: bool = False
    deleted_at: datetime | None = None
    display_name: str = "Acme"
    day: date = DUE


PREPARE: FollowUp[Visit] = FollowUp(
    kind=TaskKind("PREPARE_VISIT", zh="准备拜访 {name}", en="Prepare the visit to {name}"),
    is_open=lambda visit: not visit.made,
    due_date=lambda visit: visit.day,
)
OPEN, MADE, DELETED = Visit(), Visit(made=True), Visit(deleted_at=NOON)
OF_WU = Visit(owner_id="wu")


@pytest.mark.parametrize(
    ("before", "saved", "expected"),
    [
        (OPEN, OPEN, []),
        (OPEN, Visit(display_name="Other"), []),
        (OPEN, OF_WU, [("raised", "wu")]),
        (OPEN, Visit(owner_id=None), [("settled", "li")]),
        (OPEN, MADE, [("settled", "li")]),
        (OPEN, DELETED, [("settled", "li")]),
        (MADE, OPEN, [("raised", "li")]),
        (DELETED, OPEN, [("raised", "li")]),
        (MADE, Visit(owner_id="wu", made=True), []),
        (MADE, Visit(made=True, deleted_at=NOON), []),
        (DELETED, Visit(made=True, deleted_at=NOON), []),
    ],
)
async def test_a_save_keeps_the_follow_up(
    tx: AsyncConnection,
    published_work: PublishedWork,
    before: Visit,
    saved: Visit,
    expected: list[tuple[str, str]],
) -> None:
    about = RecordRef(resource="testkit.card", record_id=new_id())
    await raise_task(tx, PREPARE.kind, about, assignee="li", params={"name": "Acme"})
    await keep_follow_up(tx, PREPARE, about, before, saved)
    assert [(work.step, work.person) for work in (await published_work())[1:]] == expected


async def test_the_task_is_due_on_the_day_of_the_record(tx: AsyncConnection) -> None:
    about = RecordRef(resource="testkit.card", record_id=new_id())
    await keep_follow_up(tx, PREPARE, about, MADE, OPEN)
    [tasks] = (await tx.execute(select(record_work.c.tasks))).scalars()
    assert [task["due_date"] for task in tasks] == ["2026-12-01"]
