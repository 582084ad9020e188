"""The replica of the payments of RMS."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Index, Numeric, Table, Text, Uuid

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from contracts.rms.events import PaymentState
from kernel.money import Money
from l2o.database import metadata

payments = Table(
    "payments",
    metadata,
    *replica_columns(),
    Column("account_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("received", Numeric(22, 6), nullable=False),
    Index(None, "tenant_id", "account_id"),
)


def _columns(payment: PaymentState) -> Mapping[str, Any]:
    """What is left of the payment after refunds; nothing is left of one that bounced."""
    currency = payment.amount.currency
    received = payment.amount - (payment.returned or Money.zero(currency))
    return {"currency": currency, "received": received.amount}


PAYMENT_COPY = Copy(PaymentState, payments, columns=_columns)
