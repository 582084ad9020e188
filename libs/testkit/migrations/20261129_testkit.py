"""The tables of the sample service: notes, their copies, cards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import money_columns, replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure, with_custom_fields
from chassis.records.lists.columns import sort_column

revision = "testkit_20261129"
down_revision = None
branch_labels = ("testkit",)
depends_on = "backbone_20261129"

TABLES = (
    "notes",
    "note_copies",
    "cards",
)


def upgrade() -> None:
    _notes()
    _note_copies()
    _cards()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _notes() -> None:
    """Notes: the smallest record there is."""
    op.create_table(
        "notes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("notes")


def _note_copies() -> None:
    """Copies of notes, made by the sample consumer."""
    op.create_table(
        "note_copies",
        *replica_columns(),
        sa.Column("text", sa.Text(), nullable=False),
    )
    secure("note_copies")


def _cards() -> None:
    """Cards: a resource with everything that the chassis offers."""
    op.create_table(
        "cards",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("board_id", sa.Uuid()),
        sa.Column("stage", sa.String(40), nullable=False),
        *money_columns("amount", nullable=True),
        sort_column("amount", sa.Double()),
        sa.Column("due_date", sa.Date()),
        sort_column("due_date", sa.Date()),
        sa.Column("owner_id", sa.Text()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "title",
        "board_id",
        "stage",
        "amount_sort",
        "due_date_sort",
        "owner_id",
        "created_at",
    ):
        index("cards", "tenant_id", column, "id")
    index("cards", "tenant_id", "id", where="cards.deleted_at IS NOT NULL", name="ix_cards_deleted")
    index("cards", "tenant_id", "stage", "due_date_sort", "id")
    secure("cards")
    audited("cards", resource="testkit.card")
    with_custom_fields("cards", resource="testkit.card")
