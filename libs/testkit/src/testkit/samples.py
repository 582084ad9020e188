"""Samples of resources: with its sample the tests of what all resources share run for a resource.

A feature has `SAMPLES`, by resource, in `sample.py` beside its tests. A resource that is edited
needs a sample with a patch, one with access checks a sample without.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id

Body = dict[str, Any]


@dataclass(frozen=True)
class Maker:
    """A client signed in as the future owner, li, with every scope but `<resource>.all`.

    `begin` opens a transaction on the service's database in the app's role, for the replicas that
    a record refers to.
    """

    client: httpx.AsyncClient
    headers: Mapping[str, str]
    begin: Callable[[], AbstractAsyncContextManager[AsyncConnection]]

    async def post(self, path: str, body: Body) -> Body:
        """Create a record and return the answer."""
        headers = {**self.headers, "Idempotency-Key": str(new_id())}
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        created: Body = answer.json()
        return created


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How to make a record of a resource, and how to change it.

    `body` is sent by POST and by PUT; `make` creates a record of a resource without POST, and
    returns its id. `patch` changes texts of the record, among them its searched name if it has one.
    `unique` names the field of the body in which no two records may agree. `shown_once` are the
    fields of the answer to POST that are never shown again, `restarted` those that a restoration
    sets anew.
    """

    body: Callable[[Maker], Awaitable[Body]] | None = None
    make: Callable[[Maker], Awaitable[str]] | None = None
    patch: Body = field(default_factory=dict)
    unique: str = ""
    shown_once: frozenset[str] = frozenset()
    restarted: frozenset[str] = frozenset()

    async def create(self, maker: Maker, collection: str) -> str:
        """Create a record owned by the maker; return its id."""
        if self.make is not None:
            return await self.make(maker)
        assert self.body is not None, "a sample has a body, or says how a record is made"
        record = await maker.post(collection, await self.body(maker))
        return str(record["id"])

    def numbered(self, body: Body, number: int) -> Body:
        """Return the body for the record of this number, which is unlike those before."""
        return body | ({self.unique: f"{body[self.unique]}{number}"} if self.unique else {})

    def variation(self, number: int) -> Body:
        """Return the patch with other values, one for each number below 10."""
        return {name: f"{value[:-1]}{number}" for name, value in self.patch.items()}


def always(**body: Any) -> Callable[[Maker], Awaitable[Body]]:
    """Return the body of a record that refers to no other record."""

    async def make(_: Maker) -> Body:
        return body

    return make
