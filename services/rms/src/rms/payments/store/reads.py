"""Reading payments, straight into answers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import fetch_row, from_columns
from rms.payments.domain.allocations import Allocation
from rms.payments.domain.payment import Payment, PaymentStatus
from rms.payments.domain.returns import MoneyReturn
from rms.payments.schemas import AllocationOut, PaymentOut, PaymentSummary, ReturnOut
from rms.payments.store.tables import allocations, payment_returns, payments
from rms.payments.store.writes import allocations_of


async def read(tx: AsyncConnection, payment_id: UUID) -> PaymentOut:
    """Raises NotFound."""
    payment = await fetch_row(tx, payments, payment_id, Payment)
    rows = await tx.execute(allocations_of(payment_id).order_by(allocations.c.id))
    parts = [_allocation(row._mapping) for row in rows]
    summary = PaymentSummary.model_validate(payment)
    same = {name: getattr(summary, name) for name in PaymentSummary.model_fields}
    return PaymentOut(**same, allocations=parts, returns=await _returns(tx, payment_id))


async def _returns(tx: AsyncConnection, payment_id: UUID) -> list[ReturnOut]:
    of_it: Select[Any] = select(payment_returns).where(payment_returns.c.payment_id == payment_id)
    rows = await tx.execute(of_it.order_by(payment_returns.c.id))
    returns = [from_columns(MoneyReturn, row._mapping) for row in rows]
    return [ReturnOut.model_validate(one) for one in returns]


async def read_allocations(
    tx: AsyncConnection, payment_id: UUID, page: PageParams
) -> Page[AllocationOut]:
    """Newest first. Raises NotFound where there is no such payment."""
    await fetch_row(tx, payments, payment_id, Payment)
    return await fetch_page(tx, allocations_of(payment_id), page, shape=_allocation)


def _allocation(row: Mapping[str, Any]) -> AllocationOut:
    return AllocationOut.model_validate(from_columns(Allocation, row))


async def read_page(
    tx: AsyncConnection,
    page: PageParams,
    *,
    account_id: UUID | None,
    status: PaymentStatus | None,
) -> Page[PaymentSummary]:
    """Newest first."""
    query: Select[Any] = select(payments)
    if account_id is not None:
        query = query.where(payments.c.account_id == account_id)
    if status is not None:
        query = query.where(payments.c.status == status)
    return await fetch_page(
        tx,
        query,
        page,
        shape=lambda row: PaymentSummary.model_validate(from_columns(Payment, row)),
    )
