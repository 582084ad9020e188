"""The tables of lists: search texts, their grams, saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import secure

TABLES = (
    "search_texts",
    "search_grams",
    "saved_views",
)


def create() -> None:
    """Create the tables of this topic."""
    _search_texts()
    _search_grams()
    _saved_views()


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _search_texts() -> None:
    """The text by which lists search a record."""
    op.create_table(
        "search_texts",
        tenant_column(),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
    )
    secure("search_texts")


def _search_grams() -> None:
    """The beginnings of the words in a search text, for the index lookup."""
    op.create_table(
        "search_grams",
        tenant_column(),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("gram", sa.Text(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
    )
    secure("search_grams")


def _saved_views() -> None:
    """A person's saved filters and columns of a list."""
    op.create_table(
        "saved_views",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("saved_views", "tenant_id", "subject", "id")
    index("saved_views", "tenant_id", "subject", "resource", "name", unique=True)
    index(
        "saved_views",
        "tenant_id",
        "subject",
        "resource",
        unique=True,
        where="is_default",
        name="saved_views_default_key",
    )
    secure("saved_views")
