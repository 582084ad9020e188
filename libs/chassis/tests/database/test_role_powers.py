"""What the API's and the worker's role may not do in the tables of event delivery."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest

from chassis.database.connections import open_connection
from chassis.events.relay.relay import Relay
from libs.chassis.tests.events.relay.relay_running import QUICK, write_versions
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed

DENIED = asyncpg.InsufficientPrivilegeError
FOREVER = "100000000000:100000000000:"  # a snapshot that sees every transaction
NO_ROLE_MAY = (
    "UPDATE outbox SET payload = '{}'",
    "DELETE FROM outbox_pruned",
    "UPDATE database_epoch SET epoch = 9",
    "UPDATE database_epoch SET system_identifier = 'mine'",
    "DELETE FROM database_epoch",
    "UPDATE relay_cursors SET epoch = 9",
    "DELETE FROM relay_cursors",
    "INSERT INTO audit_entries DEFAULT VALUES",
    "UPDATE alembic_version SET version_num = 'x'",
    "CREATE TABLE mine (id int)",
)
APP_MAY_NOT = (
    "DELETE FROM outbox",
    "UPDATE outbox_pruned SET events = 0",
    "INSERT INTO database_epoch VALUES (1, 'mine', 1)",
    "UPDATE relay_cursors SET lo = '9:9:'",
    "DELETE FROM relay_members",
    "DELETE FROM quarantined_events",
    "DELETE FROM inbox",
    "DELETE FROM event_resends",
    "DELETE FROM event_snapshots",
    "DELETE FROM replica_rebuilds",
    "DELETE FROM staged_states",
    "DELETE FROM tenant_exports",
    "DELETE FROM consumer_counts",
)
UNSENT_TRICKS = (
    "DELETE FROM outbox",
    "SELECT set_config('app.tenant', '{tenant}', true); DELETE FROM outbox",
)


async def allowed(url: str, statements: Sequence[str]) -> list[str]:
    """Return the statements that this role may run."""
    done = []
    async with open_connection(url, name="test") as connection:
        for statement in statements:
            try:
                await connection.execute(statement)
            except DENIED:
                continue
            done.append(statement)
    return done


async def count_events(committed: Committed) -> int:
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        number: int = await connection.fetchval("SELECT count(*) FROM outbox")
    return number


async def test_the_role_of_the_api(committed: Committed) -> None:
    assert await allowed(committed.urls.app_url, NO_ROLE_MAY + APP_MAY_NOT) == []


async def test_the_role_of_the_worker(committed: Committed) -> None:
    assert await allowed(committed.urls.worker_url, NO_ROLE_MAY) == []


@pytest.mark.parametrize("trick", UNSENT_TRICKS)
async def test_the_worker_cannot_delete_what_is_not_sent(
    committed: Committed, tenant: UUID, trick: str
) -> None:
    await write_versions(committed.app, tenant, versions=3)
    await make_older(committed)
    async with open_connection(committed.urls.worker_url, name="test") as worker:
        await worker.execute(trick.format(tenant=tenant))
    assert await count_events(committed) == 3


async def test_moved_cursors_do_not_free_what_is_new(committed: Committed, tenant: UUID) -> None:
    await Relay("testkit", committed.urls.worker_url, RecordingTransport(), poll=QUICK).drain()
    await write_versions(committed.app, tenant, versions=3)
    async with open_connection(committed.urls.worker_url, name="test") as worker:
        await worker.execute("UPDATE relay_cursors SET lo = $1", FOREVER)
        await worker.execute("DELETE FROM outbox")
    assert await count_events(committed) == 3


async def test_the_worker_rewrites_no_more_of_an_event_than_its_payload(
    committed: Committed, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=1)
    async with open_connection(committed.urls.worker_url, name="test") as worker:
        await worker.execute("SELECT set_config('app.tenant', $1, false)", str(tenant))
        with pytest.raises(asyncpg.RaiseError, match="only the payload"):
            await worker.execute("SELECT rewrite_row('outbox', '{}', '{\"xid\": \"2\"}')")


async def make_older(committed: Committed) -> None:
    async with open_connection(committed.urls.owner_url, name="test") as owner:
        await owner.execute("UPDATE outbox SET created = created - interval '20 days'")
