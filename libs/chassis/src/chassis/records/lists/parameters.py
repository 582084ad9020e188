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
from chassis.records.lists.list_query import (
    CUSTOM_PREFIX,
    MAX_NUMBERED_ROWS,
    ListQuery,
    searched_text,
)
from chassis.web.auth import Principal, authenticate
from kernel.errors import Invalid

_NOT_FILTERS = frozenset(
    {"q", "sort", "fields", "expand", "include_total", "page", "count_by", "deleted", "view"}
)
_SEARCHED = "Words inside names, pinyin initials, or a number or mail address or the end of one"
PageNumber = Annotated[int, Field(ge=1, le=MAX_NUMBERED_ROWS)]
SearchText = Annotated[str, Field(min_length=1, max_length=100)]  # blanks alone select all


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


def some_of(names: Iterable[str]) -> AfterValidator:
    """Return the validator of a parameter that takes some of these names, separated by commas."""
    expected = list(names)

    def validate(value: str) -> str:
        if not set(value.split(",")) <= set(expected):
            raise PydanticCustomError("VALUE_UNKNOWN", "Unknown field", {"expected": expected})
        return value

    return AfterValidator(validate)


def expand_description(paths: Sequence[str]) -> str:
    """Return the description of the parameter `expand` for these paths."""
    return f"Records to show as well, separated by commas: {', '.join(paths)}"


@dataclass(frozen=True, kw_only=True)
class ListOptions:
    """What a list can be asked for: its filters, its declared `sorts`, and what else it offers.

    `sort` is the type of a sort, `fields` are the names of the fields that the list shows,
    `expandable` the paths of the records it can show as well, `countable` the fields by which it
    can be counted. `words`, `deletable`, `custom` and `views` say whether it can be searched by
    words, holds deleted records, and has custom fields and saved views.
    """

    filters: Sequence[FilterParameter]
    sort: Any
    sorts: Sequence[str]
    fields: Sequence[str]
    expandable: Sequence[str]
    countable: Sequence[str]
    words: bool
    deletable: bool
    custom: bool
    views: bool = True


class ListParameters:
    """The query parameters of one list."""

    def __init__(self, options: ListOptions) -> None:
        selecting, showing = [*_selecting(options)], [*_showing(options)]
        arguments = [*selecting, *showing]
        self._names = [argument.name for argument in arguments]
        self._prefixes = (CUSTOM_PREFIX,) if options.custom else ()
        self.dependency = self._dependency(arguments)
        self.selection = self._dependency(selecting)
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
        others["q"] = searched_text(others.get("q"))
        for name in ("fields", "expand"):
            others[name] = tuple(others[name].split(",")) if name in others else ()
        custom = {k: v for k, v in params.items() if self._prefixes and k.startswith(CUSTOM_PREFIX)}
        return ListQuery(values=filters, custom=custom, subject=subject, scopes=scopes, **others)


def _selecting(options: ListOptions) -> Iterator[inspect.Parameter]:
    """Yield the parameters that select records."""
    for each in options.filters:
        yield _argument(each.name, each.annotation, each.description)
    if options.words:
        yield _argument("q", SearchText, _SEARCHED)
    if options.deletable:
        yield _argument("deleted", bool, "true: list deleted records")
    if options.views:
        yield _argument("view", UUID, "The id of a saved view; other parameters override its own")


def _showing(options: ListOptions) -> Iterator[inspect.Parameter]:
    """Yield the parameters that say what is shown of the records, and in which order."""
    if sorts := options.sorts:
        allowed = f"One of {', '.join(sorts)}; `-` reverses the order; default: newest first"
        yield _argument("sort", options.sort, allowed)
    fields = Annotated[str, some_of(options.fields)]
    yield _argument("fields", fields, "Fields to return beside `id`, separated by commas")
    if paths := options.expandable:
        yield _argument("expand", Annotated[str, some_of(paths)], expand_description(paths))
    yield _argument("include_total", bool, "Also count all rows in `total`, which takes longer")
    yield _argument("page", PageNumber, "The page from 1 on, with `total`; not with `cursor`")
    if countable := options.countable:
        names = f"Also count the rows by the values of one of {', '.join(countable)}"
        yield _argument("count_by", one_of(countable), names)


def _argument(name: str, annotation: Any, description: str) -> inspect.Parameter:
    query = Query(description=description or None)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation | None, query],
    )
