"""The table of xwords and its SQL."""

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.records.access.visibility import ScopedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.xservice.events import XresourceAssigned
from contracts.xservice.events import XresourceChanged
from contracts.xservice.events import XresourceCreated
from contracts.xservice.events import XresourceDeleted
from contracts.xservice.events import XresourceRestored
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
XRESOURCE = RecordType(
    scoped=ScopedResource("xservice.xresource", xresources),
    entity=Xresource,
    created=XresourceCreated,
    changed=XresourceChanged,
    deleted=XresourceDeleted,
    restored=XresourceRestored,
    assigned=XresourceAssigned,
)
LISTING = Listing(
    XRESOURCE.scoped,
    XresourceOut,
    entity=Xresource,
    filters=["owner_id", "name", "created_at", "updated_at"],
    sorts=["created_at", "updated_at", "name"],
    words=["name"],
    custom=custom_conditions,
)
