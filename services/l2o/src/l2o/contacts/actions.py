"""The commands on contacts."""

from collections.abc import Callable, Mapping, Sequence
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
from contracts.l2o.events import ContactCreated, ContactDeleted, ContactRestored
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from l2o.contacts import store, views
from l2o.contacts.domain import Contact


@dataclass(frozen=True, kw_only=True)
class ContactDetails:
    """The values of a new contact."""

    name: str
    title: str | None = None
    phone: str | None = None
    email: str | None = None
    roles: Sequence[str] = ()
    custom_fields: Mapping[str, Any] | None = None  # None: the source has no custom fields


async def create_contact(
    tx: AsyncConnection,
    details: ContactDetails,
    *,
    account_id: UUID,
    actor: str | None,
    now: datetime,
    contact_id: UUID | None = None,
    visibility: Visibility = EVERYTHING,
) -> Contact:
    """Create a contact of a visible account, with the owner of the account (or else the actor).

    The first contact of an account is its primary contact. Raises Invalid (ACCOUNT_UNKNOWN, custom
    fields).
    """
    account = await views.lock_account(tx, account_id, visibility)
    if account is None:
        raise Invalid([Violation("/account_id", "ACCOUNT_UNKNOWN")])
    fields = {}
    if details.custom_fields is not None:
        fields = await validated_custom_fields(tx, store.CONTACTS.resource, details.custom_fields)
    contact = Contact(
        **vars(details) | {"custom_fields": fields},
        id=contact_id or new_id(),
        account_id=account_id,
        is_primary=await store.get_primary(tx, account_id) is None,
        owner_id=account.owner_id or actor,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, contact)
    await publish(tx, ContactCreated(contact=contact.state()), of=contact)
    return contact


async def edit_contact(
    tx: AsyncConnection,
    contact_id: UUID,
    edit: Callable[[Contact], Contact],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Contact:
    """Apply an edit to a contact. An edit that changes nothing saves and publishes nothing.

    Raises NotFound, Invalid (ACCOUNT_FIXED, custom fields), and the errors of `edit`.
    """
    before = await store.get(tx, contact_id, lock=True)
    edited = edit(before)
    if edited.account_id != before.account_id:
        raise Invalid([Violation("/account_id", "ACCOUNT_FIXED")])
    fields = await validated_custom_fields(
        tx, store.CONTACTS.resource, edited.custom_fields, before=before.custom_fields
    )
    edited = replace(edited, custom_fields=fields)
    if edited == before:
        return before
    expected.check(before)
    return await _save(tx, *before.edit(edited, now=now))


async def make_primary(
    tx: AsyncConnection,
    contact_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Contact:
    """Make this the primary contact of its account instead of the current one. Raises NotFound."""
    before = await _lock_with_account(tx, contact_id)
    if before.is_primary:
        return before
    expected.check(before)
    current = await store.get_primary(tx, before.account_id)
    if current is not None:
        await _save(tx, *current.make_secondary(now=now))
    return await _save(tx, *before.make_primary(now=now))


async def transfer_contact(
    tx: AsyncConnection,
    contact_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Contact:
    """Give the contact to another owner; nothing happens if they own it. Raises NotFound."""
    before = await store.get(tx, contact_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await _save(tx, *before.edit(replace(before, owner_id=owner_id), now=now))


async def transfer_account_contacts(
    tx: AsyncConnection, account_id: UUID, owner_id: str, *, now: datetime
) -> None:
    """Give all contacts of an account, with deleted ones, to an owner.

    The caller has locked the row of the account.
    """
    for contact in await store.lock_all_of_account(tx, account_id):
        if contact.owner_id != owner_id:
            await _save(tx, *contact.edit(replace(contact, owner_id=owner_id), now=now))


async def delete_contact(
    tx: AsyncConnection,
    contact_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Delete a contact; if it was primary, the oldest other one becomes so. Raises NotFound."""
    before = await _lock_with_account(tx, contact_id, with_deleted=True)
    after = mark_deleted(replace(before, is_primary=False), now=now, expected=expected)
    if before.deleted_at is not None:
        return
    await _save(tx, after, ContactDeleted(contact=after.state()))
    successor = await store.get_oldest(tx, before.account_id) if before.is_primary else None
    if successor is not None:
        await _save(tx, *successor.make_primary(now=now))


async def restore_contact(
    tx: AsyncConnection,
    contact_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Contact:
    """Restore a deleted contact, as primary if its account has no primary contact.

    A contact that is not deleted stays as it is. Raises NotFound, RuleBroken (ACCOUNT_UNKNOWN)
    while the account is deleted.
    """
    before = await _lock_with_account(tx, contact_id, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    if not await views.account_exists(tx, before.account_id):
        raise RuleBroken("ACCOUNT_UNKNOWN")
    has_primary = await store.get_primary(tx, before.account_id) is not None
    after = replace(after, is_primary=not has_primary)
    return await _save(tx, after, ContactRestored(contact=after.state()))


async def _lock_with_account(
    tx: AsyncConnection, contact_id: UUID, *, with_deleted: bool = False
) -> Contact:
    """Lock the account, then the contact: the lock serializes changes of the primary contact."""
    unlocked = await store.get(tx, contact_id, with_deleted=with_deleted)
    await views.lock_account(tx, unlocked.account_id)
    return await store.get(tx, contact_id, lock=True, with_deleted=with_deleted)


async def _save(tx: AsyncConnection, contact: Contact, event: Event) -> Contact:
    saved = await store.save(tx, contact)
    await publish(tx, event, of=saved)
    return saved
