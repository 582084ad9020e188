"""Operators request, read and cancel the runs of every tenant; nobody else does."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from chassis.records.audit.tables import audit_entries
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import write_versions
from libs.chassis.tests.events.relay.resending import LONG_AGO, relay_of
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit import tokens
from testkit.plugin import Committed
from testkit.tenants import add_tenants

SNAPSHOT: dict[str, Any] = {"note": "a new subscriber"}
RESEND = {"since": LONG_AGO.isoformat(), "note": "Kafka lost a disk"}
RUNS = [("/event-snapshots", SNAPSHOT), ("/event-resends", RESEND)]


@pytest.fixture
async def other(committed: Committed) -> UUID:
    """A tenant whose events were sent."""
    other = new_id()
    await add_tenants(committed.app, other)
    await write_versions(committed.app, other, versions=2)
    await relay_of(committed, RecordingTransport()).drain()
    return other


@pytest.mark.usefixtures("operators")
@pytest.mark.parametrize(("path", "body"), RUNS)
async def test_an_operator_starts_and_ends_the_run_of_another_tenant(
    committed_client: AsyncClient, committed: Committed, other: UUID, path: str, body: Any
) -> None:
    client, of_other = committed_client, {"tenant_id": str(other)}
    key = {"Idempotency-Key": "once"}
    answer = await client.post(path, json=body, params=of_other, headers=key)
    assert answer.status_code in (201, 202), answer.text
    made = answer.json()
    again = await client.post(path, json=body, params=of_other, headers=key)
    assert again.json() == made
    assert made["requested_by"] == tokens.CALLER
    listed = (await client.get(path, params=of_other)).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    found = await client.post(f"{path}/search", json={}, params=of_other)
    assert found.json()["items"] == listed
    assert (await client.get(path)).json()["items"] == []
    one = f"{path}/{made['id']}"
    assert (await client.get(one)).status_code == 404
    assert (await client.get(one, params=of_other)).status_code == 200
    ended = await client.post(f"{one}/cancel", json={"note": "no longer"}, params=of_other)
    assert (ended.status_code, ended.json()["cancelled_by"]) == (200, tokens.CALLER)
    async with committed.app.begin(other) as tx:
        query = select(audit_entries.c.actor).where(audit_entries.c.record_id == UUID(made["id"]))
        assert {*(await tx.execute(query)).scalars()} == {tokens.CALLER}


@pytest.mark.usefixtures("operators")
@pytest.mark.parametrize(("path", "body"), RUNS)
async def test_an_unknown_tenant_and_a_stream_are_refused(
    committed_client: AsyncClient, other: UUID, path: str, body: Any
) -> None:
    unknown = {"tenant_id": str(new_id())}
    for answer in (
        await committed_client.post(path, json=body, params=unknown),
        await committed_client.get(path, params=unknown),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "TENANT_NOT_FOUND")
    lines = {"Accept": "application/jsonl"}
    stream = await committed_client.get(path, params={"tenant_id": str(other)}, headers=lines)
    assert stream.json()["errors"][0]["code"] == "STREAM_OF_OTHER_TENANT"
    assert (await committed_client.get(path, headers=lines)).status_code == 200


@pytest.mark.parametrize(("path", "body"), RUNS)
async def test_nobody_else_reaches_another_tenant(
    committed_client: AsyncClient, tenant: UUID, other: UUID, path: str, body: Any
) -> None:
    of_other = {"tenant_id": str(other)}
    for answer in (
        await committed_client.post(path, json=body, params=of_other),
        await committed_client.get(path, params=of_other),
        await committed_client.get(f"{path}/{new_id()}", params=of_other),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "OPERATORS_ONLY")
    assert (await committed_client.get(path, params={"tenant_id": str(tenant)})).status_code == 200
