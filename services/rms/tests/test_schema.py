"""The migrated schema and the worker's subscriptions."""

from chassis.database.migrate import drift
from rms.worker import SUBSCRIPTIONS, WORKER
from testkit.databases import ServiceDatabase


async def test_the_migrated_schema_equals_the_declared_tables(
    service_database: ServiceDatabase,
) -> None:
    assert await drift("rms", service_database.owner_url) == []


DIRECTORY = ("org.department.v1", "org.person.v1", "org.principal.v1", "org.team.v1")


def test_the_worker_subscribes_to_these_topics() -> None:
    assert WORKER.subscriptions[: len(SUBSCRIPTIONS)] == SUBSCRIPTIONS
    assert {(one.name, one.topics) for one in SUBSCRIPTIONS} == {
        ("rms.tenants", ("org.tenant.v1",)),
        (
            "rms.directory",
            DIRECTORY,
        ),
        ("rms.accounts", ("l2o.account.v1",)),
        ("rms.opportunities", ("l2o.opportunity.v1",)),
        ("rms.grants", ("l2o.grant.v1",)),
        ("rms.quotes", ("cpq.quote.v1",)),
    }
