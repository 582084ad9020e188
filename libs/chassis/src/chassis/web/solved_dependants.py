"""What FastAPI solves for a request: each dependency once, and only the parameters it can have.

FastAPI walks the whole tree of a route's dependencies for every request, also through those that
several others share, and validates every declared query parameter, also those that the request does
not have. A list declares about sixty parameters, of which a request has two. The handlers made here
solve a shorter tree with the same result (measured in decision 33); documentation and everything
else read the route's own tree.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.dependencies.models import Dependant, _get_cache_key, _uses_scopes
from fastapi.dependencies.utils import _get_param_aliases, _get_param_model
from fastapi.routing import APIRoute, _effective_route_context_var

MAX_HANDLERS: Final = 64  # of one route: for other combinations of parameters all are solved

Handler = TypeVar("Handler", bound=Callable[..., Any])


class HandlerChoice:
    """Chooses the handler of a route by the query parameters that a request has.

    `make` makes a handler of the route; it reads the route's tree of dependencies. It is called
    when a combination of parameters comes for the first time.
    """

    def __init__(self, route: APIRoute, make: Callable[[], Handler]) -> None:
        self._route = route
        self._make = make
        self._context = copy_context()  # FastAPI says by it in which application the route is
        self._optional = frozenset(_optional_names(route.dependant))
        self._handlers: dict[frozenset[str], Any] = {}
        self._all: Any = self._made(self._optional)

    def handler(self, request: Request) -> Any:
        """Return the handler for this request."""
        names = request.query_params.keys() if request.url.query else ()
        given = self._optional.intersection(names)
        handler = self._handlers.get(given)
        if handler is not None:
            return handler
        if len(self._handlers) >= MAX_HANDLERS:
            return self._all
        self._handlers[given] = made = self._made(given)
        return made

    def _made(self, given: frozenset[str]) -> Any:
        return self._context.run(self._make_with, given)

    def _make_with(self, given: frozenset[str]) -> Any:
        with _shortened(_holder(self._route), given):
            return self._make()


def _holder(route: APIRoute) -> Any:
    """Return what holds the tree that a handler of the route solves."""
    included = _effective_route_context_var.get()
    return included if included is not None and included.original_route is route else route


@contextmanager
def _shortened(holder: Any, given: frozenset[str]) -> Iterator[None]:
    whole = holder.dependant
    holder.dependant = solved_dependant(whole, given)
    try:
        yield
    finally:
        holder.dependant = whole


def solved_dependant(dependant: Dependant, given: frozenset[str]) -> Dependant:
    """Return a tree that gives the endpoint the same values with less work.

    A dependency that was solved before is a leaf, whose value FastAPI takes from its cache.
    Optional query parameters that are not among `given` are left out: their default is that of the
    function.
    """
    return _solved(dependant, given, set())


def _solved(dependant: Dependant, given: frozenset[str], earlier: set[Any]) -> Dependant:
    dependencies = []
    for each in dependant.dependencies:
        key = _get_cache_key(dependant=each)
        if each.use_cache and key in earlier:
            dependencies.append(_leaf(each))
            continue
        dependencies.append(_solved(each, given, earlier))
        if not _has_parameters(each):  # one that does may be invalid, and then has no value
            earlier.add(key)
    parameters = [
        field
        for field in dependant.query_params
        if not _is_optional(dependant, field) or _names(field) & given
    ]
    return replace(dependant, dependencies=dependencies, query_params=parameters)


def _leaf(dependant: Dependant) -> Dependant:
    """Return a dependency that has the same key in FastAPI's cache, and no parts."""
    leaf = Dependant(
        name=dependant.name,
        call=dependant.call,
        own_oauth_scopes=dependant.own_oauth_scopes,
        parent_oauth_scopes=dependant.parent_oauth_scopes,
        path=dependant.path,
        scope=dependant.scope,
        concurrency=dependant.concurrency,
    )
    if _uses_scopes(dependant=dependant):
        leaf.security_scopes_param_name = "scopes"
    return leaf


def _has_parameters(dependant: Dependant) -> bool:
    own = (
        dependant.path_params
        or dependant.query_params
        or dependant.header_params
        or dependant.cookie_params
        or dependant.body_params
    )
    return bool(own) or any(map(_has_parameters, dependant.dependencies))


def _optional_names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        if _is_optional(dependant, field):
            yield from _names(field)
    for each in dependant.dependencies:
        yield from _optional_names(each)


def _is_optional(dependant: Dependant, field: Any) -> bool:
    """Whether a call without this parameter gets the value that FastAPI would give it."""
    if field.field_info.is_required() or _get_param_model(field) is not None:
        return False
    assert dependant.call is not None
    parameter = inspect.signature(dependant.call).parameters.get(field.name)
    return parameter is not None and parameter.default is field.default


def _names(field: Any) -> set[str]:
    return {alias for _, alias in _get_param_aliases(field)}
