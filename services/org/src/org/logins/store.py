"""The login directory. It has no tenant policy: a token request has no tenant yet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, enum_column
from chassis.database.rows import from_columns
from org.database import metadata
from org.logins.domain import ANYWHERE, Login, LoginKind, Tries

logins = Table(
    "logins",
    metadata,
    Column("login", Text, primary_key=True, info={"personal": "digest"}),
    Column("kind", enum_column(LoginKind), nullable=False),
    Column("tenant_id", Uuid, nullable=False, server_default=text(CURRENT_TENANT)),
    Column("subject_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("secret_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Index(None, "tenant_id", "subject_id"),
)

# Of names nobody has, too: a brake that only known names have would tell which are known.
login_tries = Table(
    "login_tries",
    metadata,
    Column("login", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("failed", Integer, nullable=False),
    instant("failed_at", nullable=True),
    instant("proven_at", nullable=True),
    instant("stale_at"),
    Index(None, "stale_at"),
)


async def add(
    tx: AsyncConnection, login: str, *, kind: LoginKind, subject_id: UUID, secret_hash: str
) -> bool:
    """Put a login of the transaction's tenant into the directory; False when it is taken.

    Of two at once the second waits here until the first has committed.
    """
    values = {
        "login": login,
        "kind": kind,
        "subject_id": subject_id,
        "secret_hash": secret_hash,
        "active": True,
    }
    added = insert(logins).values(values).on_conflict_do_nothing().returning(logins.c.login)
    return (await tx.execute(added)).one_or_none() is not None


async def find(tx: AsyncConnection, login: str, kind: LoginKind) -> Login | None:
    """The login that may be used, if there is one."""
    usable = (logins.c.login == login) & (logins.c.kind == kind) & logins.c.active
    return await _one(tx, select(logins).where(usable))


async def find_of(
    tx: AsyncConnection, tenant_id: UUID, subject_id: UUID, kind: LoginKind
) -> Login | None:
    """The usable login of this person or client, if there is one."""
    own = (logins.c.tenant_id == tenant_id) & (logins.c.subject_id == subject_id)
    return await _one(tx, select(logins).where(own, logins.c.kind == kind, logins.c.active))


async def _one(tx: AsyncConnection, query: Select[Any]) -> Login | None:
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(Login, row._mapping)


async def set_secret(tx: AsyncConnection, login: str, secret_hash: str) -> None:
    await tx.execute(update(logins).where(logins.c.login == login).values(secret_hash=secret_hash))


async def set_active(tx: AsyncConnection, login: str, *, active: bool) -> None:
    await tx.execute(update(logins).where(logins.c.login == login).values(active=active))


async def tries_of(
    tx: AsyncConnection, login: str, source: str, *, lock: bool = False
) -> tuple[Tries, Tries]:
    """The counts of this source and of all together; locked, they are there afterwards."""
    if lock:
        await _ensure_counted(tx, login, source)
    query: Select[Any] = (
        select(login_tries)
        .where(login_tries.c.login == login, login_tries.c.source.in_([source, ANYWHERE]))
        .order_by(login_tries.c.source)
    )
    rows = await tx.execute(query.with_for_update() if lock else query)
    found = {row["source"]: from_columns(Tries, row) for row in rows.mappings()}
    blank = {name: Tries(login=login, source=name) for name in (source, ANYWHERE)}
    counted = {**blank, **found}
    return counted[source], counted[ANYWHERE]


async def _ensure_counted(tx: AsyncConnection, login: str, source: str) -> None:
    rows = [
        {"login": login, "source": name, "failed": 0, "stale_at": func.now()}
        for name in sorted({source, ANYWHERE})
    ]
    await tx.execute(insert(login_tries).values(rows).on_conflict_do_nothing())


async def save_tries(tx: AsyncConnection, tries: Tries, *, stale_at: datetime) -> None:
    """Write a count whose row is locked; from `stale_at` on it says nothing any more."""
    key = (login_tries.c.login == tries.login) & (login_tries.c.source == tries.source)
    counted = {
        "failed": tries.failed,
        "failed_at": tries.failed_at,
        "proven_at": tries.proven_at,
        "stale_at": stale_at,
    }
    await tx.execute(update(login_tries).where(key).values(counted))


async def forget_stale_tries(tx: AsyncConnection, *, now: datetime, limit: int) -> None:
    """Delete some counts that say nothing any more; those somebody works with stay."""
    old: Select[Any] = (
        select(login_tries.c.login, login_tries.c.source)
        .where(login_tries.c.stale_at < now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    key = tuple_(login_tries.c.login, login_tries.c.source)
    await tx.execute(delete(login_tries).where(key.in_(old)))
