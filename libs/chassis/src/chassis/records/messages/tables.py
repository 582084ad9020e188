"""The tables of messages: those that a service has asked for, and what desk says of them."""

from sqlalchemy import Column, Index, Table, Text

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import replica_columns, uncounted
from chassis.database.record_columns import record_columns
from chassis.records.messages.model import MessageRequest

message_requests = Table(
    "message_requests",
    metadata,
    *record_columns(MessageRequest),
    Index(None, "tenant_id", "kind", "key", unique=True),
    Index(None, "tenant_id", "resource", "record_id", "id"),
)
_version: Column[int] = message_requests.c.version
_version.info.update(uncounted("a request is a part of the history of its record"))

# A copy of desk's messages; it has no addresses and no texts.
message_states = Table(
    "message_states",
    metadata,
    *replica_columns(),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    instant("sent_at", nullable=True),
)
