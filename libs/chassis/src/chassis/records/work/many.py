"""Changes the work about many records at once, in as many statements as for a few."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from chassis.events.outbox import publish_all
from chassis.records.work.actions import Change, changed_event, duties_of, json_of
from chassis.records.work.published_work import PublishedWork
from contracts.work import WorkNotice, WorkReminder, WorkTask

# The ids are sorted, so that two transactions lock rows in one order.
_LOCK = text("""
    INSERT INTO record_work AS w (record_id, resource, tasks, version)
    SELECT id, :resource, '[]', 1 FROM unnest(:ids) AS changed (id) ORDER BY id
    ON CONFLICT (tenant_id, record_id) DO UPDATE SET version = w.version + 1
    RETURNING record_id, tasks, reminders, version
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_LOCK_TYPED = _LOCK.columns(record_id=Uuid(), tasks=JSONB(), reminders=JSONB())
_STORE = text("""
    UPDATE record_work AS w
    SET tasks = CAST(changed.tasks AS jsonb), reminders = CAST(changed.reminders AS jsonb)
    FROM unnest(:ids, :tasks, :reminders) AS changed (id, tasks, reminders)
    WHERE w.record_id = changed.id
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("tasks", type_=ARRAY(Text)),
    bindparam("reminders", type_=ARRAY(Text)),
)


@dataclass(frozen=True)
class WorkChange:
    """What changes in the work about one record: its duties in order, and who is notified."""

    record_id: UUID
    changes: Sequence[Change] = ()
    notices: Sequence[WorkNotice] = ()


async def change_work(tx: AsyncConnection, resource: str, wanted: Sequence[WorkChange]) -> None:
    """Change the work about different records of a resource, and publish it."""
    if not wanted:
        return
    ids = [one.record_id for one in wanted]
    rows = await tx.execute(_LOCK_TYPED, {"resource": resource, "ids": ids})
    stored = {row.record_id: row for row in rows}
    changed = []
    for one in wanted:
        row = stored[one.record_id]
        duties = duties_of(row)
        for change in one.changes:
            duties = change(duties, row.version)
        work = PublishedWork(one.record_id, row.version, resource, duties.tasks, duties.reminders)
        changed.append((work, one.notices))
    values = {
        "ids": ids,
        "tasks": [_as_text(work.tasks) for work, _ in changed],
        "reminders": [_as_text(work.reminders) for work, _ in changed],
    }
    await tx.execute(_STORE, values)
    await publish_all(tx, [(changed_event(work, notices), work) for work, notices in changed])


def _as_text(work: Sequence[WorkTask | WorkReminder]) -> str:
    return orjson.dumps(json_of(work)).decode()
