"""The table of service clients; the digests of their secrets are stored by `logins`."""

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, lower_case
from chassis.records.record_types import RecordType
from org.clients.domain import Client
from org.clients.schemas import ClientOut
from org.database import metadata
from org.principals.store import lock_rights

clients = Table(
    "clients",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("active", Boolean, nullable=False),
    instant("rotated_at", nullable=True),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
)

# The commands publish its events themselves, because these repeat the fields of the state.
CLIENT = RecordType(
    scoped=UnownedResource("org.client", clients), entity=Client, lock_first=lock_rights
)
LISTING = Listing(
    CLIENT.scoped,
    ClientOut,
    entity=Client,
    filters=[CodeFilter("client_id", lower_case), "name", "active", "created_at", "updated_at"],
    sorts=["client_id", "name", "created_at", "updated_at"],
    words=["name", "client_id"],
)
