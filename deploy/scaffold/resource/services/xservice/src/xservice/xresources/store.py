"""The table of xwords and its SQL."""

from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import ScopedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.database.columns import tenant_column
from chassis.records.lists.listing import Listing
from chassis.database.rows import fetch_row
from chassis.records.writes import insert_row
from chassis.records.writes import update_row
from xservice.database import metadata
from xservice.xresources.domain import Xresource
from xservice.xresources.schemas import XresourceOut

xresources = Table(
    "xresources",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("owner_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)
XRESOURCES = ScopedResource("xservice.xresource", xresources)
LISTING = Listing(
    XRESOURCES,
    XresourceOut,
    entity=Xresource,
    filters=["owner_id", "name", "created_at", "updated_at"],
    sorts=["created_at", "updated_at", "name"],
    words=["name"],
    custom=custom_conditions,
)


async def get(
    tx: AsyncConnection, xresource_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> Xresource:
    """Return a xword. Raises NotFound if it does not exist or is deleted."""
    return await fetch_row(
        tx,
        xresources,
        xresource_id,
        Xresource,
        lock=lock,
        with_deleted=with_deleted,
        what="xresource",
    )


async def add(tx: AsyncConnection, xresource: Xresource) -> None:
    """Insert a new xword."""
    await insert_row(tx, xresources, xresource)


async def save(tx: AsyncConnection, xresource: Xresource) -> Xresource:
    """Update a xword; return it with its new version. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, xresources, xresource)
