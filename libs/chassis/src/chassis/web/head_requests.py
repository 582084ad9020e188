"""HEAD for every GET: the same status and headers without the body (RFC 9110, 9.3.2)."""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """ASGI middleware that answers a HEAD request as the GET of the same address, without its body.

    The GET ends as soon as its headers are sent, so that the HEAD of a stream ends at once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        sent = asyncio.Event()
        get: Scope = {**scope, "method": "GET"}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["route"] = get.get("route")  # the layers around name it in their metrics
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                sent.set()

        answering = asyncio.ensure_future(self._app(get, receive, send_head))
        waiting = asyncio.ensure_future(sent.wait())
        try:
            await asyncio.wait({answering, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not sent.is_set():
                await answering  # raises what the application raised
        finally:
            for task in (answering, waiting):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
