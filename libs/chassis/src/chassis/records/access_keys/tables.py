"""The table of access keys. It has the tenant policy like all others.

A request with a key has no tenant yet: the function `access_key_by_digest`, which the API's role
may run, returns the one row whose key the request holds (decision 16).
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, Uuid, text

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import tenant_column

# `created_by` is null for a key that no request caused; `record_version` is that at the issue.
access_keys = Table(
    "access_keys",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("tail", String(4), nullable=False, server_default=""),
    Column("purpose", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("record_version", Integer),
    Column("created_by", Text),
    instant("created_at"),
    instant("expires_at"),
    instant("revoked_at", nullable=True),
    Column("revoked_by", Text),
    Column("max_uses", Integer),
    Column("uses", Integer, nullable=False, server_default=text("0")),
    instant("last_used_at", nullable=True),
    Index(None, "digest", unique=True),
    Index(None, "tenant_id", "resource", "record_id", "id"),
    Index(None, "expires_at"),
)
