"""Lists of payments, and reads of payments and their allocations for the API."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row, from_columns
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.web.pages import Page, PageParams, fetch_page
from rms.payments.domain.allocations import Allocation
from rms.payments.domain.payment import Payment
from rms.payments.domain.receipts import normalized_bank_reference
from rms.payments.domain.returns import MoneyReturn
from rms.payments.schemas import AllocationOut, PaymentOut, PaymentSummary, ReturnOut
from rms.payments.store.tables import PAYMENTS, allocations, payment_returns, payments
from rms.payments.store.writes import payment_allocations_query


async def read_payment(tx: AsyncConnection, payment_id: UUID) -> PaymentOut:
    """A payment with all its allocations and returns, the oldest first. Raises NotFound."""
    payment = await fetch_row(tx, payments, payment_id, Payment)
    rows = await tx.execute(payment_allocations_query(payment_id).order_by(allocations.c.id))
    items = [allocation_from_row(row._mapping) for row in rows]
    summary = PaymentSummary.model_validate(payment)
    fields = {name: getattr(summary, name) for name in PaymentSummary.model_fields}
    return PaymentOut(**fields, allocations=items, returns=await _returns(tx, payment_id))


async def _returns(tx: AsyncConnection, payment_id: UUID) -> list[ReturnOut]:
    query: Select[Any] = select(payment_returns).where(payment_returns.c.payment_id == payment_id)
    rows = await tx.execute(query.order_by(payment_returns.c.id))
    returns = [from_columns(MoneyReturn, row._mapping) for row in rows]
    return [ReturnOut.model_validate(one) for one in returns]


async def read_payment_allocations(
    tx: AsyncConnection, payment_id: UUID, page: PageParams
) -> Page[AllocationOut]:
    """A page of a payment's allocations, the newest first. Raises NotFound."""
    await fetch_row(tx, payments, payment_id, Payment)
    return await fetch_page(
        tx, payment_allocations_query(payment_id), page, shape=allocation_from_row
    )


def allocation_from_row(row: Mapping[str, Any]) -> AllocationOut:
    """An allocation as the API answers it."""
    return AllocationOut.model_validate(from_columns(Allocation, row))


def _reference_key(bank_reference: str) -> Sequence[str]:
    return (normalized_bank_reference(bank_reference),)


PAYMENT_LISTING = Listing(
    PAYMENTS,
    PaymentSummary,
    entity=Payment,
    filters=[
        "status",
        "owner_id",
        "account_id",
        CodeFilter("document_no", upper_case),
        CodeFilter("bank_reference", _reference_key, key="bank_reference_key"),
        "account_name",
        "amount",
        CodeFilter("amount_currency", upper_case),
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
    words=["document_no", "account_name", "bank_reference"],
    custom=custom_conditions,
)
