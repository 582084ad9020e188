"""The tables of messages to the outside: templates, the log, bans, and counts for limits."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields

revision = "desk_20261201_messages"
down_revision = "desk_20261201_files"
branch_labels = None
depends_on = None

TABLES = ("message_templates", "message_bans", "messages", "message_rates", "message_consents")


def upgrade() -> None:
    _templates()
    _bans()
    _messages()
    _rates()
    _consents()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _ends() -> tuple[Any, ...]:
    return (
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _templates() -> None:
    """What messages of a code say, by channel and language."""
    op.create_table(
        "message_templates",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        instant("deleted_at", nullable=True),
        *_ends(),
    )
    index("message_templates", "tenant_id", "code", "channel", "language", unique=True)
    for column in ("code", "name", "channel", "active", "created_at", "updated_at"):
        index("message_templates", "tenant_id", column, "id")
    deleted = "message_templates.deleted_at IS NOT NULL"
    index(
        "message_templates", "tenant_id", "id", where=deleted, name="ix_message_templates_deleted"
    )
    secure("message_templates")
    audited("message_templates", resource="desk.message_template")
    with_custom_fields("message_templates", resource="desk.message_template")


def _bans() -> None:
    """Addresses to which nothing is sent, by their digests."""
    op.create_table(
        "message_bans",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text()),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("created_by", sa.Text()),
        *_ends(),
    )
    index("message_bans", "tenant_id", "channel", "address_digest", unique=True)
    for column in ("channel", "reason", "created_at"):
        index("message_bans", "tenant_id", column, "id")
    secure("message_bans")
    audited("message_bans", resource="desk.message_ban", secret=("address_digest",))


def _messages() -> None:
    """Messages and what became of them; their texts may hold keys, and are in no audit entry."""
    op.create_table(
        "messages",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("template_code", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("email", sa.LargeBinary()),
        sa.Column("email_digest", sa.LargeBinary()),
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("phone_digest", sa.LargeBinary()),
        sa.Column("subject", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("about_resource", sa.Text()),
        sa.Column("about_id", sa.Uuid()),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.Column("requested_by", sa.Text()),
        instant("sent_at", nullable=True),
        *_ends(),
    )
    columns = (
        "status", "channel", "template_code", "email_digest", "phone_digest", "about_id",
        "created_at",
    )  # fmt: skip
    for column in columns:
        index("messages", "tenant_id", column, "id")
    secure("messages")
    audited(
        "messages",
        resource="desk.message",
        noise=("version", "updated_at", "claims"),
        secret=("subject", "body"),
        encrypted=("email", "phone"),
    )


def _rates() -> None:
    """How many messages went to whom in a span of time."""
    op.create_table(
        "message_rates",
        tenant_column(),
        sa.Column("key", sa.Text(), primary_key=True),
        instant("began_at"),
        sa.Column("used", sa.Integer(), nullable=False),
    )
    index("message_rates", "tenant_id", "began_at")
    secure("message_rates")


def _consents() -> None:
    """By which media people want to be contacted, by the digests of their addresses."""
    op.create_table(
        "message_consents",
        tenant_column(),
        sa.Column("channel", sa.String(40), primary_key=True),
        sa.Column("address_digest", sa.LargeBinary(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        instant("at"),
    )
    secure("message_consents")
