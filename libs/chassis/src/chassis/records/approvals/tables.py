"""The table of the approvals that a service has asked for."""

from sqlalchemy import Column, Index, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import metadata
from chassis.database.columns import uncounted
from chassis.database.record_columns import record_columns
from chassis.records.approvals.domain import ApprovalRequest

approval_requests = Table(
    "approval_requests",
    metadata,
    *record_columns(ApprovalRequest, without=("lines",)),
    Column("lines", JSONB, nullable=False),
    Index(None, "tenant_id", "resource", "record_id", "id"),
    # A record waits for one answer of each kind.
    Index(
        "approval_requests_pending_key",
        "tenant_id",
        "record_id",
        "kind",
        unique=True,
        postgresql_where=text("status = 'PENDING'"),
    ),
)
_version: Column[int] = approval_requests.c.version
_version.info.update(uncounted("a request is a part of the history of its record"))
