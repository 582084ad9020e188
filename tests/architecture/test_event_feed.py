"""Who reads which events through the feed: an aggregate whose records have owners is guarded."""

from collections.abc import Iterable

import pytest

from chassis.records.access.guards import has_owners
from contracts.event import EVENT_CLASSES
from contracts.resources import (
    RoleCode,
    declared_resources,
    declared_scopes,
    known_scopes,
    resource_of_events,
    scopes_of_role,
)
from contracts.topics import load_events
from deploy.services import SERVICES
from tests.architecture.applications import IN_ONE_PROCESS, document_of

pytestmark = IN_ONE_PROCESS

# Aggregates whose records have no owners: everybody with `<aggregate>.read` sees all of them.
CATALOGUES = {
    "cpq.price_book", "cpq.product", "desk.message", "desk.message_template", "mtl.channel",
    "mtl.pool", "mtl.quota", "org.calendar", "org.client", "org.department", "org.person",
    "org.role", "org.team", "org.tenant", "org.working_hours", "rms.payment_term",
}  # fmt: skip
# Aggregates without records that people list, each read with the scope of a declared resource.
MACHINERY = {
    "org.principal",
    "l2o.grant",
    *(f"{name}.{part}" for name in SERVICES for part in ("tenant_task", "work", "snapshot_run")),
    *(f"{name}.approval_request" for name in ("mtl", "l2o", "cpq", "rms")),
}


def published_aggregates() -> set[str]:
    load_events()
    names = {kind.aggregate_type() for kind in EVENT_CLASSES.values()}
    return {name for name in names if name.partition(".")[0] in SERVICES}


def undecided(aggregates: Iterable[str]) -> list[str]:
    """Aggregates that have no owners and are not listed above: all callers would read them."""
    for service in SERVICES:
        document_of(service)  # imports the routes, whose guards name the resources with owners
    listed = CATALOGUES | MACHINERY
    return sorted(a for a in aggregates if not has_owners(read_with(a)) and a not in listed)


def read_with(aggregate: str) -> str:
    """The resource whose scopes are needed to read the events of an aggregate."""
    resource = resource_of_events(aggregate)
    return aggregate if resource is None else resource.name


def test_every_published_aggregate_has_owners_or_is_listed() -> None:
    assert undecided(published_aggregates()) == []
    assert undecided({"mtl.dream", "mtl.lead"}) == ["mtl.dream"]


def test_no_listed_aggregate_has_owners_or_is_unknown() -> None:
    assert undecided([]) == []
    assert not [name for name in CATALOGUES | MACHINERY if has_owners(read_with(name))]
    assert published_aggregates() >= CATALOGUES | MACHINERY


@pytest.mark.parametrize("aggregate", sorted(published_aggregates()))
def test_events_are_read_with_a_declared_scope_that_somebody_can_hold(aggregate: str) -> None:
    """Built-in roles hold scopes, and administrators grant known ones to integration clients."""
    resource = resource_of_events(aggregate)
    assert resource is not None, f"no resource lists {aggregate}"
    needed = {scope for scope in resource.scope_names if scope.endswith((".read", ".all"))}
    assert resource.service == aggregate.partition(".")[0]
    assert f"{resource.name}.read" in needed <= declared_scopes()
    held = frozenset().union(*(scopes_of_role(role) for role in RoleCode))
    assert needed <= held | known_scopes()


def test_no_aggregate_is_listed_by_two_resources_or_unknown() -> None:
    listed = [name for one in declared_resources().values() for name in one.aggregates]
    assert len(listed) == len(set(listed))
    assert set(listed) <= published_aggregates()
    assert not set(listed) & declared_resources().keys()
