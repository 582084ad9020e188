"""The tables of orders, shipments, amendments and cancellations."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import JsonDocument, enum_column, money_columns, tenant_column
from chassis.database.named_tables import declare_named_table
from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.columns import sort_column
from contracts.rms.events import OrderState
from kernel.taxes import TaxRounding
from rms.database import metadata
from rms.orders.domain.order import OrderStatus
from rms.payment_terms.domain import AgreedTerm

orders = Table(
    "orders",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("quote_id", Uuid, nullable=False),
    Column("quote_no", Text, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("owner_id", Text),
    Column("revision", Integer, nullable=False),
    Column("requested_date", Date),
    sort_column("requested_date", Date()),
    Column("payment_term", JsonDocument(AgreedTerm), nullable=False),
    Column("tax_rounding", enum_column(TaxRounding), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("status", enum_column(OrderStatus), nullable=False),
    *money_columns("net_total"),
    *money_columns("tax_total"),
    *money_columns("gross_total"),
    sort_column("gross_total", Double()),
    *money_columns("shipped_total"),
    *money_columns("cancelled_total"),
    *money_columns("prepaid_total"),
    Column("customer_order_no", Text),
    sort_column("customer_order_no", Text()),
    Column("note", Text),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint(
        "0 <= shipped_total AND 0 <= cancelled_total"
        " AND shipped_total + cancelled_total <= gross_total",
        name="shipped",
    ),
    CheckConstraint("0 <= prepaid_total", name="prepaid"),
    Index(None, "tenant_id", "quote_id", unique=True),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "opportunity_id", "id"),
    Index(None, "tenant_id", "account_id", "status", "id"),
    Index(None, "tenant_id", "status", "id"),
)

_OF_OPPORTUNITY: Final = ("l2o.opportunity", "opportunity_id")
ORDERS = ScopedResource(
    "rms.order",
    orders,
    of=(_OF_OPPORTUNITY,),
    seen_with=(_OF_OPPORTUNITY, ("l2o.account", "account_id")),
)

order_lines = Table(
    "order_lines",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("product_id", Uuid, nullable=False),
    Column("sku", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("quantity", Numeric(22, 6), nullable=False),
    Column("shipped_quantity", Numeric(22, 6), nullable=False),
    Column("cancelled_quantity", Numeric(22, 6), nullable=False),
    *money_columns("unit_price"),
    Column("discount_rate", Numeric(9, 6), nullable=False),
    *money_columns("net_amount"),
    Column("tax_rate", Numeric(9, 6), nullable=False),
    *money_columns("tax_amount"),
    *money_columns("gross_amount"),
    *money_columns("shipped_amount"),
    *money_columns("cancelled_amount"),
    CheckConstraint(
        "0 <= shipped_quantity AND 0 <= cancelled_quantity"
        " AND shipped_quantity + cancelled_quantity <= quantity",
        name="quantity",
    ),
    CheckConstraint(
        "0 <= shipped_amount AND 0 <= cancelled_amount"
        " AND shipped_amount + cancelled_amount <= gross_amount",
        name="amount",
    ),
    Index(None, "tenant_id", "order_id", "line_no", unique=True),
)

shipments = Table(
    "shipments",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("shipped_date", Date, nullable=False),
    *money_columns("amount"),
    *money_columns("deducted"),
    Column("receivable_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("0 <= deducted AND deducted <= amount", name="deducted"),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "order_id", "id"),
)
declare_named_table("rms", "rms.shipment", shipments)

shipment_lines = Table(
    "shipment_lines",
    metadata,
    tenant_column(),
    Column("shipment_id", Uuid, primary_key=True),
    Column("line_id", Uuid, primary_key=True),
    Column("quantity", Numeric(22, 6), nullable=False),
    *money_columns("amount"),
    CheckConstraint("quantity > 0", name="quantity"),
)

# The state of an order before each amendment.
order_revisions = Table(
    "order_revisions",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", JsonDocument(OrderState), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index(None, "tenant_id", "order_id", "revision", unique=True),
    Index(None, "tenant_id", "order_id", "id"),
)

order_cancellations = Table(
    "order_cancellations",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_id", Uuid, nullable=False),
    Column("quantity", Numeric(22, 6), nullable=False),
    *money_columns("amount"),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
    Index(None, "tenant_id", "order_id", "id"),
)
