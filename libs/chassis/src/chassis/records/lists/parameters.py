"""The query parameters of a list as a FastAPI dependency, and as a parser of stored queries."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.dependencies.utils import get_dependant, request_params_to_args
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams

from chassis.foundation.violations import from_pydantic
from chassis.records.lists.filters import FilterParameter
from chassis.records.lists.list_query import CUSTOM_PREFIX, MAX_NUMBERED_ROWS, ListQuery
from chassis.web.auth import Principal, authenticate
from kernel.errors import Invalid

_NOT_FILTERS = ("q", "sort", "fields", "include_total", "page", "count_by", "deleted", "view")
PageNumber = Annotated[int, Field(ge=1, le=MAX_NUMBERED_ROWS)]
SearchText = Annotated[str, Field(min_length=1, max_length=100)]


def sort_type(is_allowed: Callable[[str], bool], declared: Sequence[str]) -> Any:
    """Return the type of the parameter `sort`: a sort that the list declares."""

    def validate(value: str) -> str:
        if not is_allowed(value):
            raise PydanticCustomError(
                "VALUE_UNKNOWN", "Not a declared sort", {"expected": list(declared)}
            )
        return value

    return Annotated[str, AfterValidator(validate)]


def one_of(names: Iterable[str]) -> Any:
    """Return the type of a parameter whose value is one of these names."""
    expected = list(names)

    def validate(value: str) -> str:
        if value not in expected:
            raise PydanticCustomError("VALUE_UNKNOWN", "Unknown field", {"expected": expected})
        return value

    return Annotated[str, AfterValidator(validate)]


def fields_type(names: Iterable[str]) -> Any:
    """Return the type of the parameter `fields`: names of these fields, separated by commas."""
    expected = list(names)

    def validate(value: str) -> str:
        if not set(value.split(",")) <= set(expected):
            raise PydanticCustomError("VALUE_UNKNOWN", "Unknown field", {"expected": expected})
        return value

    return Annotated[str, AfterValidator(validate)]


@dataclass(frozen=True, kw_only=True)
class ListOptions:
    """What a list can be asked for: its filters, its declared `sorts`, and what else it offers.

    `sort` is the type of a sort, `fields` are the names of the fields that the list shows,
    `countable` those by which it can be counted. `words`, `deletable` and `custom` say whether it
    can be searched by words, holds deleted records, and has custom fields.
    """

    filters: Sequence[FilterParameter]
    sort: Any
    sorts: Sequence[str]
    fields: Sequence[str]
    countable: Sequence[str]
    words: bool
    deletable: bool
    custom: bool


class ListParameters:
    """The query parameters of one list."""

    def __init__(self, options: ListOptions) -> None:
        sorts, countable, deletable = options.sorts, options.countable, options.deletable
        allowed = f"One of {', '.join(sorts)}; `-` reverses the order; default: newest first"
        fields = fields_type(options.fields)
        arguments = [_argument(f.name, f.annotation, f.description) for f in options.filters]
        arguments += [
            *(
                [_argument("q", SearchText, "Words inside names, or pinyin initials")]
                if options.words
                else ()
            ),
            *([_argument("sort", options.sort, allowed)] if sorts else ()),
            _argument("fields", fields, "Fields to return beside `id`, separated by commas"),
            _argument("include_total", bool, "Also count all rows in `total`, which takes longer"),
            _argument("page", PageNumber, "The page from 1 on, with `total`; not with `cursor`"),
            *(_count_by(countable) if countable else ()),
            *([_argument("deleted", bool, "true: list deleted records")] if deletable else ()),
            _argument("view", UUID, "The id of a saved view; other parameters override its own"),
        ]
        self._names = [argument.name for argument in arguments]
        self._prefixes = (CUSTOM_PREFIX,) if options.custom else ()
        self.dependency = self._dependency(arguments)
        self._fields = get_dependant(path="/", call=self.dependency).query_params

    def _dependency(self, arguments: Sequence[inspect.Parameter]) -> Callable[..., Any]:
        async def list_query(request: Request, principal: Principal, **values: Any) -> ListQuery:
            return self._list_query(
                values, request.query_params, principal.subject, principal.scopes
            )

        caller = Annotated[Principal, Depends(authenticate)]
        leading = [
            inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request),
            inspect.Parameter("principal", inspect.Parameter.KEYWORD_ONLY, annotation=caller),
        ]
        signature = inspect.Signature([*leading, *arguments])
        list_query.__signature__ = signature  # type: ignore[attr-defined]  # FastAPI reads it
        list_query.open_prefixes = self._prefixes  # type: ignore[attr-defined]  # `pages` reads it
        return list_query

    def parse(self, query: str, subject: str, scopes: frozenset[str]) -> ListQuery:
        """Parse a stored query string. Raises Invalid with every violation."""
        params = QueryParams(query)
        values, errors = request_params_to_args(self._fields, params)
        unknown = [
            name
            for name in params
            if name not in self._names and not name.startswith(self._prefixes or "\0")
        ]
        unknown_errors = [{"type": "extra_forbidden", "loc": ("query", name)} for name in unknown]
        if errors or unknown_errors:
            raise Invalid(from_pydantic([*errors, *unknown_errors]))
        return self._list_query(values, params, subject, scopes)

    def _list_query(
        self,
        values: Mapping[str, Any],
        params: QueryParams,
        subject: str,
        scopes: frozenset[str],
    ) -> ListQuery:
        filters = {name: value for name, value in values.items() if value is not None}
        others = {name: filters.pop(name) for name in _NOT_FILTERS if name in filters}
        others["fields"] = tuple(others["fields"].split(",")) if "fields" in others else ()
        custom = {k: v for k, v in params.items() if self._prefixes and k.startswith(CUSTOM_PREFIX)}
        return ListQuery(values=filters, custom=custom, subject=subject, scopes=scopes, **others)


def _count_by(countable: Sequence[str]) -> Iterator[inspect.Parameter]:
    names = ", ".join(countable)
    yield _argument(
        "count_by", one_of(countable), f"Also count the rows by the values of one of {names}"
    )


def _argument(name: str, annotation: Any, description: str) -> inspect.Parameter:
    query = Query(description=description or None)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation | None, query],
    )
