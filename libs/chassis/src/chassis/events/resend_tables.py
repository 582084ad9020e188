"""The tables of requests to send retained events again; every service has them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    text,
)

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import filter_indexes, tenant_column

# Requests to send retained events again; the relay marks a key as `begun` before it sends its
# events, and deletes it afterwards.
event_resends = Table(
    "event_resends",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("topic", Text),
    instant("since"),
    Column("requested_by", Text, nullable=False),
    Column("note", Text),
    Column("cancelled_by", Text),
    Column("cancel_note", Text),
    instant("requested_at"),
    instant("progressed_at", default=True),
    Column("events", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False, server_default=text("0")),
    Column("quarantined", BigInteger, nullable=False, server_default=text("0")),
    instant("finished_at", nullable=True),
    Index(None, "finished_at"),
    *filter_indexes("topic", "requested_by", "requested_at", "finished_at"),
)

event_resend_keys = Table(
    "event_resend_keys",
    metadata,
    tenant_column(),
    Column("resend_id", Uuid, primary_key=True),
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("aggregatetype", Text, primary_key=True),
    Column("aggregateid", Uuid, primary_key=True),
    Column("begun", Boolean, nullable=False, server_default=false()),
    Index(None, "bucket"),
)
