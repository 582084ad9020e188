"""The receivables that a payment may settle: found by age, and locked for the allocation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import EVERYTHING, Access, Visibility, is_visible
from kernel.money import Money
from kernel.sums import MoneySum
from rms.payments.domain.allocations import OpenReceivable
from rms.payments.domain.payment import Payment
from rms.receivables.store import RECEIVABLES, receivables

RECEIVABLE_PAGE_SIZE = 100  # open receivables read at a time, until the payment is spent


async def lock_receivables(
    tx: AsyncConnection, receivable_ids: Collection[UUID], visibility: Visibility = EVERYTHING
) -> Mapping[UUID, OpenReceivable]:
    """The receivables that the caller sees, by id, locked for update in the order of their ids."""
    query = _open_receivables(
        receivables.c.id.in_(receivable_ids), is_visible(RECEIVABLES, visibility)
    )
    rows = await tx.execute(query.order_by(receivables.c.id).with_for_update())
    return {row.id: from_columns(OpenReceivable, row._mapping) for row in rows}


async def has_read_only_receivable(
    tx: AsyncConnection, receivable_ids: Collection[UUID], visibility: Visibility
) -> bool:
    """Whether the caller may not change one of these receivables."""
    if visibility.everything:
        return False
    writable = receivables.c.id.in_(receivable_ids) & is_visible(
        RECEIVABLES, visibility, Access.WRITE
    )
    ids = await tx.execute(select(receivables.c.id).where(writable))
    return bool(set(receivable_ids) - set(ids.scalars()))


async def lock_oldest_open_receivables(
    tx: AsyncConnection, payment: Payment, limit: Money, visibility: Visibility = EVERYTHING
) -> Sequence[OpenReceivable]:
    """Open receivables of the payment's account and currency, the earliest due first, locked.

    Only those that the caller may change, and no more pages than are needed to reach `limit`. The
    caller holds the account's lock (see `lock_account_of_payment`), so nothing changes between the
    pages; all are locked at the end, in the order of their ids.
    """
    oldest: list[OpenReceivable] = []
    found = MoneySum.zero(limit.currency)  # a page may be open for more than an amount can be
    while found < limit:
        last = oldest[-1] if oldest else None
        query = oldest_open_query(
            payment.account_id, limit.currency, after=last, visibility=visibility
        )
        rows = await tx.execute(query)
        page = [from_columns(OpenReceivable, row._mapping) for row in rows]
        oldest += page
        for one in page:
            found += one.open
        if len(page) < RECEIVABLE_PAGE_SIZE:
            break
    locked = await lock_receivables(tx, [one.id for one in oldest])
    return [locked[one.id] for one in oldest]


def oldest_open_query(
    account_id: UUID,
    currency: str,
    *,
    after: OpenReceivable | None,
    visibility: Visibility = EVERYTHING,
) -> Select[Any]:
    """A page of an account's open receivables in this currency, by due date, then id.

    Only those that a caller with this visibility may change.
    """
    columns = receivables.c
    query = _open_receivables(
        columns.account_id == account_id,
        columns.amount_currency == currency,
        text("status <> 'SETTLED'"),  # spelled as in the partial index, so that it is used
        is_visible(RECEIVABLES, visibility, Access.WRITE),
    )
    if after is not None:
        key = tuple_(columns.due_date, columns.id)
        query = query.where(key > tuple_(literal(after.due_date), literal(after.id)))
    return query.order_by(columns.due_date, columns.id).limit(RECEIVABLE_PAGE_SIZE)


def _open_receivables(*conditions: Any) -> Select[Any]:
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
