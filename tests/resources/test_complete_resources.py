"""Every resource that is written can do all that a resource can, or an exception says why not."""

from collections.abc import Iterator
from typing import Any

from chassis.composition.features import (
    imports_of,
    record_types_of,
    resources_of,
    snapshots_of,
    tables_with_custom_fields,
)
from chassis.files.imports.target import ImportTarget
from chassis.records.resource import Resource
from contracts.resources import declared_resources
from deploy.services import SERVICES
from tests.resources.found_resources import found_resources

WRITE = "write"
ABILITIES = ("external ids", "custom fields", "deletion", "events", "snapshots", "derived import")
EVERY_ABILITY = "every ability"
# What every service has, none of which has one of the abilities.
OF_EVERY_SERVICE = {
    "export": "an export is a file of one person's, which expires",
    "custom_field": "which fields records have is set up once, and published with the records",
    "number_format": "how documents are numbered is set up once",
    "import": "an import is the work of a file, whose rows are the records",
}
# What a resource does not have, and the reason.
EXCEPTIONS = {
    ("mtl.lead", "derived import"): "rows are leads by duplicate keys, and unknown columns stay",
    ("mtl.follow_up", "derived import"): "a checklist is no row of cells",
    ("mtl.pool", "derived import"): "its members are no row of cells",
    ("mtl.quota", "derived import"): "a few limits, set one by one",
    ("l2o.account", "derived import"): "rows name parents that stand further down in the file",
    ("l2o.opportunity", "derived import"): "rows move through stages, with the dates of each",
    ("l2o.collision_policy", EVERY_ABILITY): "a tenant has one",
    ("l2o.rfm_settings", EVERY_ABILITY): "a tenant has one",
    ("l2o.account_grade", EVERY_ABILITY): "it is a part of its account, which events carry",
    ("cpq.product", "derived import"): "rows carry list prices into price books",
    ("cpq.price_book", "derived import"): "its prices are nested in tiers; product files set them",
    ("cpq.quote", "derived import"): "a quote has lines, which a row of cells cannot hold",
    ("rms.order", "external ids"): "an order follows from a quote; an ERP adds its id to it",
    ("rms.order", "deletion"): "an order is cancelled, and stays as a document",
    ("rms.order", "derived import"): "an order follows from a quote, with its lines",
    ("rms.payment", "deletion"): "a payment is reversed by another entry, and stays",
    ("rms.payment", "derived import"): "a payment is sent with the id of its bank or ERP, by PUT",
    ("rms.receivable", "external ids"): "it follows from a shipment; an ERP adds its id to it",
    ("rms.receivable", "deletion"): "what is owed follows from shipments and allocations",
    ("rms.receivable", "derived import"): "it follows from a shipment",
    ("org.working_hours", "derived import"): "a week of shifts with breaks is no row of cells",
    ("org.role", "derived import"): "rights are judged by what a person holds now, not in a job",
    ("org.person", "deletion"): "history names people: they are deactivated, or erased on request",
    ("org.person", "derived import"): "rows place agents below managers and offices by name",
    ("org.client", "external ids"): "the client is the other system, and signs in by its own id",
    ("org.client", "custom fields"): "a client is how a system signs in, which no form shows",
    ("org.client", "deletion"): "history names clients, so they are deactivated",
    ("org.client", "derived import"): "its secret is shown once, to the person who creates it",
    ("org.calendar", "external ids"): "a day of the calendar is known by its date",
    ("org.calendar", "custom fields"): "a day has only a name and whether it is worked",
    ("org.calendar", "deletion"): "a deleted day is as the country has it, and is set again by PUT",
    ("org.calendar", "derived import"): "a day is set by PUT, which repeats without harm",
    ("org.tenant", "external ids"): "a caller has one tenant, which the token names",
    ("org.tenant", "custom fields"): "the settings of a tenant are those of the system",
    ("org.tenant", "deletion"): "operators end a tenant, with all of its data in every service",
    ("org.tenant", "derived import"): "operators provision tenants one by one",
    ("org.notification", EVERY_ABILITY): "a notice is for one person, and only marked as read",
    ("org.task", EVERY_ABILITY): "a task is one person's; the facts behind it were published",
    ("org.reminder", EVERY_ABILITY): "a reminder is one person's",
    ("desk.approval", "external ids"): "a request follows from a record of another service",
    ("desk.approval", "custom fields"): "its kind declares the facts that it has",
    ("desk.approval", "deletion"): "a request is withdrawn, and stays in the history",
    ("desk.approval", "derived import"): "a request follows from a record of another service",
    ("desk.approval_task", EVERY_ABILITY): "a part of a request, which is published with it",
    ("desk.approval_flow", EVERY_ABILITY): "flows are versions that are never changed",
    ("mtl.channel", "derived import"): "a mapping and a gate are no row of cells",
    ("mtl.capture", EVERY_ABILITY): "senders hand it in; people only decide about it",
    ("mtl.capture_setting", EVERY_ABILITY): "a tenant has one",
    ("mtl.bulk_change", EVERY_ABILITY): "it is work on many leads, whose own events tell of it",
    ("cpq.rule", EVERY_ABILITY): "rules are versions that are never changed, and no records",
    ("l2o.rule", EVERY_ABILITY): "rules are versions that are never changed, and no records",
    ("mtl.rule", EVERY_ABILITY): "rules are versions that are never changed, and no records",
    ("desk.file", EVERY_ABILITY): "its bytes are what it is; records of services have it",
    ("desk.file_setting", EVERY_ABILITY): "a tenant has one",
    ("desk.approval_setting", EVERY_ABILITY): "a tenant has one",
    ("desk.message", "external ids"): "a message follows from a record of another service",
    ("desk.message", "custom fields"): "a log of what was said",
    ("desk.message", "deletion"): "a log of what was said",
    ("desk.message", "derived import"): "what was said is not said by a file",
    ("desk.message_ban", EVERY_ABILITY): "an address, kept as a digest",
    ("org.leave", EVERY_ABILITY): "a leave is part of its person, and published with them",
    **{
        (f"{service}.{noun}", EVERY_ABILITY): reason
        for service in SERVICES
        for noun, reason in OF_EVERY_SERVICE.items()
        if f"{service}.{noun}" in declared_resources()
    },
}


def missing_abilities() -> Iterator[tuple[str, str]]:
    """Yield every ability that a resource with the scope `write` does not have."""
    for name, resource in declared_resources().items():
        if WRITE not in resource.scopes:
            continue
        has = abilities(resource.service, name)
        assert tuple(has) == ABILITIES
        if not any(has.values()):
            yield name, EVERY_ABILITY
        else:
            yield from ((name, ability) for ability, there in has.items() if not there)


def abilities(service: str, name: str) -> dict[str, bool]:
    """Return which abilities a resource has, declared as a `Resource` or written out."""
    routes = {route for one in found_resources(service) if one.name == name for route in one.routes}
    return {
        "external ids": "PUT /by-external-id/{}/{}" in routes,
        "custom fields": name in tables_with_custom_fields(service),
        "deletion": {"DELETE /{}", "POST /{}/restore"} <= routes,
        "events": _has_events(service, name),
        "snapshots": name in {source.aggregate for source in snapshots_of(service)},
        "derived import": _has_derived_import(service, name),
    }


def _has_events(service: str, name: str) -> bool:
    """Whether a declared resource has all events; what is written out publishes its own facts."""
    for resource in resources_of(service):
        if resource.record_type.scoped.resource == name:
            return _has_all_events(resource)
    types = [one for one in record_types_of(service) if one.scoped.resource == name]
    return any(one.is_published for one in types)


def _has_all_events(resource: Resource[Any, Any]) -> bool:
    record_type = resource.record_type
    kinds = (record_type.created, record_type.changed, record_type.deleted, record_type.restored)
    return None not in kinds


def _has_derived_import(service: str, name: str) -> bool:
    imports = imports_of(service)
    targets: list[ImportTarget[Any]] = [*imports.targets] if imports else []
    own = next((one for one in targets if one.resource == name), None)
    return own is not None and own.import_rows.__module__.endswith("resource_import")


def test_every_resource_is_complete() -> None:
    assert dict.fromkeys(sorted(missing_abilities())) == dict.fromkeys(sorted(EXCEPTIONS))


def test_every_declared_resource_is_written() -> None:
    """Else its abilities would not be looked at."""
    for service in SERVICES:
        assert resources_of(service) or record_types_of(service)
        for resource in resources_of(service):
            name = resource.record_type.scoped.resource
            assert WRITE in declared_resources()[name].scopes
