"""What the demo says at its end, read back from every service through its API.

Nothing here is worked out by subtraction: both sides of every equation are read.
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
    """Who may read everything of a tenant."""

    async def get(self, path: str) -> Json: ...


async def stages(admin: Person) -> dict[str, dict[str, int]]:
    """How many of each resource stand in which state."""
    found = {}
    for name, (path, field) in STAGES.items():
        items = admin.everything(f"{path}?fields={field}")
        counter = Counter([item[field] async for item in items])
        found[name] = dict(sorted(counter.items()))
    return found


async def money(admin: Reader) -> list[Json]:
    """The reconciliation of RMS, each equation with whether it holds."""
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
    """Published against consumed, for all that every service's worker listens to.

    A subscription that never consumed anything has a row of zeros here. `equal` is exact as long
    as nothing came twice. With `duplicates` it means that nothing is missing: a redelivery that
    a restarted consumer cannot recognise is counted again as skipped or ignored (see
    chassis.web.event_count_routes), so more may have been consumed than was published.
    """
    counts = {s: await admin.get(f"/{s}/v1/event-counts") for s in SERVICES}
    published: dict[str, int] = defaultdict(int)
    for answer in counts.values():
        for row in answer["published"]:
            published[row["topic"]] += row["events"]
    rows: list[Json] = []
    for service, answer in counts.items():
        found = {(row["subscription"], row["topic"]): row for row in answer["consumed"]}
        rows += [
            _compared(*place, found.get(place, {}), published[place[1]])
            for place in listened(service)
        ]
    return sorted(rows, key=lambda row: (row["subscription"], row["topic"]))


def listened(service: str) -> list[tuple[str, str]]:
    """Subscription and topic of all that a service listens to, by its own word."""
    worker: Worker = import_module(f"{service}.worker").WORKER
    return [(one.name, topic) for one in worker.subscriptions for topic in one.topics]


def _compared(subscription: str, topic: str, found: Json, published: int) -> Json:
    counts = {name: int(found.get(name, 0)) for name in (*OUTCOMES, "duplicates")}
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
    """The nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, int(len(ranked) * share))], 1)


def all_well(report: Mapping[str, Any]) -> bool:
    """Whether every equation and check of the report holds and nothing is parked."""
    sums = all(
        row["orders_equal_receivables_plus_not_yet_shipped"]
        and row["payments_equal_allocated_plus_unallocated"]
        and row["allocated_is_the_same_everywhere"]
        for row in report["money"]
    )
    carried = all(row["equal"] and row["parked"] == 0 for row in report["events"])
    return sums and carried and all(report.get("checks", {}).values())
