"""The newest name of an account wins, in whatever order its events arrive."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.consumer.subscriptions import Meta, Received
from contracts.l2o.events import AccountCreated, AccountState
from kernel.ids import new_id
from rms.accounts.handlers import on_accounts
from rms.accounts.store import accounts
from services.rms.tests.factories import NOON


def told(account_id: UUID, name: str, *, sequence: int) -> Received[AccountCreated]:
    event = AccountCreated(account=AccountState(account_id=account_id, name=name))
    meta = Meta(
        event_id=new_id(),
        tenant=new_id(),
        aggregate_id=account_id,
        sequence=sequence,
        epoch=1,
        occurred_at=NOON,
    )
    return Received(event, meta)


async def test_the_newest_name_stays(tx: AsyncConnection) -> None:
    account_id = new_id()
    new, old = told(account_id, "新名", sequence=2), told(account_id, "旧名", sequence=1)
    assert (await on_accounts(tx, [new])).applied == {new.meta.event_id}
    assert (await on_accounts(tx, [old, new])).skipped == {old.meta.event_id, new.meta.event_id}
    rows = await tx.execute(select(accounts.c.id, accounts.c.name))
    assert [tuple(row) for row in rows] == [(account_id, "新名")]
