"""Open links. They have no tenant policy: whoever comes with a token has no tenant yet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningDelete

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, enum_column
from chassis.database.rows import from_columns, to_columns
from org.database import metadata
from org.passwords.domain import Link, Origin, Purpose
from org.people.store import people

password_links = Table(
    "password_links",
    metadata,
    Column("digest", Text, primary_key=True, info={"personal": "digest"}),
    Column("login", Text, nullable=False, info={"personal": "login"}),
    Column("tenant_id", Uuid, nullable=False, server_default=text(CURRENT_TENANT)),
    Column("purpose", enum_column(Purpose), nullable=False),
    Column("origin", enum_column(Origin), nullable=False),
    instant("expires_at"),
    Index(None, "login"),
    Index(None, "tenant_id"),
)


async def open_link(tx: AsyncConnection, link: Link, *, now: datetime, most: int) -> bool:
    """Open a link; False when so many like it are open. What has expired is swept away."""
    mine = password_links.c.login == link.login
    await tx.execute(delete(password_links).where(mine, password_links.c.expires_at <= now))
    opened: int = (
        await tx.execute(select(func.count()).select_from(password_links).where(_like(link)))
    ).scalar_one()
    if opened < most:
        await tx.execute(insert(password_links).values(to_columns(password_links, link)))
    return opened < most


async def close_oldest(tx: AsyncConnection, link: Link, *, keep: int) -> None:
    """Close all links like this one but the newest."""
    columns = password_links.c
    old = select(columns.digest).where(_like(link)).order_by(columns.expires_at.desc()).offset(keep)
    await tx.execute(delete(password_links).where(columns.digest.in_(old)))


def _like(link: Link) -> ColumnElement[bool]:
    """Links of its login, purpose and origin: those of others neither count nor are closed."""
    columns = password_links.c
    return and_(
        columns.login == link.login,
        columns.purpose == link.purpose,
        columns.origin == link.origin,
    )


async def tenant_of(tx: AsyncConnection, digest: str) -> UUID | None:
    """Whose link this is; it may have expired."""
    query = select(password_links.c.tenant_id).where(password_links.c.digest == digest)
    found: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def take(tx: AsyncConnection, digest: str, *, now: datetime) -> Link | None:
    """The open link of this digest, which is closed by it: of two at once one gets it."""
    good = (password_links.c.digest == digest) & (password_links.c.expires_at > now)
    taken: ReturningDelete[Any] = delete(password_links).where(good).returning(password_links)
    row = (await tx.execute(taken)).one_or_none()
    return None if row is None else from_columns(Link, row._mapping)


async def close_all(tx: AsyncConnection, login: str) -> None:
    """Close every link of a login whose password was set."""
    await tx.execute(delete(password_links).where(password_links.c.login == login))


async def person_of(tx: AsyncConnection, subject: str) -> UUID | None:
    """The person whose tokens say this `sub`."""
    query: Select[Any] = select(people.c.id).where(people.c.subject == subject)
    found: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return found
