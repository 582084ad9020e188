"""The tables of mtl: leads, their keys, history and touches, and follow-ups."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column
from rules.migration_operations import create_rule_versions

revision = "mtl_20261129"
down_revision = None
branch_labels = ("mtl",)
depends_on = "backbone_20261129"

TABLES = (
    "leads",
    "lead_keys",
    "lead_history",
    "lead_recyclings",
    "rule_versions",
    "score_models",
    "bulk_changes",
    "bulk_change_leads",
    "lead_touches",
    "follow_ups",
    "pools",
    "quotas",
    "lead_claims",
    "lead_assignments",
    "assignment_turns",
    "channels",
    "captures",
    "capture_settings",
    "lead_consents",
    "lead_merges",
    "merged_leads",
    "accounts",
    "opportunities",
    "account_keys",
    "contacts",
    "conversions",
    "returning_customers",
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
SCORE_PARTS = ("attribute", "behavior", "intelligent")
# What follows from owner, follow-ups and rules.
LEAD_CLOCK = ("owned_since", "accept_by", "falls_back_at", "clock_due_at")
LEAD_ENCRYPTED = ("phone", "work_phone", "other_phone", "email", "other_email", "wechat_id")


def upgrade() -> None:
    _leads()
    _lead_keys()
    _lead_history()
    _lead_recyclings()
    create_rule_versions(resource="mtl.rule")
    _score_models()
    _bulk_changes()
    _lead_touches()
    _follow_ups()
    _pools()
    _quotas()
    _claims_and_assignments()
    _channels()
    _captures()
    _lead_consents()
    _merges()
    _copies()
    _candidates()
    _conversions()


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


def _candidates() -> None:
    """What finds the accounts and contacts of l2o that a lead may belong to."""
    op.create_table(
        "account_keys",
        tenant_column(),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("account_id", sa.Uuid(), primary_key=True),
    )
    index("account_keys", "tenant_id", "account_id")
    secure("account_keys")
    op.create_table(
        "contacts",
        *replica_columns(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("phone_digest", sa.LargeBinary()),
        sa.Column("email_digest", sa.LargeBinary()),
    )
    index("contacts", "tenant_id", "account_id", "id")
    index("contacts", "tenant_id", "phone_digest")
    index("contacts", "tenant_id", "email_digest")
    secure("contacts")


def _conversions() -> None:
    """The conversions of leads and what L2O answered, and the keys of converted leads."""
    op.create_table(
        "conversions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("existing_account", sa.Boolean(), nullable=False),
        sa.Column("existing_contact", sa.Boolean(), nullable=False),
        sa.Column("records", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("opportunity_name", sa.Text()),
        sa.Column("mapping_version", sa.Integer(), nullable=False),
        sa.Column("converted_by", sa.Text()),
        instant("converted_at"),
        sa.Column("sees_all", sa.Boolean(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
    )
    index("conversions", "tenant_id", "lead_id", "id")
    index("conversions", "tenant_id", "account_id", "id")
    secure("conversions")
    op.create_table(
        "returning_customers",
        tenant_column(),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
    )
    index("returning_customers", "tenant_id", "lead_id")
    secure("returning_customers")


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
        *(sa.Column(f"{part}_score", sa.Integer()) for part in SCORE_PARTS),
        *(
            sa.Column(name, ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'"))
            for name in ("tags", "rule_tags")
        ),
        instant("handed_over_at", nullable=True),
        sa.Column("wakes_on", sa.Date()),
        sa.Column("conversion_id", sa.Uuid()),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("opportunity_id", sa.Uuid()),
        sa.Column("existing_account", sa.Boolean()),
        sa.Column("returning_account_id", sa.Uuid()),
        instant("converted_at", nullable=True),
        sa.Column(
            "do_not_contact", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
        sort_column("converted_at", sa.DateTime(timezone=True)),
        sa.Column("merged_into_id", sa.Uuid()),
        sa.Column("follow_up_count", sa.Integer(), nullable=False),
        instant("last_followed_up_at", nullable=True),
        sort_column("last_followed_up_at", sa.DateTime(timezone=True)),
        sa.Column("next_step_on", sa.Date()),
        sort_column("next_step_on", sa.Date()),
        *(instant(name, nullable=True) for name in LEAD_CLOCK),
        sort_column("falls_back_at", sa.DateTime(timezone=True)),
        sa.Column("pool_id", sa.Uuid()),
        sa.Column("assignment_status", sa.String(40)),
        sa.Column("unassigned_reason", sa.String(40)),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    due = "leads.clock_due_at IS NOT NULL"
    index("leads", "tenant_id", "clock_due_at", "id", where=due)
    held = "status NOT IN ('CONVERTED', 'INVALID') AND deleted_at IS NULL"
    index("leads", "tenant_id", "owner_id", where=held, name="ix_leads_held")
    unowned = "owner_id IS NULL AND deleted_at IS NULL"
    in_pool = ("tenant_id", "pool_id", "score_sort", "id")
    index("leads", *in_pool, where=unowned, name="ix_leads_in_pool")
    of_pool = "leads.deleted_at IS NOT NULL"
    index("leads", "tenant_id", "pool_id", "id", where=of_pool, name="ix_leads_deleted_pool_id")
    for column in (
        "falls_back_at_sort",
        "pool_id",
        "assignment_status",
        "unassigned_reason",
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
    noise = ("version", "updated_at", *FOLLOW_UP_TOTALS, *LEAD_CLOCK)
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
        instant("accept_by", nullable=True),
        sa.Column("conversion_id", sa.Uuid()),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("opportunity_id", sa.Uuid()),
    )
    index("lead_history", "tenant_id", "lead_id", "id")
    index("lead_history", "tenant_id", "to_status", "at")
    _secure_part_of_lead("lead_history")


def _secure_part_of_lead(table: str, *, emptied: str = "") -> None:
    """Let rows only be appended, but follow their lead when it is merged into another one.

    `emptied` is a column that is erased once it was kept long enough.
    """
    columns = f"lead_id, {emptied}" if emptied else "lead_id"
    verbs = f"SELECT, INSERT, UPDATE ({columns})"
    secure(table, app=verbs, worker=verbs)


def _lead_recyclings() -> None:
    """Each time that a lead fell back from its owner."""
    op.create_table(
        "lead_recyclings",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        instant("at"),
        sa.Column("former_owner_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        instant("barred_until", nullable=True),
    )
    index("lead_recyclings", "tenant_id", "lead_id", "id")
    secure("lead_recyclings", append_only=True)


def _score_models() -> None:
    """The models that were trained from leads, with their cards."""
    op.create_table(
        "score_models",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.Column("card", JSONB(), nullable=False),
        sa.Column("profile", JSONB(), nullable=False),
        sa.Column("trained_by", sa.Text(), nullable=False),
        instant("trained_at"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    secure("score_models", append_only=True)
    audited("score_models", resource="mtl.score_model", noise=("document", "profile"))


def _bulk_changes() -> None:
    """Changes of many leads at once, and what became of each lead."""
    op.create_table(
        "bulk_changes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("change", JSONB(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("caller_kind", sa.String(40), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        instant("created_at"),
        instant("finished_at", nullable=True),
    )
    index("bulk_changes", "tenant_id", "created_by", "id")
    secure("bulk_changes")
    op.create_table(
        "bulk_change_leads",
        tenant_column(),
        sa.Column("change_id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), primary_key=True),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("code", sa.String(60)),
        sa.Column("before", JSONB()),
        sa.Column("owner_before", sa.Text()),
        sa.Column("lead_version", sa.Integer()),
    )
    index("bulk_change_leads", "tenant_id", "change_id", "outcome", "lead_id")
    secure("bulk_change_leads")


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
    _secure_part_of_lead("lead_touches", emptied="payload")


def _follow_ups() -> None:
    """What people did about leads, and what they do next."""
    op.create_table(
        "follow_ups",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        instant("at"),
        sa.Column("direction", sa.String(40), nullable=False),
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


def _records_of_their_own(table: str, resource: str, *columns: sa.Column[Any]) -> None:
    """Create the table of a resource without owners."""
    op.create_table(
        table,
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *columns,
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    deleted = f"{table}.deleted_at IS NOT NULL"
    index(table, "tenant_id", "id", where=deleted, name=f"ix_{table}_deleted")
    for column in ("created_at", "updated_at"):
        index(table, "tenant_id", column, "id")
    secure(table)
    audited(table, resource=resource)
    with_custom_fields(table, resource=resource)


def _pools() -> None:
    """Pools of leads, from which members claim."""
    _records_of_their_own(
        "pools",
        "mtl.pool",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("members", JSONB(), nullable=False),
        sa.Column("admin_ids", JSONB(), nullable=False),
        sa.Column(
            "hidden_fields", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column("daily_claim_limit", sa.Integer()),
    )
    for column in ("name", "active"):
        index("pools", "tenant_id", column, "id")


def _quotas() -> None:
    """How many leads one may hold, and claim in a day."""
    _records_of_their_own(
        "quotas",
        "mtl.quota",
        sa.Column("holder_id", sa.Text()),
        sa.Column("department_id", sa.Uuid()),
        sa.Column("holding_limit", sa.Integer()),
        sa.Column("daily_claim_limit", sa.Integer()),
        sa.Column("note", sa.Text()),
    )
    for column in ("holder_id", "department_id"):
        index("quotas", "tenant_id", column, "id")


def _claims_and_assignments() -> None:
    """Who claimed which lead, whom a rule gave which lead, and whose turn it is."""
    op.create_table(
        "lead_claims",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        instant("claimed_at"),
        sa.Column("claimed_on", sa.Date(), nullable=False),
    )
    index("lead_claims", "tenant_id", "claimed_by", "claimed_on")
    index("lead_claims", "tenant_id", "lead_id", "id")
    secure("lead_claims", append_only=True)
    op.create_table(
        "lead_assignments",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        instant("assigned_at"),
        sa.Column("assigned_on", sa.Date(), nullable=False),
    )
    index("lead_assignments", "tenant_id", "lead_id", "id")
    index("lead_assignments", "tenant_id", "rule_id", "recipient_id", "assigned_on")
    secure("lead_assignments", append_only=True)
    op.create_table(
        "assignment_turns",
        tenant_column(),
        sa.Column("rule_id", sa.String(64), primary_key=True),
        sa.Column("earned", JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )
    secure("assignment_turns")


def _channels() -> None:
    """The channels through which leads come in."""
    op.create_table(
        "channels",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("default_owner_id", sa.Text()),
        sa.Column("default_pool_id", sa.Uuid()),
        sa.Column("duplicate_policy", sa.String(40), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("gate", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column(
            "allowed_origins", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column("honeypot", sa.Text()),
        sa.Column("shows_duplicates", sa.Boolean(), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("name", "kind", "active", "default_owner_id", "created_at", "updated_at"):
        index("channels", "tenant_id", column, "id")
    deleted = "channels.deleted_at IS NOT NULL"
    index("channels", "tenant_id", "id", where=deleted, name="ix_channels_deleted")
    secure("channels")
    audited("channels", resource="mtl.channel")
    with_custom_fields("channels", resource="mtl.channel")


def _captures() -> None:
    """What senders handed in through channels, and what became of it."""
    op.create_table(
        "captures",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("event_digest", sa.LargeBinary()),
        sa.Column("payload_digest", sa.LargeBinary(), nullable=False),
        instant("touched_at"),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("reasons", JSONB()),
        sa.Column("payload", JSONB()),
        sa.Column("fields", JSONB()),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("duplicate_of_id", sa.Uuid()),
        sa.Column("reviewed_by", sa.Text()),
        instant("reviewed_at", nullable=True),
        sa.Column("review_note", sa.Text()),
        instant("emptied_at", nullable=True),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("channel_id", "outcome", "lead_id", "reviewed_by", "touched_at", "created_at"):
        index("captures", "tenant_id", column, "id")
    index("captures", "tenant_id", "channel_id", "event_digest", unique=True)
    op.create_index(
        "ix_captures_kept",
        "captures",
        ["tenant_id", "created_at", "id"],
        postgresql_where=sa.text("emptied_at IS NULL AND outcome <> 'QUARANTINED'"),
    )
    secure("captures")
    noise = ("version", "updated_at", "event_digest", "payload_digest", "payload", "fields")
    audited("captures", resource="mtl.capture", noise=noise)
    op.create_table(
        "capture_settings",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("payload_days", sa.Integer()),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("capture_settings")
    audited("capture_settings", resource="mtl.capture_setting")


def _lead_consents() -> None:
    """By which media people let themselves be contacted, by contact point."""
    op.create_table(
        "lead_consents",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("medium", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        instant("at"),
        instant("recorded_at"),
        sa.Column("recorded_by", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("text_version", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("source", sa.Text()),
    )
    index("lead_consents", "tenant_id", "kind", "digest", "at")
    index("lead_consents", "tenant_id", "lead_id", "at", "id")
    secure("lead_consents", append_only=True)
