"""Who reads which events through the feed: an aggregate whose records have owners is guarded."""

from collections.abc import Iterable

from chassis.records.access.guards import has_owners
from contracts.event import EVENT_CLASSES
from contracts.topics import load_events
from deploy.services import SERVICES
from tests.architecture.test_routes import document_of

# Aggregates whose records have no owners: everybody with `<aggregate>.read` sees all of them.
CATALOGUES = {
    "cpq.price_book", "cpq.product", "org.calendar", "org.client", "org.department", "org.person",
    "org.role", "org.team", "org.tenant", "org.working_hours",
}  # fmt: skip
# Aggregates without records of their own; their scope `.read` is held through a wildcard only.
MACHINERY = {
    "l2o.conversion",
    "org.principal",
    *(f"{name}.{part}" for name in SERVICES for part in ("tenant_task", "work", "snapshot_run")),
}


def published_aggregates() -> set[str]:
    load_events()
    names = {kind.aggregate_type() for kind in EVENT_CLASSES.values()}
    return {name for name in names if name.partition(".")[0] in SERVICES}


def undecided(aggregates: Iterable[str]) -> list[str]:
    """Aggregates that have no owners and are not listed above: all callers would read them."""
    for service in SERVICES:
        document_of(service)  # imports the routes, whose guards name the resources with owners
    return sorted(a for a in aggregates if not has_owners(a) and a not in CATALOGUES | MACHINERY)


def test_every_published_aggregate_has_owners_or_is_listed() -> None:
    assert undecided(published_aggregates()) == []
    assert undecided({"mtl.dream", "mtl.lead"}) == ["mtl.dream"]


def test_no_listed_aggregate_has_owners_or_is_unknown() -> None:
    assert undecided([]) == []
    assert not [name for name in CATALOGUES | MACHINERY if has_owners(name)]
    assert published_aggregates() >= CATALOGUES | MACHINERY
