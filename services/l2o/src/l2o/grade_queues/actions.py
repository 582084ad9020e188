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
WAITING: Final = "waiting"  # the key of the job that takes accounts from the table
FEW: Final = 20
ACTOR: Final = "system:account_grading"


async def grade_soon(tx: AsyncConnection, account_ids: Collection[UUID], *, now: datetime) -> None:
    """Queue these accounts to be graded, if there are rules that classify accounts.

    A few have a job each, so that requests about different accounts never wait for each other; more
    stand in a table, from which one job takes them.
    """
    if not account_ids or not await classifies_accounts(tx):
        return
    if len(account_ids) > FEW:
        await store.add(tx, account_ids)
        await _start(tx, now)
        return
    for account_id in sorted(account_ids):
        await queue.enqueue(tx, GRADING_JOB, str(account_id), run_at=now, actor=ACTOR)


async def grade_found(tx: AsyncConnection, account_ids: Select[Any], *, now: datetime) -> None:
    """Queue the accounts that a query finds, however many they are."""
    await store.add_found(tx, account_ids)
    await _start(tx, now)


async def _start(tx: AsyncConnection, now: datetime) -> None:
    await queue.enqueue(tx, GRADING_JOB, WAITING, run_at=now, actor=ACTOR)


async def take_out(tx: AsyncConnection, account_ids: Collection[UUID]) -> None:
    """Take accounts out of the queue, which the caller grades and has locked."""
    await store.remove(tx, account_ids)
