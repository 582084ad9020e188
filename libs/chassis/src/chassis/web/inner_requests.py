"""Requests inside a request: a route called within the transaction of another."""

from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import Message

from chassis.foundation.strict_json import UnstorableText

_OUTER = "l2c.transaction"
# Headers that an inner request takes over; the others belong to the outer one.
_KEPT = frozenset({b"authorization", b"accept-language", b"idempotency-key"})


@dataclass(frozen=True)
class InnerResponse:
    """What a route answered to an inner request; a problem if the status is 400 or more."""

    status: int
    body: Any


def outer_transaction(request: Request) -> AsyncConnection | None:
    """Return the transaction that an inner request runs in; None for a request from outside."""
    outer: AsyncConnection | None = request.scope.get(_OUTER)
    return outer


async def call_route(
    request: Request, method: str, path: str, body: Any, headers: dict[str, str]
) -> InnerResponse:
    """Call a route of the same application as the same caller, in a savepoint of the transaction.

    The route's own rules hold: dependencies, guards, validation and problems. A problem rolls its
    savepoint back.
    """
    content = orjson.dumps(body, default=_again, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    kept = [(name, value) for name, value in request.scope["headers"] if name in _KEPT]
    given = {**headers, "content-type": "application/json", "content-length": str(len(content))}
    scope = {
        **{name: request.scope[name] for name in _SCOPE if name in request.scope},
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [*kept, *((n.encode(), value.encode()) for n, value in given.items())],
        "state": {"principal": request.state.principal},
        _OUTER: request.state.tx,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await request.app.router(scope, receive, send)
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    return InnerResponse(sent[0]["status"], orjson.loads(answer))


# What an inner request shares with the outer one.
_SCOPE = (
    "type", "asgi", "http_version", "scheme", "server", "client", "root_path", "app",
    "starlette.exception_handlers", "fastapi_middleware_astack",
)  # fmt: skip


def _again(value: Any) -> str:
    """Serialize a text that the strict parser replaced so that the inner parser replaces it too."""
    return "\0" if isinstance(value, UnstorableText) else str(value)
