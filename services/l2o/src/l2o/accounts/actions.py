"""The commands on accounts, and the totals counted for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import mark_deleted, mark_restored
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.event import Event
from contracts.l2o.events import AccountCreated, AccountDeleted, AccountRestored
from kernel.ids import new_id
from kernel.money import Money
from l2o.accounts import store, views
from l2o.accounts.domain import Account, ensure_valid_parent
from l2o.contacts.actions import transfer_account_contacts


@dataclass(frozen=True, kw_only=True)
class AccountDetails:
    """The values of a new account."""

    name: str
    phone: str | None = None
    parent_id: UUID | None = None
    industry: str | None = None
    country: str | None = None
    founded_year: int | None = None
    employees: int | None = None
    annual_revenue: Money | None = None
    custom_fields: Mapping[str, Any] | None = None  # None: the source has no custom fields


async def create_account(
    tx: AsyncConnection,
    details: AccountDetails,
    *,
    owner_id: str | None,
    now: datetime,
    account_id: UUID | None = None,
    lead_id: UUID | None = None,
    visibility: Visibility = EVERYTHING,
) -> Account:
    """Create an account; a conversion gives its id and the id of its lead.

    The parent must be visible. Raises Invalid (PARENT_UNKNOWN, custom fields).
    """
    account = Account(
        **vars(details) | {"custom_fields": await _validated(tx, details.custom_fields)},
        id=account_id or new_id(),
        lead_id=lead_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
    )
    if account.parent_id is not None:
        await _ensure_valid_parent(tx, account.id, account.parent_id, visibility)
    await store.add(tx, account)
    await publish(tx, AccountCreated(account=account.state()), of=account)
    return account


async def _validated(
    tx: AsyncConnection, custom_fields: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    if custom_fields is None:
        return {}
    return await validated_custom_fields(tx, store.ACCOUNTS.resource, custom_fields)


async def edit_account(
    tx: AsyncConnection,
    account_id: UUID,
    edit: Callable[[Account], Account],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
    visibility: Visibility = EVERYTHING,
) -> Account:
    """Apply an edit to an account. An edit that changes nothing saves and publishes nothing.

    A new parent must be visible. Raises NotFound, Invalid (PARENT_UNKNOWN, custom fields),
    RuleBroken (ACCOUNT_CYCLE), and the errors of `edit`.
    """
    unlocked = await store.get(tx, account_id)
    if edit(unlocked).parent_id != unlocked.parent_id:
        # Always lock the hierarchy before the row: one order of locks prevents deadlocks.
        await store.lock_hierarchy(tx)
    before = await store.get(tx, account_id, lock=True)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, store.ACCOUNTS.resource, edited.custom_fields, before=before.custom_fields
    )
    edited = replace(edited, custom_fields=fields)
    if edited == before:
        return before
    expected.check(before)
    if edited.parent_id is not None and edited.parent_id != before.parent_id:
        await _ensure_valid_parent(tx, account_id, edited.parent_id, visibility)
    return await _save(tx, *before.edit(edited, now=now))


async def transfer_account(
    tx: AsyncConnection,
    account_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Account:
    """Give the account and all its contacts to another owner; one event for each changed record.

    An account that this owner has already stays as it is. Raises NotFound, PreconditionFailed.
    """
    account = await store.get(tx, account_id, lock=True)
    if account.owner_id != owner_id:
        expected.check(account)
        account = await _save(tx, *account.assign(owner_id, actor=actor, now=now, reason=reason))
    await transfer_account_contacts(tx, account_id, owner_id, now=now)
    return account


async def delete_account(
    tx: AsyncConnection,
    account_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Delete an account; a deleted one stays as it is.

    Raises NotFound, RuleBroken (ACCOUNT_HAS_CHILDREN, ACCOUNT_HAS_OPPORTUNITIES).
    """
    await store.lock_hierarchy(tx)
    before = await store.get(tx, account_id, lock=True, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    if after is not before:
        before.ensure_unused(
            children=await store.count_children(tx, account_id),
            opportunities=await views.count_open_opportunities(tx, account_id),
        )
        await _save(tx, after, AccountDeleted(account=after.state()))


async def restore_account(
    tx: AsyncConnection,
    account_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Account:
    """Restore a deleted account; one that is not deleted stays as it is.

    Raises NotFound, Invalid (PARENT_UNKNOWN) if its parent is deleted.
    """
    await store.lock_hierarchy(tx)
    before = await store.get(tx, account_id, lock=True, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    if after.parent_id is not None:
        await _ensure_valid_parent(tx, account_id, after.parent_id, EVERYTHING)
    return await _save(tx, after, AccountRestored(account=after.state()))


async def _ensure_valid_parent(
    tx: AsyncConnection, account_id: UUID, parent_id: UUID, visibility: Visibility
) -> None:
    await store.lock_hierarchy(tx)
    ensure_valid_parent(
        account_id,
        parent_id,
        exists=await store.exists(tx, parent_id, visibility),
        ancestors_of_parent=await store.get_ancestor_ids(tx, parent_id),
    )


async def _save(tx: AsyncConnection, account: Account, event: Event) -> Account:
    saved = await store.save(tx, account)
    await publish(tx, event, of=saved)
    return saved


async def add_ordered(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """Add a confirmed amount (gross) to the totals; the account may arrive here later."""
    await store.add_to_total(tx, account_id, "ordered", amount)


async def add_shipped(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """Add a shipped amount (gross) to the totals; the account may arrive here later."""
    await store.add_to_total(tx, account_id, "shipped", amount)


async def add_received(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """Add a received payment to the totals; the account may arrive here later."""
    await store.add_to_total(tx, account_id, "received", amount)
