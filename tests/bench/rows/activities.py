"""Activities: recorded with an account, and read with all else in its timeline and profile."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from l2o.activities.domain import Activity, ActivityKind
from l2o.activities.store import ACTIVITY
from services.l2o.tests.factories import add_account
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import Operation, Prepare, Row, cost, requests_to
from tests.bench.machine.system import System

API, BUSY, ACTIVITIES = "/l2o/v1", "activities.account", 2_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


async def open_account(system: System) -> None:
    """Create an account with many activities, once."""
    if BUSY in system.once:
        return
    kinds = tuple(ActivityKind)
    async with system.database("l2o") as database, database.begin(system.tenant) as tx:
        account = await add_account(tx, owner_id="person-1")
        for n in range(ACTIVITIES):
            at = FIRST + timedelta(hours=n)
            activity = Activity(
                id=UUID(int=1 + n),
                account_id=account.id,
                kind=kinds[n % len(kinds)],
                at=at,
                subject=f"activity {n}",
                owner_id="person-1",
                created_at=at,
                updated_at=at,
            )
            await ACTIVITY.add(tx, activity)
    system.once[BUSY] = account.id


async def new_activities(system: System, count: int) -> list[Request]:
    body = {
        "account_id": str(system.once[BUSY]),
        "kind": "CALL",
        "at": "2026-11-20T02:00:00Z",
        "subject": "季度回顾",
    }
    return [Request("POST", f"{API}/activities", system.headers(), body)] * count


def pages(path: str) -> Prepare:
    async def prepare(system: System, count: int) -> list[Request]:
        address = f"{API}/accounts/{system.once[BUSY]}/{path}"
        return [Request("GET", address, system.headers())] * count

    return prepare


def row(name: str, what: str, at_most: float, prepare: Prepare) -> Row:
    operation = Operation(
        ready=open_account, prepare=prepare, work=requests_to("l2o"), processes=("l2o-api",)
    )
    return cost(name, what, at_most, operation)


ROWS: Sequence[Row] = (
    row("activities.create", "POST /l2o/v1/activities, all with one account", 5, new_activities),
    row("accounts.timeline", "the first page of 2,000 entries", 6, pages("timeline")),
    row("accounts.profile", "the profile of that account", 6, pages("profile")),
)
