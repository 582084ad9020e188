"""What the code, the migration and the contracts must agree on."""

from chassis.database.migrate import drift
from rms.worker import SUBSCRIPTIONS, WORKER
from testkit.databases import ServiceDatabase


async def test_the_migrated_schema_is_the_one_in_the_code(
    service_database: ServiceDatabase,
) -> None:
    assert await drift("rms", service_database.owner_url) == []


def test_what_the_worker_listens_to() -> None:
    assert WORKER.subscriptions[: len(SUBSCRIPTIONS)] == SUBSCRIPTIONS
    assert {(one.name, one.topics) for one in SUBSCRIPTIONS} == {
        ("rms.tenants", ("org.tenant.v1",)),
        ("rms.directory", ("org.department.v1", "org.person.v1", "org.team.v1")),
        ("rms.accounts", ("l2o.account.v1",)),
        ("rms.quotes", ("cpq.quote.v1",)),
    }
