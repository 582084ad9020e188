"""The database schema, the worker and the OpenAPI document match the code."""

from fastapi import FastAPI

from chassis.database.migrate import drift
from chassis.events.subscriptions import ProcessSubscription
from contracts.l2o.events import ConversionCompleted, ConversionRejected
from mtl.conversions.timers import check_conversion_deadline
from mtl.worker import WORKER
from testkit.databases import ServiceDatabase


async def test_the_declared_tables_match_the_migrations(service_database: ServiceDatabase) -> None:
    assert await drift("mtl", service_database.owner_url) == []


def test_the_worker_subscribes_to_conversions_and_tenants_and_runs_its_jobs() -> None:
    handled = {
        subscription.name: set(subscription.handlers)
        for subscription in WORKER.subscriptions
        if isinstance(subscription, ProcessSubscription)
    }
    assert handled["mtl.conversions"] == {ConversionCompleted, ConversionRejected}
    assert "mtl.tenants" in {subscription.name for subscription in WORKER.subscriptions}
    assert WORKER.jobs["conversion_deadline"] is check_conversion_deadline
    assert {"import", "conversion_deadline"} <= set(WORKER.jobs)
    assert "import" in WORKER.failure_handlers


def test_every_route_has_a_summary_tags_and_examples(app: FastAPI) -> None:
    document = app.openapi()
    own = {
        path: item
        for path, item in document["paths"].items()
        if path.startswith(("/mtl/v1/lead", "/mtl/v1/imports"))
    }
    operations = {
        (method, path): operation
        for path, item in own.items()
        for method, operation in item.items()
    }
    assert len(operations) == 71
    ids = {o["operationId"] for o in operations.values()}
    assert ids >= {"lead_create", "lead_convert", "lead_edit", "lead_transfer", "lead_audit"}
    assert all(o["summary"] and o["tags"] for o in operations.values())
    for name in ("LeadIn", "LeadDisqualifyIn", "LeadConvertIn", "ImportIn"):
        assert "example" in document["components"]["schemas"][name]
    phone = document["components"]["schemas"]["LeadOut"]["properties"]["phone"]
    assert phone["x-personal"] == "phone"
