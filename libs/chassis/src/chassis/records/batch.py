"""Batches: creates and edits of many records of one collection in one request."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.refusals import Unavailable
from chassis.records.lists.listing import Listing
from chassis.records.record_types import lock_first
from chassis.web.inner_requests import InnerResponse, call_route
from chassis.web.preconditions import entity_tag
from kernel.errors import Conflict, Violation

CREATE, PATCH = "create", "patch"
Prepare = Callable[[Sequence[Any]], Awaitable[None]]
_PREPARATIONS: dict[str, Prepare] = {}


def prepare_batches(resource: str, prepare: Prepare) -> None:
    """Declare what the batches of a resource do before they lock anything.

    `prepare` gets the bodies of new records as they were sent, for work that takes long.
    """
    _PREPARATIONS[resource] = prepare


@dataclass(frozen=True, kw_only=True)
class BatchItem:
    """A record to create from the body `create`, or the changes `patch` of the record `id`.

    `version` is that of the copy that the caller changed, or `*` for any; as with the header
    If-Match, a patch needs it.
    """

    create: Any = None
    id: UUID | None = None
    version: int | Literal["*"] | None = None
    patch: Any = None

    @property
    def kind(self) -> str:
        return CREATE if self.id is None else PATCH


class BatchRefused(Conflict):
    """An atomic batch was not carried out; each violation points to an item and says why."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("BATCH_REFUSED")
        self.violations = tuple(violations)


async def run_batch(
    request: Request, tx: AsyncConnection, listing: Listing[Any], items: Sequence[BatchItem]
) -> list[InnerResponse]:
    """Call the collection's own route for each item in a savepoint; return their answers in order.

    What writers lock before rows is locked first, then the records in the order of their ids, so
    that concurrent batches and single writes do not deadlock.
    Raises Unavailable, after which the whole batch may be sent again.
    """
    ids = [item.id for item in items if item.id is not None]
    if prepare := _PREPARATIONS.get(listing.resource):
        await prepare([item.create for item in items if item.id is None])
    await lock_first(tx, listing.resource)
    if ids:
        table = listing.table
        locked = select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id)
        await tx.execute(locked.with_for_update())
    results = []
    for item in items:
        result = await _call(request, item)
        if result.status in (429, 503):
            raise Unavailable("DATABASE_UNAVAILABLE")
        results.append(result)
    return results


async def run_atomic_batch(
    request: Request, tx: AsyncConnection, listing: Listing[Any], items: Sequence[BatchItem]
) -> list[InnerResponse]:
    """Carry out all items or none; return their answers in order.

    Raises BatchRefused with the reasons of every item that failed.
    """
    results = await run_batch(request, tx, listing, items)
    violations = [
        violation
        for place, (item, result) in enumerate(zip(items, results, strict=True))
        if result.status >= 400
        for violation in _violations(f"/items/{place}", item, result.body)
    ]
    if violations:
        raise BatchRefused(violations)
    return results


async def _call(request: Request, item: BatchItem) -> InnerResponse:
    collection = request.url.path.removesuffix("/batch")
    if item.id is None:
        return await call_route(request, "POST", collection, item.create, {})
    tags = {} if item.version is None else {"if-match": _tag(item.version)}
    return await call_route(request, "PATCH", f"{collection}/{item.id}", item.patch, tags)


def _tag(version: int | Literal["*"]) -> str:
    return version if isinstance(version, str) else entity_tag(version)


def _violations(pointer: str, item: BatchItem, problem: dict[str, Any]) -> list[Violation]:
    """Return the reasons of a problem, pointing to the item and the part of its body."""
    errors = problem.get("errors", [])
    if not errors:
        return [Violation(pointer, problem["code"], problem["params"])]
    return [
        Violation(f"{pointer}/{item.kind}{each['pointer']}", each["code"], each["params"])
        for each in errors
    ]
