"""Helpers that make channels with keys, and send to them as outsiders do."""

from typing import Any

from httpx import AsyncClient, Response

# Without the client's own token: who sends has none.
NO_TOKEN = {"Authorization": ""}
MAPPED = {
    "fields": [
        {"target": "name", "sources": ["form.name"], "transforms": [{"kind": "TRIM"}]},
        {"target": "company", "sources": ["form.company"]},
        {"target": "phone", "sources": ["form.phone"]},
        {"target": "email", "sources": ["form.mail"]},
        {"target": "need", "sources": ["form.need"]},
        {"target": "budget", "sources": ["form.budget"]},
        {"target": "budget_currency", "constant": "CNY"},
        {"target": "event_id", "sources": ["id"]},
    ]
}


async def make_channel(client: AsyncClient, **fields: Any) -> dict[str, Any]:
    """Create a channel through the API: a web form that maps nothing unless the test says so."""
    answer = await client.post("/channels", json={"name": "官网", "kind": "WEB_FORM", **fields})
    assert answer.status_code == 201, answer.text
    channel: dict[str, Any] = answer.json()
    return channel


async def issue_key(client: AsyncClient, channel_id: str, **body: Any) -> dict[str, Any]:
    """Issue a key to a channel; return its id and the key."""
    answer = await client.post(f"/channels/{channel_id}/access-keys", json=body or None)
    assert answer.status_code == 201, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


async def open_channel(client: AsyncClient, **fields: Any) -> tuple[str, str]:
    """Create a channel with a key; return its id and the key."""
    channel_id = (await make_channel(client, **fields))["id"]
    return channel_id, (await issue_key(client, channel_id))["key"]


async def send(
    client: AsyncClient, channel_id: str, key: str, payload: Any, **headers: str
) -> Response:
    """Hand in a payload; `event_id="e-1"` becomes the header X-Event-Id."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if (event_id := named.pop("event-id", None)) is not None:
        named["X-Event-Id"] = event_id
    return await client.post(
        f"/channels/{channel_id}/captures",
        json=payload,
        headers={**NO_TOKEN, "X-Access-Key": key, **named},
    )


async def send_batch(client: AsyncClient, channel_id: str, key: str, captures: Any) -> Response:
    return await client.post(
        f"/channels/{channel_id}/captures/batch",
        json={"captures": captures},
        headers={**NO_TOKEN, "X-Access-Key": key},
    )


async def captures(client: AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/captures?{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
