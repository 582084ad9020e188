"""Who sees what: the directory's replicas, grants on records, owners' history."""

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure
from chassis.events.replicas import replica_columns

revision = "backbone_access"
down_revision = "backbone_20261122"
branch_labels = None
depends_on = None

REPLICAS = (
    "directory_people",
    "directory_posts",
    "directory_leaves",
    "directory_departments",
    "directory_teams",
    "directory_team_members",
)


def upgrade() -> None:
    _people()
    _departments()
    _teams()
    _grants()
    _owner_changes()
    for table in (*REPLICAS, "record_grants"):
        secure(table)
    secure("owner_changes", append_only=True)


def downgrade() -> None:
    for table in ("owner_changes", "record_grants", *reversed(REPLICAS)):
        op.drop_table(table)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _people() -> None:
    op.create_table(
        "directory_people",
        *replica_columns(),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("manager_id", sa.Uuid()),
    )
    _index("directory_people", "tenant_id", "subject")
    op.create_table(
        "directory_posts",
        tenant_column(),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("department_id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.Text()),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
    )
    _index("directory_posts", "tenant_id", "department_id", "person_id")
    op.create_table(
        "directory_leaves",
        tenant_column(),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("from_date", sa.Date(), primary_key=True),
        sa.Column("to_date", sa.Date(), nullable=False),
        sa.Column("substitute_id", sa.Uuid()),
    )
    _index("directory_leaves", "tenant_id", "substitute_id")


def _departments() -> None:
    op.create_table(
        "directory_departments",
        *replica_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("manager_id", sa.Uuid()),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    _index("directory_departments", "tenant_id", "parent_id")
    _index("directory_departments", "tenant_id", "manager_id")


def _teams() -> None:
    op.create_table(
        "directory_teams",
        *replica_columns(),
        sa.Column("name", sa.Text(), nullable=False),
    )
    op.create_table(
        "directory_team_members",
        tenant_column(),
        sa.Column("team_id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
    )
    _index("directory_team_members", "tenant_id", "person_id")


def _grants() -> None:
    op.create_table(
        "record_grants",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("grantee_kind", sa.Text(), nullable=False),
        sa.Column("grantee_id", sa.Uuid(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("until_date", sa.Date()),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "tenant_id",
            "resource",
            "record_id",
            "via",
            "grantee_id",
            name="record_grants_tenant_id_resource_record_id_via_grantee_id_key",
        ),
    )
    _index("record_grants", "tenant_id", "resource", "grantee_id", "record_id")


def _owner_changes() -> None:
    op.create_table(
        "owner_changes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("from_owner_id", sa.Text()),
        sa.Column("to_owner_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    _index("owner_changes", "tenant_id", "resource", "record_id", "id")
