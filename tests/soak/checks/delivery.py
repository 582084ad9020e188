"""Checks of the events: published without loss, in order, and each with its effect once."""

from collections import Counter, defaultdict
from uuid import UUID

from chassis.events.subscriptions import ProcessSubscription
from contracts.event import topic_of
from deploy.services import SERVICES
from tests.soak.evidence import Evidence, worker_of
from tests.soak.stage import Violations

APPLIED = "SELECT coalesce(sum(applied), 0) AS applied FROM consumer_counts WHERE subscription = $1"
INBOX = "SELECT event_id FROM inbox WHERE subscription = $1"


async def every_event_is_on_its_topic(evidence: Evidence) -> Violations:
    """The topics have every row of the outboxes, and nothing else."""
    violations = []
    written: defaultdict[str, set[UUID]] = defaultdict(set)
    for rows in evidence.outbox.values():
        for row in rows:
            written[topic_of(row["aggregatetype"])].add(row["id"])
    for topic, events in evidence.wire.items():
        sent = {event.id for event in events}
        violations += [f"{topic} lacks {one}" for one in written[topic] - sent]
        violations += [f"{topic} has {one}, which no outbox has" for one in sent - written[topic]]
    return violations


async def versions_are_gapless(evidence: Evidence) -> Violations:
    """The events of each record are its versions 1, 2 ... up to that of the record itself."""
    violations = []
    for service in SERVICES:
        versions: defaultdict[tuple[str, UUID], list[int]] = defaultdict(list)
        for row in evidence.outbox[service]:
            if row["snapshot_id"] is None:
                versions[row["aggregatetype"], row["aggregateid"]].append(row["aggversion"])
        present = await _present_versions(evidence, service)
        for key, seen in versions.items():
            expected = list(range(1, present.get(key, len(seen)) + 1))
            if seen != expected:
                violations.append(f"{key[0]} {key[1]}: events {seen}, expected {expected}")
        silent = present.keys() - versions.keys()
        violations += [f"{kind} {record} was never published" for kind, record in silent]
    return violations


async def _present_versions(evidence: Evidence, service: str) -> dict[tuple[str, UUID], int]:
    """Return the versions of the records that the service publishes, where they have one."""
    present = {}
    for source in worker_of(service).snapshots:
        table = source.key.table
        if "version" in table.c:
            query = f"SELECT {source.key.name} AS id, version FROM {table.name}"
            for row in await evidence.rows(service, query):
                present[source.aggregate, row["id"]] = row["version"]
    return present


async def topics_are_in_order(evidence: Evidence) -> Violations:
    """Leaving repetitions out, a topic has the versions of each record as 1, 2 ... in order."""
    violations = []
    for topic, events in evidence.wire.items():
        first: defaultdict[str, dict[int, None]] = defaultdict(dict)
        for event in events:
            first[event.partitionkey].setdefault(event.sequence)
        for key, seen in first.items():
            if list(seen) != list(range(1, len(seen) + 1)):
                violations.append(f"{topic} {key}: {list(seen)}")
    return violations


async def effects_are_exactly_once(evidence: Evidence) -> Violations:
    """Every process has applied every event of its types, and none twice."""
    violations = []
    for service in SERVICES:
        for subscription in worker_of(service).subscriptions:
            if not isinstance(subscription, ProcessSubscription):
                continue
            types = {event.type for event in subscription.handlers}
            expected = [
                row["id"]
                for rows in evidence.outbox.values()
                for row in rows
                if row["type"] in types
            ]
            name = subscription.name
            received = [row["event_id"] for row in await evidence.rows(service, INBOX, name)]
            [applied] = await evidence.rows(service, APPLIED, name)
            differing = Counter(expected) - Counter(received), Counter(received) - Counter(expected)
            if any(differing):
                violations.append(f"{name} lacks {len(differing[0])}, has {len(differing[1])} more")
            if applied["applied"] != len(expected):
                violations.append(f"{name} applied {applied['applied']} of {len(expected)} events")
    return violations
