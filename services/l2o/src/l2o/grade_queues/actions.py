"""Queues accounts to be graded, in the transaction that changes what their grade depends on."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from l2o.grade_queues import store
from l2o.rule_sets.store import classifies_accounts

GRADING_JOB: Final = "account_grading"
ACTOR: Final = "system:account_grading"


async def grade_soon(tx: AsyncConnection, account_ids: Collection[UUID], *, now: datetime) -> None:
    """Queue these accounts to be graded by a job, if there are rules that classify accounts."""
    if account_ids and await classifies_accounts(tx):
        await store.add(tx, account_ids)
        await _start(tx, now)


async def grade_found(tx: AsyncConnection, account_ids: Select[Any], *, now: datetime) -> None:
    """Queue the accounts that a query finds, however many they are."""
    await store.add_found(tx, account_ids)
    await _start(tx, now)


async def _start(tx: AsyncConnection, now: datetime) -> None:
    await queue.enqueue(tx, GRADING_JOB, "all", run_at=now, actor=ACTOR)


async def take_out(tx: AsyncConnection, account_ids: Collection[UUID]) -> None:
    """Take accounts out of the queue, which the caller grades and has locked."""
    await store.remove(tx, account_ids)
