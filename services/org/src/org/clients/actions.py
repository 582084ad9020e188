"""The commands on service clients."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.ids import new_id
from org.clients import store
from org.clients.domain import Client, effective_client_scopes
from org.logins.actions import (
    add_client_login,
    disable_login,
    enable_login,
    ensure_holds_scopes,
    new_secret,
    set_client_secret,
)
from org.logins.domain import ScopeCheck


async def create_client(
    tx: AsyncConnection,
    *,
    name: str,
    scopes: tuple[str, ...],
    has_scope: ScopeCheck,
    now: datetime,
    client_id: str | None = None,
    secret: str | None = None,
    client_key: UUID | None = None,
) -> tuple[Client, str]:
    """Add a service client; return it and its secret, of which only a digest is stored.

    Callers need `org.client.write`, every scope they grant, and for scopes on owned records the
    resource's `.all` too, because a client sees every row.
    Raises Invalid (CLIENT_ID_TAKEN), Forbidden (SCOPES_NOT_HELD).
    """
    ensure_holds_scopes(effective_client_scopes(scopes), has_scope=has_scope)
    client_key, secret = client_key or new_id(), secret or new_secret()
    client = Client(
        id=client_key,
        client_id=client_id or str(client_key),
        name=name,
        scopes=scopes,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, client)
    await add_client_login(tx, client.client_id, secret, subject_id=client_key)
    await publish(tx, client.created(), of=client)
    return client, secret


async def change_client(
    tx: AsyncConnection,
    client_key: UUID,
    edit: Callable[[Client], Client],
    *,
    has_scope: ScopeCheck,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Client:
    """Rename a client or change its scopes, which take effect with its next token.

    Callers need `org.client.write` and the scopes they add (see `create_client`).
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, client_key, lock=True)
    after = edit(before)
    after = replace(after, scopes=tuple(after.scopes))
    if after == before:
        return before
    expected.check(before)
    ensure_holds_scopes(
        effective_client_scopes(set(after.scopes) - set(before.scopes)), has_scope=has_scope
    )
    return await _save(tx, before, after, now=now)


async def set_client_active(
    tx: AsyncConnection,
    client_key: UUID,
    *,
    active: bool,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Client:
    """Deactivate a client, or reactivate it with the secret it had.

    Callers need `org.client.write`. Raises NotFound, PreconditionFailed.
    """
    before = await store.get(tx, client_key, lock=True)
    if before.active == active:
        return before
    expected.check(before)
    after = await _save(tx, before, replace(before, active=active), now=now)
    await (enable_login if active else disable_login)(tx, after.client_id)
    return after


async def rotate_client_secret(
    tx: AsyncConnection,
    client_key: UUID,
    *,
    has_scope: ScopeCheck,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> tuple[Client, str]:
    """Give a client a new secret; the old one stops working at once.

    Callers need `org.client.write` and every scope of the client, because whoever knows the secret
    can act as the client.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    before = await store.get(tx, client_key, lock=True)
    expected.check(before)
    ensure_holds_scopes(effective_client_scopes(before.scopes), has_scope=has_scope)
    secret = new_secret()
    after = await _save(tx, before, replace(before, rotated_at=now), now=now)
    await set_client_secret(tx, after.client_id, secret)
    return after, secret


async def _save(tx: AsyncConnection, before: Client, after: Client, *, now: datetime) -> Client:
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after
