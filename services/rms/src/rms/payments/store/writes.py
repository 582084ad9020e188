"""Loading, locking and saving payments and where their money goes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, insert, literal, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row, from_columns, to_columns
from chassis.records.access.visibility import EVERYTHING, Access, Visibility, visible
from chassis.records.record_quota import count_records
from chassis.records.search.words import index_words
from chassis.records.writes import update_row
from kernel.errors import NotFound
from kernel.money import Money
from rms.accounts.store import ACCOUNTS, accounts
from rms.orders.store import ORDERS, orders
from rms.payments.domain.allocations import Allocation, Owed
from rms.payments.domain.payment import Payment, reference_key
from rms.payments.domain.returns import MoneyReturn
from rms.payments.store.tables import PAYMENTS, allocations, payment_returns, payments
from rms.receivables.store import RECEIVABLES, lock_account, receivables

OLDEST_AT_ONCE = 100  # receivables locked at a time, until the money ends


async def known_account(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> tuple[str | None, str | None]:
    """Name and owner as L2O told them, or the name of the newest order.

    Without a name where neither knows the account, or the caller sees neither it nor an order.
    """
    if not visibility.everything and not await _sees(tx, account_id, visibility):
        return None, None
    columns = accounts.c
    told = select(columns.name, columns.owner_id).where(columns.id == account_id)
    row = (await tx.execute(told)).one_or_none()
    if row is not None:
        return row.name, row.owner_id
    ordered = select(orders.c.account_name).where(orders.c.account_id == account_id)
    newest = await tx.execute(ordered.order_by(orders.c.id.desc()).limit(1))
    return newest.scalar_one_or_none(), None


async def _sees(tx: AsyncConnection, account_id: UUID, visibility: Visibility) -> bool:
    told = exists().where(accounts.c.id == account_id, visible(ACCOUNTS, visibility))
    ordered = exists().where(orders.c.account_id == account_id, visible(ORDERS, visibility))
    return bool((await tx.execute(select(or_(told, ordered)))).scalar_one())


async def add(tx: AsyncConnection, payment: Payment) -> bool:
    """Insert unless the reference is taken; whether it was free. Waits for a rival's commit.

    Raises Conflict (QUOTA_ROWS).
    """
    await count_records(tx, payments)
    key = {"bank_reference_key": reference_key(payment.bank_reference)}
    free = upsert(payments).values(to_columns(payments, payment) | key)
    free = free.on_conflict_do_nothing(index_elements=["tenant_id", "bank_reference_key"])
    if (await tx.execute(free.returning(payments.c.id))).one_or_none() is None:
        return False
    await index_words(tx, payments, [to_columns(payments, payment)], new=True)
    return True


async def by_reference(
    tx: AsyncConnection, bank_reference: str, visibility: Visibility = EVERYTHING
) -> Payment | None:
    """The payment of this reference, if it is within reach."""
    same = payments.c.bank_reference_key == reference_key(bank_reference)
    found: Select[Any] = select(payments).where(same, visible(PAYMENTS, visibility))
    row = (await tx.execute(found)).one_or_none()
    return None if row is None else from_columns(Payment, row._mapping)


async def lock(tx: AsyncConnection, payment_id: UUID) -> Payment:
    """The payment, locked, and before it its account: whose money moves one step at a time.

    So receivables may be locked in whatever order they are found in. Raises NotFound.
    """
    payment = await fetch_row(tx, payments, payment_id, Payment)
    await lock_account(tx, payment.account_id)
    return await fetch_row(tx, payments, payment_id, Payment, lock=True)


async def get(tx: AsyncConnection, payment_id: UUID, *, lock: bool = False) -> Payment:
    """Raises NotFound."""
    return await fetch_row(tx, payments, payment_id, Payment, lock=lock)


async def save(tx: AsyncConnection, payment: Payment) -> Payment:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, payments, payment)


async def lock_receivables(
    tx: AsyncConnection, ids: Collection[UUID], visibility: Visibility = EVERYTHING
) -> Mapping[UUID, Owed]:
    """Those of the receivables that the caller sees, locked in the order of their ids."""
    seen = _owed(receivables.c.id.in_(ids), visible(RECEIVABLES, visibility))
    rows = await tx.execute(seen.order_by(receivables.c.id).with_for_update())
    return {row.id: from_columns(Owed, row._mapping) for row in rows}


async def read_only(tx: AsyncConnection, ids: Collection[UUID], visibility: Visibility) -> bool:
    """Whether any of these receivables is not the caller's to change."""
    if visibility.everything:
        return False
    mine = receivables.c.id.in_(ids) & visible(RECEIVABLES, visibility, Access.WRITE)
    found = await tx.execute(select(receivables.c.id).where(mine))
    return bool(set(ids) - set(found.scalars()))


async def lock_oldest_open(
    tx: AsyncConnection, payment: Payment, enough: Money, visibility: Visibility = EVERYTHING
) -> Sequence[Owed]:
    """What the payment's account has owed for longest in its currency, locked, the oldest first.

    Of what the caller may change, no more pages than it takes to owe `enough`. Under the account's
    lock, see `lock`, nothing is owed otherwise while we look; so all are locked in the order of
    their ids at the end.
    """
    found: list[Owed] = []
    while enough > Money.zero(enough.currency):
        after = found[-1] if found else None
        query = oldest_open(payment.account_id, enough, after=after, visibility=visibility)
        page = [from_columns(Owed, row._mapping) for row in await tx.execute(query)]
        found += page
        enough -= sum((one.open for one in page), Money.zero(enough.currency))
        if len(page) < OLDEST_AT_ONCE:
            break
    locked = await lock_receivables(tx, [one.id for one in found])
    return [locked[one.id] for one in found]


def oldest_open(
    account_id: UUID, money: Money, *, after: Owed | None, visibility: Visibility = EVERYTHING
) -> Select[Any]:
    """A page of what an account owes in the currency of this money, the earliest due first.

    Only what somebody of this reach may change.
    """
    columns = receivables.c
    query = _owed(
        columns.account_id == account_id,
        columns.amount_currency == money.currency,
        text("status <> 'SETTLED'"),  # said as the index says it
        visible(RECEIVABLES, visibility, Access.WRITE),
    )
    if after is not None:
        key = tuple_(columns.due_date, columns.id)
        query = query.where(key > tuple_(literal(after.due_date), literal(after.id)))
    return query.order_by(columns.due_date, columns.id).limit(OLDEST_AT_ONCE)


def _owed(*conditions: Any) -> Select[Any]:
    columns = receivables.c
    query: Select[Any] = select(
        columns.id,
        columns.document_no,
        columns.account_id,
        columns.due_date,
        (columns.amount - columns.withdrawn - columns.allocated).label("open"),
        columns.amount_currency.label("open_currency"),
    )
    return query.where(*conditions)


async def standing_allocations(
    tx: AsyncConnection, payment_id: UUID, *, only: UUID | None = None
) -> Sequence[Allocation]:
    """The allocations of a payment that were not undone, in the order of their receivables."""
    undone = allocations.alias("undone")
    query = allocations_of(payment_id).where(
        allocations.c.reverses_id.is_(None),
        ~exists().where(undone.c.reverses_id == allocations.c.id),
    )
    if only is not None:
        query = query.where(allocations.c.id == only)
    rows = await tx.execute(query.order_by(allocations.c.receivable_id, allocations.c.id))
    return [from_columns(Allocation, row._mapping) for row in rows]


async def get_allocation(
    tx: AsyncConnection, payment_id: UUID, allocation_id: UUID
) -> tuple[Allocation, Allocation | None]:
    """An allocation of this payment and the one that undid it, if any. Raises NotFound."""
    is_it = or_(allocations.c.id == allocation_id, allocations.c.reverses_id == allocation_id)
    rows = await tx.execute(allocations_of(payment_id).where(is_it))
    found = {row.id: from_columns(Allocation, row._mapping) for row in rows}
    if allocation_id not in found:
        raise NotFound("allocation", allocation_id)
    original = found.pop(allocation_id)
    return original, next(iter(found.values()), None)


async def add_return(tx: AsyncConnection, returned: MoneyReturn) -> bool:
    """Insert unless its bank reference is taken; whether it was free."""
    reference = returned.bank_reference
    key = {"bank_reference_key": None if reference is None else reference_key(reference)}
    free = upsert(payment_returns).values(to_columns(payment_returns, returned) | key)
    free = free.on_conflict_do_nothing(index_elements=["tenant_id", "bank_reference_key"])
    return (await tx.execute(free.returning(payment_returns.c.id))).one_or_none() is not None


async def add_allocations(tx: AsyncConnection, made: Sequence[Allocation]) -> None:
    await tx.execute(insert(allocations), [to_columns(allocations, one) for one in made])


def allocations_of(payment_id: UUID) -> Select[Any]:
    return select(allocations).where(allocations.c.payment_id == payment_id)
