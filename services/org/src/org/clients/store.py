"""The table of service clients; the digests of their secrets are stored by `logins`."""

from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.rows import fetch_row
from chassis.records.lists.listing import Listing
from chassis.records.writes import insert_row, update_row
from org.clients.domain import Client
from org.clients.schemas import ClientOut
from org.database import metadata

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

CLIENT = "org.client"
LISTING = Listing(
    clients,
    ClientOut,
    resource=CLIENT,
    entity=Client,
    filters=["client_id", "name", "active", "created_at", "updated_at"],
    sorts=["client_id", "name", "created_at", "updated_at"],
    words=["name", "client_id"],
)


async def get(tx: AsyncConnection, client_key: UUID, *, lock: bool = False) -> Client:
    """Return a client, locked on request. Raises NotFound."""
    return await fetch_row(tx, clients, client_key, Client, lock=lock)


async def add(tx: AsyncConnection, client: Client) -> None:
    """Insert a client."""
    await insert_row(tx, clients, client)


async def save(tx: AsyncConnection, client: Client) -> Client:
    """Update a client; return it with its new version. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, clients, client)
