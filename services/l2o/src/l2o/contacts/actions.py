"""The commands on contacts."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from chassis.records.access.ownership import eligible_owner, ownership_explained
from chassis.records.access.transfers import add_owner_change
from chassis.records.contact_points import located_phone
from chassis.records.record_commands import (
    create_record,
    delete_record,
    edit_record,
    restore_record,
    save_record,
    visibility_for,
)
from chassis.web.commands import Command
from kernel.errors import Forbidden, Invalid, Violation
from l2o.collisions import views as collision_views
from l2o.collisions.actions import ensure_new_person
from l2o.collisions.domain import PersonFacts
from l2o.contacts import store, views
from l2o.contacts.domain import Contact
from l2o.contacts.store import CONTACT, CONTACTS
from parties.located_points import located_points


async def create_contact(command: Command, contact: Contact) -> Contact:
    """Create a contact of a visible account, with the owner of the account, or else its own.

    If the owner of the account has left, it is its own owner or who acts; the audit entry says so.

    The first contact of an account is its primary contact. Its telephone number is one of the
    account's country. Raises Invalid (ACCOUNT_UNKNOWN, PHONE_INVALID, custom fields), Forbidden
    (RECORD_READ_ONLY) for an account that the caller only reads, Conflict (CONTACT_COLLIDES,
    CONTACT_MAY_COLLIDE) by the policy of the tenant.
    """
    tx, account_id = command.tx, contact.account_id
    visibility = await visibility_for(command, views.ACCOUNT_RESOURCE)
    account = await views.lock_account(tx, account_id, visibility)
    if account is None:
        raise Invalid([Violation("/account_id", "ACCOUNT_UNKNOWN")])
    if not await views.may_write_account(tx, account_id, visibility):
        raise Forbidden("RECORD_READ_ONLY")
    ownership = await eligible_owner(tx, account.owner_id, contact.owner_id, acting=command.actor)
    contact = replace(
        _located(contact, account.country),
        owner_id=ownership.owner_id,
        is_primary=await store.get_primary(tx, account_id) is None,
    )
    person = collision_views.person_of(contact)
    await ensure_new_person(command, person, CONTACTS, besides=contact.id)
    async with ownership_explained(tx, ownership):
        return await create_record(command, CONTACT, contact)


async def edit_contact(
    command: Command, contact_id: UUID, edit: Callable[[Contact], Contact]
) -> Contact:
    """Apply an edit to a contact.

    Its telephone number is one of the account's country. Raises what `edit_record` raises, Invalid
    (ACCOUNT_FIXED, PHONE_INVALID), RuleBroken (ACCOUNT_DELETED) while the account is deleted,
    Conflict (CONTACT_COLLIDES) for what the policy blocks.
    """

    async def check(before: Contact, after: Contact) -> None:
        if after.account_id != before.account_id:
            raise Invalid([Violation("/account_id", "ACCOUNT_FIXED")])
        earlier, person = map(collision_views.person_of, (before, after))
        confirmed = replace(command, confirmed=True)  # only a new contact waits for an answer
        added = person.without(earlier)
        if added != PersonFacts():
            await ensure_new_person(confirmed, added, CONTACTS, besides=contact_id)

    unlocked = await CONTACT.get(command.tx, contact_id)
    country = await views.account_country(command.tx, unlocked.account_id)

    def edit_located(before: Contact) -> Contact:
        return _located(edit(before), country)

    return await edit_record(command, CONTACT, contact_id, edit_located, check=check)


def _located(contact: Contact, country: str | None) -> Contact:
    """Return the contact with its telephone numbers in the form of its account's country."""
    return replace(
        contact,
        phone=located_phone(contact.phone, country),
        points=located_points(contact.points, country),
    )


async def make_primary(command: Command, contact_id: UUID) -> Contact:
    """Make this the primary contact of its account instead of the current one.

    Raises NotFound, RuleBroken (ACCOUNT_DELETED) while the account is deleted.
    """

    async def replace_current(_: Contact, after: Contact) -> None:
        current = await store.get_primary(command.tx, after.account_id)
        if current is not None:
            await save_record(command, CONTACT, current, replace(current, is_primary=False))

    def as_primary(contact: Contact) -> Contact:
        return replace(contact, is_primary=True)

    await _lock_with_account(command, contact_id)
    return await edit_record(command, CONTACT, contact_id, as_primary, check=replace_current)


async def transfer_account_contacts(command: Command, account_id: UUID, owner_id: str) -> None:
    """Give all contacts of an account, with deleted ones, to an owner.

    The caller has locked the row of the account. The notice of the account covers its contacts.
    """
    for contact in await store.lock_all_of_account(command.tx, account_id):
        before = contact.owner_id
        if before != owner_id:
            await save_record(command, CONTACT, contact, replace(contact, owner_id=owner_id))
            await add_owner_change(
                command, CONTACT.scoped, contact.id, before=before, after=owner_id
            )


async def delete_contact(command: Command, contact_id: UUID) -> None:
    """Delete a contact; if it was primary, the oldest other one becomes so. Raises NotFound."""
    before = await _lock_with_account(command, contact_id, with_deleted=True)
    await delete_record(command, CONTACT, contact_id, prepare=_as_secondary)
    successor = await store.get_oldest(command.tx, before.account_id) if before.is_primary else None
    if successor is not None:
        await save_record(command, CONTACT, successor, replace(successor, is_primary=True))


async def _as_secondary(contact: Contact) -> Contact:
    return replace(contact, is_primary=False)


async def restore_contact(command: Command, contact_id: UUID) -> Contact:
    """Restore a deleted contact, as primary if its account has no primary contact.

    Raises NotFound, RuleBroken (ACCOUNT_DELETED) while the account is deleted.
    """

    async def prepare(contact: Contact) -> Contact:
        primary = await store.get_primary(command.tx, contact.account_id)
        return replace(contact, is_primary=primary is None)

    await _lock_with_account(command, contact_id, with_deleted=True)
    return await restore_record(command, CONTACT, contact_id, prepare=prepare)


async def _lock_with_account(
    command: Command, contact_id: UUID, *, with_deleted: bool = False
) -> Contact:
    """Lock the account, then the contact: the lock serializes changes of the primary contact."""
    unlocked = await CONTACT.get(command.tx, contact_id, with_deleted=with_deleted)
    await views.lock_account(command.tx, unlocked.account_id)
    return await CONTACT.get(command.tx, contact_id, lock=True, with_deleted=with_deleted)
