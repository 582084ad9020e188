"""Jobs: work promised in the business transaction and done later, by a worker, as that tenant.

A job is known by kind and key within its tenant: `("quote.expire", quote_id)`. Its handler runs in
one transaction with the job's own row, so each chunk takes effect exactly once. There is no order
among jobs, and a cancelled job may already be running: handlers look at the state they find.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.database.columns import CURRENT_TENANT
from chassis.foundation.context import current
from kernel.ids import new_id

WAITING, FAILED = "WAITING", "FAILED"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as its handler sees it; `now` is the instant at which this chunk began."""

    tenant: UUID
    id: UUID
    kind: str
    key: str
    run_at: datetime
    payload: Mapping[str, Any]
    attempts: int
    now: datetime


@dataclass(frozen=True)
class Done:
    """The job is finished and forgotten."""


@dataclass(frozen=True)
class Again:
    """The next chunk: when, and with what (progress, for instance)."""

    run_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


JobHandler = Callable[[AsyncConnection, Job], Awaitable[Done | Again]]
# Called when a job is given up, in the transaction that says so; the job's own work was undone.
GivenUpHandler = Callable[[AsyncConnection, Job], Awaitable[None]]


def _own(kind: str, key: str) -> ColumnElement[bool]:
    # Said aloud, as the worker's role sees the jobs of all tenants.
    mine = jobs.c.tenant_id == text(CURRENT_TENANT)
    return mine & (jobs.c.kind == kind) & (jobs.c.key == key)


async def enqueue(
    tx: AsyncConnection,
    kind: str,
    key: str,
    *,
    run_at: datetime,
    payload: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> bool:
    """Promise a job in this transaction; whether it was taken.

    A job of this kind and key that still waits is kept as it is (False), or overwritten with
    `replace`. One that failed for good is started anew. While its chunk runs this waits for the
    end of the chunk, so that nothing is lost.
    """
    context = current()
    wanted = insert(jobs).values(
        id=new_id(),
        kind=kind,
        key=key,
        run_at=run_at,
        payload=dict(payload or {}),
        correlationid=context.correlation_id or context.request_id,
        traceparent=context.traceparent,
    )
    names = ("run_at", "payload", "correlationid", "traceparent")
    taken = wanted.on_conflict_do_update(
        index_elements=["tenant_id", "kind", "key"],
        set_={name: wanted.excluded[name] for name in names}
        | {"status": WAITING, "attempts": 0, "last_error": None},
        where=or_(jobs.c.status == FAILED, text("true" if replace else "false")),
    ).returning(jobs.c.id)
    return (await tx.execute(taken)).one_or_none() is not None


async def cancel(tx: AsyncConnection, kind: str, key: str) -> bool:
    """Forget a job; whether it was there. One that is running is not waited for: it ends."""
    mine = _own(kind, key)
    free = select(jobs.c.id).where(mine).with_for_update(skip_locked=True).scalar_subquery()
    gone = await tx.execute(delete(jobs).where(mine, jobs.c.id == free).returning(jobs.c.id))
    return gone.one_or_none() is not None
