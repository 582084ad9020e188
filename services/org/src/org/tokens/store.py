"""What a token says of its subject beyond the login; the tables are those of people and clients."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from org.clients.store import clients
from org.logins.domain import Login, LoginKind
from org.people.store import people
from org.roles.store import scopes_held
from org.tokens.domain import Holder


async def holder_of(tx: AsyncConnection, login: Login) -> Holder:
    """Whose login it is, as of now; the transaction is of the login's tenant."""
    if login.kind is LoginKind.CLIENT:
        return await _client(tx, login.subject_id)
    columns = people.c
    found = await tx.execute(
        select(columns.subject, columns.name, columns.scopes).where(columns.id == login.subject_id)
    )
    row = found.one()
    held = await scopes_held(tx, login.subject_id)
    return Holder(row.subject, row.name, frozenset(row.scopes) | held)


async def _client(tx: AsyncConnection, key: UUID) -> Holder:
    found = await tx.execute(select(clients.c.name, clients.c.scopes).where(clients.c.id == key))
    row = found.one()
    return Holder(str(key), row.name, frozenset(row.scopes))
