"""The tables of DESK: flows, requests for approval, roles and their holders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure
from chassis.records.lists.columns import sort_column
from rules.migration_operations import create_rule_versions

revision = "desk_20261201"
down_revision = None
branch_labels = ("desk",)
depends_on = "backbone_20261129"

TABLES = (
    "roles",
    "role_people",
    "role_holders",
    "rule_versions",
    "approvals",
    "approval_seats",
    "approval_history",
    "approval_settings",
)


def upgrade() -> None:
    _roles()
    create_rule_versions(resource="desk.approval_flow")
    _approvals()
    _approval_seats()
    _approval_history()
    _approval_settings()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _roles() -> None:
    """Copies of org's roles, and of who holds them."""
    op.create_table(
        "roles",
        *replica_columns(),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
    )
    index("roles", "tenant_id", "code")
    op.create_table("role_people", *replica_columns(), sa.Column("email", sa.Text()))
    op.create_table(
        "role_holders",
        tenant_column(),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("role_id", sa.Uuid(), primary_key=True),
    )
    index("role_holders", "tenant_id", "role_id", "person_id")
    for table in ("roles", "role_people", "role_holders"):
        secure(table)


def _approvals() -> None:
    """Requests for approval: what was asked, and how far they are."""
    op.create_table(
        "approvals",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("record_name", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("lines", JSONB(), nullable=False),
        sa.Column("record_people", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("requested_by", sa.Text(), nullable=False),
        instant("requested_at"),
        sa.Column("flow_version", sa.Integer(), nullable=False),
        sa.Column("plan", JSONB(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("step_no", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        instant("step_started_at", nullable=True),
        sa.Column("late_times", sa.Integer(), nullable=False),
        instant("ended_at", nullable=True),
        sort_column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for columns in (
        ("requested_by", "id"),
        ("status", "id"),
        ("kind", "id"),
        ("resource", "id"),
        ("record_id", "id"),
        ("requested_at", "id"),
        ("ended_at_sort", "id"),
        ("created_at", "id"),
        ("updated_at", "id"),
        ("resource", "record_id", "id"),
        ("requested_at",),
    ):
        index("approvals", "tenant_id", *columns)
    secure("approvals")
    audited("approvals", resource="desk.approval")


def _approval_seats() -> None:
    """Who is asked in the steps of requests, and what they decided."""
    op.create_table(
        "approval_seats",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_name", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        instant("requested_at"),
        sa.Column("step_no", sa.Integer(), nullable=False),
        sa.Column("step_key", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("instead_of", sa.Text()),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        instant("asked_at"),
        instant("decided_at", nullable=True),
        sort_column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text()),
        sa.Column("comment", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
    )
    for columns in (
        ("approval_id", "id"),
        ("person", "id"),
        ("person", "state", "asked_at", "id"),
        ("asked_at",),
    ):
        index("approval_seats", "tenant_id", *columns)
    undecided = "state IN ('WAITING', 'OPEN')"
    index(
        "approval_seats",
        "tenant_id",
        "person",
        "approval_id",
        where=undecided,
        name="approval_seats_undecided",
    )
    index(
        "approval_seats",
        "tenant_id",
        "instead_of",
        "approval_id",
        where=f"{undecided} AND instead_of IS NOT NULL",
        name="approval_seats_stood_in",
    )
    secure("approval_seats")
    audited("approval_seats", resource="desk.approval", key="approval_id", part="seats")


def _approval_history() -> None:
    """What happened to requests; nothing of it is ever changed."""
    op.create_table(
        "approval_history",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        instant("at"),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("step_key", sa.Text()),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("on_behalf_of", sa.Text()),
        sa.Column("person", sa.Text()),
        sa.Column("comment", sa.Text()),
        sa.Column(
            "attachment_ids", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column("by_link", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approval_id"],
            ["approvals.tenant_id", "approvals.id"],
            ondelete="CASCADE",
        ),
    )
    index("approval_history", "tenant_id", "approval_id", "id")
    secure("approval_history")


def _approval_settings() -> None:
    """How a tenant lets people approve."""
    op.create_table(
        "approval_settings",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mail_links", sa.Boolean(), nullable=False),
        sa.Column("link_days", sa.Integer(), nullable=False),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("approval_settings")
    audited("approval_settings", resource="desk.approval_setting")
