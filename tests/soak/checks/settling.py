"""Waits until everything is up, sent, read and done; what is not is a violation."""

import asyncio
import time
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis.events.rebuilds.logs import KafkaLog
from deploy.services import SERVICES
from tests.soak.evidence import Evidence, worker_of
from tests.soak.stage import Violations

PAUSE_SECONDS = 2.0
UNSENT = """
SELECT count(*) FROM outbox LEFT JOIN relay_cursors USING (bucket)
WHERE lo IS NULL OR NOT pg_visible_in_snapshot(xid, CAST(lo AS pg_snapshot))
"""
WAITING = """
SELECT (SELECT count(*) FROM parked_events WHERE status = 'PARKED') AS parked,
 (SELECT count(*) FROM jobs WHERE status = 'WAITING' AND run_at < now()) AS jobs,
 (SELECT count(*) FROM operations WHERE status = 'RUNNING') AS operations
"""


async def settle(evidence: Evidence, patience: float) -> Violations:
    """Wait at most so long until everything has settled; return what has not."""
    until = time.monotonic() + patience
    while True:
        unsettled = await _unsettled(evidence)
        if not unsettled or time.monotonic() > until:
            return unsettled
        await asyncio.sleep(PAUSE_SECONDS)


async def _unsettled(evidence: Evidence) -> Violations:
    """Return what still goes on, the cheapest look first."""
    if unready := await asyncio.to_thread(evidence.stack.unready):
        return unready
    found = []
    for service in SERVICES:
        [unsent] = await evidence.rows(service, UNSENT)
        [waiting] = await evidence.rows(service, WAITING)
        numbers = {"events to send": unsent["count"], **dict(waiting)}
        found += [f"{service} has {count} {what}" for what, count in numbers.items() if count]
    return found or await unread(evidence)


async def unread(evidence: Evidence) -> Sequence[str]:
    """Return the subscriptions with a lag, as the broker's offsets tell it."""
    subscriptions = [one for s in SERVICES for one in worker_of(s).subscriptions]
    topics = sorted({topic for one in subscriptions for topic in one.topics})
    bootstrap = evidence.stack.bootstrap
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with KafkaLog(bootstrap).open(topics, ()) as opened:
            ends = opened.ends
        await admin.start()
        found = []
        for one in subscriptions:
            offsets = await admin.list_consumer_group_offsets(one.group)
            read = {f"{p.topic}:{p.partition}": at.offset for p, at in offsets.items()}
            own = {part: end for part, end in ends.items() if part.rpartition(":")[0] in one.topics}
            lag = sum(end - max(0, read.get(part, 0)) for part, end in own.items())
            found += [f"{one.name} has {lag} events to read"] if lag else []
    except (KafkaError, OSError) as error:
        return [f"Kafka: {error!r}"]
    finally:
        await admin.close()
    return found
