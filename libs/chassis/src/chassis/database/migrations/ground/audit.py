"""The audit entries and the trigger function that writes them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import audit_trigger
from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import roles, secure

TABLES = ("audit_entries",)


def create() -> None:
    """Create the tables of this topic."""
    _audit_entries()


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute(audit_trigger.DROP_AUDIT_TRIGGER)


def _audit_entries() -> None:
    """One entry per change of an audited row; only the trigger may insert."""
    op.create_table(
        "audit_entries",
        tenant_column(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text()),
        sa.Column("part_id", sa.Text()),
        sa.Column("verb", sa.Text(), nullable=False),
        instant("at", default=True),
        sa.Column("actor", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("origin", sa.Text()),
        sa.Column("trace_id", sa.Text()),
    )
    index("audit_entries", "tenant_id", "resource", "record_id", "id")
    secure("audit_entries", append_only=True)
    app, worker = roles()
    op.execute(f"REVOKE INSERT ON audit_entries FROM {app}, {worker}")
    op.execute(audit_trigger.CREATE_AUDIT_TRIGGER)
    # Triggers run a function without this right; nobody else should call it.
    op.execute("REVOKE ALL ON FUNCTION audit_row() FROM PUBLIC")
