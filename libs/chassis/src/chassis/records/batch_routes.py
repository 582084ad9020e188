"""The routes of batches: `POST /{collection}/batch`, for every list with single routes."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SkipValidation,
    StrictBool,
    StrictInt,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError
from starlette.routing import BaseRoute

from chassis.records.batch import BatchItem, run_atomic_batch, run_batch
from chassis.records.lists.listing import Listing, listings_of
from chassis.web.auth import allow
from chassis.web.idempotency import IDEMPOTENCY_KEY_REQUIRED
from chassis.web.inner_requests import InnerResponse
from chassis.web.problem_schema import Problem
from chassis.web.routing import new_router
from chassis.web.transaction import Tx

MAX_BATCH_ITEMS = 200


class _Item(BaseModel):
    """An item of a batch: either `create`, or `id`, `version` and `patch`."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _ensure_one_kind(self) -> "_Item":
        given = self.model_fields_set
        if given != {"create"} and not {"id", "patch"} <= given <= {"id", "version", "patch"}:
            raise PydanticCustomError("BATCH_ITEM_INVALID", "Neither a creation nor a change")
        return self


def batch_routers(service: str, routes: Sequence[BaseRoute]) -> Iterator[APIRouter]:
    """Yield a router with the batch of each list whose records can be created or patched."""
    contexts = list(iter_route_contexts(routes))
    for listing in listings_of(service):
        path = f"/{service}/v1/{listing.collection}"
        create = _route(contexts, "POST", re.escape(path))
        patch = _route(contexts, "PATCH", re.escape(path) + r"/\{\w+\}")
        if create is not None or patch is not None:
            yield _batch_router(listing, create, patch)


def _route(contexts: Sequence[RouteContext], method: str, path: str) -> RouteContext | None:
    return next(
        (
            context
            for context in contexts
            if method in (context.methods or ()) and re.fullmatch(path, context.path or "")
        ),
        None,
    )


def _batch_router(
    listing: Listing[Any], create: RouteContext | None, patch: RouteContext | None
) -> APIRouter:
    existing = [each for each in (create, patch) if each is not None]
    router = new_router(f"/{listing.collection}", tag=existing[0].tags[0])
    noun = listing.noun.title().replace("_", "")
    body_type, answer = _body_model(noun, create, patch), _answer_model(noun, existing[0])
    guards = [allow(f"{listing.resource}.write")]
    if any(IDEMPOTENCY_KEY_REQUIRED in each.dependencies for each in existing):
        guards.append(IDEMPOTENCY_KEY_REQUIRED)

    @router.post(
        "/batch",
        name=f"{listing.noun}_batch",
        summary=f"Create or change up to {MAX_BATCH_ITEMS} {listing.collection.replace('-', ' ')}",
        status_code=207,
        responses={
            200: {"model": answer, "description": "All items of an atomic batch"},
            207: {"model": answer, "description": "A result for each item"},
        },
        dependencies=guards,
    )
    async def batch(request: Request, body: body_type, tx: Tx) -> Response:  # type: ignore[valid-type]  # FastAPI reads it at run time
        """Carry out each item by the rules of its own route, with a result for each.

        Items are independent of each other, unless `atomic` is set: then all are carried out and
        the status is 200, or none is and the problem (409) has the reasons.
        """
        asked: Any = body
        items = [_batch_item(each) for each in asked.items]
        run = run_atomic_batch if asked.atomic else run_batch
        results = [_result(each) for each in await run(request, tx, listing, items)]
        content = orjson.dumps({"items": results})
        status = 200 if asked.atomic else 207
        return Response(content, status, media_type="application/json")

    return router


def _batch_item(item: BaseModel) -> BatchItem:
    return BatchItem(**{name: getattr(item, name) for name in item.model_fields_set})


def _result(answer: InnerResponse) -> dict[str, Any]:
    failed = answer.status >= 400
    return {
        "status": answer.status,
        "record": None if failed else answer.body,
        "problem": answer.body if failed else None,
    }


def _body_model(
    noun: str, create: RouteContext | None, patch: RouteContext | None
) -> type[BaseModel]:
    """Return the model of a batch; bodies of items are validated when these are carried out."""
    version: Any = Annotated[StrictInt, Field(ge=1)] | Literal["*"]
    of_create = {"create": (_body_of(create), _optional("A new record"))} if create else {}
    of_patch = {
        "id": (UUID, _optional("The record to change")),
        "version": (version, _optional("The version that the caller read, or `*` for any")),
        "patch": (_body_of(patch), _optional("The fields to change, as in a PATCH")),
    }
    fields: dict[str, Any] = {**of_create, **(of_patch if patch else {})}
    item: Any = create_model(f"{noun}BatchItem", __base__=_Item, __doc__=_Item.__doc__, **fields)
    example: Any = {"items": [{"create": {}}], "atomic": False}
    if patch:
        record_id = "019ab000-0000-7000-8000-000000000001"
        example["items"] = [{"id": record_id, "version": 3, "patch": {}}]
    return create_model(
        f"{noun}Batch",
        __config__=ConfigDict(extra="forbid", json_schema_extra={"examples": [example]}),
        __doc__="A batch of creations and changes.",
        items=(Annotated[list[item], Field(min_length=1, max_length=MAX_BATCH_ITEMS)], ...),
        atomic=(StrictBool, Field(default=False, description="Carry out all items or none")),
    )


def _body_of(route: RouteContext | None) -> Any:
    """Return the type of a route's body, which is documented but not validated."""
    body: Any = Any if route is None else route.body_field.field_info.annotation
    return Annotated[body, SkipValidation]


def _optional(description: str) -> Any:
    """Return a field that may be absent but not null."""
    return Field(default_factory=lambda: None, description=description)


def _answer_model(noun: str, route: RouteContext) -> type[BaseModel]:
    answer: Any = route.response_model
    result: Any = create_model(
        f"{noun}BatchResult",
        __doc__="The result of one item: what its own route answers.",
        status=(int, ...),
        record=(answer | None, None),
        problem=(Problem | None, None),
    )
    return create_model(
        f"{noun}BatchResults",
        __doc__="A result for each item, in the order of the request.",
        items=(list[result], ...),
    )
