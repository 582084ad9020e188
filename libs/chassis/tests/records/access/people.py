"""Requests by people of the sample company on cards."""

from typing import Any
from uuid import UUID

import httpx

from testkit.directory import sign_in, subject
from testkit.plugin import Client

SCOPE = "testkit.card.read testkit.card.write"


class People:
    """Sends requests as a named person: `await people.get("sun", f"/cards/{card}")`."""

    def __init__(self, client: Client, tenant: UUID) -> None:
        self._client = client
        self._tenant = tenant

    async def call(
        self, name: str, method: str, path: str, *, scope: str = SCOPE, **options: Any
    ) -> httpx.Response:
        headers = sign_in(self._tenant, name, scope=scope) | options.pop("headers", {})
        return await self._client.request(method, path, headers=headers, **options)

    async def get(self, name: str, path: str, **options: Any) -> httpx.Response:
        return await self.call(name, "GET", path, **options)

    async def put(self, name: str, path: str, body: Any, **options: Any) -> httpx.Response:
        return await self.call(name, "PUT", path, json=body, **options)

    async def post(self, name: str, path: str, body: Any, **options: Any) -> httpx.Response:
        return await self.call(name, "POST", path, json=body, **options)

    async def patch(self, name: str, path: str, body: Any, **options: Any) -> httpx.Response:
        return await self.call(name, "PATCH", path, json=body, **options)

    async def delete(self, name: str, path: str, **options: Any) -> httpx.Response:
        return await self.call(name, "DELETE", path, **options)

    async def card(self, name: str, title: str = "a card") -> str:
        """Create a card of this person's own; return its id."""
        answer = await self.post(name, "/cards", {"title": title})
        assert answer.status_code == 201, answer.text
        card_id: str = answer.json()["id"]
        return card_id

    async def transfer(self, name: str, card: str, to: str, **options: Any) -> httpx.Response:
        body = {"owner_id": subject(to), "reason": "handed over"}
        return await self.post(name, f"/cards/{card}/transfer", body, **options)
