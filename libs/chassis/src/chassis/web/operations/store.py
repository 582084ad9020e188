"""The state of operations: work that continues after its request was answered.

An operation is started in the transaction of the request, and ended in the transaction of the
handler or job that knows the outcome. Only the first end counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, null, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import operations
from chassis.database.columns import CURRENT_TENANT
from chassis.foundation.context import current
from kernel.errors import NotFound


class OperationStatus(StrEnum):
    """The status of an operation."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


RUNNING = OperationStatus.RUNNING


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation; `result` holds the ids of the records it creates, `problem` a code and params.

    The ids in `result` are chosen in advance: the records exist once the operation has succeeded.
    """

    id: UUID
    kind: str
    status: OperationStatus
    result: Mapping[str, Any]
    problem: Mapping[str, Any] | None
    created_at: datetime
    created_by: str | None
    finished_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.status is not RUNNING


async def start_operation(
    tx: AsyncConnection,
    operation_id: UUID,
    kind: str,
    result: Mapping[str, Any],
    *,
    asked: str | None = None,
) -> Operation:
    """Start an operation; `result` is what it will have produced if it succeeds.

    `asked` is a digest of the request, by which `was_asked` recognizes an equal one.
    """
    row = await tx.execute(
        insert(operations)
        .values(
            id=operation_id,
            kind=kind,
            status=RUNNING,
            result=dict(result),
            asked=asked,
            created_by=current().actor,
        )
        .returning(operations)
    )
    return _operation(row.one())


async def was_asked(tx: AsyncConnection, operation_id: UUID, asked: str) -> bool:
    """Whether a request with this digest started the operation. Raises NotFound."""
    query = select(operations.c.asked).where(_of_current_tenant([operation_id]))
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("operation", operation_id)
    return row.asked in (None, asked)


async def finish_operation(
    tx: AsyncConnection,
    operation_id: UUID,
    result: Mapping[str, Any] | None = None,
    *,
    after_all: bool = False,
) -> None:
    """Record that the operation succeeded; a `result` replaces the announced one.

    Does nothing when the operation has already ended; with `after_all` one that was taken for
    failed, because nobody knew of its success, has succeeded. Raises NotFound.
    """
    values = {} if result is None else {"result": dict(result)}
    ends = (RUNNING, OperationStatus.FAILED) if after_all else (RUNNING,)
    status = OperationStatus.SUCCEEDED
    await _end(tx, operation_id, ends, status=status, problem=null(), **values)


async def fail_operation(
    tx: AsyncConnection, operation_id: UUID, problem: Mapping[str, Any]
) -> None:
    """Record that the operation failed; `problem` is a `code` and its `params`.

    Does nothing when the operation has already ended. Raises NotFound.
    """
    stored = {"code": problem["code"], "params": dict(problem.get("params", {}))}
    await _end(tx, operation_id, (RUNNING,), status=OperationStatus.FAILED, problem=stored)


async def get_operation(tx: AsyncConnection, operation_id: UUID) -> Operation:
    """Return the operation. Raises NotFound, also when it belongs to another tenant."""
    row = (
        await tx.execute(select(operations).where(_of_current_tenant([operation_id])))
    ).one_or_none()
    if row is None:
        raise NotFound("operation", operation_id)
    return _operation(row)


async def ended_operations(
    tx: AsyncConnection, operation_ids: Collection[UUID]
) -> dict[UUID, Operation]:
    """Return those of these operations that have ended, by id."""
    ended = select(operations).where(
        _of_current_tenant(operation_ids), operations.c.status != RUNNING
    )
    return {row.id: _operation(row) for row in await tx.execute(ended)}


async def _end(
    tx: AsyncConnection, operation_id: UUID, ends: Collection[OperationStatus], **values: Any
) -> None:
    """End the operation if its status is one of `ends`."""
    ended = await tx.execute(
        update(operations)
        .where(_of_current_tenant([operation_id]), operations.c.status.in_(ends))
        .values(finished_at=func.clock_timestamp(), **values)
        .returning(operations.c.id)
    )
    if ended.one_or_none() is None:
        await get_operation(tx, operation_id)


def _of_current_tenant(operation_ids: Collection[UUID]) -> ColumnElement[bool]:
    # The tenant is named here because the worker's role sees the operations of all tenants.
    of_tenant = operations.c.tenant_id == text(CURRENT_TENANT)
    return of_tenant & operations.c.id.in_(operation_ids)


def _operation(row: Row[Any]) -> Operation:
    return Operation(
        id=row.id,
        kind=row.kind,
        status=OperationStatus(row.status),
        result=row.result,
        problem=row.problem,
        created_at=row.created_at,
        created_by=row.created_by,
        finished_at=row.finished_at,
    )
