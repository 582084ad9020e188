"""The tables of access: a copy of the directory, grants on records, owner history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure

TABLES = (
    "directory_people",
    "directory_principals",
    "directory_posts",
    "directory_leaves",
    "directory_departments",
    "directory_teams",
    "directory_team_members",
    "record_grants",
    "record_grant_copies",
    "owner_changes",
)


def create() -> None:
    """Create the tables of this topic."""
    _directory_people()
    _directory_principals()
    _directory_posts()
    _directory_leaves()
    _directory_departments()
    _directory_teams()
    _directory_team_members()
    _record_grants()
    _record_grant_copies()
    _owner_changes()


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _directory_people() -> None:
    """Copies of people in the directory."""
    op.create_table(
        "directory_people",
        *replica_columns(),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("manager_id", sa.Uuid()),
    )
    index("directory_people", "tenant_id", "subject")
    secure("directory_people")


def _directory_principals() -> None:
    """Since when the tokens of people and service clients count."""
    op.create_table(
        "directory_principals",
        *replica_columns(),
        sa.Column("subject", sa.Text(), nullable=False),
        instant("tokens_valid_from"),
    )
    index("directory_principals", "tenant_id", "subject")
    secure("directory_principals")


def _directory_posts() -> None:
    """Which person works in which department."""
    op.create_table(
        "directory_posts",
        tenant_column(),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("department_id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.Text()),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
    )
    index("directory_posts", "tenant_id", "department_id", "person_id")
    secure("directory_posts")


def _directory_leaves() -> None:
    """When people are absent and who substitutes for them."""
    op.create_table(
        "directory_leaves",
        tenant_column(),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("from_date", sa.Date(), primary_key=True),
        sa.Column("to_date", sa.Date(), nullable=False),
        sa.Column("substitute_id", sa.Uuid()),
    )
    index("directory_leaves", "tenant_id", "substitute_id")
    secure("directory_leaves")


def _directory_departments() -> None:
    """Copies of departments in the directory."""
    op.create_table(
        "directory_departments",
        *replica_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("manager_id", sa.Uuid()),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    index("directory_departments", "tenant_id", "manager_id")
    index("directory_departments", "tenant_id", "parent_id")
    secure("directory_departments")


def _directory_teams() -> None:
    """Copies of teams in the directory."""
    op.create_table(
        "directory_teams",
        *replica_columns(),
        sa.Column("name", sa.Text(), nullable=False),
    )
    secure("directory_teams")


def _directory_team_members() -> None:
    """Which person is a member of which team."""
    op.create_table(
        "directory_team_members",
        tenant_column(),
        sa.Column("team_id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
    )
    index("directory_team_members", "tenant_id", "person_id")
    secure("directory_team_members")


def _record_grants() -> None:
    """Who may see or change a record beside its owner: team members and shares."""
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
        instant("created_at"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.UniqueConstraint(
            "tenant_id",
            "resource",
            "record_id",
            "via",
            "grantee_id",
            name="record_grants_tenant_id_resource_record_id_via_grantee_id_key",
        ),
    )
    index("record_grants", "tenant_id", "resource", "grantee_id", "record_id")
    secure("record_grants")
    audited(
        "record_grants",
        resource="@resource",
        key="record_id",
        part="record_grants",
        noise=("version",),
    )


def _record_grant_copies() -> None:
    """Copies of the grants of other services, on whose records those of this service hang."""
    op.create_table(
        "record_grant_copies",
        *replica_columns(),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("grantee_kind", sa.Text(), nullable=False),
        sa.Column("grantee_id", sa.Uuid(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("until_date", sa.Date()),
        sa.Column("created_by", sa.Text(), nullable=False),
        instant("created_at"),
    )
    index("record_grant_copies", "tenant_id", "resource", "grantee_id", "record_id")
    index("record_grant_copies", "tenant_id", "resource", "record_id")
    secure("record_grant_copies")


def _owner_changes() -> None:
    """The history of each record's owner."""
    op.create_table(
        "owner_changes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("from_owner_id", sa.Text()),
        sa.Column("to_owner_id", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("cause", JSONB()),
        sa.Column("changed_by", sa.Text(), nullable=False),
        instant("changed_at"),
    )
    index("owner_changes", "tenant_id", "resource", "record_id", "id")
    secure("owner_changes", append_only=True)
