"""The table of contacts and all its SQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Select, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.rows import fetch_row, insert_row
from l2o.contacts.domain import Contact
from l2o.database import metadata

contacts = Table(
    "contacts",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text),
    Column("email", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "account_id", "id"),
)


async def get(tx: AsyncConnection, contact_id: UUID) -> Contact:
    """Raises NotFound."""
    return await fetch_row(tx, contacts, contact_id, Contact)


async def belongs(tx: AsyncConnection, contact_id: UUID, account_id: UUID) -> bool:
    """Whether this contact is one of the account."""
    mine = (contacts.c.id == contact_id) & (contacts.c.account_id == account_id)
    return (await tx.execute(select(contacts.c.id).where(mine))).one_or_none() is not None


async def add(tx: AsyncConnection, contact: Contact) -> None:
    await insert_row(tx, contacts, contact)


def listed(account_id: UUID | None) -> Select[Any]:
    """The contacts of this account, or all, as a query for a page."""
    query = select(contacts)
    return query if account_id is None else query.where(contacts.c.account_id == account_id)
