"""What can be done with a contact."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from contracts.l2o.events import ContactCreated
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from l2o.accounts import store as accounts
from l2o.contacts import store
from l2o.contacts.domain import Contact


async def create_contact(
    tx: AsyncConnection,
    *,
    account_id: UUID,
    name: str,
    phone: str | None,
    email: str | None,
    now: datetime,
    contact_id: UUID | None = None,
) -> Contact:
    """Raises Invalid (ACCOUNT_UNKNOWN)."""
    if not await accounts.exists(tx, account_id):
        raise Invalid([Violation("/account_id", "ACCOUNT_UNKNOWN")])
    contact = Contact(
        id=contact_id or new_id(),
        account_id=account_id,
        name=name,
        phone=phone,
        email=email,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, contact)
    await publish(tx, ContactCreated(contact=contact.state()), of=contact)
    return contact
