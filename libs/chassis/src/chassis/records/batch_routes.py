"""The route of batches: `POST /{collection}/batch`."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SkipValidation, create_model, model_validator
from pydantic_core import PydanticCustomError

from chassis.records.batch import BatchItem, run_atomic_batch, run_batch
from chassis.records.resource import Resource
from chassis.web.auth import allow
from chassis.web.commands import CreateCommand
from chassis.web.patches import MergePatch
from chassis.web.problem_schema import Problem
from chassis.web.problems import problem_body, problem_details
from kernel.errors import DomainError

MAX_BATCH_ITEMS = 200
AnyResource = Resource[Any, Any]


class _Item(BaseModel):
    """An item of a batch: either `create`, or `id`, `version` and `patch`."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _ensure_one_kind(self) -> "_Item":
        given = self.model_fields_set
        if given != {"create"} and not {"id", "patch"} <= given <= {"id", "version", "patch"}:
            raise PydanticCustomError("BATCH_ITEM_INVALID", "Neither a creation nor a change")
        return self


def add_batch_route(router: APIRouter, resource: AnyResource) -> None:
    """Add the batch of a resource to the router of its collection."""
    noun = resource.name.title().replace("_", "")
    plural = resource.collection.strip("/").replace("-", " ")
    item, answer = _item_model(noun, resource), _answer_model(noun, resource)
    body_type = _body_model(noun, item)

    @router.post(
        "/batch",
        name=f"{resource.name}_batch",
        summary=f"Create and change up to {MAX_BATCH_ITEMS} {plural}",
        status_code=207,
        response_model=answer,
        responses={200: {"model": answer, "description": "All items of an atomic batch"}},
        dependencies=[allow(f"{resource.record_type.scoped.resource}.write")],
    )
    async def batch(
        request: Request,
        response: Response,
        body: body_type,  # type: ignore[valid-type]  # FastAPI reads it at run time
        command: CreateCommand,
    ) -> Any:
        """Carry out each item by the rules of its own route, with a result for each.

        Items are independent of each other, unless `atomic` is set: then all are carried out and
        the status is 200, or none is and the problem (409) has the reasons.
        """
        requested: Any = body
        items = [
            BatchItem(**{n: getattr(i, n) for n in i.model_fields_set}) for i in requested.items
        ]
        results: Sequence[BaseModel | DomainError]
        if requested.atomic:
            results = await run_atomic_batch(command, resource, items)
            response.status_code = 200
        else:
            results = await run_batch(command, resource, items)
        return {"items": [_result(request, *each) for each in zip(items, results, strict=True)]}


def _batch_item(item: BaseModel) -> BatchItem:
    return BatchItem(**{name: getattr(item, name) for name in item.model_fields_set})


def _item_model(noun: str, resource: AnyResource) -> type[BaseModel]:
    """Return the model of an item; the body `create` is validated when the item is carried out."""
    body: Any = resource.body
    create: Any = Annotated[body, SkipValidation]
    patch: Any = MergePatch[resource.edit_body]  # type: ignore[name-defined]  # known at run time
    version: Any = Annotated[int, Field(ge=1)] | Literal["*"]
    fields: dict[str, Any] = {
        "create": (create, Field(default_factory=lambda: None, description="A new record")),
        "id": (UUID, Field(default_factory=lambda: None, description="The record to change")),
        "version": (
            version,
            Field(
                default_factory=lambda: None,
                description="The version that the caller read, or `*` for any; a patch needs it",
            ),
        ),
        "patch": (patch, Field(default_factory=lambda: None, description="The fields to change")),
    }
    return create_model(f"{noun}BatchItem", __base__=_Item, __doc__=_Item.__doc__, **fields)


def _body_model(noun: str, item: Any) -> type[BaseModel]:
    example: Any = {
        "items": [
            {"id": "019ab000-0000-7000-8000-000000000001", "version": 3, "patch": {}},
        ],
        "atomic": False,
    }
    items = Annotated[list[item], Field(min_length=1, max_length=MAX_BATCH_ITEMS)]
    return create_model(
        f"{noun}Batch",
        __config__=ConfigDict(extra="forbid", json_schema_extra={"examples": [example]}),
        __doc__="A batch of creations and changes.",
        items=(items, ...),
        atomic=(bool, Field(default=False, description="Carry out all items or none")),
    )


def _answer_model(noun: str, resource: AnyResource) -> type[BaseModel]:
    answer: Any = resource.answer
    result: Any = create_model(
        f"{noun}BatchResult",
        __doc__="The result of one item: the record, or the problem that its own route answers.",
        status=(int, ...),
        record=(answer | None, None),
        problem=(Problem | None, None),
    )
    return create_model(
        f"{noun}BatchResults",
        __doc__="A result for each item, in the order of the request.",
        items=(list[result], ...),
    )


def _result(request: Request, item: BatchItem, result: BaseModel | DomainError) -> dict[str, Any]:
    if not isinstance(result, DomainError):
        return {"status": 201 if item.id is None else 200, "record": result, "problem": None}
    details = problem_details(result)
    collection = request.url.path.removesuffix("/batch")
    instance = collection if item.id is None else f"{collection}/{item.id}"
    body = problem_body(request.app.state.texts, details, instance=instance)
    return {"status": details.status, "record": None, "problem": body}
