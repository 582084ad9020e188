"""Sums over an account's receivables and payments."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility
from kernel.errors import NotFound
from kernel.money import Money
from rms.balances.schemas import BalanceOut, CurrencyBalance
from rms.payments.store import known_account, payments
from rms.receivables.store import receivables

SUMS = ("owed", "settled", "overdue", "paid", "returned", "allocated")


async def read(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility, *, today: date
) -> BalanceOut:
    """The sums per currency, from one statement.

    Raises NotFound where nobody knows the account, or it is beyond the caller's reach.
    """
    name, _ = await known_account(tx, account_id, visibility)
    if name is None:
        raise NotFound("account", account_id)
    debts, money = receivables.c, payments.c
    owed = debts.amount - debts.withdrawn
    late = case((debts.due_date < today, owed - debts.allocated), else_=literal(0))
    parts = union_all(
        _part(debts.amount_currency, owed=owed, settled=debts.allocated, overdue=late).where(
            debts.account_id == account_id
        ),
        _part(
            money.amount_currency,
            paid=money.amount,
            returned=money.returned,
            allocated=money.allocated,
        ).where(money.account_id == account_id),
    ).subquery()
    sums = [func.sum(parts.c[name]).label(name) for name in SUMS]
    query = select(parts.c.currency, *sums).group_by(parts.c.currency).order_by(parts.c.currency)
    items = [_shaped(row._mapping) for row in await tx.execute(query)]
    return BalanceOut(account_id=account_id, account_name=name, items=items)


def _part(currency: ColumnElement[str], **sums: ColumnElement[Any]) -> Select[Any]:
    zero = literal(0)
    return select(currency.label("currency"), *(sums.get(n, zero).label(n) for n in SUMS))


def _shaped(row: Any) -> CurrencyBalance:
    sums = {name: Money(row[name], row["currency"]) for name in SUMS}
    still_open = sums["owed"] - sums["settled"]
    unallocated = sums["paid"] - sums["returned"] - sums.pop("allocated")
    return CurrencyBalance(
        currency=row["currency"],
        **sums,
        open=still_open,
        unallocated=unallocated,
        balance=still_open - unallocated,
    )
