"""Idempotency keys: the response is stored in the transaction of the business write.

So a key is stored if and only if its effect is saved. Concurrent duplicates meet on an advisory
lock: the second gets 409 instead of waiting for the first.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import orjson
from fastapi import Depends, Request
from sqlalchemy import Row, Select, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response, StreamingResponse

from chassis.database.advisory_locks import try_lock_idempotency_key
from chassis.database.backbone_tables import idempotency_keys
from chassis.foundation.canonical_json import canonical_json
from chassis.foundation.clock import now
from chassis.foundation.key_redaction import without_access_keys
from chassis.foundation.refusals import Malformed
from chassis.web.auth import Principal
from chassis.web.inner_requests import outer_transaction
from chassis.web.operations.responses import OperationResponse
from chassis.web.operations.store import get_operation
from kernel.errors import Conflict, Invalid, Violation

KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,255}")
ANSWER_RETENTION = timedelta(hours=24)
# Of what moves money, and of callbacks, which some senders repeat for days.
LONG_ANSWER_RETENTION = timedelta(days=30)
REPLAYED_HEADER = "Idempotent-Replayed"
_KEY = ("principal", "method", "path", "key")
_STORED: Select[Any] = select(idempotency_keys).where(  # built once
    *(idempotency_keys.c[name] == bindparam(name) for name in _KEY)
)
_STORED_HEADERS = ("location", "content-type", "retry-after", "etag")


@dataclass(frozen=True)
class SenderEventId:
    """The id that the sender of a callback gave its event: it replaces the Idempotency-Key.

    `pointer` says where the request has it: `X-Event-Id:` in a header, `/event_id` in the body.
    """

    value: str
    pointer: str


class Replay(Exception):  # not an error: it replaces the response
    """Ends the request early, with the stored response as its response."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def idempotency_key(request: Request) -> str | None:
    """Return the idempotency key of a POST or PATCH; None without one and for other methods.

    Raises Malformed (IDEMPOTENCY_KEY_INVALID).
    """
    if request.method not in ("POST", "PATCH"):
        return None
    event_id = _event_id(request)
    if event_id is not None:
        return event_id.value
    key = request.headers.get("idempotency-key")
    if key is not None and KEY_PATTERN.fullmatch(key) is None:
        raise Malformed("IDEMPOTENCY_KEY_INVALID")
    return key


def _event_id(request: Request) -> SenderEventId | None:
    event_id: SenderEventId | None = getattr(request.state, "event_id", None)
    return event_id


async def _require_key(request: Request) -> None:
    request.state.moves_money = True
    if idempotency_key(request) is None:
        raise Malformed("IDEMPOTENCY_KEY_MISSING")


# For routes that move money: dependencies=[IDEMPOTENCY_KEY_REQUIRED].
IDEMPOTENCY_KEY_REQUIRED = Depends(_require_key)


async def replay_stored_answer(request: Request, tx: AsyncConnection, principal: Principal) -> None:
    """Raise Replay with the response stored for the request's key, if there is one.

    Raises Conflict (IDEMPOTENCY_KEY_IN_USE, EVENT_ID_IN_USE) while the first request still runs,
    and Invalid (IDEMPOTENCY_KEY_REUSED, EVENT_ID_REUSED) when the key was first used with another
    body or query.
    """
    key = idempotency_key(request)
    if key is None:
        return
    path = without_access_keys(request.url.path)
    lock = f"{principal.tenant_id}:{principal.subject}:{request.method}:{path}:{key}"
    if not await try_lock_idempotency_key(tx, lock):
        raise Conflict("EVENT_ID_IN_USE" if _event_id(request) else "IDEMPOTENCY_KEY_IN_USE")
    known = (principal.subject, request.method, path, key)
    stored = (await tx.execute(_STORED, dict(zip(_KEY, known, strict=True)))).one_or_none()
    request.state.body_hash = await _body_hash(request)
    if stored is not None:
        await _replay(request, tx, stored)


async def _replay(request: Request, tx: AsyncConnection, stored: Row[Any]) -> NoReturn:
    if stored.body_hash != request.state.body_hash:
        event_id = _event_id(request)
        if event_id is not None:
            raise Invalid([Violation(event_id.pointer, "EVENT_ID_REUSED")])
        raise Invalid([Violation("Idempotency-Key:", "IDEMPOTENCY_KEY_REUSED")])
    if stored.operation_id is not None:  # answer the operation's present state, not the stored one
        response = OperationResponse(request, await get_operation(tx, stored.operation_id))
        response.headers[REPLAYED_HEADER] = "true"
        raise Replay(response)
    raise Replay(Response(stored.body, stored.status, {**stored.headers, REPLAYED_HEADER: "true"}))


async def _body_hash(request: Request) -> bytes:
    query = request.url.query.encode()
    return hashlib.sha256(query + b"\0" + _canonical(await request.body())).digest()


def _canonical(body: bytes) -> bytes:
    """JSON with sorted members, so that equal bodies are recognized; other bodies as they are."""
    try:
        return canonical_json(orjson.loads(body))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return body


async def store_answer(request: Request, response: Response) -> None:
    """Store a 2xx response under the request's key, in the transaction that is still open.

    A stream is not stored: it only reads, so that a retry may read again. The response to an inner
    request is part of the outer one.
    """
    key = idempotency_key(request)
    tx: AsyncConnection | None = getattr(request.state, "tx", None)
    if key is None or tx is None or not 200 <= response.status_code < 300:
        return
    if isinstance(response, StreamingResponse) or outer_transaction(request) is not None:
        return
    principal: Principal = request.state.principal
    is_kept_longer = getattr(request.state, "moves_money", False) or _event_id(request) is not None
    retention = LONG_ANSWER_RETENTION if is_kept_longer else ANSWER_RETENTION
    headers = {n: v for n, v in response.headers.items() if n in _STORED_HEADERS}
    await tx.execute(
        insert(idempotency_keys).values(
            principal=principal.subject,
            method=request.method,
            path=without_access_keys(request.url.path),
            key=key,
            body_hash=request.state.body_hash,
            status=response.status_code,
            headers=headers,
            body=bytes(response.body),
            operation_id=getattr(response, "operation_id", None),
            expires_at=now() + retention,
        )
    )
