"""The query parameters of a list as a FastAPI dependency, and as a parser of stored queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import FilterParameter as Argument
from inspect import Signature
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.dependencies.utils import get_dependant, request_params_to_args
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams

from chassis.foundation.violations import from_pydantic
from chassis.records.lists.filters import FilterParameter
from chassis.records.lists.list_query import CUSTOM_PREFIX, ListQuery
from chassis.web.auth import Principal, authenticate
from kernel.errors import Invalid

_OWN = ("q", "sort", "fields", "include_total", "deleted", "view")
SearchText = Annotated[str, Field(min_length=1, max_length=100)]


def sort_type(is_allowed: Callable[[str], bool], declared: Sequence[str]) -> Any:
    """A sort the list declares."""

    def checked(value: str) -> str:
        if not is_allowed(value):
            raise PydanticCustomError(
                "VALUE_UNKNOWN", "Not a declared sort", {"expected": list(declared)}
            )
        return value

    return Annotated[str, AfterValidator(checked)]


def fields_type(names: Iterable[str]) -> Any:
    """Names of fields with commas between them, all of them known."""
    known = list(names)

    def checked(value: str) -> str:
        if not set(value.split(",")) <= set(known):
            raise PydanticCustomError("VALUE_UNKNOWN", "Unknown field", {"expected": known})
        return value

    return Annotated[str, AfterValidator(checked)]


class ListParameters:
    """All parameters of one list."""

    def __init__(
        self,
        filters: Sequence[FilterParameter],
        *,
        sort: Any,
        sorts: Sequence[str],
        fields: Any,
        words: bool,
        deletable: bool,
        custom: bool,
    ) -> None:
        told = "One of " + ", ".join(sorts) + "; `-` turns it round; newest first without"
        arguments = [_argument(one.name, one.annotation, one.told) for one in filters]
        arguments += [
            *(
                [_argument("q", SearchText, "Words inside names, pinyin initials too")]
                if words
                else ()
            ),
            *([_argument("sort", sort, told)] if sorts else ()),
            _argument("fields", fields, "Only these fields of each item, and its id"),
            _argument("include_total", bool, "Count all rows, which takes its time"),
            *([_argument("deleted", bool, "The deleted ones instead")] if deletable else ()),
            _argument("view", UUID, "A saved view; what is asked beside it wins"),
        ]
        self._known = [argument.name for argument in arguments]
        self._prefixes = (CUSTOM_PREFIX,) if custom else ()
        self.dependency = self._dependency(arguments)
        self._fields = get_dependant(path="/", call=self.dependency).query_params

    def _dependency(self, arguments: Sequence[Argument]) -> Callable[..., Any]:
        async def asked(request: Request, principal: Principal, **given: Any) -> ListQuery:
            return self._read(given, request.query_params, principal.subject)

        caller = Annotated[Principal, Depends(authenticate)]
        before = [
            Argument("request", Argument.KEYWORD_ONLY, annotation=Request),
            Argument("principal", Argument.KEYWORD_ONLY, annotation=caller),
        ]
        asked.__signature__ = Signature([*before, *arguments])  # type: ignore[attr-defined]  # FastAPI reads it
        asked.open_prefixes = self._prefixes  # type: ignore[attr-defined]  # `pages` reads it
        return asked

    def parse(self, query: str, subject: str) -> ListQuery:
        """A stored query. Raises Invalid with every violation."""
        params = QueryParams(query)
        values, errors = request_params_to_args(self._fields, params)
        known = (*self._known,)
        unknown = [p for p in params if p not in known and not p.startswith(self._prefixes or "\0")]
        more = [{"type": "extra_forbidden", "loc": ("query", name)} for name in unknown]
        if errors or more:
            raise Invalid(from_pydantic([*errors, *more]))
        return self._read(values, params, subject)

    def _read(self, given: Mapping[str, Any], params: QueryParams, subject: str) -> ListQuery:
        said = {name: value for name, value in given.items() if value is not None}
        own = {name: said.pop(name) for name in _OWN if name in said}
        own["fields"] = tuple(own["fields"].split(",")) if "fields" in own else ()
        custom = {k: v for k, v in params.items() if self._prefixes and k.startswith(CUSTOM_PREFIX)}
        return ListQuery(values=said, custom=custom, subject=subject, **own)


def _argument(name: str, annotation: Any, told: str) -> Argument:
    query = Query(description=told or None)
    return Argument(
        name,
        Argument.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation | None, query],
    )
