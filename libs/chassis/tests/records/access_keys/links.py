"""Cards and their access keys, made through the API."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now
from chassis.records.access_keys.keys import access_key_digest
from chassis.records.access_keys.purposes import AccessKey
from chassis.records.access_keys.store import add_access_key
from kernel.ids import new_id
from testkit.plugin import Client

# Without the client's own token: who holds a key has none.
NO_TOKEN = {"Authorization": ""}


async def make_card(client: Client, title: str = "One") -> str:
    answer = await client.post("/cards", json={"title": title})
    assert answer.status_code == 201, answer.text
    card_id: str = answer.json()["id"]
    return card_id


async def issue(client: Client, card_id: str, purpose: str, **more: Any) -> dict[str, Any]:
    """Issue an access key to a card; return its id and the key."""
    body = {"purpose": f"testkit.card.{purpose}", **more}
    answer = await client.post(f"/cards/{card_id}/links", json=body)
    assert answer.status_code == 201, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


async def view(client: Client, key: str) -> Response:
    return await client.get(f"/card-links/{key}", headers=NO_TOKEN)


async def finish(client: Client, key: str, **headers: str) -> Response:
    return await client.post(f"/card-links/{key}/finish", headers={**NO_TOKEN, **headers})


async def report(client: Client, key: str, event_id: str | None, words: str = "more") -> Response:
    headers = {**NO_TOKEN, "X-Access-Key": key}
    if event_id is not None:
        headers["X-Event-Id"] = event_id
    return await client.post("/card-links/reports", json={"words": words}, headers=headers)


async def notify(client: Client, key: str, **body: Any) -> Response:
    return await client.post(f"/card-links/{key}/notices", json=body, headers=NO_TOKEN)


async def revoke(client: Client, card_id: str, key_id: str, **body: Any) -> Response:
    return await client.post(f"/cards/{card_id}/access-keys/{key_id}/revoke", json=body or None)


async def keys_of(client: Client, card_id: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/cards/{card_id}/access-keys")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def add_expired_key(
    tx: AsyncConnection, card_id: str, key: str, *, since: timedelta = timedelta(seconds=1)
) -> UUID:
    """Store a key that has expired; nobody can issue one, or change when one expires."""
    expires_at = now() - since
    row = AccessKey(
        id=new_id(),
        purpose="testkit.card.view",
        resource="testkit.card",
        record_id=UUID(card_id),
        record_version=1,
        created_by=None,
        created_at=expires_at - timedelta(days=30),
        expires_at=expires_at,
        max_uses=None,
    )
    await add_access_key(tx, row, access_key_digest(key))
    return row.id
