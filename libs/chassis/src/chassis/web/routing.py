"""The route class and router of every service: strict JSON in, idempotent answers out."""

from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.foundation.strict_json import StrictRequest
from chassis.web.idempotency import IDEMPOTENCY_KEY_REQUIRED, store_answer
from chassis.web.preconditions import entity_tag

ACCEPT_LANGUAGE_HEADER: dict[str, Any] = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Language of the texts in problems; zh-CN unless en is preferred",
    "schema": {"type": "string", "examples": ["zh-CN", "en"]},
}
IDEMPOTENCY_KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key and body answer the same again, with Idempotent-Replayed: true",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


class StrictRoute(APIRoute):
    """Reads bodies strictly and stores the answer of an idempotency key before the commit.

    Its summary in OpenAPI is the first line of the endpoint's docstring.
    A route that takes more than the app's limit says so: `openapi_extra={"x-max-body-bytes": n}`.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        told = (endpoint.__doc__ or "").strip().partition("\n")[0].removesuffix(".")
        options["summary"] = options.get("summary") or told or None
        options["openapi_extra"] = _with_headers(options)
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()
        tagged = _has_version(self.response_model)
        own_limit: int | None = (self.openapi_extra or {}).get("x-max-body-bytes")

        async def handle(request: Request) -> Response:
            if self.body_field is not None:
                _refuse_other_media(request)
            strict = StrictRequest(request.scope, request.receive)
            strict.limit = own_limit or request.app.state.settings.max_body_bytes
            response = await original(strict)
            if tagged:
                _tag(response)
            await store_answer(strict, response)
            return response

        return handle


def _has_version(model: Any) -> bool:
    """Whether an answer of this model is one resource, whose version is its ETag."""
    named: dict[str, Any] = getattr(model, "model_fields", {})
    return {"id", "version"} <= set(named)


def _tag(response: Response) -> None:
    """Set the ETag of a resource that is answered whole."""
    body = getattr(response, "body", b"")
    if not 200 <= response.status_code < 300 or not body.startswith(b"{"):
        return
    version = orjson.loads(body).get("version")
    if version is not None:
        response.headers["ETag"] = entity_tag(version)


def _with_headers(options: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of the headers that no route declares but every route reads."""
    extra: dict[str, Any] = dict(options.get("openapi_extra") or {})
    headers = [ACCEPT_LANGUAGE_HEADER]
    if {"POST", "PATCH"} & set(options.get("methods") or ()):
        required = IDEMPOTENCY_KEY_REQUIRED in (options.get("dependencies") or ())
        headers.append({**IDEMPOTENCY_KEY_HEADER, "required": required})
    extra["parameters"] = [*extra.get("parameters", []), *headers]
    return extra


def _refuse_other_media(request: Request) -> None:
    """A body that says it is something else than JSON in UTF-8 is 415, not a puzzle."""
    declared = request.headers.get("content-type")
    if declared is None:
        return
    message = Message()
    message["content-type"] = declared
    subtype, charset = message.get_content_subtype(), message.get_content_charset("utf-8")
    # Another kind of patch (RFC 6902) is no JSON to be merged.
    is_json = message.get_content_maintype() == "application" and (
        subtype == "json" or (subtype.endswith("+json") and subtype != "json-patch+json")
    )
    if not is_json or charset not in ("utf-8", "us-ascii"):
        raise HTTPException(415)


def new_router(prefix: str, *, tag: str) -> APIRouter:
    """A router for one collection: `new_router("/leads", tag="leads")`."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StrictRoute)
