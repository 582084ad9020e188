from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.consumer.subscriptions import Received
from contracts.l2o.events import AccountCreated, AccountState
from cpq.accounts.handlers import on_accounts
from cpq.accounts.store import accounts
from kernel.ids import new_id
from services.cpq.tests.factories import received

ID = new_id()


def created(name: str, *, sequence: int) -> Received[AccountCreated]:
    event = AccountCreated(account=AccountState(account_id=ID, name=name))
    return received(event, ID, sequence=sequence)


async def test_late_and_duplicate_news_change_nothing(tx: AsyncConnection) -> None:
    newest, oldest = created("星辰科技", sequence=2), created("星辰", sequence=1)
    for batch in ([newest], [oldest], [newest, oldest, newest]):
        result = await on_accounts(tx, batch)
        assert result.applied == ({newest.meta.event_id} if batch == [newest] else frozenset())
    rows = await tx.execute(select(accounts.c.id, accounts.c.name, accounts.c.sequence))
    assert [tuple(row) for row in rows] == [(ID, "星辰科技", 2)]
