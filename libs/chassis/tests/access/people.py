"""People of the sample company at work on cards."""

from typing import Any
from uuid import UUID

import httpx

from testkit.directory import sign_in, subject
from testkit.plugin import Client

SCOPE = "testkit.card.read testkit.card.write"


class People:
    """Requests as one or another: `await people.get("sun", f"/cards/{card}")`."""

    def __init__(self, client: Client, tenant: UUID) -> None:
        self._client = client
        self._tenant = tenant

    async def call(
        self, name: str, method: str, path: str, *, scope: str = SCOPE, **more: Any
    ) -> httpx.Response:
        headers = sign_in(self._tenant, name, scope=scope) | more.pop("headers", {})
        return await self._client.request(method, path, headers=headers, **more)

    async def get(self, name: str, path: str, **more: Any) -> httpx.Response:
        return await self.call(name, "GET", path, **more)

    async def put(self, name: str, path: str, body: Any, **more: Any) -> httpx.Response:
        return await self.call(name, "PUT", path, json=body, **more)

    async def post(self, name: str, path: str, body: Any, **more: Any) -> httpx.Response:
        return await self.call(name, "POST", path, json=body, **more)

    async def patch(self, name: str, path: str, body: Any, **more: Any) -> httpx.Response:
        return await self.call(name, "PATCH", path, json=body, **more)

    async def delete(self, name: str, path: str, **more: Any) -> httpx.Response:
        return await self.call(name, "DELETE", path, **more)

    async def card(self, name: str, title: str = "a card") -> str:
        """A card of this person's own; its id."""
        answer = await self.post(name, "/cards", {"title": title})
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made

    async def transfer(self, name: str, card: str, to: str, **more: Any) -> httpx.Response:
        body = {"owner_id": subject(to), "reason": "handed over"}
        return await self.post(name, f"/cards/{card}/transfer", body, **more)
