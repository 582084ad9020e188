"""What a token says of its subject beyond the login; the tables are those of people and clients."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from org.clients.store import clients
from org.logins.domain import Login, LoginKind
from org.people.store import people


async def name_of(tx: AsyncConnection, login: Login) -> str:
    """The name of the login's person or client; the transaction is of the login's tenant."""
    table = people if login.kind is LoginKind.PERSON else clients
    found = await tx.execute(select(table.c.name).where(table.c.id == login.subject_id))
    name: str = found.scalar_one()
    return name
