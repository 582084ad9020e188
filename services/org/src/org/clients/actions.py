from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.outbox import publish
from kernel.ids import new_id
from org.clients import store
from org.clients.domain import Client
from org.logins.actions import add_client_login, new_secret


async def create_client(
    tx: AsyncConnection,
    *,
    name: str,
    scopes: tuple[str, ...],
    now: datetime,
    client_id: str | None = None,
    secret: str | None = None,
    key: UUID | None = None,
) -> tuple[Client, str]:
    """Add a service client; answers it and its secret, of which only a digest is kept.

    Raises Invalid (CLIENT_ID_TAKEN).
    """
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
    await add_client_login(tx, client.client_id, secret, subject_id=key, scopes=scopes)
    await publish(tx, client.created(), of=client)
    return client, secret
