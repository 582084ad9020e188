from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import ReceivedEvent
from contracts.l2o.events import (
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
    AccountState,
)
from cpq.accounts.handlers import on_account_events
from cpq.accounts.store import AccountEvent, accounts
from kernel.ids import new_id
from services.cpq.tests.factories import received

ID = new_id()


def created_event(name: str, *, sequence: int) -> ReceivedEvent[AccountEvent]:
    event: AccountEvent = AccountCreated(account=AccountState(account_id=ID, name=name))
    return received(event, ID, sequence=sequence)


async def test_late_and_duplicate_events_change_nothing(tx: AsyncConnection) -> None:
    newest, oldest = created_event("星辰科技", sequence=2), created_event("星辰", sequence=1)
    for batch in ([newest], [oldest], [newest, oldest, newest]):
        result = await on_account_events(tx, batch)
        assert result.applied == ({newest.meta.event_id} if batch == [newest] else frozenset())
    rows = await tx.execute(select(accounts.c.id, accounts.c.name, accounts.c.sequence))
    assert [tuple(row) for row in rows] == [(ID, "星辰科技", 2)]


async def test_the_read_copy_follows_changes_deletion_and_restoration(tx: AsyncConnection) -> None:
    state = AccountState(account_id=ID, name="新名", owner_id="seller")
    columns = accounts.c.name, accounts.c.owner_id, accounts.c.deleted
    facts: list[AccountEvent] = [
        AccountChanged(account=state),
        AccountDeleted(account=state),
        AccountRestored(account=state),
    ]
    for sequence, (fact, is_deleted) in enumerate(
        zip(facts, (False, True, False), strict=True), start=2
    ):
        await on_account_events(tx, [received(fact, ID, sequence=sequence)])
        [row] = await tx.execute(select(*columns))
        assert tuple(row) == ("新名", "seller", is_deleted)
    late = created_event("旧名", sequence=1)
    assert (await on_account_events(tx, [late])).applied == frozenset()
