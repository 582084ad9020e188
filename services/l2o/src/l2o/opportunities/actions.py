"""What can be done with an opportunity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import business_date
from chassis.deletion import deleted, restored
from chassis.directory import settings_of, today
from chassis.outbox import publish
from chassis.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from contracts.l2o.events import OpportunityDeleted, OpportunityOpened, OpportunityRestored
from kernel.errors import Invalid, NotFound, NotYet, Violation
from kernel.ids import new_id
from kernel.money import Money
from l2o.accounts import store as accounts
from l2o.contacts import store as contacts
from l2o.opportunities import store
from l2o.opportunities.domain import Opportunity, Stage, StageChange
from l2o.products import store as products


@dataclass(frozen=True, kw_only=True)
class OpportunityDetails:
    """What somebody knows of a sale to come."""

    account_id: UUID
    contact_id: UUID | None = None
    name: str
    amount: Money | None = None
    expected_close_date: date | None = None
    product_id: UUID | None = None
    engaged_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an opportunity stands that did not begin here: one that is imported."""

    stage: Stage = Stage.FIRST_CONTACT
    lost_reason: str | None = None
    closed_at: datetime | None = None
    closed_date: date | None = None


async def open_opportunity(
    tx: AsyncConnection,
    details: OpportunityDetails,
    *,
    owner_id: str | None,
    actor: str | None,
    now: datetime,
    standing: Standing | None = None,
    opportunity_id: UUID | None = None,
    lead_id: UUID | None = None,
) -> Opportunity:
    """Raises Invalid (ACCOUNT_UNKNOWN, CONTACT_UNKNOWN, PRODUCT_UNKNOWN)."""
    opportunity = Opportunity(
        **vars(details),
        **vars(standing or Standing()),
        id=opportunity_id or new_id(),
        lead_id=lead_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
    )
    await _check(tx, opportunity, None)
    await store.add(tx, opportunity)
    await _remember(tx, None, opportunity, actor=actor, now=now)
    await publish(tx, OpportunityOpened(opportunity=opportunity.state()), of=opportunity)
    return opportunity


async def _check(tx: AsyncConnection, after: Opportunity, before: Opportunity | None) -> None:
    """Whom and what it names anew is there; what it has named before may be gone since."""
    violations = []
    if before is None and not await accounts.exists(tx, after.account_id):
        violations.append(Violation("/account_id", "ACCOUNT_UNKNOWN"))
    contact, product = after.contact_id, after.product_id
    is_new = before is None or before.contact_id != contact
    if contact and is_new and not await contacts.belongs(tx, contact, after.account_id):
        violations.append(Violation("/contact_id", "CONTACT_UNKNOWN"))
    is_new = before is None or before.product_id != product
    if product and is_new and not await products.exists(tx, product):
        violations.append(Violation("/product_id", "PRODUCT_UNKNOWN"))
    if violations:
        raise Invalid(violations)


async def edit_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    edit: Callable[[Opportunity], Opportunity],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Opportunity:
    """What changes nothing answers the opportunity as it is.

    Raises NotFound, Invalid (CONTACT_UNKNOWN, PRODUCT_UNKNOWN), and what `edit` raises.
    """
    before = await store.get(tx, opportunity_id, lock=True)
    expected.check(before)
    wanted = edit(before)
    if wanted == before:
        return before
    await _check(tx, wanted, before)
    return await _saved(tx, *before.edited(wanted, now=now))


async def transfer_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
) -> Opportunity:
    """Somebody else owns it now; its owner already answers the same. Raises NotFound."""
    before = await store.get(tx, opportunity_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await _saved(tx, *before.assign(owner_id, actor=actor, now=now))


async def delete_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """One that is deleted stays so. Raises NotFound."""
    before = await store.get(tx, opportunity_id, lock=True, with_deleted=True)
    after = deleted(before, now=now, expected=expected)
    if after is not before:
        await _saved(tx, after, OpportunityDeleted(opportunity=after.state()))


async def restore_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Opportunity:
    """One that is not deleted answers itself. Raises NotFound."""
    before = await store.get(tx, opportunity_id, lock=True, with_deleted=True)
    after = restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await _saved(tx, after, OpportunityRestored(opportunity=after.state()))


async def move_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    to: Stage,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Opportunity:
    """A move already made answers its result.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is to:
        return before
    expected.check(before)
    after, moved = before.move(to, now=now)
    return await _changed(tx, before, after, moved, actor=actor, now=now)


async def win_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Opportunity:
    """A won one answers itself.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is Stage.WON:
        return before
    expected.check(before)
    after, won = before.win(now=now, today=await today(tx, now))
    return await _changed(tx, before, after, won, actor=actor, now=now)


async def lose_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    actor: str | None,
    now: datetime,
) -> Opportunity:
    """A lost one answers itself, with its first reason.

    Raises NotFound, RuleBroken (STAGE_MOVE_FORBIDDEN).
    """
    before = await store.get(tx, opportunity_id, lock=True)
    if before.stage is Stage.LOST:
        return before
    expected.check(before)
    after, lost = before.lose(reason, now=now, today=await today(tx, now))
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
        before = await store.get(tx, opportunity_id, lock=True, with_deleted=True)
    except NotFound as missing:
        raise NotYet(missing.code, **missing.params) from None
    confirmed_on = business_date(confirmed_at, (await settings_of(tx)).timezone)
    won = before.win_by_order(
        order_id, confirmed_at=confirmed_at, confirmed_on=confirmed_on, now=now
    )
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
    saved = await _saved(tx, after, event)
    await _remember(tx, before.stage, saved, actor=actor, now=now, reason=reason)
    return saved


async def _saved(tx: AsyncConnection, opportunity: Opportunity, event: Event) -> Opportunity:
    saved = await store.save(tx, opportunity)
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
