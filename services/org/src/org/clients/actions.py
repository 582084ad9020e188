from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.ids import new_id
from org.clients import store
from org.clients.domain import Client, shown_by
from org.logins.actions import (
    add_client_login,
    close_login,
    ensure_may_grant,
    new_secret,
    open_login,
    set_client_secret,
)


async def create_client(
    tx: AsyncConnection,
    *,
    name: str,
    scopes: tuple[str, ...],
    may: Callable[[str], bool],
    now: datetime,
    client_id: str | None = None,
    secret: str | None = None,
    key: UUID | None = None,
) -> tuple[Client, str]:
    """Add a service client; answers it and its secret, of which only a digest is kept.

    Raises Invalid (CLIENT_ID_TAKEN), Forbidden (SCOPES_NOT_HELD).
    """
    ensure_may_grant(shown_by(scopes), may=may)
    key, secret = key or new_id(), secret or new_secret()
    client = Client(
        id=key,
        client_id=client_id or str(key),
        name=name,
        scopes=scopes,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, client)
    await add_client_login(tx, client.client_id, secret, subject_id=key)
    await publish(tx, client.created(), of=client)
    return client, secret


async def change_client(
    tx: AsyncConnection,
    key: UUID,
    edit: Callable[[Client], Client],
    *,
    may: Callable[[str], bool],
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Client:
    """Rename it, or change what it may do; that counts from its next token on.

    Raises NotFound, Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, key, lock=True)
    expected.check(before)
    after = edit(before)
    after = replace(after, scopes=tuple(after.scopes))
    if after == before:
        return before
    ensure_may_grant(shown_by(set(after.scopes) - set(before.scopes)), may=may)
    return await _saved(tx, before, after, now=now)


async def set_client_activity(
    tx: AsyncConnection,
    key: UUID,
    *,
    active: bool,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Client:
    """Shut it out, or let it in again with the secret it had. Raises NotFound."""
    before = await store.get(tx, key, lock=True)
    if before.active == active:
        return before
    expected.check(before)
    after = await _saved(tx, before, replace(before, active=active), now=now)
    await (open_login if active else close_login)(tx, after.client_id)
    return after


async def rotate_secret(
    tx: AsyncConnection,
    key: UUID,
    *,
    may: Callable[[str], bool],
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> tuple[Client, str]:
    """Give it another secret; the old one is good for nothing at once.

    Whoever knows the secret may do, and see, what the client may: so the caller must, too.
    Raises NotFound, Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, key, lock=True)
    expected.check(before)
    ensure_may_grant(shown_by(before.scopes), may=may)
    secret = new_secret()
    after = await _saved(tx, before, replace(before, rotated_at=now), now=now)
    await set_client_secret(tx, after.client_id, secret)
    return after, secret


async def _saved(tx: AsyncConnection, before: Client, after: Client, *, now: datetime) -> Client:
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after
