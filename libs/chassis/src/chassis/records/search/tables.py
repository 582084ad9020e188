"""The tables behind search: the texts searched in, and their bigrams."""

from sqlalchemy import Column, Table, Text, Uuid

from chassis.database.backbone_tables import metadata
from chassis.database.columns import tenant_column

# What is searched in: a line for each name, one more for its pinyin initials.
search_texts = Table(
    "search_texts",
    metadata,
    tenant_column(),
    Column("resource", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
)


# Two characters each, and the last of a line alone; under a policy no GIN index is used.
search_grams = Table(
    "search_grams",
    metadata,
    tenant_column(),
    Column("resource", Text, primary_key=True),
    Column("gram", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
)
