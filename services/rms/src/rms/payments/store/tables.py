"""The tables of payments, allocations and returns."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import enum_column, money_columns, tenant_column
from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.columns import sort_column
from rms.database import metadata
from rms.payments.domain.payment import PaymentStatus
from rms.payments.domain.returns import ReturnKind

payments = Table(
    "payments",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("bank_reference", Text, nullable=False),
    Column("bank_reference_key", Text, nullable=False),
    *money_columns("amount"),
    sort_column("amount", Double()),
    *money_columns("allocated"),
    *money_columns("returned"),
    Column("received_date", Date, nullable=False),
    Column("owner_id", Text),
    Column("reversed_at", DateTime(timezone=True)),
    Column("note", Text),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("status", enum_column(PaymentStatus), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("0 <= allocated AND allocated + returned <= amount", name="allocated"),
    CheckConstraint("0 <= returned", name="returned"),
    CheckConstraint("allocated_currency = amount_currency", name="currency"),
    Index(None, "tenant_id", "bank_reference_key", unique=True),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "account_id", "status", "id"),
    Index(None, "tenant_id", "status", "id"),
)

PAYMENTS = ScopedResource("rms.payment", payments)

allocations = Table(
    "allocations",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("payment_id", Uuid, nullable=False),
    Column("receivable_id", Uuid, nullable=False),
    *money_columns("amount"),
    Column("reverses_id", Uuid),
    Column("reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)", name="amount"),
    Index(None, "tenant_id", "payment_id", "id"),
    Index(None, "tenant_id", "receivable_id", "id"),
    Index(None, "tenant_id", "reverses_id", unique=True),
)

payment_returns = Table(
    "payment_returns",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("payment_id", Uuid, nullable=False),
    Column("kind", enum_column(ReturnKind), nullable=False),
    *money_columns("amount"),
    Column("returned_date", Date, nullable=False),
    Column("bank_reference", Text),
    Column("bank_reference_key", Text),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    Index(None, "tenant_id", "payment_id", "id"),
    Index(None, "tenant_id", "bank_reference_key", unique=True),
)
