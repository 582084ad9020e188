"""The table of contacts and all SQL on it."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    false,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import ScopedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.l2o.events import ContactChanged, ContactCreated, ContactDeleted, ContactRestored
from l2o.contacts.domain import Contact
from l2o.contacts.schemas import ContactOut
from l2o.database import metadata

contacts = Table(
    "contacts",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("name", Text, nullable=False, info={"personal": "name"}),
    Column("title", Text),
    Column("phone", Text, info={"personal": "phone"}),
    Column("email", Text, info={"personal": "email"}),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("is_primary", Boolean, nullable=False, server_default=false()),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("owner_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
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
CONTACT = RecordType(
    # Whoever may see an account may see its contacts.
    scoped=ScopedResource("l2o.contact", contacts, of=(("l2o.account", "account_id"),)),
    entity=Contact,
    created=ContactCreated,
    changed=ContactChanged,
    deleted=ContactDeleted,
    restored=ContactRestored,
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
    query = _contacts_of(account_id).where(contacts.c.is_primary)
    row = (await tx.execute(query.with_for_update())).one_or_none()
    return None if row is None else from_columns(Contact, row._mapping)


async def get_oldest(tx: AsyncConnection, account_id: UUID) -> Contact | None:
    """Read and lock the contact that was created first; ids are UUIDv7, which sort by time."""
    query = _contacts_of(account_id).order_by(contacts.c.id).limit(1)
    row = (await tx.execute(query.with_for_update())).one_or_none()
    return None if row is None else from_columns(Contact, row._mapping)


def _contacts_of(account_id: UUID) -> Select[Any]:
    return select(contacts).where(
        contacts.c.account_id == account_id, contacts.c.deleted_at.is_(None)
    )


async def lock_all_of_account(tx: AsyncConnection, account_id: UUID) -> list[Contact]:
    """Read all contacts of an account, with deleted ones, and lock them in the order of ids."""
    query = select(contacts).where(contacts.c.account_id == account_id).order_by(contacts.c.id)
    rows = (await tx.execute(query.with_for_update())).mappings()
    return [from_columns(Contact, dict(row)) for row in rows]
