"""The access matrix: every role calls every route that names a record.

Routes are found by their guards, so a new route is in the matrix by itself; a new resource needs a
sample in `samples`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Access
from contracts.event import EVENT_CLASSES
from testkit.directory import Company, directory_id, leave, sign_in, subject
from testkit.plugin import Client, PublishedFacts
from testkit.samples import Maker
from tests.resources.access_roles import ONLY_FOR_CREATORS, ROLES, Level, Role
from tests.resources.found_resources import FoundResource, Guarded, guarded_routes
from tests.resources.samples import SAMPLES

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAY = timedelta(days=1)


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
        self, app: FastAPI, client: Client, tx: AsyncConnection, tenant: UUID, found: FoundResource
    ) -> None:
        self._client, self._tx, self._tenant, self._found = client, tx, tenant, found
        self._scopes = scopes_of(app, found.name)
        self.routes = guarded_routes(app)[found.name]

    @property
    def is_shareable(self) -> bool:
        """Whether the resource has a team and shares; an import has only its creator."""
        return "GET /{}/access" in self._found.routes

    def headers(self, role: Role) -> dict[str, str]:
        scope = f"{self._scopes} {self._found.name}.all" if role.everything else self._scopes
        return sign_in(self._tenant, role.name, scope=scope, kind=role.kind)

    def level_of(self, role: Role) -> Level:
        return Level.NONE if role.granted and not self.is_shareable else role.level

    async def make(self) -> str:
        """A record of li, who was in team B then and is in team A now, with all its grants."""
        company = await Company(self._tx).build()
        await company.person("li", "team B")
        away = [leave(TODAY, TODAY + DAY, "deng"), leave(TODAY - DAY, TODAY, "gu")]
        for role in ROLES.values():
            if role.name not in ("newcomer", "erp", "boss", *company.names):
                await company.person(role.name)
        maker = Maker(self._client, self.headers(ROLES["owner"]), self._begin)
        record = await SAMPLES[self._found.name].create(maker, self._found.collection)
        await company.person("li", "team A", leaves=away)
        await company.team("tender", "tang")
        for path, body in _grants() if self.is_shareable else ():
            await self._grant(f"{self._found.collection}/{record}/{path}", body)
        ended = directory_id("share expired")
        await company.sql(
            f"UPDATE record_grants SET until_date = until_date - 1 WHERE grantee_id = '{ended}'"
        )
        return record

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AsyncConnection]:
        yield self._tx

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


def expected(route: Guarded, role: Role, level: Level) -> str:
    if level is Level.NONE:
        return "hidden"
    if route.path in ONLY_FOR_CREATORS and role is not ROLES["owner"]:
        return "read only"
    if route.access is Access.WRITE and level is Level.READ:
        return "read only"
    deletes = route.method == "DELETE" and route.path.count("{") == 1
    if (deletes or route.path.endswith("/transfer")) and level is Level.WRITE:
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
def probe(
    app: FastAPI, client: Client, tx: AsyncConnection, tenant: UUID, resource: FoundResource
) -> Probe:
    return Probe(app, client, tx, tenant, resource)


@pytest.mark.guarded
async def test_every_role_gets_the_expected_answer_of_every_route(probe: Probe) -> None:
    record = await probe.make()
    wrong = []
    for route in probe.routes:
        body = body_of(route)
        for called, role in ROLES.items():
            answer = await probe.call(role, route.method, address(route, record), body)
            actual = outcome(route, answer)
            required = expected(route, role, probe.level_of(role))
            if actual != required:
                wrong.append(f"{called}: {route.method} {route.path}: {actual}, not {required}")
    assert wrong == []


@pytest.mark.guarded
async def test_lists_show_exactly_the_readable_records(
    probe: Probe, resource: FoundResource
) -> None:
    record = await probe.make()
    shown = {}
    for called, role in ROLES.items():
        answer = await probe.call(role, "GET", resource.collection)
        assert answer.status_code == 200, answer.text
        shown[called] = record in [one["id"] for one in answer.json()["items"]]
    assert shown == {called: probe.level_of(role) > Level.NONE for called, role in ROLES.items()}


@pytest.mark.records("GET /{}/access")
async def test_the_access_route_answers_the_level_of_every_role(
    probe: Probe, resource: FoundResource
) -> None:
    path = f"{resource.collection}/{await probe.make()}/access"
    for called, role in ROLES.items():
        if role.level is Level.NONE:
            continue
        mine = (await probe.call(role, "GET", path)).json()["mine"]
        rights = (mine["read"], mine["write"], mine["transfer"])
        assert rights == (True, role.level >= Level.WRITE, role.level is Level.HEAD), called
        assert mine["reasons"], called


@pytest.mark.records("POST /{}/transfer")
async def test_a_transfer_publishes_its_reason_once(
    probe: Probe, resource: FoundResource, client: Client, published: PublishedFacts
) -> None:
    path = f"{resource.collection}/{await probe.make()}/transfer"
    body = {"owner_id": subject("zhou"), "reason": "parental leave"}
    first, again = [
        await client.post(path, json=body, headers=probe.headers(ROLES["manager"])) for _ in "12"
    ]
    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert again.json() == first.json(), "the second time it has no effect"
    event_type = f"{resource.name}.assigned.v1"
    payloads = [fact.payload for fact in await published() if fact.type == event_type]
    expected_events = [(subject("li"), subject("sun"), "parental leave")]
    assert [
        (payload["from_owner_id"], payload["assigned_by"], payload["reason"])
        for payload in payloads
    ] == (expected_events if event_type in EVENT_CLASSES else [])
