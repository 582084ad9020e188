"""Checks of the records: what was answered is saved, nothing is stuck, numbers have no gaps."""

from collections import defaultdict

from deploy.services import SERVICES
from tests.soak.evidence import Evidence
from tests.soak.stage import Violations

GAPLESS = """
SELECT c.type, c.year, c.last FROM document_numbers c
LEFT JOIN number_formats f USING (tenant_id, type) WHERE coalesce(f.mode, 'GAPLESS') = 'GAPLESS'
"""
NUMBERED = "SELECT table_name FROM information_schema.columns WHERE column_name = 'document_no'"


async def walks_were_answered(evidence: Evidence) -> Violations:
    """No request was refused, failed inside, or stayed without an answer."""
    return evidence.journal.faults


async def answers_come_after_the_commit(evidence: Evidence) -> Violations:
    """The moment an answer came, the database already had what it says."""
    return evidence.journal.early


async def answers_are_kept(evidence: Evidence) -> Violations:
    """Every 2xx is in its database, at its version or a later one."""
    latest = {}
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in evidence.journal.answers:
        places[one.service, one.table].append(str(one.id))
    for (service, table), ids in places.items():
        query = f"SELECT id, version FROM {table} WHERE id = ANY($1::uuid[])"
        for row in await evidence.rows(service, query, ids):
            latest[table, service, row["id"]] = row["version"]
    return [
        f"{one.request}: {one.table} {one.id} should have version {one.version}"
        for one in evidence.journal.answers
        if latest.get((one.table, one.service, one.id), -1) < (one.version or 0)
    ]


async def nothing_is_stuck(evidence: Evidence) -> Violations:
    """No operation is still running and no job has failed."""
    violations = []
    for service in SERVICES:
        running = "SELECT id, kind, status FROM operations WHERE status = 'RUNNING'"
        failed = "SELECT kind, key, last_error FROM jobs WHERE status = 'FAILED'"
        for query in (running, failed):
            violations += [f"{service}: {dict(row)}" for row in await evidence.rows(service, query)]
    return violations


async def nothing_is_parked(evidence: Evidence) -> Violations:
    """No event is parked or quarantined."""
    violations = []
    for service in SERVICES:
        parked = (
            "SELECT subscription, key, reason, error FROM parked_events WHERE status = 'PARKED'"
        )
        violations += [str(dict(row)) for row in await evidence.rows(service, parked)]
        refused = "SELECT key, reason FROM quarantined_events"
        violations += [str(dict(row)) for row in await evidence.rows(service, refused)]
    return violations


async def numbers_are_gapless(evidence: Evidence) -> Violations:
    """The document numbers of a type are 1, 2 ... up to its counter, unless it allows gaps."""
    violations = []
    for service in SERVICES:
        tables = {row["table_name"] for row in await evidence.rows(service, NUMBERED)}
        for counter in await evidence.rows(service, GAPLESS):
            table = f"{counter['type'].partition('.')[2]}s"
            if table not in tables:
                violations.append(f"no table has the numbers of {counter['type']}")
                continue
            rows = await evidence.rows(service, f"SELECT document_no FROM {table}")
            numbers = sorted(int(row["document_no"].rpartition("-")[2]) for row in rows)
            if numbers != list(range(1, counter["last"] + 1)):
                violations.append(f"{counter['type']}: {len(numbers)} up to {counter['last']}")
    return violations
