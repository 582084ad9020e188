"""The table of tenants; each row belongs to its own tenant, so a tenant sees only itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, enum_column, uncounted
from chassis.database.rows import from_columns, to_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_types import RecordType
from contracts.org.events import Quotas, TenantChanged, TenantCreated
from kernel.errors import Conflict, NotFound
from kernel.taxes import TaxRounding
from org.database import metadata
from org.tenants.domain import Tenant, TenantStatus
from org.tenants.schemas import TenantOut

LISTED_BY = ("name", "status", "country", "currency", "created_at", "updated_at")
tenants = Table(
    "tenants",
    metadata,
    Column("tenant_id", Uuid, key="id", primary_key=True, server_default=text(CURRENT_TENANT)),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("languages", ARRAY(Text, as_tuple=True), nullable=False),
    Column("default_tax_rate", Numeric(9, 6), nullable=False),
    Column("country", Text, nullable=False),
    Column("status", enum_column(TenantStatus), nullable=False),
    Column("tax_rounding", enum_column(TaxRounding), nullable=False, server_default="LINE"),
    Column(
        "separate_resources",
        ARRAY(Text, as_tuple=True),
        nullable=False,
        server_default=text("'{}'"),
    ),
    Column(
        "transferred_along",
        ARRAY(Text, as_tuple=True),
        nullable=False,
        server_default=text("'{}'"),
    ),
    Column("quotas", JSONB, nullable=False, server_default=text("'{}'")),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, info=uncounted("the tenant itself")),
    *(Index(None, name, "id") for name in LISTED_BY),
)


async def _fetch(tx: AsyncConnection, tenant_id: UUID, *, lock: bool = False) -> Tenant:
    """Raise NotFound also for any tenant other than the transaction's."""
    query = select(tenants).where(tenants.c.id == tenant_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound("tenant", tenant_id)
    return _from_row(dict(row._mapping))


async def _fetch_all(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Tenant]:
    rows = await tx.execute(select(tenants).where(tenants.c.id.in_(ids)))
    return [_from_row(dict(row._mapping)) for row in rows]


async def _insert(tx: AsyncConnection, tenant: Tenant) -> None:
    await tx.execute(insert(tenants).values(_columns(tenant)))


async def _update(tx: AsyncConnection, _: Tenant, tenant: Tenant) -> Tenant:
    saved = replace(tenant, version=tenant.version + 1)
    is_expected_version = (tenants.c.id == tenant.id) & (tenants.c.version == tenant.version)
    if (
        await tx.execute(update(tenants).where(is_expected_version).values(_columns(saved)))
    ).rowcount == 0:
        raise Conflict("STALE_WRITE", what="tenants", key=str(tenant.id))
    return saved


TENANT = RecordType(
    scoped=UnownedResource("org.tenant", tenants),
    entity=Tenant,
    created=TenantCreated,
    changed=TenantChanged,
    fetch=_fetch,
    fetch_all=_fetch_all,
    insert=_insert,
    update=_update,
)


async def _see_all_tenants(tx: AsyncConnection) -> None:
    """Let the rest of an operator's transaction see every tenant."""
    await tx.execute(text("SELECT set_config('app.operator', 'on', true)"))


def _columns(tenant: Tenant) -> dict[str, Any]:
    return {**to_columns(tenants, tenant), "quotas": tenant.quotas.model_dump(exclude_none=True)}


def _from_row(row: Mapping[str, Any]) -> Tenant:
    quotas = Quotas.model_validate(row["quotas"])
    return from_columns(Tenant, row, id=row["tenant_id"], quotas=quotas)


# For operators only, whose routes check that they are.
LISTING = Listing(
    tenants,
    TenantOut,
    resource="org.tenant",
    shape=lambda row: TenantOut.model_validate(_from_row(row)),
    filters=[
        CodeFilter(name, upper_case) if name in ("country", "currency") else name
        for name in LISTED_BY
    ],
    sorts=["name", "created_at", "updated_at"],
    technical=True,
    prepare=_see_all_tenants,
)
