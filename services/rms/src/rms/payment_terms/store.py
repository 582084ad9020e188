"""The table of payment terms and its SQL."""

from typing import Any
from uuid import UUID

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
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import fetch_row, from_columns, to_columns
from chassis.records.lists.listing import Listing
from chassis.records.search.words import index_words
from chassis.records.writes import update_row
from kernel.errors import NotFound
from rms.database import JsonDocument, metadata
from rms.payment_terms.domain import Instalment, PaymentTerm
from rms.payment_terms.schemas import PaymentTermOut

# The seed keeps this advisory lock key apart from those of other tables.
PAYMENT_TERM_LOCK_SEED = 8_264_003


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


async def insert_payment_term(tx: AsyncConnection, term: PaymentTerm) -> bool:
    """Insert a term; returns False, and inserts nothing, if its code exists."""
    row = to_columns(payment_terms, term)
    statement = upsert(payment_terms).values(row)
    statement = statement.on_conflict_do_nothing(index_elements=["tenant_id", "code"])
    if (await tx.execute(statement.returning(payment_terms.c.id))).one_or_none() is None:
        return False
    await index_words(tx, payment_terms, [row], new=True)
    return True


async def get_payment_term(tx: AsyncConnection, term_id: UUID) -> PaymentTerm:
    """Load a term; callers that change it hold `lock_payment_terms`. Raises NotFound."""
    try:
        return await fetch_row(tx, payment_terms, term_id, PaymentTerm)
    except NotFound as missing:
        raise NotFound("payment_term", missing.params["key"]) from None


async def save_payment_term(tx: AsyncConnection, term: PaymentTerm) -> PaymentTerm:
    """Update the row if its version is unchanged. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, payment_terms, term)


async def lock_payment_terms(tx: AsyncConnection) -> None:
    """Lock until the commit: one transaction at a time changes the tenant's payment terms."""
    key = func.hashtextextended(func.current_setting("app.tenant"), PAYMENT_TERM_LOCK_SEED)
    await tx.execute(select(func.pg_advisory_xact_lock(key)))


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


async def read_payment_term(tx: AsyncConnection, term_id: UUID) -> PaymentTermOut:
    """A term as the API answers it. Raises NotFound."""
    return PaymentTermOut.model_validate(await get_payment_term(tx, term_id))


# Terms have no owner: whoever may read terms sees all of them.
PAYMENT_TERM_LISTING = Listing(
    payment_terms,
    PaymentTermOut,
    resource="rms.payment_term",
    entity=PaymentTerm,
    filters=["active", "code", "name", "created_at", "updated_at"],
    sorts=["created_at", "updated_at", "code", "name"],
    words=["code", "name"],
)
