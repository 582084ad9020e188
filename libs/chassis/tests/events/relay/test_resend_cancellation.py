"""A cancelled resend: what is queued is not sent, what is being sent is, and live events go on."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from chassis.events.relay import resend_queue
from chassis.events.relay.transport import ProducerRecord, RefusedRecord
from chassis.events.resend_commands import EventResend, cancel_resend
from chassis.foundation.clock import now
from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import write_versions
from libs.chassis.tests.events.relay.resending import (
    progress,
    relay_of,
    request,
    sequences,
)
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Client, Committed


class HeldTransport(RecordingTransport):
    """Waits in the first send until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.released = asyncio.Event(), asyncio.Event()

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        self.reached.set()
        await self.released.wait()
        return await super().send(records)


async def cancel(committed: Committed, tenant: UUID, resend_id: UUID) -> EventResend:
    async with committed.app.begin(tenant) as tx:
        return await cancel_resend(tx, resend_id, by="ada", now=now(), note="enough")


async def sent_before(committed: Committed, tenant: UUID, number: int) -> None:
    """Write notes of two versions, and send them for the first time."""
    for _ in range(number):
        await write_versions(committed.app, tenant, versions=2)
    await relay_of(committed, RecordingTransport()).drain()


async def test_nothing_of_a_cancelled_request_is_sent(committed: Committed, tenant: UUID) -> None:
    await sent_before(committed, tenant, 3)
    (requested,) = await request(committed)
    cancelled = await cancel(committed, tenant, requested.id)
    assert (cancelled.cancelled_by, cancelled.cancel_note, cancelled.sent) == ("ada", "enough", 0)
    assert cancelled.finished_at is not None
    assert await cancel(committed, tenant, requested.id) == cancelled
    note = await write_versions(committed.app, tenant, versions=1)
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    assert sequences(transport.delivered) == {note.id: [1]}  # only what is new


async def test_the_batch_that_is_being_sent_is_counted(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend_queue, "BATCH_AGGREGATES", 2)
    await sent_before(committed, tenant, 5)
    (requested,) = await request(committed)
    transport = HeldTransport()
    sending = asyncio.create_task(relay_of(committed, transport).drain())
    async with asyncio.timeout(20):
        await transport.reached.wait()
    cancelled = await cancel(committed, tenant, requested.id)
    transport.released.set()
    await sending
    assert len(transport.delivered) == 4
    ended = await progress(committed, requested)
    assert (ended.sent, ended.cancelled_by) == (4, "ada")
    assert ended.finished_at == cancelled.finished_at


async def test_a_request_that_is_done_cannot_be_cancelled(
    committed: Committed, tenant: UUID
) -> None:
    await sent_before(committed, tenant, 1)
    (requested,) = await request(committed)
    await relay_of(committed, RecordingTransport()).drain()
    done = await progress(committed, requested)
    with pytest.raises(Conflict, match="RUN_ENDED"):
        await cancel(committed, tenant, requested.id)
    assert await progress(committed, requested) == done
    with pytest.raises(NotFound):
        await cancel(committed, new_id(), requested.id)


async def test_the_route_cancels_and_names_who_did(
    committed: Committed, committed_client: Client, tenant: UUID
) -> None:
    await sent_before(committed, tenant, 1)
    body = {"since": "2026-01-01T00:00:00Z", "note": "Kafka lost a disk"}
    made = (await committed_client.post("/event-resends", json=body)).json()
    path = f"/event-resends/{made['id']}/cancel"
    cancelled = (await committed_client.post(path, json={"note": "it did not"})).json()
    assert (cancelled["cancelled_by"], cancelled["cancel_note"]) == (
        made["requested_by"],
        "it did not",
    )
    assert (await committed_client.post(path, json={})).json() == cancelled
    again = (await committed_client.post("/event-resends", json=body)).json()
    await relay_of(committed, RecordingTransport()).drain()
    refused = await committed_client.post(f"/event-resends/{again['id']}/cancel", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "RUN_ENDED")
