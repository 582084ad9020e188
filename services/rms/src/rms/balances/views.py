"""Sums over an account's receivables and payments."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility
from kernel.errors import NotFound
from kernel.sums import MoneySum
from rms.accounts.views import find_account
from rms.balances.schemas import BalanceOut, CurrencyBalance
from rms.payments.store.tables import payments
from rms.receivables.store import receivables

BALANCE_SUMS = ("owed", "settled", "overdue", "paid", "returned", "allocated")


async def read_balance(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility, *, today: date
) -> BalanceOut:
    """The account's sums per currency, all from one statement and so of one instant.

    A receivable is overdue from the day after its due date. Raises NotFound where the account is
    unknown or the caller sees neither it nor an order of it.
    """
    account = await find_account(tx, account_id, visibility)
    if account is None:
        raise NotFound("account", account_id)
    receivable, payment = receivables.c, payments.c
    owed = receivable.amount - receivable.withdrawn
    is_overdue = receivable.due_date < today
    receivable_sums = select_sums(
        BALANCE_SUMS,
        receivable.amount_currency,
        owed=owed,
        settled=receivable.allocated,
        overdue=case((is_overdue, owed - receivable.allocated), else_=literal(0)),
    )
    payment_sums = select_sums(
        BALANCE_SUMS,
        payment.amount_currency,
        paid=payment.amount,
        returned=payment.returned,
        allocated=payment.allocated,
    )
    parts = [
        receivable_sums.where(receivable.account_id == account_id),
        payment_sums.where(payment.account_id == account_id),
    ]
    rows = await tx.execute(total_by_currency(BALANCE_SUMS, parts))
    items = [_currency_balance(row._mapping) for row in rows]
    return BalanceOut(account_id=account_id, account_name=account.name, items=items)


def select_sums(
    names: Sequence[str], currency: ColumnElement[str], **columns: ColumnElement[Any]
) -> Select[Any]:
    """Rows of one table: the currency and every name of `names`, zero where no column is given."""
    zero = literal(0)
    values = [columns.get(name, zero).label(name) for name in names]
    return select(currency.label("currency"), *values)


def total_by_currency(names: Sequence[str], parts: Sequence[Select[Any]]) -> Select[Any]:
    """The totals of several `select_sums`, one row per currency, in the order of the codes."""
    rows = union_all(*parts).subquery()
    totals = [func.sum(rows.c[name]).label(name) for name in names]
    return select(rows.c.currency, *totals).group_by(rows.c.currency).order_by(rows.c.currency)


def _currency_balance(row: RowMapping) -> CurrencyBalance:
    sums = {name: MoneySum(row[name], row["currency"]) for name in BALANCE_SUMS}
    still_open = sums["owed"] - sums["settled"]
    unallocated = sums["paid"] - sums["returned"] - sums.pop("allocated")
    return CurrencyBalance(
        currency=row["currency"],
        **sums,
        open=still_open,
        unallocated=unallocated,
        balance=still_open - unallocated,
    )
