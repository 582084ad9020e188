"""Generates a year of orders of any number through COPY, by rms's own rules; see `generator`.

Most are confirmed and shipped; their receivables are paid and settled, in part, or still open.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import Table

from chassis.database.backbone_tables import document_numbers, jobs
from chassis.database.rows import to_columns
from chassis.foundation.clock import start_of_day
from contracts.work import RecordRef
from cpq.quotes.domain.quote import Quote
from kernel.money import Money
from l2o.accounts.domain import Account
from rms.accounts.store import accounts as account_copies
from rms.orders.domain.order import LineQuantity, Order
from rms.orders.domain.quotes import ensure_quote_consistent, order_from_quote
from rms.orders.domain.shipments import Shipment
from rms.orders.store.tables import order_lines, orders, shipment_lines, shipments
from rms.payment_terms.domain import BUILT_IN_TERM
from rms.payments.domain.allocations import Allocation
from rms.payments.domain.payment import Payment
from rms.payments.domain.receipts import normalized_bank_reference
from rms.payments.store.tables import allocations, payments
from rms.receivables.actions import OVERDUE_JOB
from rms.receivables.domain import Receivable
from rms.receivables.store import RECEIVABLES, receivables
from tests.bench.machine.copying import (
    TableRows,
    copy_records,
    copy_rows,
    sealed,
    searchable,
    time_ordered_id,
    waiting_job,
)
from tests.bench.machine.generator_quotes import DAY, TIMEZONE, Numbers, generated_quotes

SHIPPED_AFTER, PAID_AFTER = timedelta(days=2), timedelta(days=20)
# What became of ten orders, one after the other; the rest is shipped, paid and settled.
UNCONFIRMED, UNSHIPPED, PARTLY_SHIPPED, UNPAID, PARTLY_PAID = range(5)
FATES: Final = 10
TYPES: Final = {
    "rms.order": "SO",
    "rms.shipment": "SH",
    "rms.receivable": "AR",
    "rms.payment": "PY",
}


@dataclass(frozen=True, kw_only=True)
class Deal:
    """An order with what followed from it."""

    order: Order
    shipment: Shipment | None = None
    receivable: Receivable | None = None
    payment: Payment | None = None
    allocation: Allocation | None = None


def generated_orders(count: int, accounts: Sequence[Account], *, seed: int = 1) -> Iterator[Deal]:
    """Yield orders of a year for these accounts, the oldest first, with all that followed."""
    random = Random(seed)  # data, no secret
    numbers = {type: Numbers(type, prefix) for type, prefix in TYPES.items()}
    quotes = generated_quotes(count, accounts, seed=seed, accepted=True)
    for n, quote in enumerate(quotes):
        yield _Dealing(random, numbers, n).deal(quote)


@dataclass(frozen=True)
class _Dealing:
    """Makes one deal step by step, each at its day."""

    random: Random
    numbers: dict[str, Numbers]
    n: int

    def deal(self, quote: Quote) -> Deal:
        fate, order = self.n % FATES, self._ordered(quote)
        if fate == UNCONFIRMED:
            return Deal(order=order)
        confirmed, _ = order.confirm(now=order.created_at)
        order = replace(confirmed, version=2)
        if fate == UNSHIPPED:
            return Deal(order=order)
        order, shipment = self._shipped(order, partly=fate == PARTLY_SHIPPED)
        receivable = self._owed(order, shipment)
        if fate == UNPAID:
            return Deal(order=order, shipment=shipment, receivable=receivable)
        share = Decimal("0.5") if fate == PARTLY_PAID else Decimal(1)
        receivable, payment, allocation = self._paid(receivable, share)
        return Deal(
            order=order,
            shipment=shipment,
            receivable=receivable,
            payment=payment,
            allocation=allocation,
        )

    def _id(self, at: datetime) -> UUID:
        return time_ordered_id(at, self.n, self.random)

    def _ordered(self, quote: Quote) -> Order:
        state, now = quote.state(), quote.updated_at
        ensure_quote_consistent(state)
        return order_from_quote(
            state,
            order_id=self._id(now),
            line_ids=partial(self._id, now),
            document_no=self.numbers["rms.order"].next(now.date()),
            account_name=quote.account_name,
            payment_term=BUILT_IN_TERM,
            now=now,
        )

    def _shipped(self, order: Order, *, partly: bool) -> tuple[Order, Shipment]:
        now = order.created_at + SHIPPED_AFTER
        first = order.lines[0]
        parts = order.shipment_parts(
            [LineQuantity(first.id, first.quantity)] if partly else None,
            shipped_date=now.date(),
            earliest=order.created_at.date(),
            today=now.date(),
        )
        after = replace(order.ship(parts, now=now), version=order.version + 1)
        amount, deducted = after.shipped_since(order)
        shipment = Shipment(
            id=self._id(now),
            document_no=self.numbers["rms.shipment"].next(now.date()),
            order_id=order.id,
            shipped_date=now.date(),
            amount=amount,
            deducted=deducted,
            receivable_id=self._id(now),
            lines=parts,
            created_at=now,
        )
        return after, shipment

    def _owed(self, order: Order, shipment: Shipment) -> Receivable:
        now, zero = shipment.created_at, Money.zero(shipment.amount.currency)
        [due] = BUILT_IN_TERM.shipment_instalments(shipment.amount, shipment.shipped_date)
        return Receivable(
            id=shipment.receivable_id,
            document_no=self.numbers["rms.receivable"].next(now.date()),
            order_id=order.id,
            order_no=order.document_no,
            shipment_id=shipment.id,
            account_id=order.account_id,
            account_name=order.account_name,
            amount=due.amount,
            allocated=zero,
            withdrawn=zero,
            due_date=due.due_date,
            owner_id=order.owner_id,
            instalment=due.instalment_no,
            created_at=now,
            updated_at=now,
        )

    def _paid(self, owed: Receivable, share: Decimal) -> tuple[Receivable, Payment, Allocation]:
        now, zero = owed.created_at + PAID_AFTER, Money.zero(owed.amount.currency)
        amount = owed.amount.times(share).rounded()
        payment = Payment(
            id=self._id(now),
            document_no=self.numbers["rms.payment"].next(now.date()),
            account_id=owed.account_id,
            account_name=owed.account_name,
            bank_reference=f"GEN-{self.n}",
            amount=amount,
            allocated=zero,
            returned=zero,
            received_date=now.date(),
            owner_id=owed.owner_id,
            created_at=now,
            updated_at=now,
        )
        allocation = Allocation(
            id=self._id(now),
            payment_id=payment.id,
            receivable_id=owed.id,
            amount=amount,
            created_at=now,
        )
        settled = replace(owed.allocate(amount, now=now), version=2)
        return settled, replace(payment.allocate(amount, now=now), version=2), allocation


async def copy_account_names(
    connection: asyncpg.Connection, tenant: UUID, source: Iterable[Account]
) -> None:
    """Copy these accounts into rms's database, as if their events had been applied."""
    rows = [
        {"id": one.id, "epoch": 1, "sequence": n, "name": one.name, "owner_id": one.owner_id}
        for n, one in enumerate(source, start=1)
    ]
    await copy_rows(connection, tenant, account_copies, rows)


async def copy_orders(connection: asyncpg.Connection, tenant: UUID, source: Iterable[Deal]) -> None:
    """Copy these orders and what followed into rms's database, with the counters of numbers."""
    counters: dict[tuple[str, int], int] = {}

    def rows_of(chunk: Sequence[Deal]) -> Iterator[TableRows]:
        for deal in chunk:
            for type, document in _documents(deal):
                key = type, document.created_at.year
                counters[key] = counters.get(key, 0) + 1
        yield from _order_rows(chunk)
        yield from _money_rows(chunk)

    await copy_records(connection, tenant, source, rows_of)
    rows = [{"type": type, "year": y, "last": last} for (type, y), last in counters.items()]
    await copy_rows(connection, tenant, document_numbers, rows)


def _documents(deal: Deal) -> Iterator[tuple[str, Any]]:
    documents = (deal.order, deal.shipment, deal.receivable, deal.payment)
    for type, document in zip(TYPES, documents, strict=True):
        if document is not None:
            yield type, document


def _order_rows(chunk: Sequence[Deal]) -> Iterator[TableRows]:
    yield from searchable(orders, [to_columns(orders, deal.order) for deal in chunk])
    yield _plain(order_lines, [line for deal in chunk for line in deal.order.lines])
    shipped = [deal.shipment for deal in chunk if deal.shipment is not None]
    yield _plain(shipments, shipped)
    parts = [(one.id, part) for one in shipped for part in one.lines]
    yield shipment_lines, [{"shipment_id": k} | to_columns(shipment_lines, p) for k, p in parts]


def _money_rows(chunk: Sequence[Deal]) -> Iterator[TableRows]:
    owed = [deal.receivable for deal in chunk if deal.receivable is not None]
    yield from searchable(receivables, [to_columns(receivables, one) for one in owed])
    yield jobs, [_overdue_check(one) for one in owed if one.may_become_overdue]
    paid = [deal.payment for deal in chunk if deal.payment is not None]
    keys = [{"bank_reference_key": normalized_bank_reference(one.bank_reference)} for one in paid]
    rows = [to_columns(payments, one) | key for one, key in zip(paid, keys, strict=True)]
    yield from searchable(payments, rows)
    yield _plain(allocations, [deal.allocation for deal in chunk if deal.allocation is not None])


def _plain(table: Table, records: Sequence[Any]) -> TableRows:
    return table, [sealed(table, to_columns(table, one)) for one in records]


def _overdue_check(receivable: Receivable) -> dict[str, Any]:
    about = RecordRef(resource=RECEIVABLES.resource, record_id=receivable.id)
    return waiting_job(OVERDUE_JOB, about, start_of_day(receivable.due_date + DAY, TIMEZONE))
