"""The access matrix: every role calls every route that names a record.

Routes are found by their guards, so a new route is in the matrix by itself; a new resource needs a
sample in `access_samples`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.guards import ACCESS_GUARDS
from chassis.records.access.visibility import Access, ScopedResource
from contracts.event import EVENT_CLASSES
from deploy.services import SERVICES
from testkit.directory import Company, directory_id, leave, sign_in, subject
from testkit.plugin import Client, PublishedFacts
from tests.architecture.access_roles import ONLY_FOR_CREATORS, ROLES, Guarded, Level, Role
from tests.architecture.access_samples import SAMPLES, Maker

# Resources without team, shares and transfer, each with its reason.
WITHOUT_SHARES = {
    f"{name}.import": "an import belongs to its creator" for name in ("testkit", *SERVICES)
}
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAY = timedelta(days=1)


@pytest.fixture(scope="session", params=("testkit", *SERVICES))
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def guarded(app: FastAPI) -> Iterator[Guarded]:
    """Every route with a guarded record, found by its dependencies."""
    prefix = f"/{app.state.settings.service}/v1"
    for route in iter_route_contexts(app.routes):
        for scoped, access in _guards(_dependant(route)):
            for method in sorted(route.methods or ()):
                yield Guarded(method, str(route.path).removeprefix(prefix), scoped, access)


def _dependant(route: RouteContext) -> Dependant:
    return getattr(route, "dependant", Dependant())  # a plain route depends on nothing


def _guards(dependant: Dependant) -> Iterator[tuple[ScopedResource, Access]]:
    for inner in dependant.dependencies:
        if inner.call in ACCESS_GUARDS:
            yield ACCESS_GUARDS[inner.call]
        yield from _guards(inner)


def scopes_of(app: FastAPI, resource: str) -> str:
    """Every scope that the service's routes need, except those that show all rows."""
    paths = app.openapi()["paths"].values()
    found = {
        scope
        for item in paths
        for operation in item.values()
        for each in operation.get("security", [])
        for scopes in each.values()
        for scope in scopes
    }
    return " ".join(sorted(found - {f"{resource}.all"}))


class Probe:
    """A record of one resource, called by every role; each call is rolled back."""

    def __init__(
        self, client: Client, tx: AsyncConnection, tenant: UUID, scopes: str, resource: str
    ) -> None:
        self._client, self._tx, self._tenant = client, tx, tenant
        self._scopes, self._resource = scopes, resource

    def headers(self, role: Role) -> dict[str, str]:
        scope = f"{self._scopes} {self._resource}.all" if role.everything else self._scopes
        return sign_in(self._tenant, role.name, scope=scope, kind=role.kind)

    async def make(self, found: list[Guarded]) -> str:
        """A record of li, who was in team B then and is in team A now, with all its grants."""
        company = await Company(self._tx).build()
        await company.person("li", "team B")
        away = [leave(TODAY, TODAY + DAY, "deng"), leave(TODAY - DAY, TODAY, "gu")]
        for role in ROLES.values():
            if role.name not in ("newcomer", "erp", "boss", *company.names):
                await company.person(role.name)
        maker = Maker(self._client, self.headers(ROLES["owner"]), self._tx)
        record = await SAMPLES[self._resource](maker)
        await company.person("li", "team A", leaves=away)
        await company.team("tender", "tang")
        for path, body in _grants() if shareable(found) else ():
            await self._grant(f"{found[0].collection}/{record}/{path}", body)
        ended = directory_id("share expired")
        await company.sql(
            f"UPDATE record_grants SET until_date = until_date - 1 WHERE grantee_id = '{ended}'"
        )
        return record

    async def _grant(self, path: str, body: dict[str, Any]) -> None:
        answer = await self._client.put(path, json=body, headers=self.headers(ROLES["owner"]))
        assert answer.status_code == 200, answer.text

    async def call(
        self, role: Role, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Try it, and undo whatever it did."""
        async with self._tx.begin_nested() as savepoint:
            answer = await self._client.request(method, path, json=body, headers=self.headers(role))
            await savepoint.rollback()
        return answer


def _grants() -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"team/{directory_id('team reader')}", {}
    yield f"team/{directory_id('team writer')}", {"access": "WRITE"}
    yield f"shares/PERSON/{directory_id('shared reader')}", {}
    yield f"shares/PERSON/{directory_id('shared writer')}", {"access": "WRITE"}
    tomorrow = {"until_date": (TODAY + DAY).isoformat(), "access": "WRITE"}
    yield f"shares/PERSON/{directory_id('share expired')}", tomorrow
    yield f"shares/DEPARTMENT/{directory_id('finance')}", {}
    yield f"shares/TEAM/{directory_id('tender')}", {"access": "WRITE"}


def outcome(route: Guarded, answer: httpx.Response) -> str:
    """The answer of the guard: hidden, read only, ownership required, or allowed."""
    problem = answer.status_code >= 400
    code = answer.json()["code"] if problem else ""
    if code == f"{route.scoped.name.upper()}_NOT_FOUND":
        return "hidden"
    named = {"RECORD_READ_ONLY": "read only", "OWNERSHIP_REQUIRED": "not theirs"}
    assert answer.status_code not in (401, 403, 500) or code in named, answer.text
    return named.get(code, "passed")


def shareable(found: list[Guarded]) -> bool:
    """Whether the resource has a team and shares; an import has only its creator."""
    return any(route.path.endswith("/access") for route in found)


def level_of(role: Role, found: list[Guarded]) -> Level:
    return Level.NONE if role.granted and not shareable(found) else role.level


def expected(route: Guarded, role: Role, level: Level) -> str:
    if level is Level.NONE:
        return "hidden"
    if route.path in ONLY_FOR_CREATORS and role is not ROLES["owner"]:
        return "read only"
    if route.access is Access.WRITE and level is Level.READ:
        return "read only"
    if route.path.endswith("/transfer") and level is Level.WRITE:
        return "not theirs"
    return "passed"


def address(route: Guarded, record: str) -> str:
    """The path of the route for the record, with unknown ids for its other parameters."""
    first, *others = route.path.split("{")[1:]
    path = route.path.replace("{" + first.split("}")[0] + "}", record)
    for name in (part.split("}")[0] for part in others):
        filler = "PERSON" if name == "grantee_kind" else str(directory_id("nobody"))
        path = path.replace("{" + name + "}", filler)
    return path


def body_of(route: Guarded) -> dict[str, Any] | None:
    """A minimal body: the guard answers before the body is read, except for transfers."""
    if route.path.endswith("/transfer"):
        return {"owner_id": subject("zhou")}
    return {} if route.method in ("POST", "PUT", "PATCH") else None


@pytest.fixture
def routes(app: FastAPI) -> dict[str, list[Guarded]]:
    """The guarded routes by resource."""
    found: dict[str, list[Guarded]] = {}
    for route in guarded(app):
        found.setdefault(route.scoped.resource, []).append(route)
    return found


async def test_every_role_gets_the_expected_answer_of_every_route(
    app: FastAPI,
    client: Client,
    tx: AsyncConnection,
    tenant: UUID,
    routes: dict[str, list[Guarded]],
) -> None:
    for resource, found in routes.items():
        probe = Probe(client, tx, tenant, scopes_of(app, resource), resource)
        record = await probe.make(found)
        wrong = []
        for route in found:
            body = body_of(route)
            for called, role in ROLES.items():
                answer = await probe.call(role, route.method, address(route, record), body)
                actual, required = (
                    outcome(route, answer),
                    expected(route, role, level_of(role, found)),
                )
                if actual != required:
                    wrong.append(f"{called}: {route.method} {route.path}: {actual}, not {required}")
        assert wrong == [], resource


async def test_lists_show_exactly_the_readable_records(
    app: FastAPI,
    client: Client,
    tx: AsyncConnection,
    tenant: UUID,
    routes: dict[str, list[Guarded]],
) -> None:
    for resource, found in routes.items():
        collection = found[0].collection
        probe = Probe(client, tx, tenant, scopes_of(app, resource), resource)
        record = await probe.make(found)
        shown = {}
        for called, role in ROLES.items():
            answer = await probe.call(role, "GET", collection)
            assert answer.status_code == 200, answer.text
            shown[called] = record in [one["id"] for one in answer.json()["items"]]
        assert shown == {
            called: level_of(role, found) > Level.NONE for called, role in ROLES.items()
        }


async def test_the_access_route_answers_the_level_of_every_role(
    app: FastAPI,
    client: Client,
    tx: AsyncConnection,
    tenant: UUID,
    routes: dict[str, list[Guarded]],
) -> None:
    for resource, found in routes.items():
        if not shareable(found):
            continue
        probe = Probe(client, tx, tenant, scopes_of(app, resource), resource)
        path = f"{found[0].collection}/{await probe.make(found)}/access"
        for called, role in ROLES.items():
            if role.level is Level.NONE:
                continue
            mine = (await probe.call(role, "GET", path)).json()["mine"]
            rights = (mine["read"], mine["write"], mine["transfer"])
            assert rights == (True, role.level >= Level.WRITE, role.level is Level.HEAD), called
            assert mine["reasons"], called


async def test_a_transfer_publishes_its_reason(
    app: FastAPI,
    client: Client,
    tx: AsyncConnection,
    tenant: UUID,
    routes: dict[str, list[Guarded]],
    published: PublishedFacts,
) -> None:
    for resource, found in routes.items():
        event_type = f"{resource}.assigned.v1"
        if event_type not in EVENT_CLASSES:
            continue
        probe = Probe(client, tx, tenant, scopes_of(app, resource), resource)
        path = f"{found[0].collection}/{await probe.make(found)}/transfer"
        body = {"owner_id": subject("zhou"), "reason": "parental leave"}
        answer = await client.post(path, json=body, headers=probe.headers(ROLES["owner"]))
        assert answer.status_code == 200, answer.text
        payloads = [fact.payload for fact in await published() if fact.type == event_type]
        assert [(payload["from_owner_id"], payload["reason"]) for payload in payloads] == [
            (subject("li"), "parental leave")
        ]


def test_every_guarded_resource_has_a_sample_and_an_access_route(
    routes: dict[str, list[Guarded]],
) -> None:
    assert set(routes) <= set(SAMPLES)
    for resource, found in routes.items():
        paths = {(route.method, route.path.rsplit("}", 1)[1]) for route in found}
        has_routes = {("GET", "/access"), ("GET", "/owners"), ("POST", "/transfer")} <= paths
        assert has_routes or resource in WITHOUT_SHARES, resource


def test_the_sample_service_is_guarded(service: str, routes: dict[str, list[Guarded]]) -> None:
    """Without guarded routes the matrix would be empty and always pass."""
    if service == "testkit":
        assert len(routes["testkit.card"]) >= 12
