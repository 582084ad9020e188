"""The login directory. It has no tenant policy, because a token request has no tenant yet."""

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
    exists,
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
from org.logins.domain import ALL_SOURCES, Login, LoginAttempts, LoginKind

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

# Unknown names are counted too: a limit on known names only would reveal which names exist.
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
    """Insert a login of the transaction's tenant; return False if the name is taken.

    Of two parallel inserts the second waits here until the first has committed.
    """
    values = {
        "login": login,
        "kind": kind,
        "subject_id": subject_id,
        "secret_hash": secret_hash,
        "active": True,
    }
    inserted = insert(logins).values(values).on_conflict_do_nothing().returning(logins.c.login)
    return (await tx.execute(inserted)).one_or_none() is not None


async def find(tx: AsyncConnection, login: str, kind: LoginKind) -> Login | None:
    """Return the active login of this name and kind, if there is one."""
    is_usable = (logins.c.login == login) & (logins.c.kind == kind) & logins.c.active
    return await _one(tx, select(logins).where(is_usable))


async def is_unchanged(tx: AsyncConnection, login: Login) -> bool:
    """Return whether the login is still active with the secret that was verified."""
    key = (logins.c.login == login.login) & (logins.c.secret_hash == login.secret_hash)
    query = select(exists().where(key, logins.c.active))
    return bool((await tx.execute(query)).scalar_one())


async def find_by_subject(
    tx: AsyncConnection, tenant_id: UUID, subject_id: UUID, kind: LoginKind
) -> Login | None:
    """Return the active login of this person or client, if there is one."""
    of_subject = (logins.c.tenant_id == tenant_id) & (logins.c.subject_id == subject_id)
    return await _one(tx, select(logins).where(of_subject, logins.c.kind == kind, logins.c.active))


async def _one(tx: AsyncConnection, query: Select[Any]) -> Login | None:
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(Login, row._mapping)


async def set_secret_hash(tx: AsyncConnection, login: str, secret_hash: str) -> None:
    """Replace the stored hash of a login's secret."""
    await tx.execute(update(logins).where(logins.c.login == login).values(secret_hash=secret_hash))


async def set_active(tx: AsyncConnection, login: str, *, active: bool) -> None:
    """Enable or disable a login."""
    await tx.execute(update(logins).where(logins.c.login == login).values(active=active))


async def attempts_for(
    tx: AsyncConnection, login: str, source: str, *, lock: bool = False
) -> tuple[LoginAttempts, LoginAttempts]:
    """Return the counts of this source and of all sources; `lock` inserts and locks the rows."""
    if lock:
        await _ensure_rows_exist(tx, login, source)
    query: Select[Any] = (
        select(login_tries)
        .where(login_tries.c.login == login, login_tries.c.source.in_([source, ALL_SOURCES]))
        .order_by(login_tries.c.source)
    )
    rows = await tx.execute(query.with_for_update() if lock else query)
    existing = {row["source"]: from_columns(LoginAttempts, row) for row in rows.mappings()}
    zero_counts = {name: LoginAttempts(login=login, source=name) for name in (source, ALL_SOURCES)}
    counts = {**zero_counts, **existing}
    return counts[source], counts[ALL_SOURCES]


async def _ensure_rows_exist(tx: AsyncConnection, login: str, source: str) -> None:
    rows = [
        {"login": login, "source": name, "failed": 0, "stale_at": func.now()}
        for name in sorted({source, ALL_SOURCES})
    ]
    await tx.execute(insert(login_tries).values(rows).on_conflict_do_nothing())


async def save_attempts(
    tx: AsyncConnection, attempts: LoginAttempts, *, stale_at: datetime
) -> None:
    """Update a count whose row is locked; it may be deleted from `stale_at` on."""
    key = (login_tries.c.login == attempts.login) & (login_tries.c.source == attempts.source)
    values = {
        "failed": attempts.failed,
        "failed_at": attempts.failed_at,
        "proven_at": attempts.proven_at,
        "stale_at": stale_at,
    }
    await tx.execute(update(login_tries).where(key).values(values))


async def delete_stale_attempts(tx: AsyncConnection, *, now: datetime, limit: int) -> None:
    """Delete up to `limit` stale counts, skipping locked ones."""
    stale: Select[Any] = (
        select(login_tries.c.login, login_tries.c.source)
        .where(login_tries.c.stale_at < now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    key = tuple_(login_tries.c.login, login_tries.c.source)
    await tx.execute(delete(login_tries).where(key.in_(stale)))
