"""RFM scores, grades, segments and tags of accounts, and the rules that say so."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure
from chassis.records.lists.columns import sort_column
from rules.migration_operations import create_rule_versions

revision = "l2o_20261201_grading"
down_revision = "l2o_20261201_receivables"
branch_labels = None
depends_on = None

REVIEW_DUE_AT = (
    "COALESCE((COALESCE(GREATEST(last_activity_at, reviewed_at), created_at) AT TIME ZONE 'UTC'"
    " + make_interval(days => review_days)) AT TIME ZONE 'UTC',"
    " 'infinity'::timestamp with time zone)"
)
CLASSES = ("grade", "sales_process", "segment", "tags", "rule_tags")


def upgrade() -> None:
    _orders()
    _rfm()
    op.create_table(
        "grade_queue", tenant_column(), sa.Column("account_id", sa.Uuid(), primary_key=True)
    )
    secure("grade_queue")
    create_rule_versions(resource="l2o.rule")
    _classes()
    _grades()


def downgrade() -> None:
    for column in ("grade_sort", "review_due_at_sort", "review_days", "reviewed_at"):
        op.drop_column("accounts", column)
    for column in CLASSES:
        op.drop_column("accounts", column)
    for table in ("account_grades", "rule_versions", "grade_queue", "account_rfm", "rfm_settings"):
        op.drop_table(table)
    op.drop_index("ix_orders_uncounted", "orders")
    for column in ("is_counted", "created_at"):
        op.drop_column("orders", column)


def _orders() -> None:
    """When an order was placed, and whether the RFM scores know its version."""
    op.add_column("orders", instant("created_at", nullable=True))
    op.add_column(
        "orders", sa.Column("is_counted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index(
        "ix_orders_uncounted",
        "orders",
        ["tenant_id", "account_id"],
        postgresql_where=sa.text("NOT is_counted"),
    )


def _classes() -> None:
    """What rules and people say of an account."""
    for name in ("grade", "sales_process", "segment"):
        kind = sa.String(40) if name == "grade" else sa.Text()
        op.add_column("accounts", sa.Column(name, kind))
    for name in ("tags", "rule_tags"):
        op.add_column("accounts", _texts(name))
    op.add_column("accounts", sort_column("grade", sa.Text()))
    op.add_column("accounts", sa.Column("review_days", sa.Integer()))
    op.add_column("accounts", instant("reviewed_at", nullable=True))
    due_at = sa.Computed(REVIEW_DUE_AT, persisted=True)
    instants = sa.DateTime(timezone=True)
    op.add_column("accounts", sa.Column("review_due_at_sort", instants, due_at, nullable=False))
    for columns in (
        ("segment",),
        ("sales_process",),
        ("grade_sort",),
        ("grade_sort", "name"),
        ("grade_sort", "last_activity_at_sort"),
        ("review_due_at_sort",),
    ):
        index("accounts", "tenant_id", *columns, "id")


def _texts(name: str) -> sa.Column[list[str]]:
    return sa.Column(name, ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'"))


def _grades() -> None:
    """How accounts came to their grades."""
    op.create_table(
        "account_grades",
        tenant_column(),
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("computed", sa.String(40)),
        sa.Column("row_name", sa.Text()),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("pinned", sa.String(40)),
        sa.Column("pin_reason", sa.Text()),
        sa.Column("pinned_by", sa.Text()),
        instant("pinned_at", nullable=True),
    )
    secure("account_grades")


def _rfm() -> None:
    op.create_table(
        "rfm_settings",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("window_days", sa.Integer(), nullable=False),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("rfm_settings")
    audited("rfm_settings", resource="l2o.rfm_settings")
    op.create_table(
        "account_rfm",
        tenant_column(),
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("first_ordered_on", sa.Date(), nullable=False),
        sa.Column("last_ordered_on", sa.Date(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(38, 6), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("recency", sa.SmallInteger()),
        sa.Column("frequency", sa.SmallInteger()),
        sa.Column("monetary", sa.SmallInteger()),
    )
    index("account_rfm", "tenant_id", "first_ordered_on")
    secure("account_rfm")
