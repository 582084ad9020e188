"""The job queue: work enqueued in the business transaction and done later by a worker.

A job runs as its tenant and is unique by kind and key: `("quote.expire", quote_id)`. Its handler
runs in one transaction with the job's row, so each chunk takes effect exactly once. Jobs have no
order, and a cancelled job may already be running: handlers check the state they find.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from chassis.database.backbone_tables import jobs
from chassis.database.columns import CURRENT_TENANT
from chassis.foundation.context import current
from contracts.work import RecordRef
from kernel.ids import new_id

WAITING, FAILED = "WAITING", "FAILED"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as passed to its handler; `now` is the instant at which this chunk began."""

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
    """The handler's result when the job is finished: its row is deleted."""


@dataclass(frozen=True)
class Again:
    """The handler's result when there is a next chunk: when it runs, and its payload."""

    run_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


JobHandler = Callable[[AsyncConnection, Job], Awaitable[Done | Again]]
# Called in the transaction that marks a job as failed for good; the job's own work was undone.
GivenUpHandler = Callable[[AsyncConnection, Job], Awaitable[None]]


def _own(kind: str, key: str) -> ColumnElement[bool]:
    # The tenant is named because the worker's role sees the jobs of all tenants.
    mine = jobs.c.tenant_id == text(CURRENT_TENANT)
    return mine & (jobs.c.kind == kind) & (jobs.c.key == key)


async def enqueue(
    tx: AsyncConnection,
    kind: str,
    key: str,
    *,
    run_at: datetime,
    payload: Mapping[str, Any] | None = None,
    about: RecordRef | None = None,
    actor: str | None = None,
    replace: bool = False,
) -> bool:
    """Enqueue a job in this transaction; return whether it was enqueued or replaced.

    What the job writes is attributed to `actor`, by default to who enqueues it, and refers to the
    record that it is `about`, such as an import.

    A waiting job of this kind and key stays as it is (False) or is overwritten with `replace`.
    A job that failed for good is started anew. While a chunk of the job runs, the call waits for
    its end, so that no request is lost. A handler that replaces its own job decides how it goes on:
    what it returns afterwards counts no more.
    """
    context = current()
    job = {
        "id": new_id(),
        "kind": kind,
        "key": key,
        "run_at": run_at,
        "payload": dict(payload or {}),
        "actor": actor or context.actor,
        "origin": None if about is None else f"{about.resource}:{about.record_id}",
        "correlationid": context.correlation_id or context.request_id,
        "traceparent": context.traceparent,
    }
    return (await tx.execute(_upsert(replace=replace), job)).one_or_none() is not None


@cache
def _upsert(*, replace: bool) -> ReturningInsert[Any]:
    """Return the statement of `enqueue`, which is built once."""
    row = insert(jobs)
    # The job gets another id, by which its running chunk sees that it was enqueued anew.
    names = ("id", "run_at", "payload", "actor", "origin", "correlationid", "traceparent")
    return row.on_conflict_do_update(
        index_elements=["tenant_id", "kind", "key"],
        set_={name: row.excluded[name] for name in names}
        | {"status": WAITING, "attempts": 0, "last_error": None},
        where=or_(jobs.c.status == FAILED, text("true" if replace else "false")),
    ).returning(jobs.c.id)


async def cancel(tx: AsyncConnection, kind: str, key: str) -> bool:
    """Delete a waiting job; return whether one was deleted. A running chunk is not stopped."""
    mine = _own(kind, key)
    free = select(jobs.c.id).where(mine).with_for_update(skip_locked=True).scalar_subquery()
    deleted = await tx.execute(delete(jobs).where(mine, jobs.c.id == free).returning(jobs.c.id))
    return deleted.one_or_none() is not None
