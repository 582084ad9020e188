"""Reads the subjects of tokens from the tables of people, roles and clients."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from org.clients.store import clients
from org.logins.domain import Login, LoginKind
from org.people.store import people
from org.roles.store import role_scopes_of_person
from org.tokens.domain import TokenSubject


async def load_token_subject(tx: AsyncConnection, login: Login) -> TokenSubject:
    """Return the subject of a login with its current scopes, in a transaction of its tenant."""
    if login.kind is LoginKind.CLIENT:
        return await _client(tx, login.subject_id)
    columns = people.c
    rows = await tx.execute(
        select(columns.subject, columns.name, columns.scopes).where(columns.id == login.subject_id)
    )
    row = rows.one()
    role_scopes = await role_scopes_of_person(tx, login.subject_id)
    return TokenSubject(row.subject, row.name, frozenset(row.scopes) | role_scopes)


async def _client(tx: AsyncConnection, key: UUID) -> TokenSubject:
    rows = await tx.execute(select(clients.c.name, clients.c.scopes).where(clients.c.id == key))
    row = rows.one()
    return TokenSubject(str(key), row.name, frozenset(row.scopes))
