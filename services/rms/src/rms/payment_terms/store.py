"""The table of payment terms and its SQL."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.columns import JsonDocument, tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from kernel.errors import Conflict
from rms.database import metadata
from rms.payment_terms.domain import Instalment, PaymentTerm
from rms.payment_terms.schemas import PaymentTermOut

payment_terms = Table(
    "payment_terms",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("instalments", JsonDocument(tuple[Instalment, ...]), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "code", unique=True),
    Index(
        "ix_payment_terms_default", "tenant_id", unique=True, postgresql_where=text("is_default")
    ),
)


async def _duplicate(tx: AsyncConnection, term: PaymentTerm) -> Conflict:
    return Conflict("PAYMENT_TERM_DUPLICATE", term=term.code)


PAYMENT_TERM = RecordType(
    # Terms have no owner: whoever may read terms sees all of them.
    scoped=UnownedResource("rms.payment_term", payment_terms),
    entity=PaymentTerm,
    is_published=False,  # an order carries its payment term whole
    unique=("code",),
    duplicate=_duplicate,
)
PAYMENT_TERM_LISTING = Listing(
    PAYMENT_TERM.scoped,
    PaymentTermOut,
    entity=PaymentTerm,
    filters=["active", "code", "name", "created_at", "updated_at"],
    sorts=["created_at", "updated_at", "code", "name"],
    words=["code", "name"],
)


async def lock_payment_terms(tx: AsyncConnection) -> None:
    """Lock until the commit: one transaction at a time changes the tenant's payment terms."""
    await lock_key(tx, "rms.payment_terms")


async def find_default_term(tx: AsyncConnection) -> PaymentTerm | None:
    """The tenant's default term; None if it has chosen none."""
    query: Select[Any] = select(payment_terms).where(payment_terms.c.is_default)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(PaymentTerm, row._mapping)


async def find_term_by_code(tx: AsyncConnection, code: str) -> PaymentTerm | None:
    """The term of this code, active or not; None if there is none."""
    query: Select[Any] = select(payment_terms).where(payment_terms.c.code == code)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(PaymentTerm, row._mapping)
