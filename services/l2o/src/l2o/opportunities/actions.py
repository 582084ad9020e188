"""What can be done with an opportunity."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from contracts.event import Event
from contracts.l2o.events import OpportunityOpened
from kernel.errors import Invalid, NotFound, NotYet, Violation
from kernel.ids import new_id
from kernel.money import Money
from l2o.accounts import store as accounts
from l2o.contacts import store as contacts
from l2o.opportunities import store
from l2o.opportunities.domain import Opportunity, Stage, StageChange


async def open_opportunity(
    tx: AsyncConnection,
    *,
    account_id: UUID,
    contact_id: UUID | None,
    name: str,
    amount: Money | None,
    expected_close_date: date | None,
    owner_id: str | None,
    actor: str | None,
    now: datetime,
    opportunity_id: UUID | None = None,
    lead_id: UUID | None = None,
) -> Opportunity:
    """Raises Invalid (ACCOUNT_UNKNOWN, CONTACT_UNKNOWN)."""
    await _check_customer(tx, account_id, contact_id)
    opportunity = Opportunity(
        id=opportunity_id or new_id(),
        account_id=account_id,
        contact_id=contact_id,
        lead_id=lead_id,
        name=name,
        amount=amount,
        expected_close_date=expected_close_date,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, opportunity)
    await _remember(tx, None, opportunity, actor=actor, now=now)
    await publish(tx, OpportunityOpened(opportunity=opportunity.state()), of=opportunity)
    return opportunity


async def _check_customer(tx: AsyncConnection, account_id: UUID, contact_id: UUID | None) -> None:
    violations = []
    if not await accounts.exists(tx, account_id):
        violations.append(Violation("/account_id", "ACCOUNT_UNKNOWN"))
    if contact_id is not None and not await contacts.belongs(tx, contact_id, account_id):
        violations.append(Violation("/contact_id", "CONTACT_UNKNOWN"))
    if violations:
        raise Invalid(violations)


async def move_opportunity(
    tx: AsyncConnection, opportunity_id: UUID, *, to: Stage, actor: str | None, now: datetime
) -> Opportunity:
    """A move already made answers its result.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is to:
        return before
    after, moved = before.move(to, now=now)
    return await _changed(tx, before, after, moved, actor=actor, now=now)


async def win_opportunity(
    tx: AsyncConnection, opportunity_id: UUID, *, actor: str | None, now: datetime
) -> Opportunity:
    """A won one answers itself.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is Stage.WON:
        return before
    after, won = before.win(now=now)
    return await _changed(tx, before, after, won, actor=actor, now=now)


async def lose_opportunity(
    tx: AsyncConnection, opportunity_id: UUID, *, reason: str, actor: str | None, now: datetime
) -> Opportunity:
    """A lost one answers itself, with its first reason.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is Stage.LOST:
        return before
    after, lost = before.lose(reason, now=now)
    return await _changed(tx, before, after, lost, actor=actor, now=now, reason=reason)


async def win_by_order(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    order_id: UUID,
    confirmed_at: datetime,
    now: datetime,
) -> None:
    """A won one stays as it is. Raises NotYet when the opportunity has not arrived here."""
    try:
        before = await store.get(tx, opportunity_id, lock=True)
    except NotFound as missing:
        raise NotYet(missing.code, **missing.params) from None
    won = before.win_by_order(order_id, confirmed_at=confirmed_at, now=now)
    if won is not None:
        await _changed(tx, before, *won, actor=f"order:{order_id}", now=now)


async def _changed(
    tx: AsyncConnection,
    before: Opportunity,
    after: Opportunity,
    event: Event,
    *,
    actor: str | None,
    now: datetime,
    reason: str | None = None,
) -> Opportunity:
    saved = await store.save(tx, after)
    await _remember(tx, before.stage, saved, actor=actor, now=now, reason=reason)
    await publish(tx, event, of=saved)
    return saved


async def _remember(
    tx: AsyncConnection,
    from_stage: Stage | None,
    opportunity: Opportunity,
    *,
    actor: str | None,
    now: datetime,
    reason: str | None = None,
) -> None:
    await store.add_change(
        tx,
        StageChange(
            id=new_id(),
            opportunity_id=opportunity.id,
            from_stage=from_stage,
            to_stage=opportunity.stage,
            reason=reason,
            actor=actor,
            at=now,
        ),
    )
