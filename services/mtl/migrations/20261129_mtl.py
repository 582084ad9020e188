"""The tables of mtl: leads, their keys, history and touches, and follow-ups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column

revision = "mtl_20261129"
down_revision = None
branch_labels = ("mtl",)
depends_on = "backbone_20261129"

TABLES = (
    "leads",
    "lead_keys",
    "lead_history",
    "rule_versions",
    "lead_touches",
    "follow_ups",
    "lead_merges",
    "merged_leads",
    "accounts",
    "opportunities",
)

LEAD_TEXTS = (
    "name",
    "job_title",
    "department",
    "company",
    "uscc",
    "industry",
    "website",
    "country",
    "region_code",
    "address",
    "language",
    "external_id",
    "description",
    "need",
    "source",
    "source_detail",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
)
LEAD_SORTED_TEXTS = ("name", "company")
# Totals of the follow-ups, which have audit entries of their own.
FOLLOW_UP_TOTALS = ("follow_up_count", "last_followed_up_at", "next_step_on")
LEAD_ENCRYPTED = ("phone", "work_phone", "other_phone", "email", "other_email", "wechat_id")


def upgrade() -> None:
    _leads()
    _lead_keys()
    _lead_history()
    _rule_versions()
    _lead_touches()
    _follow_ups()
    _merges()
    _copies()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _merges() -> None:
    """The merges of leads, and what each of the merged ones brought to its survivor."""
    op.create_table(
        "lead_merges",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Text()),
        sa.Column("request", sa.String(80), nullable=False),
        sa.Column("changes", JSONB()),
        *(
            sa.Column(f"{when}_{name}{suffix}", sa.LargeBinary())
            for when in ("before", "after")
            for name in LEAD_ENCRYPTED
            for suffix in ("", "_digest")
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.Text()),
        sa.Column("kept", JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )
    index("lead_merges", "tenant_id", "survivor_id", "id")
    secure("lead_merges")
    op.create_table(
        "merged_leads",
        tenant_column(),
        sa.Column("merge_id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), primary_key=True),
        sa.Column("moved", JSONB(), nullable=False),
    )
    index("merged_leads", "tenant_id", "lead_id", "merge_id")
    secure("merged_leads", append_only=True)


def _copies() -> None:
    """Copies of the accounts and opportunities in l2o."""
    for table in ("accounts", "opportunities"):
        op.create_table(
            table,
            *replica_columns(),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("owner_id", sa.Text()),
        )
        secure(table)


def _leads() -> None:
    op.create_table(
        "leads",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Text()) for name in LEAD_TEXTS),
        *(sort_column(name, sa.Text()) for name in LEAD_SORTED_TEXTS),
        sa.Column("company_size", sa.String(40)),
        *(
            sa.Column(f"{name}{suffix}", sa.LargeBinary())
            for name in LEAD_ENCRYPTED
            for suffix in ("", "_digest")
        ),
        sa.Column("phone_tail_digest", sa.LargeBinary()),
        sa.Column("budget", sa.Numeric(22, 6)),
        sa.Column("budget_currency", sa.Text()),
        sa.Column("expected_on", sa.Date()),
        sa.Column("attributes", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("owner_id", sa.Text()),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("status_reason", sa.Text()),
        sa.Column("status_note", sa.Text()),
        sa.Column("score", sa.Integer()),
        sort_column("score", sa.Double()),
        sa.Column("grade", sa.String(40)),
        instant("handed_over_at", nullable=True),
        sa.Column("wakes_on", sa.Date()),
        sa.Column("conversion_id", sa.Uuid()),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("opportunity_id", sa.Uuid()),
        sa.Column("existing_account", sa.Boolean()),
        instant("converted_at", nullable=True),
        sort_column("converted_at", sa.DateTime(timezone=True)),
        sa.Column("merged_into_id", sa.Uuid()),
        sa.Column("follow_up_count", sa.Integer(), nullable=False),
        instant("last_followed_up_at", nullable=True),
        sort_column("last_followed_up_at", sa.DateTime(timezone=True)),
        sa.Column("next_step_on", sa.Date()),
        sort_column("next_step_on", sa.Date()),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "name_sort",
        "company_sort",
        "phone_digest",
        "phone_tail_digest",
        "email_digest",
        "external_id",
        "source",
        "industry",
        "region_code",
        "uscc",
        "owner_id",
        "status",
        "status_reason",
        "grade",
        "score_sort",
        "account_id",
        "converted_at_sort",
        "last_followed_up_at_sort",
        "next_step_on_sort",
        "created_at",
        "updated_at",
    ):
        index("leads", "tenant_id", column, "id")
    index("leads", "tenant_id", "id", where="leads.deleted_at IS NOT NULL", name="ix_leads_deleted")
    merged = "leads.merged_into_id IS NOT NULL"
    index("leads", "tenant_id", "merged_into_id", where=merged, name="ix_leads_merged")
    secure("leads")
    noise = ("version", "updated_at", *FOLLOW_UP_TOTALS)
    audited("leads", resource="mtl.lead", encrypted=LEAD_ENCRYPTED, noise=noise)
    with_custom_fields("leads", resource="mtl.lead")


def _lead_keys() -> None:
    """Digests of a lead's phones, mails and ids, by which duplicates are found."""
    op.create_table(
        "lead_keys",
        tenant_column(),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
    )
    index("lead_keys", "tenant_id", "lead_id")
    secure("lead_keys")


def _lead_history() -> None:
    """The history of a lead's status."""
    op.create_table(
        "lead_history",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        instant("at"),
        sa.Column("from_status", sa.String(40), nullable=False),
        sa.Column("to_status", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("actor", sa.Text()),
        sa.Column("conversion_id", sa.Uuid()),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("opportunity_id", sa.Uuid()),
    )
    index("lead_history", "tenant_id", "lead_id", "id")
    index("lead_history", "tenant_id", "to_status", "at")
    _secure_part_of_lead("lead_history")


def _secure_part_of_lead(table: str) -> None:
    """Let rows only be appended, but follow their lead when it is merged into another one."""
    verbs = "SELECT, INSERT, UPDATE (lead_id)"
    secure(table, app=verbs, worker=verbs)


def _rule_versions() -> None:
    """The published versions of the rules that administrators change."""
    op.create_table(
        "rule_versions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("rule_set", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        instant("published_at"),
        sa.Column("restores", sa.Integer()),
        sa.UniqueConstraint("tenant_id", "rule_set", "number"),
    )
    secure("rule_versions", append_only=True)
    audited("rule_versions", resource="mtl.rule", noise=("digest",))


def _lead_touches() -> None:
    """The contacts of a lead's person with us, as they happened."""
    op.create_table(
        "lead_touches",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        instant("at"),
        instant("recorded_at"),
        sa.Column("channel", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("payload", JSONB()),
        sa.Column("external_id", sa.Text()),
        sa.Column("actor", sa.Text()),
    )
    index("lead_touches", "tenant_id", "lead_id", "at", "id")
    index("lead_touches", "tenant_id", "lead_id", "external_id", unique=True)
    _secure_part_of_lead("lead_touches")


def _follow_ups() -> None:
    """What people did about leads, and what they do next."""
    op.create_table(
        "follow_ups",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        instant("at"),
        sa.Column("result", sa.String(40)),
        sa.Column("summary", sa.Text()),
        sa.Column("next_step", sa.Text()),
        sa.Column("next_step_on", sa.Date()),
        sort_column("next_step_on", sa.Date()),
        instant("next_step_done_at", nullable=True),
        sort_column("next_step_done_at", sa.DateTime(timezone=True)),
        sa.Column("checklist", JSONB()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("owner_id", sa.Text()),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "lead_id",
        "owner_id",
        "kind",
        "result",
        "at",
        "next_step_on_sort",
        "next_step_done_at_sort",
        "created_at",
        "updated_at",
    ):
        index("follow_ups", "tenant_id", column, "id")
    index("follow_ups", "tenant_id", "lead_id", "at", "id")
    deleted = "follow_ups.deleted_at IS NOT NULL"
    index("follow_ups", "tenant_id", "id", where=deleted, name="ix_follow_ups_deleted")
    secure("follow_ups")
    audited("follow_ups", resource="mtl.follow_up")
    with_custom_fields("follow_ups", resource="mtl.follow_up")
