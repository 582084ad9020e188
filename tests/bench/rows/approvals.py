"""Approvals: what a to-do list of 10,000 open requests costs, against one of 100."""

from collections.abc import Sequence
from statistics import median
from uuid import UUID

import asyncpg

from tests.bench.machine.load import Request
from tests.bench.machine.measuring import RUNS, Bench, Measured, Reach, Row
from tests.bench.machine.system import SELLER, System
from tests.bench.rows.growth import Part

FEW, MANY = 100, 10_000
SCOPES = "desk.approval_task.read"
# One request in ten waits for the seller, who also has decided as many; the others are of others.
_REQUESTS = """
INSERT INTO approvals (tenant_id, id, kind, resource, record_id, record_version, record_name, lines,
    requested_by, requested_at, flow_version, plan, status, step_no, round, late_times, created_at,
    updated_at, version)
SELECT $1, ('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'cpq.quote_discount',
    'cpq.quote', ('01990000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'Q-' || n, '[]',
    'person-' || n % 50, now() - n * interval '1 minute', 0, '{"branch": "main", "steps": []}',
    'PENDING', 0, 1, 0, now(), now(), 1
FROM generate_series(1, $2::int) AS n
"""
_SEATS = """
INSERT INTO approval_seats (tenant_id, id, kind, resource, record_id, record_name, requested_by,
    requested_at, step_no, step_key, round, slot, position, person, origin, state, asked_at,
    decided_at, version, approval_id)
SELECT tenant_id, gen_random_uuid(), kind, resource, record_id, record_name, requested_by,
    requested_at, 0, 'main', 1, slot, 0, CASE slot WHEN 0 THEN $1 ELSE 'person-9' END, 'FLOW',
    CASE slot WHEN 0 THEN 'OPEN' ELSE 'APPROVED' END, requested_at,
    CASE slot WHEN 0 THEN NULL ELSE now() END, 1, id
FROM approvals CROSS JOIN generate_series(0, 1) AS slot
"""


async def fill(connection: asyncpg.Connection, tenant: UUID, rows: int) -> None:
    """Let so many requests wait for the seller."""
    await connection.execute(_REQUESTS, tenant, rows)
    await connection.execute(_SEATS, str(SELLER))


async def to_do(system: System, count: int) -> list[Request]:
    path = "/desk/v1/approval-tasks?state=OPEN&sort=asked_at&limit=50"
    return [Request("GET", path, system.headers_of(str(SELLER), SCOPES))] * count


LIST = Part("desk", "approvals", fill, ("desk-api",), {"to_do": (to_do, 100)})


async def measure(bench: Bench) -> Measured:
    """Measure the list of one who has few open requests, and of one who has many, in turn."""
    system = bench.system
    runs = [
        ((await LIST.timed(system, FEW))["to_do"], (await LIST.timed(system, MANY))["to_do"])
        for _ in range(RUNS)
    ]
    few, many = (median(each) * 1000 for each in zip(*runs, strict=True))
    return Measured([b / a for a, b in runs], f"{few:.1f} ms; {many:.1f} ms")


ROWS: Sequence[Row] = (
    Row(
        "approvals.to_do",
        f"p95 of a to-do list: {MANY:,} / {FEW:,} open",
        Reach(at_most=3),
        measure,
    ),
)
