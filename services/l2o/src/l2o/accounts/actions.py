"""The commands on accounts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.write_cause import set_audit_reason
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.record_commands import (
    create_record,
    delete_record,
    edit_record,
    restore_record,
    save_record,
    visibility_for,
)
from chassis.web.commands import Command
from contracts.l2o.events import AccountGraded
from l2o.accounts import store, views
from l2o.accounts.domain import Account, Classes, ensure_valid_parent
from l2o.accounts.store import ACCOUNT, ACCOUNTS, hierarchy, touches
from l2o.collisions import views as collision_views
from l2o.collisions.actions import ensure_no_collision
from l2o.collisions.domain import CompanyFacts
from l2o.contacts.actions import transfer_account_contacts
from l2o.grade_queues.actions import grade_soon
from l2o.reviews.actions import ask_for_review, hand_over_review, settle_review
from l2o.service_policies.actions import ensure_may_own


async def create_account(command: Command, account: Account) -> Account:
    """Create an account; its parent must be visible.

    Raises Invalid (PARENT_UNKNOWN, custom fields), Conflict (ACCOUNT_COLLIDES,
    ACCOUNT_MAY_COLLIDE) for a company that is there already, by the policy of the tenant,
    RuleBroken (OWNER_NOT_SENIOR).
    """
    await ensure_may_own(command.tx, account, account.owner_id)
    if account.parent_id is not None:
        visibility = await visibility_for(command, ACCOUNTS.resource)
        await _ensure_valid_parent(command.tx, account, visibility)
    # After the lock of the hierarchy, as in edits: one order of locks prevents deadlocks.
    await ensure_no_collision(command, collision_views.facts_of(account), ACCOUNTS.resource)
    created = await create_record(command, ACCOUNT, account)
    await grade_soon(command.tx, [created.id], now=command.now)
    return created


async def edit_account(
    command: Command, account_id: UUID, edit: Callable[[Account], Account]
) -> Account:
    """Apply an edit to an account; a new owner gets all its contacts too.

    A new parent must be visible. Raises what `edit_record` raises, Invalid (PARENT_UNKNOWN),
    RuleBroken (ACCOUNT_CYCLE, OWNER_NOT_SENIOR), Conflict (ACCOUNT_COLLIDES) for what the policy
    blocks.
    """

    async def check(before: Account, after: Account) -> None:
        if after.owner_id != before.owner_id:
            await ensure_may_own(command.tx, after, after.owner_id)
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
        about = {"name": account.name, "owner_id": account.owner_id}
        await hand_over_review(command.tx, account_id, **about)
    elif account.version != unlocked.version:
        await grade_soon(command.tx, [account_id], now=command.now)
    return account


async def classify_account(
    command: Command, account: Account, classes: Classes, *, reason: str | None = None
) -> Account:
    """Give an account what rules, or people, say of it; one that has these classes stays.

    The caller has locked the account. A change of the grade is an event of its own.
    """
    if Classes.of(account) == classes:
        return account
    after = replace(account, **vars(classes))
    if after.grade is account.grade:
        return await save_record(command, ACCOUNT, account, after)
    before = None if account.grade is None else str(account.grade)
    event = ACCOUNT.event(AccountGraded, after, from_grade=before, reason=reason)
    return await save_record(command, ACCOUNT, account, after, event)


async def delete_account(command: Command, account_id: UUID) -> None:
    """Delete an account; a deleted one stays as it is.

    Raises NotFound, RuleBroken (ACCOUNT_HAS_CHILDREN, ACCOUNT_HAS_OPPORTUNITIES).
    """

    async def prepare(account: Account) -> Account:
        account.ensure_unused(
            children=await hierarchy.count_children(command.tx, account_id),
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
    restored = await restore_record(command, ACCOUNT, account_id, prepare=prepare)
    await grade_soon(command.tx, [account_id], now=command.now)
    return restored


async def raise_last_activity(tx: AsyncConnection, account_id: UUID, at: datetime) -> None:
    """Note that somebody touched the account at a time; a later touch stays the last one.

    The version stays, so that nobody who edits the account is held up by a call of another person.
    """
    await touches.raise_last_activity(tx, account_id, at)
    await settle_review(tx, account_id)


async def review_account(command: Command, account_id: UUID, *, note: str) -> Account:
    """Note that somebody has reviewed the account; the version stays, as after an activity.

    Raises NotFound, PreconditionFailed, PreconditionRequired.
    """
    account = await ACCOUNT.get(command.tx, account_id, lock=True)
    command.expected.check(account)
    await set_audit_reason(command.tx, note)
    await touches.save_review(command.tx, account_id, command.now)
    await settle_review(command.tx, account_id)
    return replace(account, reviewed_at=command.now)


async def ask_for_reviews(
    tx: AsyncConnection, by: datetime, *, after: UUID | None, limit: int
) -> UUID | None:
    """Give the owners of the next accounts that are due for review the task; return the last one.

    None at the end.
    """
    found = await touches.due_for_review(tx, by, after=after, limit=limit)
    for one in found:
        await ask_for_review(tx, one.id, name=one.name, owner_id=one.owner_id)
    return found[-1].id if len(found) == limit else None


async def save_last_activity(tx: AsyncConnection, account_id: UUID, at: datetime | None) -> None:
    """Write when somebody last touched the account, whose row the caller has locked."""
    await touches.save_last_activity(tx, account_id, at)


async def _ensure_valid_parent(
    tx: AsyncConnection, account: Account, visibility: Visibility
) -> None:
    assert account.parent_id is not None
    await store.lock_hierarchy(tx)
    ensure_valid_parent(
        account.id,
        account.parent_id,
        exists=await store.exists(tx, account.parent_id, visibility),
        ancestors_of_parent=await hierarchy.get_ancestor_ids(tx, account.parent_id),
    )
