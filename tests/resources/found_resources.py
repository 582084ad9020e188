"""The resources of a service, found in the routes of its application."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from chassis.records.access.guards import ACCESS_GUARDS
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.openapi import response_properties

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

    `routes` are like `POST`, `PATCH /{}` and `POST /{}/restore`, relative to the collection;
    `shown` are the fields of a record.
    """

    service: str
    name: str
    collection: str
    routes: frozenset[str]
    shown: frozenset[str]

    @property
    def is_edited(self) -> bool:
        """Whether its records are edited, and so must behave as all records do."""
        return "PATCH /{}" in self.routes and self.collection not in WITH_OWN_TESTS

    @property
    def is_guarded(self) -> bool:
        """Whether callers see only some of its records: an import has its creator only."""
        return "GET /{}/access" in self.routes or self.collection == "/imports"


@dataclass(frozen=True)
class Guarded:
    """A route whose first path parameter names a record."""

    method: str
    path: str
    scoped: ScopedResource
    access: Access

    @property
    def collection(self) -> str:
        return self.path.split("/{")[0]


@cache
def found_resources(service: str) -> tuple[FoundResource, ...]:
    """Return the resources of a service.

    They are read from its committed API document, which is faster than from the application;
    `test_found_resources` compares the two. The sample service has no document.
    """
    document = DOCUMENTS / f"{service}.json"
    if document.is_file():
        return resources_of(service, json.loads(document.read_text()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("L2C_MODE", "development")
        patch.setenv(f"{service.upper()}_DATABASE_URL", "postgresql+asyncpg://unused/x")
        app: FastAPI = import_module(f"{service}.app").create()
        return resources_of(service, app.openapi())


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
            name=_resource_name(service, one, operation),
            collection=collection,
            routes=frozenset(_inside(collection, routes)),
            shown=frozenset(response_properties(operation, schemas)),
        )
        for (method, one), operation in routes.items()
        if method == "GET" and re.fullmatch(r"/[a-z/-]+/\{\w+\}", one)
        for collection in [one.rpartition("/")[0]]
    )


def _resource_name(service: str, path: str, operation: Mapping[str, Any]) -> str:
    """Return the name in the scope that reading needs: `l2o.account`."""
    needed = operation.get("security", [])
    scopes = [scope for each in needed for scopes in each.values() for scope in scopes]
    return scopes[0].rpartition(".")[0] if scopes else f"{service}.{path.split('/')[1]}"


def served_routes(app: FastAPI, collection: str) -> frozenset[str]:
    """Return the routes of a collection that the application serves, also undocumented ones."""
    prefix = f"/{app.state.settings.service}/v1"
    paths = [
        (method, str(route.path).removeprefix(prefix))
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    ]
    return frozenset(_inside(collection, paths))


def _inside(collection: str, routes: Iterable[tuple[str, str]]) -> Iterator[str]:
    for method, path in routes:
        if path == collection or path.startswith(f"{collection}/"):
            inside = re.sub(r"\{[^}]*\}", "{}", path.removeprefix(collection))
            yield f"{method} {inside}".strip()


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
