"""The table of contacts and all SQL on it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.records.access.visibility import ScopedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.l2o.events import ContactChanged, ContactCreated, ContactDeleted, ContactRestored
from l2o.contacts.domain import Contact
from l2o.contacts.schemas import ContactOut
from l2o.database import metadata
from parties.point_tables import point_parts

contacts = Table(
    "contacts",
    metadata,
    *record_columns(Contact, without=("points",), encrypted=("phone", "email"), of="l2o.contact"),
    Index(None, "tenant_id", "account_id", "id"),
    Index(None, "tenant_id", "owner_id", "id"),
    Index(
        "ix_contacts_one_primary",
        "tenant_id",
        "account_id",
        unique=True,
        postgresql_where=text("is_primary AND deleted_at IS NULL"),
    ),
)
POINTS = point_parts(metadata, of=contacts, resource="l2o.contact", parent="contact_id")
IN_ACCOUNT = ("l2o.account", "account_id")
# Whoever may see an account may see its contacts.
CONTACTS = ScopedResource(
    "l2o.contact", contacts, of=(IN_ACCOUNT,), part_of=IN_ACCOUNT, seen_with=(IN_ACCOUNT,)
)
CONTACT = RecordType(
    scoped=CONTACTS,
    entity=Contact,
    created=ContactCreated,
    changed=ContactChanged,
    deleted=ContactDeleted,
    restored=ContactRestored,
    parts=(POINTS,),
)
LISTING = Listing(
    CONTACT.scoped,
    ContactOut,
    entity=Contact,
    filters=[
        "owner_id",
        "account_id",
        "name",
        "phone",
        "email",
        "is_primary",
        "created_at",
        "updated_at",
    ],
    sorts=["created_at", "updated_at", "name"],
    words=["name"],
    contact_points=["phone", "email"],
    custom=custom_conditions,
)


async def belongs_to_account(tx: AsyncConnection, contact_id: UUID, account_id: UUID) -> bool:
    """Whether the contact belongs to the account and is not deleted."""
    query = _contacts_of(account_id).where(contacts.c.id == contact_id)
    return (await tx.execute(query)).one_or_none() is not None


async def get_primary(tx: AsyncConnection, account_id: UUID) -> Contact | None:
    """Read and lock the primary contact; while the account is locked, it stays the primary one."""
    return await _locked(tx, _contacts_of(account_id).where(contacts.c.is_primary))


async def get_oldest(tx: AsyncConnection, account_id: UUID) -> Contact | None:
    """Read and lock the contact that was created first; ids are UUIDv7, which sort by time."""
    return await _locked(tx, _contacts_of(account_id).order_by(contacts.c.id).limit(1))


async def _locked(tx: AsyncConnection, query: Select[Any]) -> Contact | None:
    contact_id: UUID | None = (await tx.execute(query.with_for_update())).scalar_one_or_none()
    return None if contact_id is None else await CONTACT.get(tx, contact_id)


def _contacts_of(account_id: UUID) -> Select[Any]:
    is_of_account = contacts.c.account_id == account_id
    return select(contacts.c.id).where(is_of_account, contacts.c.deleted_at.is_(None))


async def lock_all_of_account(tx: AsyncConnection, account_id: UUID) -> Sequence[Contact]:
    """Read all contacts of an account, with deleted ones, and lock them in the order of ids."""
    query = select(contacts.c.id).where(contacts.c.account_id == account_id)
    ids = (await tx.execute(query.order_by(contacts.c.id).with_for_update())).scalars().all()
    return await CONTACT.get_all(tx, ids) if ids else ()
