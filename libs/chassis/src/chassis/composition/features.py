"""Finds what the features of a service declare: record types, import targets.

A declaration is a value in a feature's room: the record type `ACCOUNT` in `l2o.accounts.store`, the
import target `ACCOUNT_IMPORT` in `l2o.accounts.imports`. A service lists none of them elsewhere.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules, walk_packages
from types import ModuleType
from typing import Any, TypeVar, cast

from sqlalchemy import Table

from chassis.files.imports.resource_import import resource_import
from chassis.files.imports.target import Imports, ImportTarget
from chassis.foundation.texts import Catalog
from chassis.records.attachments.store import attachment_type
from chassis.records.record_types import RecordType
from chassis.records.resource import Resource
from chassis.records.snapshots.sources import SnapshotSource, record_source
from contracts.event import EVENT_CLASSES, snapshot_classes
from contracts.imports import ImportEnded
from contracts.topics import load_events

T = TypeVar("T")


@cache
def record_types_of(service: str) -> tuple[RecordType[Any], ...]:
    """Return the record types in the rooms `store` of a service, in the order of their names."""
    found = _declared(service, "store", RecordType)
    return tuple(sorted(found, key=lambda one: one.scoped.resource))


@cache
def resources_of(service: str) -> tuple[Resource[Any, Any], ...]:
    """Return the resources in the rooms `routes` of a service, in the order of their names."""
    found = _declared(service, "routes", Resource)
    return tuple(sorted(found, key=lambda one: one.record_type.scoped.resource))


def _texts_of(service: str) -> Catalog:
    """Return the texts that a service declares, among them the labels of its enums."""
    name = f"{service}.texts"
    if find_spec(service) is None or find_spec(name) is None:
        return {}
    catalog: Catalog = import_module(name).TEXTS
    return catalog


@cache
def imports_of(service: str) -> Imports | None:
    """Return the import targets of a service, one for each resource that imports files.

    Resources that declare none in their rooms `imports` have the one that follows from their
    declaration in the rooms `routes`. None if the service imports nothing. Raises KeyError if the
    service imports files but declares no `<service>.import.finished.v1`.
    """
    own = {one.resource: one for one in _declared(service, "imports", ImportTarget)}
    texts = _texts_of(service)
    for resource in resources_of(service):
        name = resource.record_type.scoped.resource
        if resource.imported and name not in own:
            own[name] = resource_import(resource, texts)
    targets = [target for _, target in sorted(own.items())]
    if not targets:
        return None
    load_events()
    finished = cast(type[ImportEnded], EVENT_CLASSES[f"{service}.import.finished.v1"])
    return Imports(service, targets, finished)


def tables_with_custom_fields(service: str) -> Mapping[str, Table]:
    """Return the tables with a column `custom_fields`, by the names of their resources."""
    return {
        one.scoped.resource: one.table for one in record_types_of(service) if one.has_custom_fields
    }


def snapshots_of(service: str) -> tuple[SnapshotSource, ...]:
    """Return the sources of the snapshots that a service declares in contracts."""
    load_events()
    declared = snapshot_classes(service)
    types = [*record_types_of(service), *attachment_types_of(service)]
    return tuple(record_source(one) for one in types if one.scoped.resource in declared)


def attachment_types_of(service: str) -> tuple[RecordType[Any], ...]:
    """Return the type of the files that hang on a service's records; none without their events."""
    found = attachment_type(service)
    return () if found is None else (found,)


def _declared(service: str, room: str, kind: type[T]) -> list[T]:
    found = {
        id(value): value
        for module in _rooms(service, room)
        for value in vars(module).values()
        if isinstance(value, kind)
    }
    return list(found.values())


def _rooms(service: str, room: str) -> Iterator[ModuleType]:
    """Import and yield the modules of this room in every feature of a service."""
    if find_spec(service) is None:
        return
    package = import_module(service)
    for feature in iter_modules(package.__path__, f"{service}."):
        name = f"{feature.name}.{room}"
        if not feature.ispkg or find_spec(name) is None:
            continue
        module = import_module(name)
        yield module
        for part in walk_packages(getattr(module, "__path__", ()), f"{name}."):
            yield import_module(part.name)
