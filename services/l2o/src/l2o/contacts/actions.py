"""What can be done with a contact."""

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
from l2o.accounts import store as accounts
from l2o.contacts import store
from l2o.contacts.domain import Contact


@dataclass(frozen=True, kw_only=True)
class ContactDetails:
    """What somebody knows of a person at a customer."""

    name: str
    title: str | None = None
    phone: str | None = None
    email: str | None = None
    roles: Sequence[str] = ()
    custom_fields: Mapping[str, Any] | None = None  # None where nobody was asked for them


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
    """Of an account within reach, and of its owner; the first one is its primary one.

    Raises Invalid (ACCOUNT_UNKNOWN, and of custom fields).
    """
    account = await accounts.lock_here(tx, account_id, visibility)
    if account is None:
        raise Invalid([Violation("/account_id", "ACCOUNT_UNKNOWN")])
    fields = {}
    if details.custom_fields is not None:
        fields = await validated_custom_fields(tx, store.CONTACTS.resource, details.custom_fields)
    contact = Contact(
        **vars(details) | {"custom_fields": fields},
        id=contact_id or new_id(),
        account_id=account_id,
        is_primary=await store.primary(tx, account_id) is None,
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
    """What changes nothing answers the contact as it is.

    Raises NotFound, Invalid (ACCOUNT_FIXED, and of custom fields), and what `edit` raises.
    """
    before = await store.get(tx, contact_id, lock=True)
    wanted = edit(before)
    if wanted.account_id != before.account_id:
        raise Invalid([Violation("/account_id", "ACCOUNT_FIXED")])
    fields = await validated_custom_fields(
        tx, store.CONTACTS.resource, wanted.custom_fields, before=before.custom_fields
    )
    wanted = replace(wanted, custom_fields=fields)
    if wanted == before:
        return before
    expected.check(before)
    return await _saved(tx, *before.edited(wanted, now=now))


async def make_primary(
    tx: AsyncConnection,
    contact_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Contact:
    """In place of who was it; the primary one answers itself. Raises NotFound."""
    before = await _locked_with_account(tx, contact_id)
    if before.is_primary:
        return before
    expected.check(before)
    other = await store.primary(tx, before.account_id)
    if other is not None:
        await _saved(tx, *other.demoted(now=now))
    return await _saved(tx, *before.promoted(now=now))


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
    """Somebody else owns it now; its owner already answers the same. Raises NotFound."""
    before = await store.get(tx, contact_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await _saved(tx, *before.edited(replace(before, owner_id=owner_id), now=now))


async def hand_over_contacts(
    tx: AsyncConnection, account_id: UUID, owner_id: str, *, now: datetime
) -> None:
    """All contacts of an account go with it, deleted ones too; its row is locked already."""
    for contact in await store.all_of(tx, account_id):
        if contact.owner_id != owner_id:
            await _saved(tx, *contact.edited(replace(contact, owner_id=owner_id), now=now))


async def delete_contact(
    tx: AsyncConnection,
    contact_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """The oldest one left is primary in place of a primary one. Raises NotFound."""
    before = await _locked_with_account(tx, contact_id, with_deleted=True)
    after = mark_deleted(replace(before, is_primary=False), now=now, expected=expected)
    if before.deleted_at is not None:
        return
    await _saved(tx, after, ContactDeleted(contact=after.state()))
    heir = await store.oldest(tx, before.account_id) if before.is_primary else None
    if heir is not None:
        await _saved(tx, *heir.promoted(now=now))


async def restore_contact(
    tx: AsyncConnection,
    contact_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Contact:
    """Primary only where nobody is; one that is not deleted answers itself.

    Raises NotFound, RuleBroken (ACCOUNT_UNKNOWN) while the account is deleted.
    """
    before = await _locked_with_account(tx, contact_id, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    if not await accounts.exists(tx, before.account_id):
        raise RuleBroken("ACCOUNT_UNKNOWN")
    alone = await store.primary(tx, before.account_id) is None
    after = replace(after, is_primary=alone)
    return await _saved(tx, after, ContactRestored(contact=after.state()))


async def _locked_with_account(
    tx: AsyncConnection, contact_id: UUID, *, with_deleted: bool = False
) -> Contact:
    """The account before the contact: whoever changes which one is primary comes this way."""
    seen = await store.get(tx, contact_id, with_deleted=with_deleted)
    await accounts.lock_here(tx, seen.account_id)
    return await store.get(tx, contact_id, lock=True, with_deleted=with_deleted)


async def _saved(tx: AsyncConnection, contact: Contact, event: Event) -> Contact:
    saved = await store.save(tx, contact)
    await publish(tx, event, of=saved)
    return saved
