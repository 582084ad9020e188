"""Tests of the stored operation: it ends once, and only for the tenant it belongs to."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import operations
from chassis.foundation.context import Context, use_context
from chassis.web.operations.store import (
    OperationStatus,
    ended_operations,
    fail_operation,
    finish_operation,
    get_operation,
    start_operation,
)
from kernel.errors import NotFound
from kernel.ids import new_id
from testkit.plugin import Committed

SUCCEEDED, FAILED = OperationStatus.SUCCEEDED, OperationStatus.FAILED
REFUSAL = {"code": "ACCOUNT_CLOSED", "params": {"name": "Acme"}}


async def test_an_operation_starts_and_succeeds(tx: AsyncConnection) -> None:
    key = new_id()
    with use_context(Context(actor="somebody")):
        started = await start_operation(tx, key, "lead.convert", {"account_id": "a"})
    assert (started.status, started.ended, started.result) == (
        OperationStatus.RUNNING,
        False,
        {"account_id": "a"},
    )
    assert await ended_operations(tx, [key]) == {}
    await finish_operation(tx, key)
    done = await get_operation(tx, key)
    assert (done.status, done.result, done.problem) == (SUCCEEDED, {"account_id": "a"}, None)
    assert done.finished_at is not None
    assert done.finished_at >= done.created_at
    assert await ended_operations(tx, [key, new_id()]) == {key: done}
    row = (await tx.execute(operations.select())).one()
    assert row.created_by == "somebody"


async def test_only_the_first_end_counts(tx: AsyncConnection) -> None:
    key = new_id()
    await start_operation(tx, key, "lead.convert", {})
    await finish_operation(tx, key, {"account_id": "b"})
    ended = await get_operation(tx, key)
    await finish_operation(tx, key, {"account_id": "c"})
    await fail_operation(tx, key, REFUSAL)
    assert await get_operation(tx, key) == ended
    assert ended.result == {"account_id": "b"}


async def test_an_operation_fails(tx: AsyncConnection) -> None:
    key = new_id()
    await start_operation(tx, key, "lead.convert", {})
    await fail_operation(tx, key, REFUSAL)
    await finish_operation(tx, key)
    ended = await get_operation(tx, key)
    assert (ended.status, ended.problem) == (FAILED, REFUSAL)


async def test_an_operation_that_was_taken_for_failed_succeeds_after_all(
    tx: AsyncConnection,
) -> None:
    key = new_id()
    await start_operation(tx, key, "lead.convert", {"account_id": "a"})
    await fail_operation(tx, key, REFUSAL)
    await finish_operation(tx, key, after_all=True)
    ended = await get_operation(tx, key)
    assert (ended.status, ended.problem, ended.result) == (SUCCEEDED, None, {"account_id": "a"})
    await fail_operation(tx, key, REFUSAL)
    assert await get_operation(tx, key) == ended


async def test_an_unknown_operation_is_not_found(tx: AsyncConnection) -> None:
    for attempt in (
        finish_operation(tx, new_id()),
        fail_operation(tx, new_id(), REFUSAL),
        get_operation(tx, new_id()),
    ):
        with pytest.raises(NotFound) as refused:
            await attempt
        assert refused.value.code == "OPERATION_NOT_FOUND"


async def test_a_worker_cannot_end_another_tenants_operation(
    committed: Committed, tenant: UUID
) -> None:
    key = new_id()
    async with committed.app.begin(tenant) as tx:
        await start_operation(tx, key, "lead.convert", {})
    async with committed.worker.begin(new_id()) as tx:
        with pytest.raises(NotFound):
            await finish_operation(tx, key)
        assert await ended_operations(tx, [key]) == {}
