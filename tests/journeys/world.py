"""The running system of a journey, as the seller of one tenant uses it."""

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
from deploy.services import SERVICES
from kernel.ids import new_id
from testkit import tokens
from testkit.databases import ServiceDatabase

Json = dict[str, Any]


@dataclass
class World:
    """The running services, and the tenant and headers that requests are sent with."""

    http: httpx.AsyncClient
    tenant: UUID
    workers: dict[str, Database]
    relays: dict[str, Relay]
    retriers: list[Retrier]
    urls: dict[str, ServiceDatabase]
    headers: dict[str, str] = field(default_factory=dict)

    async def deliver_events(self, services: Sequence[str] = SERVICES) -> int:
        """Deliver events, service by service in this order, until none is left; return how many."""
        return await drain_all([self.relays[name] for name in services], self.retriers)

    async def call(
        self, method: str, path: str, body: Json | None = None, *, expect: int | None = None
    ) -> Json:
        """Send a request as the tenant's seller, with a new Idempotency-Key; check its status."""
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
        result: Json = answer.json()
        return result

    async def post(self, path: str, body: Json | None = None, **more: Any) -> Json:
        return await self.call("POST", path, body if body is not None else {}, **more)

    async def get(self, path: str, **more: Any) -> Json:
        return await self.call("GET", path, **more)

    async def items(self, path: str) -> list[Json]:
        listed: list[Json] = (await self.get(path))["items"]
        return listed

    async def count(self, service: str, sql: str) -> int:
        """Run a query as this tenant in one service's database; return its single number."""
        async with self.workers[service].begin(self.tenant) as tx:
            return int((await tx.execute(text(sql))).scalar_one())
