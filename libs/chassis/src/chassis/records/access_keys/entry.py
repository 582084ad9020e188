"""The guard of routes that are entered with an access key: who comes in, and as whom.

The key is looked up before a tenant is known; then the request runs in a transaction of the key's
tenant like any other, with the key itself as its caller, which has no scopes.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Header, Path, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.foundation.context import current, replace_current
from chassis.records.access_keys import store
from chassis.records.access_keys.event_ids import EventIdSource
from chassis.records.access_keys.key_actors import access_key_actor
from chassis.records.access_keys.keys import access_key_digest
from chassis.records.access_keys.limits import AccessKeyLimits
from chassis.records.access_keys.purposes import AccessKey, AccessPurpose, declare_purpose
from chassis.web.auth import Principal
from chassis.web.client_address import request_source
from chassis.web.commands import Command
from chassis.web.entrances import ACCESS_KEY_HEADER, ENTRANCES, Entrance
from chassis.web.transaction import Tx, begin_transaction
from kernel.errors import DomainError, NotFound

MAX_KEY_LENGTH = 200
KEY_EXAMPLE = "l2ck_EXAMPLE-of-43-letters-as-it-was-given-to-you"


class AccessKeyRefused(NotFound):
    """The key does not admit; the error is the same for every reason, and holds nothing."""

    def __init__(self) -> None:
        DomainError.__init__(self, "ACCESS_KEY_REFUSED")


@dataclass(frozen=True)
class AccessEntry:
    """What a route gets that was entered with an access key.

    `command` runs in the transaction of the key's tenant, on behalf of the key. `record_version` is
    the version of the record when the key was issued.
    """

    command: Command
    key_id: UUID
    record_id: UUID
    record_version: int | None

    @property
    def tx(self) -> AsyncConnection:
        """The transaction of the key's tenant."""
        return self.command.tx


@dataclass(frozen=True)
class _FoundKey:
    id: UUID
    principal: Principal


def may_enter(
    purpose: AccessPurpose,
    *,
    key_in: Literal["path", "header"] = "path",
    event_id: EventIdSource | None = None,
) -> Any:
    """Return a dependency: the request has an access key of this purpose; it is an `AccessEntry`.

    The key is the path parameter `access_key` or the header `X-Access-Key`. `event_id` says where
    a callback has the id of its event, which takes the place of the Idempotency-Key. The route
    depends on nothing else that needs a caller or a transaction.
    Raises AccessKeyRefused, TooManyRequests (ACCESS_KEY_LIMITED), Malformed (EVENT_ID_MISSING,
    EVENT_ID_INVALID), and what the tenant's admission raises.
    """
    declare_purpose(purpose)
    read_key = _key_in_path if key_in == "path" else _key_in_header

    async def find(
        request: Request,
        key: Annotated[str | None, Depends(read_key)],
        now: Now,
    ) -> _FoundKey:
        found = await _admitted(request, purpose, key, now)
        if event_id is not None:
            request.state.event_id = await event_id.of(request)
        return found

    # The order matters: `find` sets the caller, as whom `Tx` opens the transaction.
    async def enter(found: Annotated[_FoundKey, Depends(find)], tx: Tx, now: Now) -> AccessEntry:
        used = await store.use_access_key(tx, found.id, now=now)
        if used is None or not await _record_stands(tx, purpose, used):
            raise AccessKeyRefused
        caller = found.principal
        command = Command(tx, now, caller, caller.subject)
        return AccessEntry(command, used.id, used.record_id, used.record_version)

    ENTRANCES[enter] = Entrance(purpose.code, None if event_id is None else event_id.pointer)
    return Depends(enter)


async def _admitted(
    request: Request, purpose: AccessPurpose, key: str | None, now: datetime
) -> _FoundKey:
    """Make the key the request's caller, if it may still enter for this purpose.

    Uses are checked later, so that a repeated request gets its stored response although it was the
    last that the key admits.
    """
    limits: AccessKeyLimits = request.app.state.access_key_limits
    row = None
    if key is not None and len(key) <= MAX_KEY_LENGTH:
        async with begin_transaction(request)(None) as tx:
            row = await store.find_by_digest(tx, access_key_digest(key))
    if (
        row is None
        or row.purpose != purpose.code
        or row.revoked_at is not None
        or row.expires_at <= now
    ):
        limits.count_failure(request_source(request))
        raise AccessKeyRefused
    limits.count_request(row.id, purpose.requests_per_minute)
    actor = access_key_actor(row.id, issued_by=row.created_by)
    principal = Principal(row.tenant_id, actor, "access_key", frozenset())
    request.state.principal = principal
    replace_current(replace(current(), actor=actor, tenant=str(row.tenant_id)))
    return _FoundKey(row.id, principal)


async def _record_stands(tx: AsyncConnection, purpose: AccessPurpose, key: AccessKey) -> bool:
    """Whether the key's record exists, is one of the purpose's, and has the key's version.

    The version only counts if the purpose demands it.
    """
    if key.resource != purpose.scoped.resource:
        return False
    bound = purpose.bound_to_version
    exists, version = await store.present_version(tx, purpose.scoped, key.record_id, lock=bound)
    return exists and (not bound or version == key.record_version)


async def _key_in_path(
    access_key: Annotated[str, Path(description="The access key", examples=[KEY_EXAMPLE])],
) -> str:
    return access_key


async def _key_in_header(
    access_key: Annotated[
        str | None,
        Header(alias=ACCESS_KEY_HEADER, description="The access key", examples=[KEY_EXAMPLE]),
    ] = None,
) -> str | None:
    return access_key
