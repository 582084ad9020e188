"""What can be done with an account, and what is counted for it."""

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
from l2o.accounts import store
from l2o.accounts.domain import Account, ensure_fit_parent


@dataclass(frozen=True, kw_only=True)
class AccountDetails:
    """What somebody knows of a customer company."""

    name: str
    phone: str | None = None
    parent_id: UUID | None = None
    industry: str | None = None
    country: str | None = None
    founded_year: int | None = None
    employees: int | None = None
    annual_revenue: Money | None = None
    custom_fields: Mapping[str, Any] | None = None  # None where nobody was asked for them


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
    """A new account, under an id and of a lead where a conversion gives them.

    Its parent is within reach. Raises Invalid (PARENT_UNKNOWN, and of custom fields).
    """
    account = Account(
        **vars(details) | {"custom_fields": await _checked(tx, details.custom_fields)},
        id=account_id or new_id(),
        lead_id=lead_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
    )
    if account.parent_id is not None:
        await _ensure_fit_parent(tx, account.id, account.parent_id, visibility)
    await store.add(tx, account)
    await publish(tx, AccountCreated(account=account.state()), of=account)
    return account


async def _checked(tx: AsyncConnection, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if given is None:
        return {}
    return await validated_custom_fields(tx, store.ACCOUNTS.resource, given)


async def edit_account(
    tx: AsyncConnection,
    account_id: UUID,
    edit: Callable[[Account], Account],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
    visibility: Visibility = EVERYTHING,
) -> Account:
    """What changes nothing answers the account as it is; a new parent is within reach.

    Raises NotFound, Invalid (PARENT_UNKNOWN, and of custom fields), RuleBroken (ACCOUNT_CYCLE),
    and what `edit` raises.
    """
    seen = await store.get(tx, account_id)
    if edit(seen).parent_id != seen.parent_id:  # before the row, as everybody who moves one does
        await store.lock_hierarchy(tx)
    before = await store.get(tx, account_id, lock=True)
    wanted = edit(before)
    fields = await validated_custom_fields(
        tx, store.ACCOUNTS.resource, wanted.custom_fields, before=before.custom_fields
    )
    wanted = replace(wanted, custom_fields=fields)
    if wanted == before:
        return before
    expected.check(before)
    if wanted.parent_id is not None and wanted.parent_id != before.parent_id:
        await _ensure_fit_parent(tx, account_id, wanted.parent_id, visibility)
    return await _saved(tx, *before.edited(wanted, now=now))


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
    """Somebody else owns it now; its owner already answers the same. Raises NotFound."""
    before = await store.get(tx, account_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await _saved(tx, *before.assign(owner_id, actor=actor, now=now, reason=reason))


async def delete_account(
    tx: AsyncConnection,
    account_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Raises NotFound, RuleBroken (ACCOUNT_HAS_CHILDREN, ACCOUNT_HAS_OPPORTUNITIES)."""
    await store.lock_hierarchy(tx)
    before = await store.get(tx, account_id, lock=True, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    if after is not before:
        before.ensure_unused(
            children=await store.count_children(tx, account_id),
            opportunities=await store.count_open_opportunities(tx, account_id),
        )
        await _saved(tx, after, AccountDeleted(account=after.state()))


async def restore_account(
    tx: AsyncConnection,
    account_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Account:
    """One that is not deleted answers itself. Raises NotFound, Invalid (PARENT_UNKNOWN)."""
    await store.lock_hierarchy(tx)
    before = await store.get(tx, account_id, lock=True, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    if after.parent_id is not None:
        await _ensure_fit_parent(tx, account_id, after.parent_id, EVERYTHING)
    return await _saved(tx, after, AccountRestored(account=after.state()))


async def _ensure_fit_parent(
    tx: AsyncConnection, account_id: UUID, parent_id: UUID, visibility: Visibility
) -> None:
    await store.lock_hierarchy(tx)
    ensure_fit_parent(
        account_id,
        parent_id,
        exists=await store.exists(tx, parent_id, visibility),
        above_parent=await store.ancestors(tx, parent_id),
    )


async def _saved(tx: AsyncConnection, account: Account, event: Event) -> Account:
    saved = await store.save(tx, account)
    await publish(tx, event, of=saved)
    return saved


async def count_ordered(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """An order was confirmed; the account itself need not be known here yet."""
    await store.add_to_total(tx, account_id, "ordered", amount)


async def count_shipped(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """A shipment left; the account itself need not be known here yet."""
    await store.add_to_total(tx, account_id, "shipped", amount)


async def count_received(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """A payment came in; the account itself need not be known here yet."""
    await store.add_to_total(tx, account_id, "received", amount)
