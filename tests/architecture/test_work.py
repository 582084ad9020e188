"""Every kind of notice and task that a service sends is declared with its names."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

from chassis.events.subscriptions import ProcessSubscription
from contracts.event import Event
from contracts.resources import declared_notices, declared_tasks
from contracts.tenant_tasks import TenantTaskEnded
from contracts.topics import declared_events
from contracts.work import NoticeKind, TaskKind, WorkChanged, WorkKind, WorkSnapshot
from deploy.services import SERVICES
from org.tasks.domain import OWN
from org.worker import WORKER

SOURCES = (*SERVICES, "chassis")


def kinds() -> Iterator[WorkKind]:
    """Every kind of work that stands in a module of a service or of the chassis."""
    for source in SOURCES:
        package = import_module(source)
        for found in pkgutil.walk_packages(package.__path__, f"{source}."):
            if "migrations" in found.name or found.name.endswith("__main__"):
                continue
            for value in vars(import_module(found.name)).values():
                yield from _kinds_in(value)


def _kinds_in(value: object) -> Iterator[WorkKind]:
    if isinstance(value, WorkKind):
        yield value
    elif isinstance(value, dict):
        yield from (one for one in value.values() if isinstance(one, WorkKind))


def test_every_notice_is_declared_by_its_resource_and_sent_by_somebody() -> None:
    assert {kind.code for kind in kinds() if isinstance(kind, NoticeKind)} == set(
        declared_notices()
    )


def test_every_task_is_declared_by_its_resource_and_raised_by_somebody() -> None:
    raised = {kind.code for kind in kinds() if isinstance(kind, TaskKind)}
    assert raised | {OWN} == set(declared_tasks())


def test_a_code_has_one_meaning_in_all_services() -> None:
    places: dict[str, set[type[WorkKind]]] = {}
    for kind in kinds():
        places.setdefault(kind.code, set()).add(type(kind))
    assert {code for code, types in places.items() if len(types) > 1} == set()


def test_org_consumes_only_what_all_services_publish_alike() -> None:
    processes = [one for one in WORKER.subscriptions if isinstance(one, ProcessSubscription)]
    shared = {
        event
        for kind in (WorkChanged, WorkSnapshot, TenantTaskEnded)
        for event in declared_events(kind)
    }
    read = {event for one in processes for event in one.handlers}
    assert {event for event in read - shared if not event.type.startswith("org.")} == set()
    assert shared <= read


@pytest.mark.parametrize("kind", [WorkChanged, WorkSnapshot])
def test_every_service_publishes_work(kind: type[Event]) -> None:
    publishers = {event.aggregate_type() for event in declared_events(kind)}
    assert publishers == {f"{service}.work" for service in SERVICES}
