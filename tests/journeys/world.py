"""The running system as stories see it, and one tenant's seller in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from chassis.database.engine import Database
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import drain_all
from chassis.events.relay.relay import Relay
from kernel.ids import new_id
from testkit import tokens
from testkit.databases import ServiceDatabase

SERVICES = ("org", "mtl", "l2o", "cpq", "rms")
Json = dict[str, Any]


@dataclass
class World:
    """The running system and one tenant's seller in it."""

    http: httpx.AsyncClient
    tenant: UUID
    workers: dict[str, Database]
    relays: dict[str, Relay]
    retriers: list[Retrier]
    urls: dict[str, ServiceDatabase]
    headers: dict[str, str] = field(default_factory=dict)

    async def carry(self, services: Sequence[str] = SERVICES) -> int:
        """Carry events, asking the relays in this order, until nothing moves."""
        return await drain_all([self.relays[name] for name in services], self.retriers)

    async def call(
        self, method: str, path: str, body: Json | None = None, *, expect: int | None = None
    ) -> Json:
        """One call as the tenant's seller, with a fresh idempotency key."""
        headers = {
            **tokens.bearer(self.tenant),
            "Idempotency-Key": str(new_id()),
            "If-Match": "*",
            **self.headers,
        }
        answer = await self.http.request(method, path, json=body, headers=headers)
        if expect is None:
            assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        else:
            assert answer.status_code == expect, f"{method} {path}: {answer.text}"
        found: Json = answer.json()
        return found

    async def post(self, path: str, body: Json | None = None, **more: Any) -> Json:
        return await self.call("POST", path, body if body is not None else {}, **more)

    async def get(self, path: str, **more: Any) -> Json:
        return await self.call("GET", path, **more)

    async def items(self, path: str) -> list[Json]:
        found: list[Json] = (await self.get(path))["items"]
        return found

    async def count(self, service: str, sql: str) -> int:
        """A number from one service's database, as this tenant."""
        async with self.workers[service].begin(self.tenant) as tx:
            return int((await tx.execute(text(sql))).scalar_one())
