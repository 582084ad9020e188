"""The table of payment terms and its SQL."""

from typing import Any

from sqlalchemy import Index, Select, Table, column, exists, select, table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_types import RecordType
from contracts.rms.events import (
    PaymentTermChanged,
    PaymentTermCreated,
    PaymentTermDeleted,
    PaymentTermRestored,
)
from kernel.errors import Conflict
from rms.database import metadata
from rms.payment_terms.domain import PaymentTerm
from rms.payment_terms.schemas import PaymentTermOut

payment_terms = Table(
    "payment_terms",
    metadata,
    *record_columns(PaymentTerm),
    Index(None, "tenant_id", "code", unique=True),
    Index(
        "ix_payment_terms_default", "tenant_id", unique=True, postgresql_where=text("is_default")
    ),
)


async def _duplicate(tx: AsyncConnection, term: PaymentTerm) -> Conflict:
    query = select(payment_terms.c.deleted_at).where(payment_terms.c.code == term.code)
    deleted = (await tx.execute(query)).scalar_one() is not None
    code = "PAYMENT_TERM_DELETED" if deleted else "PAYMENT_TERM_DUPLICATE"
    return Conflict(code, term=term.code)


async def lock_payment_terms(tx: AsyncConnection) -> None:
    """Lock until the commit: one transaction at a time changes the tenant's payment terms."""
    await lock_key(tx, "rms.payment_terms")


PAYMENT_TERM = RecordType(
    # Terms have no owner: whoever may read terms sees all of them.
    scoped=UnownedResource("rms.payment_term", payment_terms),
    entity=PaymentTerm,
    created=PaymentTermCreated,
    changed=PaymentTermChanged,
    deleted=PaymentTermDeleted,
    restored=PaymentTermRestored,
    lock_first=lock_payment_terms,
    unique=("code",),
    duplicate=_duplicate,
)
PAYMENT_TERM_LISTING = Listing(
    PAYMENT_TERM.scoped,
    PaymentTermOut,
    entity=PaymentTerm,
    filters=["active", CodeFilter("code", upper_case), "name", "created_at", "updated_at"],
    sorts=["created_at", "updated_at", "code", "name"],
    words=["code", "name"],
    custom=custom_conditions,
)
# The column of another feature by which a deletion is checked; that feature imports this one.
_orders = table("orders", column("payment_term", JSONB))


async def find_default_term(tx: AsyncConnection) -> PaymentTerm | None:
    """The tenant's default term; None if it has chosen none."""
    query: Select[Any] = select(payment_terms).where(payment_terms.c.is_default)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(PaymentTerm, row._mapping)


async def find_term_by_code(tx: AsyncConnection, code: str) -> PaymentTerm | None:
    """The term of this code, active or not, unless it is deleted; None if there is none."""
    query: Select[Any] = select(payment_terms).where(
        payment_terms.c.code == code, payment_terms.c.deleted_at.is_(None)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(PaymentTerm, row._mapping)


async def has_orders(tx: AsyncConnection, code: str) -> bool:
    """Whether any order was agreed with the term of this code."""
    agreed = exists().where(_orders.c.payment_term["code"].astext == code)
    return bool((await tx.execute(select(agreed))).scalar_one())
