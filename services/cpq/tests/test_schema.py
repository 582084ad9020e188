"""The migrated schema matches the tables; the worker has all its subscriptions."""

from chassis.database.migrate import drift
from cpq.worker import SUBSCRIPTIONS, WORKER
from testkit.databases import ServiceDatabase


async def test_the_migrated_schema_matches_the_tables(
    service_database: ServiceDatabase,
) -> None:
    assert await drift("cpq", service_database.owner_url) == []


DIRECTORY = ("org.department.v1", "org.person.v1", "org.principal.v1", "org.team.v1")


def test_the_worker_has_all_subscriptions() -> None:
    assert WORKER.subscriptions[: len(SUBSCRIPTIONS)] == SUBSCRIPTIONS
    assert {(one.name, one.topics) for one in SUBSCRIPTIONS} == {
        ("cpq.tenants", ("org.tenant.v1",)),
        (
            "cpq.directory",
            DIRECTORY,
        ),
        ("cpq.accounts", ("l2o.account.v1",)),
        ("cpq.opportunities", ("l2o.opportunity.v1",)),
        ("cpq.messages", ("desk.message.v1",)),
        ("cpq.grants", ("l2o.grant.v1",)),
        ("cpq.transfers", ("l2o.opportunity.v1",)),
        ("cpq.approval_answers", ("desk.approval.v1",)),
    }
