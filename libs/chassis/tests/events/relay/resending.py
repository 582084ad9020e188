"""Requests to send events again, and how far they are; for tests."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import ProducerRecord, Transport
from chassis.events.resend_commands import EventResend, get_resend, request_resends
from chassis.foundation.clock import now
from libs.chassis.tests.events.relay.relay_running import QUICK
from testkit.plugin import Committed

LONG_AGO = now() - timedelta(days=1)


def relay_of(committed: Committed, transport: Transport, *, page_rows: int = 500) -> Relay:
    url = committed.urls.worker_url
    return Relay("testkit", url, transport, poll=QUICK, page_rows=page_rows)


async def request(
    committed: Committed, *, since: datetime = LONG_AGO, topic: str | None = None
) -> list[EventResend]:
    async with committed.worker.begin(None) as tx:
        return await request_resends(
            tx, "testkit", since=since, topic=topic, by="ann", note="lost disk", now=now()
        )


async def progress(committed: Committed, requested: EventResend) -> EventResend:
    async with committed.worker.begin(None) as tx:
        return await get_resend(tx, requested.id)


async def is_finished(committed: Committed, requested: EventResend) -> bool:
    return (await progress(committed, requested)).finished_at is not None


def sequences(records: Sequence[ProducerRecord]) -> dict[UUID, list[int]]:
    found: defaultdict[UUID, list[int]] = defaultdict(list)
    for record in records:
        found[record.envelope.subject].append(record.envelope.sequence)
    return dict(found)
