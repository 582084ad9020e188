"""The replica of L2O's contacts: their names, and digests of their phones and mails."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.events.replicas import Copy
from contracts.l2o.events import ContactState
from mtl.database import metadata
from mtl.leads.store import key_digest, tenant_secret

contacts = Table(
    "contacts",
    metadata,
    *replica_columns(),
    Column("account_id", Uuid, nullable=False),
    Column("name", Text, nullable=False, info={"personal": "name"}),
    Column("owner_id", Text),
    Column("phone_digest", LargeBinary, info={"personal": "digest"}),
    Column("email_digest", LargeBinary, info={"personal": "digest"}),
    Index(None, "tenant_id", "account_id", "id"),
    Index(None, "tenant_id", "phone_digest"),
    Index(None, "tenant_id", "email_digest"),
)


def _keys(state: ContactState) -> Mapping[str, Any]:
    """Return the digests by which the keys of leads are compared with a contact's."""
    secret = tenant_secret(transaction_tenant())
    phone, email = state.phone, state.email
    return {
        "phone_digest": None if phone is None else key_digest(secret, "phone", phone),
        "email_digest": None if email is None else key_digest(secret, "email", email),
    }


CONTACT_COPY = Copy(ContactState, contacts, columns=_keys)


async def account_of(tx: AsyncConnection, contact_id: UUID) -> UUID | None:
    """Return the account of a contact; None if it is deleted, or no event of it has arrived."""
    c = contacts.c
    query = select(c.account_id).where(c.id == contact_id, ~c.deleted)
    account_id: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return account_id
