"""The resources of a service, found in the routes of its application."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from chassis.records.access.guards import ACCESS_GUARDS
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.entrances import PURPOSE_MARK
from chassis.web.openapi import response_properties
from tests.architecture.applications import document_of

DOCUMENTS = Path(__file__).parents[2] / "contracts/schemas/openapi"
# Collections that the shared tests of records leave out, each with its reason.
WITH_OWN_TESTS = {
    "/custom-fields": "the same code in every service: tested in libs/chassis",
    "/saved-views": "the same code in every service, and one person's own: tested in libs/chassis",
    "/admin/tenants": "the tenants themselves; the operators' tenant sees all of them",
}


@dataclass(frozen=True)
class FoundResource:
    """A collection of which single records can be read.

    `routes` are like `POST`, `PATCH /{}` and `POST /{}/restore`, relative to the collection, each
    with the scopes that it needs; `shown` are the fields of a record.
    """

    service: str
    name: str
    collection: str
    routes: Mapping[str, frozenset[str]]
    shown: frozenset[str]

    @property
    def noun(self) -> str:
        """The name without the service: `account`."""
        return self.name.split(".")[-1]

    @property
    def is_edited(self) -> bool:
        """Whether its records are edited, and so must behave as all records do."""
        return "PATCH /{}" in self.routes and self.collection not in WITH_OWN_TESTS

    @property
    def is_guarded(self) -> bool:
        """Whether callers see only some of its records.

        An import has its creator only; approvers read a request because they are asked.
        """
        return "GET /{}/access" in self.routes or self.collection in ("/imports", "/approvals")


@dataclass(frozen=True)
class Guarded:
    """A route whose first path parameter names a record."""

    method: str
    path: str
    scoped: ScopedResource
    access: Access


@cache
def api_document(service: str) -> Any:
    """Return the committed API document of a service."""
    return json.loads((DOCUMENTS / f"{service}.json").read_text())


@cache
def found_resources(service: str) -> tuple[FoundResource, ...]:
    """Return the resources of a service.

    They are read from its committed API document, which is faster than from the application;
    `test_found_resources` compares the two. The sample service has no document.
    """
    document = DOCUMENTS / f"{service}.json"
    if document.is_file():
        return resources_of(service, api_document(service))
    return resources_of(service, document_of(service))


def resources_of(service: str, document: Mapping[str, Any]) -> tuple[FoundResource, ...]:
    """Return every collection of an API document with `GET /{collection}/{id}`."""
    prefix = f"/{service}/v1"
    routes = {
        (method.upper(), path.removeprefix(prefix)): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    schemas = document.get("components", {}).get("schemas", {})
    return tuple(
        FoundResource(
            service=service,
            name=_resource_name(service, collection, routes["GET", one]),
            collection=collection,
            routes={
                _relative(collection, method, path): frozenset(_scopes(operation))
                for (method, path), operation in routes.items()
                if _is_inside(collection, path)
            },
            shown=frozenset(response_properties(routes["GET", one], schemas)),
        )
        for collection, one in _collections(routes)
    )


def _resource_name(service: str, collection: str, operation: Mapping[str, Any]) -> str:
    """Return the name in the scope that reading needs: `l2o.account`."""
    scope = next(_scopes(operation), "")
    return scope.rpartition(".")[0] if scope else f"{service}.{collection.strip('/')}"


def _scopes(operation: Mapping[str, Any]) -> Iterator[str]:
    for needed in operation.get("security", []):
        for scopes in needed.values():
            yield from scopes


def served_routes(app: FastAPI, *, with_entrances: bool = True) -> dict[str, set[str]]:
    """Return the routes of every resource that the application serves, by its collection.

    Without `with_entrances` those are left out that an access key admits to, instead of a token.
    """
    prefix = f"/{app.state.settings.service}/v1"
    paths = [
        (method, str(route.path).removeprefix(prefix))
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
        if with_entrances or not _is_entrance(route)
    ]
    return {
        collection: {
            _relative(collection, method, path)
            for method, path in paths
            if _is_inside(collection, path)
        }
        for collection, _ in _collections(paths)
    }


def _is_entrance(route: RouteContext) -> bool:
    return PURPOSE_MARK in (getattr(route.original_route, "openapi_extra", None) or {})


def _collections(routes: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield every collection with the path of `GET /{collection}/{id}`."""
    for method, path in routes:
        match = re.fullmatch(r"(/[a-z/-]+)/\{\w+\}", path)
        if method == "GET" and match is not None:
            yield match[1], path


def _is_inside(collection: str, path: str) -> bool:
    return path == collection or path.startswith(f"{collection}/")


def _relative(collection: str, method: str, path: str) -> str:
    inside = re.sub(r"\{[^}]*\}", "{}", path.removeprefix(collection))
    return f"{method} {inside}".strip()


def guarded_routes(app: FastAPI) -> dict[str, list[Guarded]]:
    """Return every route that checks the access to a record, by the name of the resource."""
    prefix = f"/{app.state.settings.service}/v1"
    found: dict[str, list[Guarded]] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", Dependant())  # a plain route depends on nothing
        for scoped, access in _guards(dependant):
            for method in sorted(route.methods or ()):
                guarded = Guarded(method, str(route.path).removeprefix(prefix), scoped, access)
                found.setdefault(scoped.resource, []).append(guarded)
    return found


def _guards(dependant: Dependant) -> Iterator[tuple[ScopedResource, Access]]:
    for inner in dependant.dependencies:
        if inner.call in ACCESS_GUARDS:
            yield ACCESS_GUARDS[inner.call]
        yield from _guards(inner)
