from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import ReceivedState, replicate
from contracts.event import Event
from contracts.l2o.events import (
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
    AccountState,
)
from cpq.accounts.store import ACCOUNT_COPY, accounts
from kernel.ids import new_id
from testkit.copies import carried

ID = new_id()


def created_event(name: str, *, sequence: int) -> ReceivedState[AccountState]:
    event = AccountCreated(account=AccountState(account_id=ID, name=name))
    return carried(ACCOUNT_COPY, event, ID, sequence=sequence)


async def test_late_and_duplicate_events_change_nothing(tx: AsyncConnection) -> None:
    newest, oldest = created_event("星辰科技", sequence=2), created_event("星辰", sequence=1)
    for batch in ([newest], [oldest], [newest, oldest, newest]):
        applied = await replicate(tx, ACCOUNT_COPY, batch)
        assert applied == ({newest.meta.event_id} if batch == [newest] else set())
    rows = await tx.execute(select(accounts.c.id, accounts.c.name, accounts.c.sequence))
    assert [tuple(row) for row in rows] == [(ID, "星辰科技", 2)]


async def test_the_read_copy_follows_changes_deletion_and_restoration(tx: AsyncConnection) -> None:
    state = AccountState(account_id=ID, name="新名", owner_id="seller")
    columns = accounts.c.name, accounts.c.owner_id, accounts.c.deleted
    facts: list[Event] = [
        AccountChanged(account=state),
        AccountDeleted(account=state),
        AccountRestored(account=state),
    ]
    for sequence, (fact, is_deleted) in enumerate(
        zip(facts, (False, True, False), strict=True), start=2
    ):
        received = carried(ACCOUNT_COPY, fact, ID, sequence=sequence)
        await replicate(tx, ACCOUNT_COPY, [received])
        [row] = await tx.execute(select(*columns))
        assert tuple(row) == ("新名", "seller", is_deleted)
    late = created_event("旧名", sequence=1)
    assert await replicate(tx, ACCOUNT_COPY, [late]) == set()
