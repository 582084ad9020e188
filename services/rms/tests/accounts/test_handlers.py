"""The account replica keeps the newest state, in whatever order the events arrive."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta, ReceivedEvent
from contracts.l2o.events import (
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
    AccountState,
)
from kernel.ids import new_id
from rms.accounts.handlers import on_accounts
from rms.accounts.store import AccountFact, accounts
from services.rms.tests.factories import NOON


def account_created(account_id: UUID, name: str, *, sequence: int) -> ReceivedEvent[AccountFact]:
    event = AccountCreated(account=AccountState(account_id=account_id, name=name))
    meta = EventMeta(
        event_id=new_id(),
        tenant=new_id(),
        aggregate_id=account_id,
        sequence=sequence,
        epoch=1,
        occurred_at=NOON,
    )
    return ReceivedEvent(event, meta)


async def test_an_older_event_does_not_replace_a_newer_name(tx: AsyncConnection) -> None:
    account_id = new_id()
    new, old = (
        account_created(account_id, "新名", sequence=2),
        account_created(account_id, "旧名", sequence=1),
    )
    assert (await on_accounts(tx, [new])).applied == {new.meta.event_id}
    assert (await on_accounts(tx, [old, new])).skipped == {old.meta.event_id, new.meta.event_id}
    rows = await tx.execute(select(accounts.c.id, accounts.c.name))
    assert [tuple(row) for row in rows] == [(account_id, "新名")]


async def test_owner_and_deletion_are_replicated(tx: AsyncConnection) -> None:
    """A deleted account keeps its name, because its orders and receivables still show it."""
    account_id = new_id()
    state = AccountState(account_id=account_id, name="星辰", owner_id="seller-2")
    created = account_created(account_id, "星辰", sequence=1)
    facts: list[tuple[ReceivedEvent[AccountFact], tuple[str, str | None, bool]]] = [
        (created, ("星辰", None, False)),
        (
            ReceivedEvent(AccountChanged(account=state), meta_with_sequence(created, 2)),
            ("星辰", "seller-2", False),
        ),
        (
            ReceivedEvent(AccountDeleted(account=state), meta_with_sequence(created, 3)),
            ("星辰", "seller-2", True),
        ),
        (
            ReceivedEvent(AccountRestored(account=state), meta_with_sequence(created, 4)),
            ("星辰", "seller-2", False),
        ),
    ]
    for fact, expected in facts:
        await on_accounts(tx, [fact])
        columns = accounts.c
        rows = await tx.execute(select(columns.name, columns.owner_id, columns.deleted))
        assert [tuple(row) for row in rows] == [expected]


def meta_with_sequence(received: ReceivedEvent[AccountFact], sequence: int) -> EventMeta:
    return replace(received.meta, event_id=new_id(), sequence=sequence)
