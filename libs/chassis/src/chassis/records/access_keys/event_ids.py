"""Where a callback has the sender's event id, which takes the place of the Idempotency-Key."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from chassis.foundation.refusals import Malformed
from chassis.web.idempotency import KEY_PATTERN, SenderEventId


@dataclass(frozen=True)
class EventIdSource:
    """Reads the event id of a request; `pointer` says where it is, as in violations.

    A route whose bodies are no JSON brings a `read` of its own.
    """

    pointer: str
    read: Callable[[Request], Awaitable[Any]]

    async def of(self, request: Request) -> SenderEventId:
        """Return the event id of a request.

        Raises Malformed (EVENT_ID_MISSING, EVENT_ID_INVALID).
        """
        value = await self.read(request)
        if value is None or isinstance(value, bool) or not isinstance(value, str | int):
            raise Malformed("EVENT_ID_MISSING")
        if KEY_PATTERN.fullmatch(str(value)) is None:
            raise Malformed("EVENT_ID_INVALID")
        return SenderEventId(str(value), self.pointer)


def event_id_in_header(name: str) -> EventIdSource:
    """Return the source of event ids in a header: `event_id_in_header("X-Event-Id")`."""

    async def read(request: Request) -> str | None:
        return request.headers.get(name)

    return EventIdSource(f"{name}:", read)


def event_id_in_body(*path: str) -> EventIdSource:
    """Return the source of event ids in a field of a JSON body: `event_id_in_body("event_id")`.

    Several names lead into nested objects.
    """

    async def read(request: Request) -> Any:
        try:
            value = await request.json()
        except json.JSONDecodeError:
            raise Malformed("JSON_INVALID") from None
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return EventIdSource("/" + "/".join(path), read)
