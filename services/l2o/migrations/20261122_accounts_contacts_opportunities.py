"""Accounts and their totals, contacts, opportunities and their history, conversions."""

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import money_columns, tenant_column
from chassis.database.migration_operations import secure

revision = "l2o_20261122"
down_revision = None
branch_labels = ("l2o",)
depends_on = "backbone_20261122"

TABLES = (
    "conversions",
    "stage_changes",
    "opportunities",
    "contacts",
    "account_totals",
    "accounts",
)


def upgrade() -> None:
    _accounts()
    _account_totals()
    _contacts()
    _opportunities()
    _stage_changes()
    _conversions()


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _ends() -> list[sa.Column[object]]:
    """What every changeable row ends with."""
    version: sa.Column[object] = sa.Column("version", sa.Integer(), nullable=False)
    return [_instant("created_at"), _instant("updated_at"), version]


def _accounts() -> None:
    op.create_table(
        "accounts",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("owner_id", sa.Text()),
        *_ends(),
    )
    _index("accounts", "owner_id")
    secure("accounts")


def _account_totals() -> None:
    zero = sa.text("0")
    op.create_table(
        "account_totals",
        tenant_column(),
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("currency", sa.Text(), primary_key=True),
        sa.Column("ordered", sa.Numeric(22, 6), nullable=False, server_default=zero),
        sa.Column("shipped", sa.Numeric(22, 6), nullable=False, server_default=zero),
        sa.Column("received", sa.Numeric(22, 6), nullable=False, server_default=zero),
    )
    secure("account_totals")


def _contacts() -> None:
    op.create_table(
        "contacts",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("email", sa.Text()),
        *_ends(),
    )
    _index("contacts", "account_id")
    secure("contacts")


def _opportunities() -> None:
    op.create_table(
        "opportunities",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        *money_columns("amount", nullable=True),
        sa.Column("expected_close_date", sa.Date()),
        sa.Column("lost_reason", sa.Text()),
        _instant("closed_at", nullable=True),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("owner_id", sa.Text()),
        *_ends(),
    )
    _index("opportunities", "account_id")
    _index("opportunities", "stage")
    _index("opportunities", "owner_id")
    secure("opportunities")


def _stage_changes() -> None:
    op.create_table(
        "stage_changes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("from_stage", sa.String(40)),
        sa.Column("to_stage", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("actor", sa.Text()),
        _instant("at"),
    )
    _index("stage_changes", "opportunity_id")
    secure("stage_changes", append_only=True)


def _conversions() -> None:
    op.create_table(
        "conversions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("rejected_for", sa.Text()),
        _instant("at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("conversions", append_only=True)


def _index(table: str, column: str) -> None:
    """For lists of this column's rows, newest first."""
    op.create_index(f"ix_{table}_tenant_id_{column}_id", table, ["tenant_id", column, "id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
