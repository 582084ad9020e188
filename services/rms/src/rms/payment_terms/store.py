"""The table of payment terms and its SQL."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeDecorator

from chassis.database.columns import tenant_column
from chassis.database.rows import fetch_row, from_columns, to_columns
from chassis.records.lists.listing import Listing
from chassis.records.search.words import index_words
from chassis.records.writes import update_row
from kernel.errors import NotFound
from rms.database import metadata
from rms.payment_terms.domain import Instalment, PaymentTerm
from rms.payment_terms.schemas import PaymentTermOut

DEFAULT_LOCKS = 8_264_003  # apart from whatever else is hashed into advisory locks


class Document(TypeDecorator[Any]):
    """A frozen dataclass, or a tuple of them, kept whole as JSON."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return TypeAdapter(self.kind).dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return TypeAdapter(self.kind).validate_python(value)


payment_terms = Table(
    "payment_terms",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("instalments", Document(tuple[Instalment, ...]), nullable=False),
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


async def add(tx: AsyncConnection, term: PaymentTerm) -> bool:
    """Insert unless the code is taken; whether it was free."""
    free = upsert(payment_terms).values(to_columns(payment_terms, term))
    free = free.on_conflict_do_nothing(index_elements=["tenant_id", "code"])
    if (await tx.execute(free.returning(payment_terms.c.id))).one_or_none() is None:
        return False
    await index_words(tx, payment_terms, [to_columns(payment_terms, term)], new=True)
    return True


async def get(tx: AsyncConnection, term_id: UUID) -> PaymentTerm:
    """Under `lock_default` nobody changes it meanwhile. Raises NotFound."""
    try:
        return await fetch_row(tx, payment_terms, term_id, PaymentTerm)
    except NotFound as missing:
        raise NotFound("payment_term", missing.params["key"]) from None


async def save(tx: AsyncConnection, term: PaymentTerm) -> PaymentTerm:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, payment_terms, term)


async def lock_default(tx: AsyncConnection) -> None:
    """Let nobody else of the tenant change a term until the commit."""
    key = func.hashtextextended(func.current_setting("app.tenant"), DEFAULT_LOCKS)
    await tx.execute(select(func.pg_advisory_xact_lock(key)))


async def default(tx: AsyncConnection) -> PaymentTerm | None:
    """The tenant's own default, if it has one."""
    query: Select[Any] = select(payment_terms).where(payment_terms.c.is_default)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(PaymentTerm, row._mapping)


async def by_code(tx: AsyncConnection, code: str) -> PaymentTerm | None:
    query: Select[Any] = select(payment_terms).where(payment_terms.c.code == code)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(PaymentTerm, row._mapping)


async def read(tx: AsyncConnection, term_id: UUID) -> PaymentTermOut:
    """Raises NotFound."""
    return PaymentTermOut.model_validate(await get(tx, term_id))


# Everybody of the tenant who may read terms sees them all.
LISTING = Listing(
    payment_terms,
    PaymentTermOut,
    resource="rms.payment_term",
    entity=PaymentTerm,
    filters=["active", "code", "name", "created_at", "updated_at"],
    sorts=["created_at", "updated_at", "code", "name"],
    words=["code", "name"],
)
