"""For migrations: the table of the versions of rules, as `version_store` reads it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import audited, secure

_TABLE = "rule_versions"


def create_rule_versions(*, resource: str) -> None:
    """Create the table of the published versions of rules; `resource` is what its audit names."""
    op.create_table(
        _TABLE,
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("rule_set", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restores", sa.Integer()),
        sa.UniqueConstraint("tenant_id", "rule_set", "number"),
    )
    secure(_TABLE, append_only=True)
    audited(_TABLE, resource=resource, noise=("digest",))
