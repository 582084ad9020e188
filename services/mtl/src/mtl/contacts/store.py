"""The replica of L2O's contacts: their names, and digests of their phones and mails."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.database.encryption.columns import KeyedDigest
from chassis.events.replicas import Copy
from contracts.l2o.events import ContactState
from mtl.database import metadata

PHONE_PLACE, EMAIL_PLACE = "mtl.contact.phone", "mtl.contact.email"

contacts = Table(
    "contacts",
    metadata,
    *replica_columns(),
    Column("account_id", Uuid, nullable=False),
    Column("name", Text, nullable=False, info={"personal": "name"}),
    Column("owner_id", Text),
    Column("phone_digest", KeyedDigest(PHONE_PLACE), info={"personal": "digest"}),
    Column("email_digest", KeyedDigest(EMAIL_PLACE), info={"personal": "digest"}),
    Index(None, "tenant_id", "account_id", "id"),
    Index(None, "tenant_id", "phone_digest"),
    Index(None, "tenant_id", "email_digest"),
)


def _keys(state: ContactState) -> Mapping[str, Any]:
    """Return the phone and the mail, which the columns store as digests."""
    return {"phone_digest": state.phone, "email_digest": state.email}


CONTACT_COPY = Copy(ContactState, contacts, columns=_keys)


async def account_of(tx: AsyncConnection, contact_id: UUID) -> UUID | None:
    """Return the account of a contact; None if it is deleted, or no event of it has arrived."""
    c = contacts.c
    query = select(c.account_id).where(c.id == contact_id, ~c.deleted)
    account_id: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return account_id
