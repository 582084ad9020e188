"""The commands on service clients. Callers can grant only scopes that they have themselves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    create_record,
    move_record,
    save_record,
)
from chassis.web.commands import Command
from contracts.event import Event
from org.clients.domain import Client, effective_client_scopes
from org.clients.store import CLIENT
from org.logins.actions import (
    add_client_login,
    disable_login,
    enable_login,
    new_secret,
    set_client_secret,
)
from org.principals.actions import lock_rights, revoke_tokens
from org.principals.domain import lost_scopes

WRITE_CLIENTS: Final = "org.client.write"


async def create_client(
    command: Command, client: Client, secret: str | None = None
) -> tuple[Client, str]:
    """Add a service client; return it and its secret, of which only a digest is stored.

    Callers need `org.client.write`, every scope they grant, and for scopes on owned records the
    resource's `.all` too, because a client sees every row.
    Raises Invalid (CLIENT_ID_TAKEN), Forbidden (SCOPES_NOT_HELD).
    """
    rights = await lock_rights(command, WRITE_CLIENTS)
    rights.ensure(effective_client_scopes(client.scopes))
    secret = secret or new_secret()
    await create_record(command, CLIENT, client, event=client.created())
    await add_client_login(command.tx, client.client_id, secret, subject_id=client.id)
    return client, secret


async def edit_client(
    command: Command, client_key: UUID, edit: Callable[[Client], Client]
) -> Client:
    """Rename a client or change its scopes, which take effect with its next token.

    A client that loses a scope needs a new token at once. Callers need `org.client.write` and the
    scopes they add (see `create_client`).
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """

    rights = await lock_rights(command, WRITE_CLIENTS)

    def change(before: Client) -> tuple[Client, Event] | AlreadyMade:
        after = edit(before)
        added = set(after.scopes) - set(before.scopes)
        rights.ensure(effective_client_scopes(added))
        return MADE if after == before else (after, after.changed())

    async def save(before: Client, after: Client, event: Event | None) -> Client:
        saved = await save_record(command, CLIENT, before, after, event)
        if lost_scopes(before.scopes, after.scopes):
            await revoke_tokens(command.tx, [str(saved.id)])
        return saved

    return await move_record(command, CLIENT, client_key, change, save=save)


async def set_client_active(command: Command, client_key: UUID, *, active: bool) -> Client:
    """Deactivate a client, or reactivate it with the secret it had.

    Callers need `org.client.write`, and every scope of the client to reactivate it.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    rights = await lock_rights(command, WRITE_CLIENTS)

    def change(before: Client) -> tuple[Client, Event] | AlreadyMade:
        after = replace(before, active=active)
        rights.ensure(effective_client_scopes(after.scopes) if active else ())
        return MADE if after == before else (after, after.changed())

    async def save(before: Client, after: Client, event: Event | None) -> Client:
        await (enable_login if active else disable_login)(command.tx, after.client_id)
        if not active:
            await revoke_tokens(command.tx, [str(after.id)])
        return await save_record(command, CLIENT, before, after, event)

    return await move_record(command, CLIENT, client_key, change, save=save)


async def rotate_client_secret(command: Command, client_key: UUID) -> tuple[Client, str]:
    """Give a client a new secret; the old one, and tokens issued for it, stop working at once.

    Callers need `org.client.write` and every scope of the client, because whoever knows the secret
    can act as the client.
    Raises NotFound, PreconditionFailed, Forbidden (SCOPES_NOT_HELD).
    """
    rights = await lock_rights(command, WRITE_CLIENTS)

    def change(before: Client) -> tuple[Client, Event]:
        rights.ensure(effective_client_scopes(before.scopes))
        after = replace(before, rotated_at=command.now)
        return after, after.changed()

    client, secret = await move_record(command, CLIENT, client_key, change), new_secret()
    await set_client_secret(command.tx, client.client_id, secret)
    await revoke_tokens(command.tx, [str(client.id)])
    return client, secret
