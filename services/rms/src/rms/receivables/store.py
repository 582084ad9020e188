"""The table of receivables and its SQL."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.columns import enum_column, money_columns, tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import ScopedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_types import RecordType
from contracts.rms.events import ReceivableAssigned, ReceivableChanged, ReceivableCreated
from rms.database import metadata
from rms.receivables.domain import Receivable, ReceivableKind, ReceivableStatus
from rms.receivables.schemas import ReceivableOut

receivables = Table(
    "receivables",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("kind", enum_column(ReceivableKind), nullable=False),
    Column("shipment_id", Uuid),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    *money_columns("amount"),
    sort_column("amount", Double()),
    *money_columns("allocated"),
    *money_columns("withdrawn"),
    Column("due_date", Date, nullable=False),
    Column("owner_id", Text),
    Column("instalment", Integer, nullable=False),
    Column("overdue_date", Date),
    Column("note", Text),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("status", enum_column(ReceivableStatus), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint(
        "0 <= allocated AND 0 <= withdrawn AND allocated + withdrawn <= amount", name="allocated"
    ),
    CheckConstraint("(shipment_id IS NULL) = (kind = 'PREPAYMENT')", name="shipment"),
    CheckConstraint("allocated_currency = amount_currency", name="currency"),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "shipment_id", "instalment", unique=True),
    Index(None, "tenant_id", "order_id", "id"),
    Index(None, "tenant_id", "account_id", "status", "id"),
    Index(None, "tenant_id", "status", "id"),
    # The oldest open receivables of an account; settled ones are not in the index.
    Index(
        "ix_receivables_oldest_open",
        "tenant_id",
        "account_id",
        "amount_currency",
        "due_date",
        "id",
        postgresql_where=text("status <> 'SETTLED'"),
    ),
)


# Whoever is granted an order, or sees it or its account, sees its receivables.
_OF_ORDER: Final = ("rms.order", "order_id")
RECEIVABLES = ScopedResource(
    "rms.receivable",
    receivables,
    of=(_OF_ORDER,),
    seen_with=(_OF_ORDER, ("l2o.account", "account_id")),
)
RECEIVABLE = RecordType(
    scoped=RECEIVABLES,
    entity=Receivable,
    created=ReceivableCreated,
    changed=ReceivableChanged,
    assigned=ReceivableAssigned,
)


async def lock_account(tx: AsyncConnection, account_id: UUID) -> None:
    """Lock until the commit: one transaction at a time moves the money of an account."""
    await lock_key(tx, "rms.account", account_id)


async def first_prepayment_id(tx: AsyncConnection, order_id: UUID) -> UUID | None:
    """The id of the order's first prepayment receivable; None if it has none."""
    query = select(receivables.c.id).where(*_is_prepayment_of(order_id))
    first = await tx.execute(query.order_by(receivables.c.id).limit(1))
    return first.scalar_one_or_none()


async def lock_prepayments(tx: AsyncConnection, order_id: UUID) -> Sequence[Receivable]:
    """All prepayment receivables of an order, locked for update in the order of their ids."""
    query: Select[Any] = select(receivables).where(*_is_prepayment_of(order_id))
    rows = await tx.execute(query.order_by(receivables.c.id).with_for_update())
    return [from_columns(Receivable, row._mapping) for row in rows]


def _is_prepayment_of(order_id: UUID) -> Sequence[Any]:
    return receivables.c.order_id == order_id, receivables.c.kind == ReceivableKind.PREPAYMENT


async def read_receivable(
    tx: AsyncConnection, receivable_id: UUID, *, today: date
) -> ReceivableOut:
    """A receivable as the API answers it on this business day. Raises NotFound."""
    return ReceivableOut.of(await RECEIVABLE.get(tx, receivable_id), today=today)


def receivable_shape(today: date) -> Callable[[Mapping[str, Any]], ReceivableOut]:
    """A function that turns a row into the answer of this business day."""
    return lambda row: ReceivableOut.of(from_columns(Receivable, row), today=today)


RECEIVABLE_LISTING = Listing(
    RECEIVABLES,
    ReceivableOut,
    by_day=receivable_shape,
    filters=[
        "status",
        "kind",
        "owner_id",
        "account_id",
        "order_id",
        CodeFilter("document_no", upper_case),
        "account_name",
        "amount",
        CodeFilter("amount_currency", upper_case),
        "due_date",
        "created_at",
        "updated_at",
    ],
    sorts=[
        "created_at",
        "updated_at",
        "due_date",
        "amount",
        "document_no",
        "account_name",
        "status,due_date",
    ],
    words=["document_no", "order_no", "account_name"],
    custom=custom_conditions,
)
