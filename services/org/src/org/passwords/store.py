"""The table of open links. It has no tenant policy: the holder of a token has no tenant yet."""

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
from org.passwords.domain import LinkOrigin, LinkPurpose, PasswordLink
from org.people.store import people

password_links = Table(
    "password_links",
    metadata,
    Column("digest", Text, primary_key=True, info={"personal": "digest"}),
    Column("login", Text, nullable=False, info={"personal": "login"}),
    Column("tenant_id", Uuid, nullable=False, server_default=text(CURRENT_TENANT)),
    Column("purpose", enum_column(LinkPurpose), nullable=False),
    Column("origin", enum_column(LinkOrigin), nullable=False),
    instant("expires_at"),
    Column("issued_by", Text),
    Index(None, "login"),
    Index(None, "tenant_id"),
)


async def add_link(tx: AsyncConnection, link: PasswordLink, *, now: datetime, limit: int) -> bool:
    """Insert a link unless `limit` links like it are open; delete the login's expired links.

    Returns whether the link was inserted.
    """
    of_login = password_links.c.login == link.login
    await tx.execute(delete(password_links).where(of_login, password_links.c.expires_at <= now))
    open_count: int = (
        await tx.execute(select(func.count()).select_from(password_links).where(_same_kind(link)))
    ).scalar_one()
    if open_count < limit:
        await tx.execute(insert(password_links).values(to_columns(password_links, link)))
    return open_count < limit


async def delete_oldest_links(tx: AsyncConnection, link: PasswordLink, *, keep: int) -> None:
    """Delete all links like this one except the newest `keep`."""
    columns = password_links.c
    surplus = (
        select(columns.digest)
        .where(_same_kind(link))
        .order_by(columns.expires_at.desc())
        .offset(keep)
    )
    await tx.execute(delete(password_links).where(columns.digest.in_(surplus)))


def _same_kind(link: PasswordLink) -> ColumnElement[bool]:
    """Match the links of the same login, purpose and origin."""
    columns = password_links.c
    return and_(
        columns.login == link.login,
        columns.purpose == link.purpose,
        columns.origin == link.origin,
    )


async def find_link_tenant(tx: AsyncConnection, digest: str) -> UUID | None:
    """Return the tenant of a link, which may have expired; None if there is none."""
    query = select(password_links.c.tenant_id).where(password_links.c.digest == digest)
    found_id: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return found_id


async def consume_link(tx: AsyncConnection, digest: str, *, now: datetime) -> PasswordLink | None:
    """Delete and return the valid link of this digest; of two parallel calls one gets it."""
    is_valid = (password_links.c.digest == digest) & (password_links.c.expires_at > now)
    deletion: ReturningDelete[Any] = (
        delete(password_links).where(is_valid).returning(password_links)
    )
    row = (await tx.execute(deletion)).one_or_none()
    return None if row is None else from_columns(PasswordLink, row._mapping)


async def delete_links_of(tx: AsyncConnection, login: str) -> None:
    """Delete every link of a login."""
    await tx.execute(delete(password_links).where(password_links.c.login == login))


async def find_person_id(tx: AsyncConnection, subject: str) -> UUID | None:
    """Return the id of the person with this subject, None if there is none."""
    query: Select[Any] = select(people.c.id).where(people.c.subject == subject)
    found_id: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return found_id
