"""What is done with an account and its contacts at once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.preconditions import Precondition
from l2o.accounts.actions import transfer_account
from l2o.accounts.domain import Account
from l2o.contacts.actions import hand_over_contacts


async def transfer_customer(
    tx: AsyncConnection,
    account_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Account:
    """Its contacts go with it; one event each. Raises NotFound, PreconditionFailed."""
    account = await transfer_account(tx, account_id, owner_id, expected, actor, now, reason=reason)
    await hand_over_contacts(tx, account_id, owner_id, now=now)
    return account
