"""The commands that open and edit opportunities."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.record_commands import (
    create_record,
    edit_record,
    restore_record,
    visibility_for,
)
from chassis.web.commands import Command
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from l2o.accounts import store as accounts
from l2o.contacts import store as contacts
from l2o.grade_queues.actions import grade_soon
from l2o.opportunities import store
from l2o.opportunities.domain import Opportunity, Stage, StageChange
from l2o.opportunities.store import OPPORTUNITY
from l2o.products import store as products


async def open_opportunity(command: Command, opportunity: Opportunity) -> Opportunity:
    """Open an opportunity with a visible account.

    Raises Invalid (ACCOUNT_UNKNOWN, CONTACT_UNKNOWN, PRODUCT_UNKNOWN, custom fields).
    """
    visibility = await visibility_for(command, accounts.ACCOUNTS.resource)
    await _check_references(command.tx, opportunity, None, visibility)
    opportunity = await create_record(command, OPPORTUNITY, opportunity)
    await add_to_history(command, None, opportunity)
    await grade_soon(command.tx, [opportunity.account_id], now=command.now)
    return opportunity


async def _check_references(
    tx: AsyncConnection,
    after: Opportunity,
    before: Opportunity | None,
    visibility: Visibility = EVERYTHING,
) -> None:
    """Raise Invalid unless new references exist; unchanged ones may be deleted by now."""
    violations = []
    if before is None and not await accounts.lock_for_share(tx, after.account_id, visibility):
        violations.append(Violation("/account_id", "ACCOUNT_UNKNOWN"))
    if before is not None and before.account_id != after.account_id:
        violations.append(Violation("/account_id", "ACCOUNT_FIXED"))
    contact, product = after.contact_id, after.product_id
    is_new = before is None or before.contact_id != contact
    if contact and is_new and not await contacts.belongs_to_account(tx, contact, after.account_id):
        violations.append(Violation("/contact_id", "CONTACT_UNKNOWN"))
    is_new = before is None or before.product_id != product
    if product and is_new and not await products.exists(tx, product):
        violations.append(Violation("/product_id", "PRODUCT_UNKNOWN"))
    if violations:
        raise Invalid(violations)


async def edit_opportunity(
    command: Command, opportunity_id: UUID, edit: Callable[[Opportunity], Opportunity]
) -> Opportunity:
    """Apply an edit to an opportunity.

    Raises what `edit_record` raises, Invalid (ACCOUNT_FIXED, CONTACT_UNKNOWN, PRODUCT_UNKNOWN).
    """

    async def check(before: Opportunity, after: Opportunity) -> None:
        await _check_references(command.tx, after, before)

    edited = await edit_record(command, OPPORTUNITY, opportunity_id, edit, check=check)
    await grade_soon(command.tx, [edited.account_id], now=command.now)
    return edited


async def raise_last_activity(tx: AsyncConnection, opportunity_id: UUID, at: datetime) -> None:
    """Note that an activity was about the opportunity; a later one stays the last. No new version.

    The caller holds a lock on the account, as in `save_last_activity`.
    """
    await store.raise_last_activity(tx, opportunity_id, at)


async def save_last_activity(
    tx: AsyncConnection, opportunity_id: UUID, at: datetime | None
) -> None:
    """Write when the last activity was about the opportunity, whose account the caller locked."""
    await store.save_last_activity(tx, opportunity_id, at)


async def restore_opportunity(command: Command, opportunity_id: UUID) -> Opportunity:
    """Restore a deleted opportunity; one that is not deleted stays as it is.

    Raises NotFound, RuleBroken (ACCOUNT_DELETED) while the account is deleted.
    """
    unlocked = await OPPORTUNITY.get(command.tx, opportunity_id, with_deleted=True)
    # The account before the opportunity: one order of locks prevents deadlocks.
    await accounts.lock_for_share(command.tx, unlocked.account_id)
    return await restore_record(command, OPPORTUNITY, opportunity_id)


async def add_to_history(
    command: Command,
    from_stage: Stage | None,
    opportunity: Opportunity,
    *,
    reason: str | None = None,
) -> None:
    """Append the change from a stage (None at the opening) to the current one."""
    change = StageChange(
        id=new_id(),
        opportunity_id=opportunity.id,
        from_stage=from_stage,
        to_stage=opportunity.stage,
        reason=reason,
        actor=command.actor,
        at=command.now,
    )
    await store.add_stage_changes(command.tx, [change])
