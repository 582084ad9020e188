"""Computes RFM scores: of the accounts whose orders changed, or of all."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.jobs import queue
from chassis.records.tenant_records import edit_tenant_record
from chassis.records.tenant_settings import settings_of, today
from chassis.web.commands import Command
from l2o.grade_queues.actions import grade_soon
from l2o.orders.actions import take_changed
from l2o.rfm_scores import store
from l2o.rfm_scores.domain import OrderWindow, RfmSettings
from l2o.rfm_scores.store import SETTINGS, rfm_settings_of

RFM_JOB: Final = "account_rfm"
CHANGED, DAILY, IN_FULL = "changed", "daily", "in_full"
ACTOR: Final = "system:account_rfm"
# Orders of a minute are counted together.
COUNTED_AFTER: Final = timedelta(minutes=1)


async def edit_rfm_settings(
    command: Command, edit: Callable[[RfmSettings], RfmSettings]
) -> RfmSettings:
    """Apply an edit to the settings; all scores are then computed anew.

    Raises what `edit_record` raises.
    """
    before = await rfm_settings_of(command.tx, command.now)
    after = await edit_tenant_record(command, SETTINGS, edit)
    if after.window_days != before.window_days:
        await compute_in_full_soon(command.tx, command.now)
    return after


async def compute_in_full_soon(tx: AsyncConnection, now: datetime) -> None:
    """Queue the computation of all scores, and the daily ones after it."""
    for key in (IN_FULL, DAILY):
        await queue.enqueue(tx, RFM_JOB, key, run_at=now, actor=ACTOR, replace=True)


async def order_changed(tx: AsyncConnection, now: datetime) -> None:
    """Queue the computation for accounts whose orders changed, and the daily one."""
    for key in (CHANGED, DAILY):
        await queue.enqueue(tx, RFM_JOB, key, run_at=now + COUNTED_AFTER, actor=ACTOR)


async def window_of(tx: AsyncConnection, now: datetime) -> OrderWindow:
    """Return the window of the transaction's tenant: its days, zone and currency."""
    settings = await rfm_settings_of(tx, now)
    tenant = await settings_of(tx)
    return OrderWindow.of(
        await today(tx, now),
        days=settings.window_days,
        timezone=tenant.timezone,
        currency=tenant.currency,
    )


async def compute_changed(tx: AsyncConnection, now: datetime) -> None:
    """Compute anew what the accounts ordered whose orders changed or leave the window.

    The scores of others may change with them, because accounts are compared with each other.
    """
    await lock_key(tx, "l2o.account_rfm")
    window = await window_of(tx, now)
    changed = await take_changed(tx) | await store.ids_leaving(tx, window)
    if changed:
        await store.sum_purchases(tx, window, changed)
        ranked = await store.rank_accounts(tx)
        await grade_soon(tx, changed.union(ranked), now=now)


async def compute_all(tx: AsyncConnection, now: datetime) -> None:
    """Compute anew what all accounts ordered, and their scores."""
    await lock_key(tx, "l2o.account_rfm")
    await take_changed(tx)
    changed = await store.compute_in_full(tx, await window_of(tx, now))
    await grade_soon(tx, changed, now=now)
