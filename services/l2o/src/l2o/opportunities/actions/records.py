"""The commands that open, edit, transfer, delete and restore opportunities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import mark_deleted, mark_restored
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from contracts.l2o.events import OpportunityDeleted, OpportunityOpened, OpportunityRestored
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from kernel.money import Money
from l2o.accounts import store as accounts
from l2o.contacts import store as contacts
from l2o.opportunities import store
from l2o.opportunities.domain import Opportunity, Stage, StageChange
from l2o.products import store as products

RESOURCE = store.OPPORTUNITIES.resource


@dataclass(frozen=True, kw_only=True)
class OpportunityDetails:
    """The values of a new opportunity."""

    account_id: UUID
    contact_id: UUID | None = None
    name: str
    amount: Money | None = None
    expected_close_date: date | None = None
    product_id: UUID | None = None
    engaged_date: date | None = None
    custom_fields: Mapping[str, Any] | None = None  # None: the source has no custom fields


@dataclass(frozen=True, kw_only=True)
class StageDetails:
    """The stage of an opportunity that began in another system, and how it was closed."""

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
    stage_details: StageDetails | None = None,
    opportunity_id: UUID | None = None,
    lead_id: UUID | None = None,
    visibility: Visibility = EVERYTHING,
) -> Opportunity:
    """Open an opportunity with a visible account; a conversion gives its id and its lead.

    Raises Invalid (ACCOUNT_UNKNOWN, CONTACT_UNKNOWN, PRODUCT_UNKNOWN, custom fields).
    """
    fields = {}
    if details.custom_fields is not None:
        fields = await validated_custom_fields(tx, RESOURCE, details.custom_fields)
    opportunity = Opportunity(
        **vars(details) | {"custom_fields": fields},
        **vars(stage_details or StageDetails()),
        id=opportunity_id or new_id(),
        lead_id=lead_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
    )
    await _check_references(tx, opportunity, None, visibility)
    await store.add(tx, opportunity)
    await add_to_history(tx, None, opportunity, actor=actor, now=now)
    await publish(tx, OpportunityOpened(opportunity=opportunity.state()), of=opportunity)
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
    tx: AsyncConnection,
    opportunity_id: UUID,
    edit: Callable[[Opportunity], Opportunity],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Opportunity:
    """Apply an edit to an opportunity. An edit that changes nothing saves and publishes nothing.

    Raises NotFound, Invalid (ACCOUNT_FIXED, CONTACT_UNKNOWN, PRODUCT_UNKNOWN, custom fields), and
    the errors of `edit`.
    """
    before = await store.get(tx, opportunity_id, lock=True)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, RESOURCE, edited.custom_fields, before=before.custom_fields
    )
    edited = replace(edited, custom_fields=fields)
    if edited == before:
        return before
    expected.check(before)
    await _check_references(tx, edited, before)
    return await save_and_publish(tx, *before.edit(edited, now=now))


async def delete_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Delete an opportunity; a deleted one stays as it is. Raises NotFound."""
    before = await store.get(tx, opportunity_id, lock=True, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    if after is not before:
        await save_and_publish(tx, after, OpportunityDeleted(opportunity=after.state()))


async def restore_opportunity(
    tx: AsyncConnection,
    opportunity_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Opportunity:
    """Restore a deleted opportunity; one that is not deleted stays as it is.

    Raises NotFound, RuleBroken (ACCOUNT_UNKNOWN) while the account is deleted.
    """
    before = await store.get(tx, opportunity_id, lock=True, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    if not await accounts.lock_for_share(tx, before.account_id):
        raise RuleBroken("ACCOUNT_UNKNOWN")
    return await save_and_publish(tx, after, OpportunityRestored(opportunity=after.state()))


async def save_and_publish(
    tx: AsyncConnection, opportunity: Opportunity, event: Event
) -> Opportunity:
    """Save an opportunity and publish its event. Raises Conflict (STALE_WRITE)."""
    saved = await store.save(tx, opportunity)
    await publish(tx, event, of=saved)
    return saved


async def add_to_history(
    tx: AsyncConnection,
    from_stage: Stage | None,
    opportunity: Opportunity,
    *,
    actor: str | None,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Append the change from a stage (None at the opening) to the current one."""
    change = StageChange(
        id=new_id(),
        opportunity_id=opportunity.id,
        from_stage=from_stage,
        to_stage=opportunity.stage,
        reason=reason,
        actor=actor,
        at=now,
    )
    await store.add_stage_changes(tx, [change])
