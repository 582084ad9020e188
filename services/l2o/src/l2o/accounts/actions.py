"""The commands on accounts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.record_commands import (
    create_record,
    delete_record,
    edit_record,
    restore_record,
    visibility_for,
)
from chassis.web.commands import Command
from l2o.accounts import store, views
from l2o.accounts.domain import Account, ensure_valid_parent
from l2o.accounts.store import ACCOUNT, ACCOUNTS
from l2o.collisions import views as collision_views
from l2o.collisions.actions import ensure_no_collision
from l2o.collisions.domain import CompanyFacts
from l2o.contacts.actions import transfer_account_contacts


async def create_account(command: Command, account: Account) -> Account:
    """Create an account; its parent must be visible.

    Raises Invalid (PARENT_UNKNOWN, custom fields), Conflict (ACCOUNT_COLLIDES,
    ACCOUNT_MAY_COLLIDE) for a company that is there already, by the policy of the tenant.
    """
    if account.parent_id is not None:
        visibility = await visibility_for(command, ACCOUNTS.resource)
        await _ensure_valid_parent(command.tx, account, visibility)
    # After the lock of the hierarchy, as in edits: one order of locks prevents deadlocks.
    await ensure_no_collision(command, collision_views.facts_of(account), ACCOUNTS.resource)
    return await create_record(command, ACCOUNT, account)


async def edit_account(
    command: Command, account_id: UUID, edit: Callable[[Account], Account]
) -> Account:
    """Apply an edit to an account; a new owner gets all its contacts too.

    A new parent must be visible. Raises what `edit_record` raises, Invalid (PARENT_UNKNOWN),
    RuleBroken (ACCOUNT_CYCLE), Conflict (ACCOUNT_COLLIDES) for what the policy blocks.
    """

    async def check(before: Account, after: Account) -> None:
        earlier, facts = map(collision_views.facts_of, (before, after))
        confirmed = replace(command, confirmed=True)  # only a new account waits for an answer
        added = facts.without(earlier)
        if added != CompanyFacts():
            await ensure_no_collision(confirmed, added, ACCOUNTS.resource, besides=account_id)
        if after.parent_id is not None and after.parent_id != before.parent_id:
            visibility = await visibility_for(command, ACCOUNTS.resource)
            await _ensure_valid_parent(command.tx, after, visibility)

    unlocked = await ACCOUNT.get(command.tx, account_id)
    if edit(unlocked).parent_id != unlocked.parent_id:
        # Always lock the hierarchy before the row: one order of locks prevents deadlocks.
        await store.lock_hierarchy(command.tx)
    account = await edit_record(command, ACCOUNT, account_id, edit, check=check)
    # A transfer has locked the account before, so its owner was read under the lock.
    if account.owner_id is not None and account.owner_id != unlocked.owner_id:
        await transfer_account_contacts(command, account_id, account.owner_id)
    return account


async def delete_account(command: Command, account_id: UUID) -> None:
    """Delete an account; a deleted one stays as it is.

    Raises NotFound, RuleBroken (ACCOUNT_HAS_CHILDREN, ACCOUNT_HAS_OPPORTUNITIES).
    """

    async def prepare(account: Account) -> Account:
        account.ensure_unused(
            children=await store.count_children(command.tx, account_id),
            opportunities=await views.count_open_opportunities(command.tx, account_id),
        )
        return account

    await store.lock_hierarchy(command.tx)
    await delete_record(command, ACCOUNT, account_id, prepare=prepare)


async def restore_account(command: Command, account_id: UUID) -> Account:
    """Restore a deleted account; one that is not deleted stays as it is.

    Raises NotFound, Invalid (PARENT_UNKNOWN) if its parent is deleted.
    """

    async def prepare(account: Account) -> Account:
        if account.parent_id is not None:
            await _ensure_valid_parent(command.tx, account, EVERYTHING)
        return account

    await store.lock_hierarchy(command.tx)
    return await restore_record(command, ACCOUNT, account_id, prepare=prepare)


async def raise_last_activity(tx: AsyncConnection, account_id: UUID, at: datetime) -> None:
    """Note that somebody touched the account at a time; a later touch stays the last one.

    The version stays, so that nobody who edits the account is held up by a call of another person.
    """
    await store.raise_last_activity(tx, account_id, at)


async def save_last_activity(tx: AsyncConnection, account_id: UUID, at: datetime | None) -> None:
    """Write when somebody last touched the account, whose row the caller has locked."""
    await store.save_last_activity(tx, account_id, at)


async def _ensure_valid_parent(
    tx: AsyncConnection, account: Account, visibility: Visibility
) -> None:
    assert account.parent_id is not None
    await store.lock_hierarchy(tx)
    ensure_valid_parent(
        account.id,
        account.parent_id,
        exists=await store.exists(tx, account.parent_id, visibility),
        ancestors_of_parent=await store.get_ancestor_ids(tx, account.parent_id),
    )
