"""Loading, locking and saving payments, their allocations and returns."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns, to_columns
from chassis.records.access.visibility import EVERYTHING, Visibility, is_visible
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_rows
from contracts.rms.events import PaymentAssigned, PaymentChanged, PaymentReceived
from kernel.errors import NotFound
from rms.payments.domain.allocations import Allocation
from rms.payments.domain.payment import Payment
from rms.payments.domain.receipts import normalized_bank_reference
from rms.payments.domain.returns import MoneyReturn, ReturnKind
from rms.payments.store.tables import PAYMENTS, allocations, payment_returns, payments
from rms.receivables.store import lock_account


async def insert_payment(tx: AsyncConnection, payment: Payment) -> bool:
    """Insert a payment; returns False, and inserts nothing, if its bank reference exists.

    Waits for a concurrent transaction with the same reference. Raises Conflict (QUOTA_ROWS).
    """
    key = {"bank_reference_key": normalized_bank_reference(payment.bank_reference)}
    unique = ["bank_reference_key"]
    return bool(await insert_rows(tx, payments, [payment], unique=unique, more=key))


async def find_payment_by_reference(
    tx: AsyncConnection, bank_reference: str, visibility: Visibility = EVERYTHING
) -> Payment | None:
    """The payment of this bank reference; None if there is none or the caller does not see it."""
    has_reference = payments.c.bank_reference_key == normalized_bank_reference(bank_reference)
    query: Select[Any] = select(payments).where(has_reference, is_visible(PAYMENTS, visibility))
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(Payment, row._mapping)


async def lock_account_of_payment(tx: AsyncConnection, payment_id: UUID) -> None:
    """Lock the account of a payment (see `lock_account`), until the commit. Raises NotFound.

    Whoever moves its money calls this before locking the payment: as one transaction at a time
    moves an account's money, its receivables may then be locked in any order.
    """
    payment = await PAYMENT.get(tx, payment_id)
    await lock_account(tx, payment.account_id)


PAYMENT = RecordType(
    scoped=PAYMENTS,
    entity=Payment,
    created=PaymentReceived,
    changed=PaymentChanged,
    assigned=PaymentAssigned,
)


async def effective_allocations(tx: AsyncConnection, payment_id: UUID) -> Sequence[Allocation]:
    """The payment's allocations that were not reversed, in the order of their receivables' ids."""
    reversal = allocations.alias("reversal")
    query = payment_allocations_query(payment_id).where(
        allocations.c.reverses_id.is_(None),
        ~exists().where(reversal.c.reverses_id == allocations.c.id),
    )
    rows = await tx.execute(query.order_by(allocations.c.receivable_id, allocations.c.id))
    return [from_columns(Allocation, row._mapping) for row in rows]


async def get_allocation_with_reversal(
    tx: AsyncConnection, payment_id: UUID, allocation_id: UUID
) -> tuple[Allocation, Allocation | None]:
    """An allocation of this payment, and its reversal if it has one. Raises NotFound."""
    matches = or_(allocations.c.id == allocation_id, allocations.c.reverses_id == allocation_id)
    rows = await tx.execute(payment_allocations_query(payment_id).where(matches))
    by_id = {row.id: from_columns(Allocation, row._mapping) for row in rows}
    if allocation_id not in by_id:
        raise NotFound("allocation", allocation_id)
    original = by_id.pop(allocation_id)
    return original, next(iter(by_id.values()), None)


async def insert_return(tx: AsyncConnection, returned: MoneyReturn) -> bool:
    """Insert a return; returns False, and inserts nothing, if its bank reference exists."""
    reference = returned.bank_reference
    normalized = None if reference is None else normalized_bank_reference(reference)
    row = to_columns(payment_returns, returned) | {"bank_reference_key": normalized}
    statement = upsert(payment_returns).values(row)
    statement = statement.on_conflict_do_nothing(index_elements=["tenant_id", "bank_reference_key"])
    inserted = await tx.execute(statement.returning(payment_returns.c.id))
    return inserted.one_or_none() is not None


async def reversal_of(tx: AsyncConnection, payment_id: UUID) -> MoneyReturn:
    """Return the reversal of a reversed payment."""
    columns = payment_returns.c
    query = select(payment_returns).where(
        columns.payment_id == payment_id, columns.kind == ReturnKind.REVERSAL
    )
    row = (await tx.execute(query)).one()
    return from_columns(MoneyReturn, dict(row._mapping))


async def insert_allocations(tx: AsyncConnection, new_allocations: Sequence[Allocation]) -> None:
    """Insert allocations, reversals included; none is ever changed."""
    rows = [to_columns(allocations, one) for one in new_allocations]
    await tx.execute(insert(allocations), rows)


def payment_allocations_query(payment_id: UUID) -> Select[Any]:
    """All allocations of a payment, reversals included."""
    return select(allocations).where(allocations.c.payment_id == payment_id)
