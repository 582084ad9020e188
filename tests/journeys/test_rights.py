"""Rights that are withdrawn in org end in every service."""

from typing import Any

from sqlalchemy import text

from deploy.services import SERVICES
from testkit import tokens
from tests.journeys.world import World


async def test_a_withdrawn_right_ends_in_every_service(world: World) -> None:
    """An old token is refused everywhere once the revocation has arrived; a new one is not."""
    person: dict[str, Any] = await world.post(
        "/org/v1/people", {"name": "李娜", "scopes": ["mtl.*", "l2o.*", "cpq.*", "rms.*"]}
    )
    await world.deliver_events()
    lists = ("mtl/v1/leads", "l2o/v1/accounts", "cpq/v1/quotes", "rms/v1/orders")
    old = tokens.bearer(world.tenant, sub=person["id"])
    for path in lists:
        assert (await world.http.get(path, headers=old)).status_code == 200, path
    await world.call("PATCH", f"/org/v1/people/{person['id']}", {"scopes": []})
    await world.deliver_events()
    for path in lists:
        answer = await world.http.get(path, headers=old)
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REVOKED"), path
    new = tokens.bearer(world.tenant, sub=person["id"])
    assert (await world.http.get(lists[0], headers=new)).status_code == 200
    for service in SERVICES:
        async with world.workers[service].begin(world.tenant) as tx:
            subjects = await tx.execute(text("SELECT subject FROM directory_principals"))
            assert list(subjects.scalars()) == [person["id"]], service
