"""The numbers of the demo's report, read from every service through its API.

No number is computed from others: both sides of every equation are read.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any, Protocol

from chassis.composition.worker import Worker
from deploy.demo.client import Json, Person
from deploy.services import SERVICES

STAGES = {
    "leads": ("/mtl/v1/leads", "status"),
    "opportunities": ("/l2o/v1/opportunities", "stage"),
    "quotes": ("/cpq/v1/quotes", "status"),
    "orders": ("/rms/v1/orders", "status"),
    "receivables": ("/rms/v1/receivables", "status"),
    "payments": ("/rms/v1/payments", "status"),
}


OUTCOMES = ("applied", "skipped", "ignored", "parked")


class Reader(Protocol):
    """A client that may read all records of a tenant."""

    async def get(self, path: str) -> Json: ...


async def stages(admin: Person) -> dict[str, dict[str, int]]:
    """Return the number of records of each resource by state."""
    by_resource = {}
    for name, (path, field) in STAGES.items():
        items = admin.everything(f"{path}?fields={field}")
        counter = Counter([item[field] async for item in items])
        by_resource[name] = dict(sorted(counter.items()))
    return by_resource


async def money(admin: Reader) -> list[Json]:
    """Return the reconciliation of RMS by currency, with the result of each equation."""
    rows: list[Json] = []
    for sums in (await admin.get("/rms/v1/reconciliation"))["items"]:
        total = {name: Decimal(m["amount"]) for name, m in sums.items() if isinstance(m, dict)}
        rows.append(
            {
                **sums,
                "orders_equal_receivables_plus_not_yet_shipped": total["confirmed"]
                == total["owed"] + total["unshipped"] + total["cancelled"],
                "payments_equal_allocated_plus_unallocated": total["paid"]
                == total["booked"] + total["unallocated"] + total["returned"],
                "allocated_is_the_same_everywhere": total["allocated"]
                == total["booked"]
                == total["settled"],
            }
        )
    return rows


async def events(admin: Reader) -> list[Json]:
    """Compare published and consumed events for every subscription of every service.

    A subscription without consumed events has a row of zeros. `equal` is exact while no event was
    delivered twice. With `duplicates` it means that no event is missing: a restarted consumer
    counts a redelivery that it cannot recognize as skipped or ignored (see
    chassis.web.event_count_routes), so more events may be consumed than published.
    """
    counts = {s: await admin.get(f"/{s}/v1/event-counts") for s in SERVICES}
    published: dict[str, int] = defaultdict(int)
    for answer in counts.values():
        for row in answer["published"]:
            published[row["topic"]] += row["events"]
    rows: list[Json] = []
    for service, answer in counts.items():
        consumed = {(row["subscription"], row["topic"]): row for row in answer["consumed"]}
        rows += [
            _compared(*pair, consumed.get(pair, {}), published[pair[1]])
            for pair in subscribed_topics(service)
        ]
    return sorted(rows, key=lambda row: (row["subscription"], row["topic"]))


def subscribed_topics(service: str) -> list[tuple[str, str]]:
    """Return each pair of subscription and topic that a service's worker declares."""
    worker: Worker = import_module(f"{service}.worker").WORKER
    return [(each.name, topic) for each in worker.subscriptions for topic in each.topics]


def _compared(subscription: str, topic: str, row: Json, published: int) -> Json:
    counts = {name: int(row.get(name, 0)) for name in (*OUTCOMES, "duplicates")}
    consumed = sum(counts[name] for name in OUTCOMES)
    enough = consumed >= published if counts["duplicates"] else consumed == published
    return {
        "subscription": subscription,
        "topic": topic,
        **counts,
        "published": published,
        "consumed": consumed,
        "equal": enough,
    }


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile; None if there are no values."""
    if not values:
        return None
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, int(len(ranked) * share))], 1)


def all_well(report: Mapping[str, Any]) -> bool:
    """Return whether all equations and checks of the report hold and no event is parked."""
    sums = all(
        row["orders_equal_receivables_plus_not_yet_shipped"]
        and row["payments_equal_allocated_plus_unallocated"]
        and row["allocated_is_the_same_everywhere"]
        for row in report["money"]
    )
    delivered = all(row["equal"] and row["parked"] == 0 for row in report["events"])
    return sums and delivered and all(report.get("checks", {}).values())
