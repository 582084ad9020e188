"""The route class and router of every service: strict JSON bodies and idempotent responses."""

from collections.abc import Callable, Coroutine
from email.message import Message
from functools import cached_property
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.dependencies.utils import get_typed_return_annotation
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from chassis.foundation.strict_json import StrictRequest
from chassis.web.entrances import UNCACHED, entrance_of, is_entrance
from chassis.web.idempotency import IDEMPOTENCY_KEY_REQUIRED, store_answer
from chassis.web.openapi import is_versioned_resource
from chassis.web.preconditions import entity_tag
from chassis.web.reference_names import completed_answer
from chassis.web.references import has_names
from chassis.web.solved_dependants import HandlerChoice

ACCEPT_LANGUAGE_HEADER: dict[str, Any] = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language of texts, zh-CN or en; the tenant's first one by default",
    "schema": {"type": "string", "examples": ["zh-CN", "en"]},
}
IDEMPOTENCY_KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A unique key of the caller's choice that makes a retry safe: the same request "
    "with the same key gets the same response again, with `Idempotent-Replayed: true`",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


class StrictRoute(APIRoute):
    """A route that reads bodies as strict JSON, sets ETags and serves idempotency keys.

    The response for an idempotency key is stored before the commit. The names of the records to
    which an answer refers are filled in (see `references`). The summary in OpenAPI is the
    first line of the endpoint's docstring. A route whose bodies may exceed the app's limit sets a
    limit of its own: `openapi_extra={"x-max-body-bytes": n}`. A route that is entered with an
    access key is documented so, and no cache may keep its responses.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        first_line = (endpoint.__doc__ or "").strip().partition("\n")[0].removesuffix(".")
        options["summary"] = options.get("summary") or first_line or None
        options["openapi_extra"] = _with_headers(options)
        answer = options.get("response_model") or get_typed_return_annotation(endpoint)
        if has_names(answer):
            endpoint = completed_answer(endpoint)
        super().__init__(path, endpoint, **options)
        entrance = entrance_of(self.dependant)
        if entrance is not None:
            self.openapi_extra = entrance.documented(self.openapi_extra or {})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        choice = HandlerChoice(self, super().get_route_handler)
        answers_resource = is_versioned_resource(getattr(self.response_model, "model_fields", {}))
        own_limit: int | None = (self.openapi_extra or {}).get("x-max-body-bytes")

        async def handle(request: Request) -> Response:
            if self.body_field is not None:
                _ensure_json_media_type(request)
            strict = StrictRequest(request.scope, request.receive)
            strict.limit = own_limit or request.app.state.settings.max_body_bytes
            response: Response = await choice.handler(request)(strict)
            if answers_resource:
                _set_etag(response)
            if is_entrance(request):
                response.headers.update(UNCACHED)
            await store_answer(strict, response)
            return response

        return handle


def _set_etag(response: Response) -> None:
    """Set the ETag of a response that holds one whole resource."""
    body = getattr(response, "body", b"")
    if not 200 <= response.status_code < 300 or not body.startswith(b"{"):
        return
    version = orjson.loads(body).get("version")
    if version is not None:
        response.headers["ETag"] = entity_tag(version)


def _with_headers(options: dict[str, Any]) -> dict[str, Any]:
    """Add the headers that every route reads, though none declares them, to OpenAPI."""
    extra: dict[str, Any] = dict(options.get("openapi_extra") or {})
    headers = [ACCEPT_LANGUAGE_HEADER]
    if {"POST", "PATCH"} & set(options.get("methods") or ()):
        required = IDEMPOTENCY_KEY_REQUIRED in (options.get("dependencies") or ())
        headers.append({**IDEMPOTENCY_KEY_HEADER, "required": required})
    extra["parameters"] = [*extra.get("parameters", []), *headers]
    return extra


def _ensure_json_media_type(request: Request) -> None:
    """Refuse a body whose Content-Type is not JSON in UTF-8 with 415."""
    content_type = request.headers.get("content-type")
    if content_type is None:
        return
    message = Message()
    message["content-type"] = content_type
    subtype, charset = message.get_content_subtype(), message.get_content_charset("utf-8")
    # A JSON Patch (RFC 6902) is JSON, but must not be read as a merge patch.
    is_json = message.get_content_maintype() == "application" and (
        subtype == "json" or (subtype.endswith("+json") and subtype != "json-patch+json")
    )
    if not is_json or charset not in ("utf-8", "us-ascii"):
        raise HTTPException(415)


class CollectionRouter(APIRouter):
    """A router that compares its routes only with paths in which its prefix occurs.

    A service has some forty routers, and FastAPI would compare the routes of each with every path.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self._fixed_prefix not in scope["path"]:
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _fixed_prefix(self) -> str:
        """The beginning of the prefix that has no parameters."""
        return self.prefix.partition("{")[0]


def new_router(prefix: str, *, tag: str) -> APIRouter:
    """Return a router for one collection: `new_router("/leads", tag="leads")`."""
    return CollectionRouter(prefix=prefix, tags=[tag], route_class=StrictRoute)
