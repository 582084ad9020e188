"""The account replica keeps the newest state, in whatever order the events arrive."""

from uuid import UUID

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
from kernel.ids import new_id
from rms.accounts.store import ACCOUNT_COPY, accounts
from testkit.copies import carried


def account_created(account_id: UUID, name: str, *, sequence: int) -> ReceivedState[AccountState]:
    event = AccountCreated(account=AccountState(account_id=account_id, name=name))
    return carried(ACCOUNT_COPY, event, account_id, sequence=sequence)


async def test_an_older_event_does_not_replace_a_newer_name(tx: AsyncConnection) -> None:
    account_id = new_id()
    new, old = (
        account_created(account_id, "新名", sequence=2),
        account_created(account_id, "旧名", sequence=1),
    )
    assert await replicate(tx, ACCOUNT_COPY, [new]) == {new.meta.event_id}
    assert await replicate(tx, ACCOUNT_COPY, [old, new]) == set()
    rows = await tx.execute(select(accounts.c.id, accounts.c.name))
    assert [tuple(row) for row in rows] == [(account_id, "新名")]


async def test_owner_and_deletion_are_replicated(tx: AsyncConnection) -> None:
    """A deleted account keeps its name, because its orders and receivables still show it."""
    account_id = new_id()
    state = AccountState(account_id=account_id, name="星辰", owner_id="seller-2")
    await replicate(tx, ACCOUNT_COPY, [account_created(account_id, "星辰", sequence=1)])
    facts: list[tuple[Event, tuple[str, str | None, bool]]] = [
        (AccountChanged(account=state), ("星辰", "seller-2", False)),
        (AccountDeleted(account=state), ("星辰", "seller-2", True)),
        (AccountRestored(account=state), ("星辰", "seller-2", False)),
    ]
    for sequence, (fact, expected) in enumerate(facts, start=2):
        received = carried(ACCOUNT_COPY, fact, account_id, sequence=sequence)
        await replicate(tx, ACCOUNT_COPY, [received])
        columns = accounts.c
        rows = await tx.execute(select(columns.name, columns.owner_id, columns.deleted))
        assert [tuple(row) for row in rows] == [expected]
