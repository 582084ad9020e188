"""Accounts and contacts of L2O as MTL knows them from their events."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import replicate
from contracts.l2o.events import AccountCreated, AccountState, ContactCreated, ContactState
from kernel.ids import new_id
from mtl.accounts.store import ACCOUNT_COPY
from mtl.contacts.store import CONTACT_COPY
from testkit.copies import carried


async def add_account(tx: AsyncConnection, name: str, *, sequence: int = 1, **fields: Any) -> UUID:
    """Let the event of an account arrive; return its id."""
    key = fields.pop("account_id", None) or new_id()
    event = AccountCreated(account=AccountState(account_id=key, name=name, **fields))
    await replicate(tx, ACCOUNT_COPY, [carried(ACCOUNT_COPY, event, key, sequence=sequence)])
    return key


async def add_contact(
    tx: AsyncConnection, account_id: UUID, name: str, *, sequence: int = 1, **fields: Any
) -> UUID:
    """Let the event of a contact arrive; return its id."""
    key = fields.pop("contact_id", None) or new_id()
    state = ContactState(contact_id=key, account_id=account_id, name=name, **fields)
    event = ContactCreated(contact=state)
    await replicate(tx, CONTACT_COPY, [carried(CONTACT_COPY, event, key, sequence=sequence)])
    return key
