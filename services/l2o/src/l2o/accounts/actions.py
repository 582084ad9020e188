"""What can be done with an account, and what is counted for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from contracts.l2o.events import AccountCreated
from kernel.ids import new_id
from kernel.money import Money
from l2o.accounts import store
from l2o.accounts.domain import Account


async def create_account(
    tx: AsyncConnection,
    *,
    name: str,
    phone: str | None,
    owner_id: str | None,
    now: datetime,
    account_id: UUID | None = None,
    lead_id: UUID | None = None,
) -> Account:
    """A new account, under an id and of a lead where a conversion gives them."""
    account = Account(
        id=account_id or new_id(),
        name=name,
        phone=phone,
        lead_id=lead_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, account)
    await publish(tx, AccountCreated(account=account.state()), of=account)
    return account


async def count_ordered(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """An order was confirmed; the account itself need not be known here yet."""
    await store.add_to_total(tx, account_id, "ordered", amount)


async def count_shipped(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """A shipment left; the account itself need not be known here yet."""
    await store.add_to_total(tx, account_id, "shipped", amount)


async def count_received(tx: AsyncConnection, account_id: UUID, amount: Money) -> None:
    """A payment came in; the account itself need not be known here yet."""
    await store.add_to_total(tx, account_id, "received", amount)
