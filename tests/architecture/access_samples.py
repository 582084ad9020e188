"""How to make one record of each resource, for the matrix of who may do what with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class Maker:
    """Signed in as the record's owner-to-be, who holds every scope but `<resource>.all`.

    `tx` is the service's database as the app's role, for the replicas a record refers to.
    """

    client: httpx.AsyncClient
    headers: dict[str, str]
    tx: AsyncConnection

    async def post(self, path: str, body: dict[str, Any]) -> str:
        """The id of what this body makes."""
        answer = await self.client.post(path, json=body, headers=self.headers)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made


Make = Callable[[Maker], Awaitable[str]]


async def card(maker: Maker) -> str:
    return await maker.post("/cards", {"title": "Call them back"})


async def lead(maker: Maker) -> str:
    return await maker.post("/leads", {"company": "远景科技"})


def import_of(kind: str) -> Make:
    """Every service's imports are made alike."""

    async def make(maker: Maker) -> str:
        return await maker.post("/imports", {"file_name": "x.csv", "kind": kind})

    return make


# resource -> makes a record of it that belongs to the maker, and gives its id.
SAMPLES: dict[str, Make] = {
    "testkit.card": card,
    "testkit.import": import_of("CARDS"),
    "mtl.lead": lead,
    "mtl.import": import_of("LEADS"),
}
