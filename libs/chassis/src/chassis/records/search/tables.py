"""The tables of search: normalized texts and their bigrams."""

from sqlalchemy import Column, Table, Text, Uuid

from chassis.database.backbone_tables import metadata
from chassis.database.columns import tenant_column

# The text to search in: for each name a line, and one more for its pinyin initials.
search_texts = Table(
    "search_texts",
    metadata,
    tenant_column(),
    Column("resource", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
)


# Grams of two characters, and the last character of each line alone. A table of its own, because
# under row-level security no GIN index is used.
search_grams = Table(
    "search_grams",
    metadata,
    tenant_column(),
    Column("resource", Text, primary_key=True),
    Column("gram", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
)
