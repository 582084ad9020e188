"""The admin API of events sent again, on the sample service."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from chassis.foundation.clock import now
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import write_versions
from libs.chassis.tests.events.relay.resending import LONG_AGO, relay_of, sequences
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed
from testkit.tenants import add_tenants

Token = Callable[..., str]
SINCE = LONG_AGO.isoformat()
SUBJECT = "01990000-0000-7000-8000-000000000001"


async def test_a_request_is_made_carried_out_and_listed(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    other = new_id()
    await add_tenants(committed.app, other)
    note = await write_versions(committed.app, tenant, versions=2)
    await write_versions(committed.app, other, versions=2)
    await relay_of(committed, RecordingTransport()).drain()
    body = {"since": SINCE, "topic": "testkit.note.v1", "note": "Kafka lost a disk"}
    answer = await committed_client.post("/event-resends", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["Location"] == f"/testkit/v1/event-resends/{made['id']}"
    assert (made["events"], made["sent"], made["finished_at"]) == (2, 0, None)
    assert (made["requested_by"], made["note"]) == (SUBJECT, "Kafka lost a disk")
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    assert sequences(transport.delivered) == {note.id: [1, 2]}  # none of the other tenant
    ended = (await committed_client.get(f"/event-resends/{made['id']}")).json()
    later = {name: ended[name] for name in ("progressed_at", "finished_at")}
    assert ended == made | {"sent": 2, **later}
    assert ended["finished_at"] is not None
    assert (await committed_client.get("/event-resends")).json()["items"] == [ended]


async def test_a_request_without_events_has_ended_at_once(
    committed: Committed, committed_client: AsyncClient
) -> None:
    body = {"since": SINCE, "note": "nothing was lost"}
    made = (await committed_client.post("/event-resends", json=body)).json()
    assert made["events"] == 0
    assert made["finished_at"] == made["requested_at"]


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        ({}, {"/since": "REQUIRED", "/note": "REQUIRED"}),
        ({"since": "yesterday", "note": ""}, {"/since": "INSTANT_INVALID", "/note": "TOO_SHORT"}),
        ({"since": "2026-11-22T08:00:00", "note": "x"}, {"/since": "INSTANT_INVALID"}),
        (
            {"since": (now() + timedelta(hours=1)).isoformat(), "note": "x", "topic": "x.y.v1"},
            {"/since": "INSTANT_IN_FUTURE", "/topic": "VALUE_UNKNOWN"},
        ),
        ({"since": SINCE, "note": "x", "tenant": "all"}, {"/tenant": "UNKNOWN_FIELD"}),
    ],
)
async def test_a_wrong_request_answers_every_violation(
    client: AsyncClient, body: dict[str, Any], violations: dict[str, str]
) -> None:
    answer = await client.post("/event-resends", json=body)
    assert answer.status_code == 422, answer.text
    assert {e["pointer"]: e["code"] for e in answer.json()["errors"]} == violations


async def test_only_event_admins_of_the_tenant_have_access(
    committed: Committed, committed_client: AsyncClient, token: Token
) -> None:
    body = {"since": SINCE, "note": "x"}
    made = (await committed_client.post("/event-resends", json=body)).json()
    stranger = new_id()
    await add_tenants(committed.app, stranger)
    reader = {"Authorization": f"Bearer {token(scope='testkit.event.read testkit.note.read')}"}
    foreign = {"Authorization": f"Bearer {token(tenant=str(stranger))}"}
    one = f"/event-resends/{made['id']}"
    assert (
        await committed_client.post("/event-resends", json=body, headers=reader)
    ).status_code == 403
    for path in ("/event-resends", one):
        assert (await committed_client.get(path, headers=reader)).status_code == 403
    hidden = await committed_client.get(one, headers=foreign)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "EVENT_RESEND_NOT_FOUND")
    assert (await committed_client.get("/event-resends", headers=foreign)).json()["items"] == []
