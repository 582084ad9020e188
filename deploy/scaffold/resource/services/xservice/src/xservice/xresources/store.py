"""The table of xwords and its SQL."""

from sqlalchemy import Table

from chassis.database.record_columns import record_columns
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
    *record_columns(Xresource),
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
