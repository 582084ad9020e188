"""Operations: what a client can ask of work that goes on after its request was answered.

Started in the transaction of the request, ended in that of the handler or job which knows how it
went. The first ending counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import operations
from chassis.database.columns import CURRENT_TENANT
from chassis.foundation.context import current
from kernel.errors import NotFound


class OperationStatus(StrEnum):
    """How far it is."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


RUNNING = OperationStatus.RUNNING


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation; `result` holds the ids that will be, `problem` a code and its params."""

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
    tx: AsyncConnection, operation_id: UUID, kind: str, result: Mapping[str, Any]
) -> Operation:
    """Begin an operation whose result, if all goes well, is known already."""
    row = await tx.execute(
        insert(operations)
        .values(
            id=operation_id,
            kind=kind,
            status=RUNNING,
            result=dict(result),
            created_by=current().actor,
        )
        .returning(operations)
    )
    return _shaped(row.one())


async def finish_operation(
    tx: AsyncConnection, operation_id: UUID, result: Mapping[str, Any] | None = None
) -> None:
    """It went well; a `result` replaces the announced one. Harmless when it has ended already.

    Raises NotFound.
    """
    values = {} if result is None else {"result": dict(result)}
    await _end(tx, operation_id, status=OperationStatus.SUCCEEDED, **values)


async def fail_operation(
    tx: AsyncConnection, operation_id: UUID, problem: Mapping[str, Any]
) -> None:
    """It was refused: `problem` is a `code` and its `params`. Harmless when it has ended already.

    Raises NotFound.
    """
    refusal = {"code": problem["code"], "params": dict(problem.get("params", {}))}
    await _end(tx, operation_id, status=OperationStatus.FAILED, problem=refusal)


async def get_operation(tx: AsyncConnection, operation_id: UUID) -> Operation:
    """Raises NotFound, also for another tenant's."""
    row = (await tx.execute(select(operations).where(_own([operation_id])))).one_or_none()
    if row is None:
        raise NotFound("operation", operation_id)
    return _shaped(row)


async def ended_operations(
    tx: AsyncConnection, operation_ids: Collection[UUID]
) -> dict[UUID, Operation]:
    """Those of these operations that have ended."""
    ended = select(operations).where(_own(operation_ids), operations.c.status != RUNNING)
    return {row.id: _shaped(row) for row in await tx.execute(ended)}


async def _end(tx: AsyncConnection, operation_id: UUID, **values: Any) -> None:
    ended = await tx.execute(
        update(operations)
        .where(_own([operation_id]), operations.c.status == RUNNING)
        .values(finished_at=func.clock_timestamp(), **values)
        .returning(operations.c.id)
    )
    if ended.one_or_none() is None:
        await get_operation(tx, operation_id)


def _own(operation_ids: Collection[UUID]) -> ColumnElement[bool]:
    # Said aloud, as the worker's role sees the operations of all tenants.
    mine = operations.c.tenant_id == text(CURRENT_TENANT)
    return mine & operations.c.id.in_(operation_ids)


def _shaped(row: Row[Any]) -> Operation:
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
