"""The route class and router of every service: strict JSON in, idempotent answers out."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from chassis.idempotency import remember
from chassis.strict_json import StrictRequest


class Route(APIRoute):
    """Reads bodies strictly and stores the answer of an idempotency key before the commit.

    Its summary in OpenAPI is the first line of the endpoint's docstring.
    A route that takes more than the app's limit says so: `openapi_extra={"x-max-body-bytes": n}`.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        told = (endpoint.__doc__ or "").strip().partition("\n")[0].removesuffix(".")
        options["summary"] = options.get("summary") or told or None
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()
        own_limit: int | None = (self.openapi_extra or {}).get("x-max-body-bytes")

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            strict.limit = own_limit or request.app.state.settings.max_body_bytes
            response = await original(strict)
            await remember(strict, response)
            return response

        return handle


def new_router(prefix: str, *, tag: str) -> APIRouter:
    """A router for one collection: `new_router("/leads", tag="leads")`."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route)
