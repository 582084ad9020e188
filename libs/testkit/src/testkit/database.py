"""The tables of the sample service that the chassis is tested with."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, Uuid

from chassis.db import new_metadata, tenant_column

metadata = new_metadata()

notes = Table(
    "notes",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

# What a replica of another service's notes looks like.
note_copies = Table(
    "note_copies",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
)
