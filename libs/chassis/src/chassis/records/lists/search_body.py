"""The body of `POST /{collection}/search`, read as the query and the page of a list."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, create_model

from chassis.records.lists.filter_groups import MAX_GROUPS, group_model, read_groups
from chassis.records.lists.list_query import MAX_NUMBERED_ROWS, ListQuery, searched_text
from chassis.records.lists.parameters import ListOptions, SearchText, one_of
from chassis.web.auth import Principal, authenticate
from chassis.web.pages import DEFAULT_LIMIT, MAX_LIMIT, PageRequest, reject_unknown_parameters

GROUPS = "filter_groups"
_OF_PAGE = ("limit", "cursor")
_Page = Annotated[StrictInt, Field(ge=1, le=MAX_NUMBERED_ROWS)]


@dataclass(frozen=True)
class SearchRequest:
    """What a search asks for."""

    query: ListQuery
    page: PageRequest


def search_model(noun: str, options: ListOptions) -> type[BaseModel]:
    """Return the model of the body: filter groups, and what the list takes as parameters.

    `noun` begins the names of the models: `AccountSearch` with groups `AccountFilterGroup`.
    """
    group: Any = group_model(f"{noun}FilterGroup", options.filters, custom=options.custom)
    fields: dict[str, Any] = {
        GROUPS: (
            Annotated[list[group], Field(max_length=MAX_GROUPS)],
            Field([], description="At least one of these groups holds; without groups all records"),
        ),
        "q": (SearchText | None, _described("As in the list")),
        "sort": (options.sort | None, _described("As in the list")),
        "fields": _names(options.fields, "Fields beside `id`"),
        "expand": _names(options.expandable, "Records to show as well, as in the list"),
        "count_by": (
            one_of(options.countable) | None,
            _described("As in the list; not a field on which one of several groups filters"),
        ),
        "include_total": (StrictBool, Field(default=False, description="Also count all records")),
        "deleted": (StrictBool, Field(default=False, description="true: search deleted records")),
        "view": (UUID | None, _described("The id of a saved view; the body overrides it")),
        "page": (_Page | None, _described("The page from 1 on; not with `cursor`")),
        "limit": (
            Annotated[StrictInt, Field(ge=1)],
            Field(DEFAULT_LIMIT, description=f"At most {MAX_LIMIT}, more is reduced to it"),
        ),
        "cursor": (str | None, _described("`next_cursor` of the page before, for the same body")),
    }
    offered = _offered(options)
    kept = {name: field for name, field in fields.items() if offered.get(name, True)}
    example: Any = {GROUPS: [{"id__in": ["019ab000-0000-7000-8000-000000000001"]}], "limit": 20}
    config = ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})
    model: type[BaseModel] = create_model(f"{noun}Search", __config__=config, **kept)
    model.__doc__ = "A search: conditions in groups, and the page of the records that meet them."
    return model


def _offered(options: ListOptions) -> dict[str, bool]:
    """Return which of the fields that not every list has this one offers."""
    return {
        "q": options.words,
        "sort": bool(options.sorts),
        "expand": bool(options.expandable),
        "count_by": bool(options.countable),
        "deleted": options.deletable,
        "view": options.views,
    }


def _names(declared: Sequence[str], description: str) -> tuple[Any, Any]:
    name: Any = one_of(declared)
    return list[name], Field([], description=description)


def _described(description: str) -> Any:
    return Field(None, description=description)


def search_dependency(model: type[BaseModel]) -> Callable[..., Any]:
    """Return the dependency that reads a body of this model as a `SearchRequest`.

    Raises what `read_groups` raises.
    """

    async def search_request(
        request: Request, principal: Principal, body: Any, **_: Any
    ) -> SearchRequest:
        return SearchRequest(_query(body, principal), _page(request, body))

    caller = Annotated[Principal, Depends(authenticate)]
    checked = Annotated[None, Depends(reject_unknown_parameters)]
    annotations = {"request": Request, "principal": caller, "body": model, "unused": checked}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
        for name, annotation in annotations.items()
    ]
    signature = inspect.Signature(parameters)
    search_request.__signature__ = signature  # type: ignore[attr-defined]  # FastAPI reads it
    return search_request


def _query(body: BaseModel, caller: Principal) -> ListQuery:
    given = {name: getattr(body, name) for name in body.model_fields_set}
    groups = read_groups(given.pop(GROUPS, ()), f"/{GROUPS}")
    options = {name: value for name, value in given.items() if name not in _OF_PAGE}
    for name in ("fields", "expand"):
        options[name] = tuple(options.get(name, ()))
    options["q"] = searched_text(options.get("q"))
    return ListQuery(groups=groups, subject=caller.subject, scopes=caller.scopes, **options)


def _page(request: Request, body: Any) -> PageRequest:
    parameters = sorted(request.query_params.multi_items())
    return PageRequest(
        limit=min(body.limit, MAX_LIMIT),
        cursor=body.cursor,
        filters=orjson.dumps([request.url.path, parameters]).decode(),
        key=request.app.state.cursor_key,
    )
