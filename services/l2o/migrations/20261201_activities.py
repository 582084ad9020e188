"""The tables of activities; when the last one was, on accounts and opportunities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column

revision = "l2o_20261201_activities"
down_revision = "l2o_20261201_accounts"
branch_labels = None
depends_on = None

TABLES = ("activities", "activity_contacts", "activity_participants")
NOISE = {
    "accounts": ("version", "updated_at", "external_ids", "name_key"),
    "opportunities": ("version", "updated_at", "external_ids"),
}
RESOURCES = {"accounts": "l2o.account", "opportunities": "l2o.opportunity"}
ENCRYPTED = {"accounts": ("email",), "opportunities": ()}


def upgrade() -> None:
    _activities()
    _people()
    for table, noise in NOISE.items():
        op.add_column(table, instant("last_activity_at", nullable=True))
        op.add_column(table, sort_column("last_activity_at", sa.DateTime(timezone=True)))
        index(table, "tenant_id", "last_activity_at_sort", "id")
        _audited(table, (*noise, "last_activity_at"))


def downgrade() -> None:
    for table, noise in NOISE.items():
        op.drop_column(table, "last_activity_at_sort")
        op.drop_column(table, "last_activity_at")
        _audited(table, noise)
    for table in reversed(TABLES):
        op.drop_table(table)


def _audited(table: str, noise: tuple[str, ...]) -> None:
    audited(table, resource=RESOURCES[table], noise=noise, encrypted=ENCRYPTED[table])


def _activities() -> None:
    """What people did with accounts, and what they do next."""
    op.create_table(
        "activities",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid()),
        sa.Column("kind", sa.String(40), nullable=False),
        instant("at"),
        sa.Column("duration_minutes", sa.Integer()),
        sa.Column("direction", sa.String(40), nullable=False),
        sa.Column("result", sa.String(40)),
        sa.Column("subject", sa.Text()),
        sa.Column("body", sa.Text()),
        sa.Column("guests", sa.Text()),
        sa.Column("next_step", sa.Text()),
        sa.Column("next_step_on", sa.Date()),
        sort_column("next_step_on", sa.Date()),
        instant("next_step_done_at", nullable=True),
        sort_column("next_step_done_at", sa.DateTime(timezone=True)),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("owner_id", sa.Text()),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "account_id",
        "opportunity_id",
        "owner_id",
        "kind",
        "direction",
        "result",
        "at",
        "next_step_on_sort",
        "next_step_done_at_sort",
        "created_at",
        "updated_at",
    ):
        index("activities", "tenant_id", column, "id")
    for column in ("account_id", "opportunity_id"):
        index("activities", "tenant_id", column, "at", "id")
    deleted = "activities.deleted_at IS NOT NULL"
    index("activities", "tenant_id", "id", where=deleted, name="ix_activities_deleted")
    secure("activities")
    audited("activities", resource="l2o.activity")
    with_custom_fields("activities", resource="l2o.activity")


def _people() -> None:
    """Who took part in activities: people at the account, and colleagues."""
    for table, column, kind in (
        ("activity_contacts", "contact_id", sa.Uuid()),
        ("activity_participants", "participant_id", sa.Text()),
    ):
        op.create_table(
            table,
            tenant_column(),
            sa.Column("activity_id", sa.Uuid(), primary_key=True),
            sa.Column(column, kind, primary_key=True),
        )
        index(table, "tenant_id", column, "activity_id")
        secure(table)
        audited(
            table,
            resource="l2o.activity",
            key="activity_id",
            part=f"{column.removesuffix('_id')}s",
            part_key=column,
        )
