"""The login directory. It has no tenant policy: a token request has no tenant yet."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Select, Table, Text, Uuid, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import CURRENT_TENANT, enum_column
from chassis.rows import from_columns
from chassis.tables import instant
from org.database import metadata
from org.logins.domain import Login, LoginKind

logins = Table(
    "logins",
    metadata,
    Column("login", Text, primary_key=True),
    Column("kind", enum_column(LoginKind), nullable=False),
    Column("tenant_id", Uuid, nullable=False, server_default=text(CURRENT_TENANT)),
    Column("subject_id", Uuid, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("failed", Integer, nullable=False),
    instant("failed_at", nullable=True),
)


async def add(
    tx: AsyncConnection,
    login: str,
    *,
    kind: LoginKind,
    subject_id: UUID,
    secret_hash: str,
    scopes: tuple[str, ...],
) -> bool:
    """Put a login of the transaction's tenant into the directory; False when it is taken.

    Of two at once the second waits here until the first has committed.
    """
    values = {
        "login": login,
        "kind": kind,
        "subject_id": subject_id,
        "secret_hash": secret_hash,
        "scopes": scopes,
        "active": True,
        "failed": 0,
    }
    added = insert(logins).values(values).on_conflict_do_nothing().returning(logins.c.login)
    return (await tx.execute(added)).one_or_none() is not None


async def find(tx: AsyncConnection, login: str, kind: LoginKind) -> Login | None:
    """The login that may be used, if there is one."""
    usable = (logins.c.login == login) & (logins.c.kind == kind) & logins.c.active
    query: Select[Any] = select(logins).where(usable)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(Login, row._mapping)


async def lock(tx: AsyncConnection, login: str) -> Login:
    """The login as it stands now, its row locked."""
    query: Select[Any] = select(logins).where(logins.c.login == login).with_for_update()
    return from_columns(Login, (await tx.execute(query)).one()._mapping)


async def save_tries(tx: AsyncConnection, login: Login) -> None:
    """Write the counter of a login whose row is locked."""
    counted = {"failed": login.failed, "failed_at": login.failed_at}
    await tx.execute(update(logins).where(logins.c.login == login.login).values(counted))
