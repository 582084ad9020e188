"""Every declared resource can do all that a resource can, or an exception says why not."""

from collections.abc import Iterator
from typing import Any

from chassis.composition.features import imports_of, resources_of, snapshots_of
from chassis.files.imports.target import ImportTarget
from chassis.records.resource import Resource
from deploy.services import SERVICES

ABILITIES = ("external ids", "custom fields", "deletion", "events", "snapshots", "derived import")
# What a resource does not have, and the reason.
EXCEPTIONS = {
    ("mtl.lead", "derived import"): "rows are leads by duplicate keys, and unknown columns stay",
    ("l2o.account", "derived import"): "rows name parents that stand further down in the file",
    ("l2o.opportunity", "derived import"): "rows move through stages, with the dates of each",
    ("cpq.product", "derived import"): "rows carry list prices into price books",
    ("cpq.price_book", "derived import"): "its prices are nested in tiers; product files set them",
    ("org.working_hours", "derived import"): "a week of shifts with breaks is no row of cells",
    ("org.role", "derived import"): "rights are judged by what a person holds now, not in a job",
}


def missing_abilities() -> Iterator[tuple[str, str]]:
    """Yield every ability that a declared resource does not have."""
    for service in SERVICES:
        published = {source.aggregate for source in snapshots_of(service)}
        for resource in resources_of(service):
            name = resource.record_type.scoped.resource
            has = {
                "external ids": resource.external_ids,
                "custom fields": resource.record_type.has_custom_fields,
                "deletion": resource.record_type.is_deletable,
                "events": _has_all_events(resource),
                "snapshots": name in published,
                "derived import": _has_derived_import(resource),
            }
            assert tuple(has) == ABILITIES
            yield from ((name, ability) for ability, there in has.items() if not there)


def _has_all_events(resource: Resource[Any, Any]) -> bool:
    record_type = resource.record_type
    kinds = (record_type.created, record_type.changed, record_type.deleted, record_type.restored)
    return None not in kinds


def _has_derived_import(resource: Resource[Any, Any]) -> bool:
    name = resource.record_type.scoped.resource
    imports = imports_of(resource.record_type.scoped.resource.partition(".")[0])
    targets: list[ImportTarget[Any]] = [*imports.targets] if imports else []
    own = next((one for one in targets if one.resource == name), None)
    return own is not None and own.import_rows.__module__.endswith("resource_import")


def test_every_declared_resource_is_complete() -> None:
    assert dict.fromkeys(missing_abilities()) == dict.fromkeys(EXCEPTIONS)


def test_every_service_declares_resources() -> None:
    assert all(resources_of(service) for service in SERVICES)
