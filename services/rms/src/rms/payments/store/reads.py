"""Reading payments, straight into answers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row, from_columns
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.web.pages import Page, PageParams, fetch_page
from rms.payments.domain.allocations import Allocation
from rms.payments.domain.payment import Payment
from rms.payments.domain.returns import MoneyReturn
from rms.payments.schemas import AllocationOut, PaymentOut, PaymentSummary, ReturnOut
from rms.payments.store.tables import PAYMENTS, allocations, payment_returns, payments
from rms.payments.store.writes import allocations_of
from rms.receivables.domain import Receivable
from rms.receivables.store import receivables


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


async def read_allocations_to(
    tx: AsyncConnection, receivable_id: UUID, page: PageParams
) -> Page[AllocationOut]:
    """Newest first. Raises NotFound where there is no such receivable."""
    await fetch_row(tx, receivables, receivable_id, Receivable)
    query: Select[Any] = select(allocations).where(allocations.c.receivable_id == receivable_id)
    return await fetch_page(tx, query, page, shape=_allocation)


def _allocation(row: Mapping[str, Any]) -> AllocationOut:
    return AllocationOut.model_validate(from_columns(Allocation, row))


LISTING = Listing(
    PAYMENTS,
    PaymentSummary,
    entity=Payment,
    filters=[
        "status",
        "owner_id",
        "account_id",
        "document_no",
        "bank_reference",
        "account_name",
        "amount",
        "amount_currency",
        "received_date",
        "created_at",
        "updated_at",
    ],
    sorts=[
        "created_at",
        "updated_at",
        "received_date",
        "amount",
        "document_no",
        "bank_reference",
        "account_name",
        "status,received_date",
    ],
    words=["account_name"],
    custom=custom_conditions,
)
