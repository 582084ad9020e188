"""The commands that move an opportunity to another stage, by hand or by an order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import business_date
from chassis.records.tenant_settings import settings_of, today
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from kernel.errors import NotFound, NotYet
from l2o.opportunities import store
from l2o.opportunities.actions.records import add_to_history, save_and_publish
from l2o.opportunities.domain import Opportunity, Stage


async def move_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    to: Stage,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Opportunity:
    """Move to another open stage; an opportunity at that stage stays as it is.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is to:
        return before
    expected.check(before)
    after, moved = before.move(to, now=now)
    return await _save(tx, before, after, moved, actor=actor, now=now)


async def win_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Opportunity:
    """Mark an opportunity as won; a won one stays as it is.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is Stage.WON:
        return before
    expected.check(before)
    after, won = before.win(now=now, today=await today(tx, now))
    return await _save(tx, before, after, won, actor=actor, now=now)


async def lose_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Opportunity:
    """Mark an opportunity as lost; a lost one keeps its first reason.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is Stage.LOST:
        return before
    expected.check(before)
    after, lost = before.lose(reason, now=now, today=await today(tx, now))
    return await _save(tx, before, after, lost, actor=actor, now=now, reason=reason)


async def win_by_order(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    order_id: UUID,
    confirmed_at: datetime,
    now: datetime,
) -> None:
    """Win the opportunity of a confirmed order, also if it was lost or deleted; a won one stays.

    Raises NotYet if the opportunity has not arrived yet: the event is retried later.
    """
    try:
        before = await store.get(tx, opportunity_id, lock=True, with_deleted=True)
    except NotFound as missing:
        raise NotYet(missing.code, **missing.params) from None
    confirmed_on = business_date(confirmed_at, (await settings_of(tx)).timezone)
    won = before.win_by_order(
        order_id, confirmed_at=confirmed_at, confirmed_on=confirmed_on, now=now
    )
    if won is not None:
        await _save(tx, before, *won, actor=f"order:{order_id}", now=now)


async def _save(
    tx: AsyncConnection,
    before: Opportunity,
    after: Opportunity,
    event: Event,
    *,
    actor: str | None,
    now: datetime,
    reason: str | None = None,
) -> Opportunity:
    saved = await save_and_publish(tx, after, event)
    await add_to_history(tx, before.stage, saved, actor=actor, now=now, reason=reason)
    return saved
