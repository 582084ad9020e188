"""Quotes that are rejected, expire and are revised; products and price books that change."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure

revision = "cpq_walk"
down_revision = "cpq_20261122"
branch_labels = None
depends_on = None

NUMBER, REVISION = "ix_quotes_tenant_id_document_no", "ix_quotes_tenant_id_document_no_revision"


def upgrade() -> None:
    op.add_column("products", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    for column in _columns_of_quotes():
        op.add_column("quotes", column)
    op.drop_index(NUMBER)
    op.create_index(REVISION, "quotes", ["tenant_id", "document_no", "revision"], unique=True)
    _price_book_versions()
    _replicas()
    _expire_what_was_sent()


def _columns_of_quotes() -> list[sa.Column[Any]]:
    return [
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("revises", sa.Uuid()),
        sa.Column("superseded_by", sa.Uuid()),
        sa.Column("price_book_version", sa.Integer()),
        sa.Column("tax_rounding", sa.String(40), nullable=False, server_default="LINE"),
        sa.Column("rejected_at", sa.DateTime(timezone=True)),
        sa.Column("rejected_reason", sa.Text()),
        sa.Column("expired_at", sa.DateTime(timezone=True)),
        sa.Column("superseded_at", sa.DateTime(timezone=True)),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
    ]


def _price_book_versions() -> None:
    op.create_table(
        "price_book_versions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("price_book_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=False),
    )
    op.create_index(
        op.f("ix_price_book_versions_tenant_id_price_book_id_version"),
        "price_book_versions",
        ["tenant_id", "price_book_id", "version"],
        unique=True,
    )
    secure("price_book_versions", append_only=True)


def _replicas() -> None:
    for table in ("accounts", "opportunities"):
        op.add_column(table, sa.Column("owner_id", sa.Text()))


def _expire_what_was_sent() -> None:
    """Quotes sent before there was a job look at once; those still valid wait on by themselves."""
    op.execute(
        "INSERT INTO jobs (tenant_id, id, kind, key, run_at, payload, correlationid, traceparent)"
        " SELECT tenant_id, gen_random_uuid(), 'quote.expire', id::text, now(), '{}',"
        " 'cpq_walk', '00-' || replace(id::text, '-', '') || '-00000000c0ffee00-01'"
        " FROM quotes WHERE status = 'SENT'"
    )


def downgrade() -> None:
    op.execute("DELETE FROM jobs WHERE kind = 'quote.expire'")
    for table in ("accounts", "opportunities"):
        op.drop_column(table, "owner_id")
    op.drop_table("price_book_versions")
    op.drop_index(REVISION)
    op.create_index(NUMBER, "quotes", ["tenant_id", "document_no"], unique=True)
    for column in reversed(_columns_of_quotes()):
        op.drop_column("quotes", column.name)
    op.drop_column("products", "deleted_at")
