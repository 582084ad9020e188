"""Captures through a channel, claims from a pool, and assignment by rules, out of 100,000 leads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from tests.bench.machine.load import Request
from tests.bench.machine.measuring import Operation, Prepare, Reach, Row, cost, requests_to
from tests.bench.machine.system import SELLER, System
from tests.bench.rows import leads

CHANNELS, POOLS, RULES = "/mtl/v1/channels", "/mtl/v1/pools", "/mtl/v1/rule-sets/lead_assignment"
ASSIGNED_AT_ONCE = 100
RECIPIENTS = ("person-7", "person-8", "person-9")
TAKE_AWAY = """
UPDATE leads SET owner_id = NULL, pool_id = $1, assignment_status = $2 WHERE id IN (
  SELECT id FROM leads WHERE status = 'RAW' AND owner_id IS NOT NULL ORDER BY random() LIMIT $3)
RETURNING id
"""


async def _post(system: System, path: str, body: Any) -> Any:
    """Send a request of an administrator, to whatever version there is; return the answer."""
    request = Request("POST", path, system.headers("admin") | {"If-Match": "*"}, body)
    [answer] = (await system.send("mtl", [request], connections=1)).answers
    return answer.json()


async def _channel(system: System) -> tuple[str, str]:
    """Create a channel with a gate; return its id and a key."""
    body = {
        "name": f"bench {uuid4().hex}",
        "kind": "WEB_FORM",
        "gate": {"required_fields": ["phone"], "blocked_mail_domains": ["blocked.example.com"]},
        "requests_per_minute": 6_000,
    }
    channel = await _post(system, CHANNELS, body)
    key = await _post(system, f"{CHANNELS}/{channel['id']}/access-keys", {})
    return channel["id"], key["key"]


async def captures(system: System, count: int) -> list[Request]:
    channel_id, key = await _channel(system)
    path = f"{CHANNELS}/{channel_id}/captures"
    return [
        Request("POST", path, {"X-Access-Key": key, "X-Event-Id": uuid4().hex}, leads.body())
        for _ in range(count)
    ]


async def _without_owner(
    system: System, count: int, *, pool_id: str | None = None, status: str | None = None
) -> list[UUID]:
    """Take leads from their owners; return them."""
    pool = None if pool_id is None else UUID(pool_id)
    async with system.superuser("mtl") as connection:
        return [row["id"] for row in await connection.fetch(TAKE_AWAY, pool, status, count)]


async def claims(system: System, count: int) -> list[Request]:
    member = {"person_id": str(SELLER)}
    pool = await _post(system, POOLS, {"name": f"bench {uuid4().hex}", "members": [member]})
    headers = system.headers("seller") | {"If-Match": "*"}
    found = await _without_owner(system, count, pool_id=pool["id"])
    return [Request("POST", f"{leads.API}/{key}/claim", headers) for key in found]


async def assignments(system: System, count: int) -> list[Request]:
    """Return requests that assign 100 leads each by a rule with three people in turn."""
    outcome = {"strategy": "TURN", "recipients": [{"owner_id": one} for one in RECIPIENTS]}
    row = {"id": uuid4().hex, "condition": {"all": []}, "outcome": outcome}
    latest = Request("GET", RULES, system.headers("admin"))
    [answer] = (await system.send("mtl", [latest], connections=1)).answers
    rules = {"hit_policy": "FIRST", "rows": [row]}
    based_on = answer.json()["version"]
    await _post(system, f"{RULES}/versions", {"rules": rules, "based_on": based_on})
    found = await _without_owner(system, count, status="UNASSIGNED")
    ids = [str(one) for one in found]
    headers = system.headers("admin")
    return [
        Request("POST", f"{leads.API}/assign", headers, {"lead_ids": ids[n : n + ASSIGNED_AT_ONCE]})
        for n in range(0, len(ids), ASSIGNED_AT_ONCE)
    ]


def _operation(prepare: Prepare, count: int, connections: int = 8) -> Operation:
    work = requests_to("mtl", connections=connections)
    return Operation(
        ready=leads.filled, prepare=prepare, work=work, processes=leads.MTL, count=count
    )


ROWS: Sequence[Row] = (
    cost("leads.capture", "capture with gate and duplicate check", 6, _operation(captures, 200)),
    Row("leads.claim", "claim of a lead", Reach(), _operation(claims, 200).measure, "x L2"),
    Row(
        "leads.assign",
        f"assignment of a lead by rules, {ASSIGNED_AT_ONCE} a request",
        Reach(),
        _operation(assignments, 1_000, connections=1).measure,
        "x L2",
    ),
)
