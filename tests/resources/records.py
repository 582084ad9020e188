"""The records of one resource, as a person with every scope calls them over HTTP."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from contracts.event import EVENT_CLASSES
from kernel.ids import new_id
from testkit.published import Published
from testkit.samples import Body, Maker, Sample
from tests.resources.found_resources import FoundResource

ANY, MISSING = "*", ""  # values of If-Match


class Records:
    """Calls on the records of a resource; a call returns the answer, whatever its status."""

    def __init__(self, resource: FoundResource, sample: Sample, maker: Maker) -> None:
        self.resource, self.sample, self.maker = resource, sample, maker
        self.client = maker.client
        self.client.headers.pop("If-Match", None)
        self._first_body: Body = {}
        self._bodies = 0

    @property
    def is_published(self) -> bool:
        """Whether changes of records are published as events."""
        return any(name.startswith(f"{self.resource.name}.") for name in EVENT_CLASSES)

    @property
    def not_found(self) -> str:
        """The code of the answer for a record that does not exist or is not visible."""
        return f"{self.resource.noun.upper()}_NOT_FOUND"

    async def body(self) -> Body:
        """Return a valid body for POST and PUT; each call returns one for a further record."""
        assert self.sample.body is not None, f"the sample of {self.resource.name} has no body"
        self._first_body = self._first_body or await self.sample.body(self.maker)
        self._bodies += 1
        return self.sample.numbered(self._first_body, self._bodies)

    async def create(self) -> Body:
        """Create a record and return it as it is read."""
        if self.sample.make is not None:
            return await self.read(await self.sample.make(self.maker))
        answer = await self.post(await self.body())
        assert answer.status_code == 201, answer.text
        return await self.read(answer.json()["id"])

    async def read(self, record_id: object) -> Body:
        answer = await self.call("GET /{}", record_id)
        assert answer.status_code == 200, answer.text
        record: Body = answer.json()
        return record

    async def call(
        self,
        route: str,
        *ids: object,
        json: Any = None,
        if_match: str = MISSING,
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> httpx.Response:
        """Call a route of the collection; `ids` fill the gaps of `POST /{}/restore`."""
        method, _, path = route.partition(" ")
        own = {"If-Match": if_match} if if_match else {}
        return await self.client.request(
            method,
            self.resource.collection + path.format(*ids) + query,
            json=json,
            headers={**own, **(headers or {})},
        )

    def has(self, route: str) -> bool:
        return route in self.resource.routes

    async def post(self, body: Body, *, key: str = "") -> httpx.Response:
        """Create a record with this idempotency key, or with a new one."""
        return await self.call("POST", json=body, headers={"Idempotency-Key": key or str(new_id())})

    async def put(self, name: str, body: Body, *, query: str = "") -> httpx.Response:
        """Write a record by its external id in the system `erp`."""
        return await self.call("PUT /by-external-id/{}/{}", "erp", name, json=body, query=query)

    async def patch(
        self, record: Body, patch: Body | None = None, *, if_match: str = ANY
    ) -> httpx.Response:
        """Edit a record, by default as the sample does."""
        body = self.sample.patch if patch is None else patch
        return await self.call("PATCH /{}", record["id"], json=body, if_match=if_match)

    async def listed(self, query: str = "") -> list[Body]:
        """Return the records that the list shows, newest first."""
        answer = await self.call("GET", query=query)
        assert answer.status_code == 200, answer.text
        items: list[Body] = answer.json()["items"]
        return items

    async def ids(self, query: str = "") -> list[str]:
        return [item["id"] for item in await self.listed(query)]

    async def events(self, record: Body) -> list[Published]:
        """Return the events of a record, in order, without the work about it."""
        query = select(outbox.c.type, outbox.c.aggversion, outbox.c.payload)
        is_work = outbox.c.aggregatetype.endswith(".work", autoescape=True)
        mine = (outbox.c.aggregateid == UUID(record["id"])) & ~is_work
        async with self.maker.begin() as tx:
            rows = (await tx.execute(query.where(mine).order_by(outbox.c.seq))).all()
        return [Published(row.type, row.aggversion, row.payload) for row in rows]

    async def published_state(self, record: Body) -> Body:
        """Return the state of a record in its newest event."""
        payload = (await self.events(record))[-1].payload
        state: Body = payload.get(self.resource.noun, payload)
        return state

    async def facts(self, record: Body) -> list[str]:
        """Return what was published of a record, such as `created` and `changed`, in order."""
        return [event.type.split(".")[2] for event in await self.events(record)]

    def expected_facts(self, *facts: str) -> list[str]:
        """Return these facts, each as `changed` where the resource has no event of its own."""
        own = {fact for fact in facts if f"{self.resource.name}.{fact}.v1" in EVENT_CLASSES}
        return [fact if fact in own else "changed" for fact in facts] if self.is_published else []

    async def versions(self, record: Body) -> list[int]:
        """Return the versions of a record that were published, in order."""
        return [event.sequence for event in await self.events(record)]

    def expected_versions(self, last: int) -> list[int]:
        """Return the published versions of a record whose last one is this: all of them."""
        return list(range(1, last + 1)) if self.is_published else []


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the HTTP status and the code of a problem."""
    return answer.status_code, answer.json()["code"]


def errors_of(answer: httpx.Response) -> set[tuple[str, str]]:
    """Return the pointer and code of every violation of a refused body."""
    assert answer.status_code == 422, answer.text
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


def differences(before: Body, after: Body) -> set[str]:
    """Return the fields that both records show with different values."""
    return {name for name in before.keys() & after.keys() if before[name] != after[name]}
