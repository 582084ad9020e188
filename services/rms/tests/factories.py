"""Test data: tenant settings, accounts, accepted quotes, orders, receivables and payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from contracts.cpq.events import QuoteLine, QuoteState
from kernel.ids import new_id
from kernel.money import Money
from rms.accounts.store import accounts
from rms.opportunities.store import opportunities
from rms.orders.actions.lifecycle import confirm_order, create_order
from rms.orders.store.tables import orders
from rms.payments.actions.receipts import receive_payment
from rms.payments.domain.payment import Payment
from rms.receivables.actions import create_receivable
from rms.receivables.domain import Receivable
from testkit.tenants import add_tenant

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # in Shanghai
TODAY = date(2026, 11, 22)


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


async def add_settings(tx: AsyncConnection, *, timezone: str = "Asia/Shanghai") -> None:
    await add_tenant(tx, timezone=timezone)


async def add_account(
    tx: AsyncConnection, account_id: UUID | None = None, *, owner_id: str | None = None
) -> UUID:
    """Insert an account as if its event from L2O had been applied; return its id."""
    account_id = account_id or new_id()
    values = {"id": account_id, "name": "星辰科技", "owner_id": owner_id}
    await tx.execute(insert(accounts).values(values | {"epoch": 1, "sequence": 1}))
    return account_id


async def add_opportunity(tx: AsyncConnection, opportunity_id: UUID) -> None:
    """Insert an opportunity as if its event from L2O had been applied."""
    values = {"id": opportunity_id, "name": "二期扩容", "epoch": 1, "sequence": 1}
    await tx.execute(insert(opportunities).values(values))


def make_line(line_no: int, quantity: str, net: str, tax: str, currency: str = "CNY") -> QuoteLine:
    """A quote line with these net and tax amounts; every price is its net amount."""
    price = Money.of(net, currency)
    return QuoteLine(
        line_id=new_id(),
        line_no=line_no,
        product_id=new_id(),
        sku=f"SKU-{line_no}",
        name=f"产品 {line_no}",
        unit="PCS",
        quantity=Decimal(quantity),
        list_price=price,
        tier_price=price,
        discount_rate=Decimal(0),
        net_price=price,
        net_amount=price,
        tax_rate=Decimal("0.13"),
        tax_amount=Money.of(tax, currency),
        gross_amount=price + Money.of(tax, currency),
    )


# Gross 1130.00 and 100.01.
TWO_LINES = (make_line(1, "10", "1000.00", "130.00"), make_line(2, "3", "88.50", "11.51"))


def make_quote(
    lines: Sequence[QuoteLine] = TWO_LINES,
    *,
    currency: str = "CNY",
    account_id: UUID | None = None,
    **changes: Any,
) -> QuoteState:
    zero = Money.zero(currency)
    quote = QuoteState(
        quote_id=new_id(),
        document_no="Q-2026-000001",
        opportunity_id=new_id(),
        account_id=account_id or new_id(),
        account_name="星辰科技",
        currency=currency,
        status="ACCEPTED",
        price_book_id=new_id(),
        price_date=TODAY,
        valid_until=date(2026, 12, 22),
        lines=tuple(lines),
        net_total=sum((line.net_amount for line in lines), zero),
        tax_total=sum((line.tax_amount for line in lines), zero),
        gross_total=sum((line.gross_amount for line in lines), zero),
        owner_id="seller-1",
    )
    return quote.model_copy(update=changes)


async def add_order(
    tx: AsyncConnection,
    quote: QuoteState | None = None,
    *,
    confirmed: bool = False,
    now: datetime = NOON,
) -> UUID:
    """Create an order of this quote; return its id."""
    quote = quote or make_quote()
    await create_order(Command(tx, now), quote)
    query = select(orders.c.id).where(orders.c.quote_id == quote.quote_id)
    order_id: UUID = (await tx.execute(query)).scalar_one()
    if confirmed:
        await confirm_order(Command(tx, now), order_id)
    return order_id


async def add_receivable(
    tx: AsyncConnection,
    amount: Money,
    *,
    account_id: UUID,
    due_date: date = TODAY,
    actor: str | None = None,
) -> Receivable:
    return await create_receivable(
        Command(tx, NOON, actor=actor),
        new_id(),
        order_id=new_id(),
        order_no="SO-2026-000001",
        shipment_id=new_id(),
        account_id=account_id,
        account_name="星辰科技",
        amount=amount,
        due_date=due_date,
    )


async def add_payment(tx: AsyncConnection, amount: Money, *, account_id: UUID) -> Payment:
    """Record a payment; the account must exist or have an order."""
    return await receive_payment(
        Command(tx, NOON),
        account_id=account_id,
        bank_reference=f"BANK-{new_id()}",
        amount=amount,
        received_date=TODAY,
    )


@dataclass(frozen=True, kw_only=True)
class AccountLedger:
    """An account that owes 100.00, 200.00 and 300.00, and has paid 250.00, all in CNY."""

    account_id: UUID
    receivables: tuple[Receivable, ...]
    payment: Payment


async def add_ledger(tx: AsyncConnection) -> AccountLedger:
    """Create an account with this ledger; due first is 200.00, then 300.00, then 100.00."""
    await add_settings(tx)
    account_id = new_id()
    await add_order(tx, make_quote(account_id=account_id))
    receivables = [
        await add_receivable(tx, cny(amount), account_id=account_id, due_date=date(2026, 11, day))
        for amount, day in (("100.00", 30), ("200.00", 10), ("300.00", 20))
    ]
    payment = await add_payment(tx, cny("250.00"), account_id=account_id)
    return AccountLedger(account_id=account_id, receivables=tuple(receivables), payment=payment)


async def post(client: AsyncClient, path: str, body: Any, *, key: str = "") -> Response:
    """POST with this idempotency key, or with a new one."""
    headers = {"Idempotency-Key": key or str(new_id())}
    return await client.post(path, json=body, headers=headers)


def errors_of(answer: Response) -> set[tuple[str, str]]:
    """The (pointer, code) pairs of a 422 answer."""
    assert answer.status_code == 422, answer.text
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
