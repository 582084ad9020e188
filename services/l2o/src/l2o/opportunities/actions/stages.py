"""The commands that move an opportunity to another stage, by hand or by an order."""

from datetime import datetime
from functools import partial
from uuid import UUID

from chassis.foundation.clock import business_date
from chassis.records.record_commands import MADE, AlreadyMade, move_record, save_record
from chassis.records.tenant_settings import settings_of, today
from chassis.web.commands import Command
from contracts.event import Event
from kernel.errors import NotFound, NotYet
from l2o.grade_queues.actions import grade_soon
from l2o.opportunities.actions.records import add_to_history
from l2o.opportunities.domain import Opportunity, Stage
from l2o.opportunities.store import OPPORTUNITY


async def move_opportunity(command: Command, opportunity_id: UUID, *, to: Stage) -> Opportunity:
    """Move to another open stage; an opportunity at that stage stays as it is.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """

    def move(before: Opportunity) -> tuple[Opportunity, Event] | AlreadyMade:
        return MADE if before.stage is to else before.move(to, now=command.now)

    save = partial(_save, command)
    return await move_record(command, OPPORTUNITY, opportunity_id, move, save=save)


async def win_opportunity(command: Command, opportunity_id: UUID) -> Opportunity:
    """Mark an opportunity as won; a won one stays as it is.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    day = await today(command.tx, command.now)

    def win(before: Opportunity) -> tuple[Opportunity, Event] | AlreadyMade:
        return MADE if before.stage is Stage.WON else before.win(now=command.now, today=day)

    save = partial(_save, command)
    return await move_record(command, OPPORTUNITY, opportunity_id, win, save=save)


async def lose_opportunity(command: Command, opportunity_id: UUID, *, reason: str) -> Opportunity:
    """Mark an opportunity as lost; one that was lost for this reason stays as it is.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN), Conflict (MOVE_MADE_OTHERWISE).
    """
    day = await today(command.tx, command.now)

    def lose(before: Opportunity) -> tuple[Opportunity, Event] | AlreadyMade:
        if before.stage is Stage.LOST:
            return AlreadyMade(same=before.lost_reason == reason)
        return before.lose(reason, now=command.now, today=day)

    save = partial(_save, command, reason=reason)
    return await move_record(command, OPPORTUNITY, opportunity_id, lose, save=save)


async def win_by_order(
    command: Command, opportunity_id: UUID, *, order_id: UUID, order_no: str, confirmed_at: datetime
) -> None:
    """Win the opportunity of a confirmed order, also if it was lost or deleted; a won one stays.

    Raises NotYet if the opportunity has not arrived yet: the event is retried later.
    """
    tx = command.tx
    try:
        before = await OPPORTUNITY.get(tx, opportunity_id, lock=True, with_deleted=True)
    except NotFound as missing:
        raise NotYet(missing.code, **missing.params) from None
    confirmed_on = business_date(confirmed_at, (await settings_of(tx)).timezone)
    won = before.win_by_order(
        order_id, order_no, confirmed_at=confirmed_at, confirmed_on=confirmed_on, now=command.now
    )
    if won is not None:
        await _save(command, before, *won)


async def _save(
    command: Command,
    before: Opportunity,
    after: Opportunity,
    event: Event | None,
    *,
    reason: str | None = None,
) -> Opportunity:
    saved = await save_record(command, OPPORTUNITY, before, after, event)
    await add_to_history(command, before.stage, saved, reason=reason)
    await grade_soon(command.tx, [saved.account_id], now=command.now)
    return saved
