"""What a transaction has published: the events about records, and the work about them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from contracts.event import EVENT_CLASSES
from contracts.work import WorkChanged

_IS_WORK = outbox.c.type.endswith(".work.changed.v1", autoescape=True)


@dataclass(frozen=True)
class Published:
    """An event in the outbox."""

    type: str
    sequence: int
    payload: dict[str, Any]


async def published_facts(tx: AsyncConnection) -> list[Published]:
    """Return the events about records in the outbox, in order, without work."""
    query = select(outbox.c.type, outbox.c.aggversion, outbox.c.payload).where(not_(_IS_WORK))
    rows = await tx.execute(query.order_by(outbox.c.seq))
    return [Published(row.type, row.aggversion, row.payload) for row in rows]


@dataclass(frozen=True)
class Work:
    """One step of work: a task that was raised or settled, or a notice that was sent."""

    step: str
    kind: str
    resource: str
    person: str
    message: str


async def work_in_outbox(tx: AsyncConnection) -> list[Work]:
    """Return what each work event in the outbox did, in order, with its English text."""
    query = select(outbox.c.type, outbox.c.aggversion, outbox.c.payload).where(_IS_WORK)
    steps: list[Work] = []
    for row in await tx.execute(query.order_by(outbox.c.seq)):
        event = EVENT_CLASSES[row.type].model_validate(row.payload)
        assert isinstance(event, WorkChanged)
        resource = event.work.resource
        for notice in event.notices:
            message = notice.text.en.format_map(notice.params)
            steps.append(Work("notified", notice.kind, resource, notice.recipient, message))
        for task in event.work.tasks:
            if task.changed_in == row.aggversion:
                step, message = "raised" if task.open else "settled", task.text.en
                message = message.format_map(task.params)
                steps.append(Work(step, task.kind, resource, task.assignee, message))
    return steps
