"""The replica of the receivables of RMS."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Date, Index, Numeric, Table, Text, Uuid

from chassis.database.columns import replica_columns
from chassis.events.replicas import Copy
from contracts.rms.events import ReceivableState
from l2o.database import metadata

receivables = Table(
    "receivables",
    metadata,
    *replica_columns(),
    Column("document_no", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("owed", Numeric(22, 6), nullable=False),
    Column("due_date", Date, nullable=False),
    Index(None, "tenant_id", "account_id"),
)


def _columns(receivable: ReceivableState) -> Mapping[str, Any]:
    return {"currency": receivable.amount.currency, "owed": receivable.open.amount}


RECEIVABLE_COPY = Copy(ReceivableState, receivables, columns=_columns)
