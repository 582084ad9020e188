from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import fetch_row, insert_row
from chassis.tables import instant
from org.database import metadata
from org.people.domain import Person
from org.people.schemas import PersonOut

people = Table(
    "people",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("username", Text),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("active", Boolean, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
)


async def get(tx: AsyncConnection, person_id: UUID) -> Person:
    """Raises NotFound."""
    return await fetch_row(tx, people, person_id, Person)


async def add(tx: AsyncConnection, person: Person) -> None:
    await insert_row(tx, people, person)


async def read_page(tx: AsyncConnection, page: PageParams) -> Page[PersonOut]:
    """A page of people, newest first."""
    return await fetch_page(tx, select(people), page, shape=PersonOut.model_validate)
