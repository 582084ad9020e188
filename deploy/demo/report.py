"""What the demo says at its end, read back from every service through its API."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from deploy.demo.client import Json, Person

SERVICES = ("org", "mtl", "l2o", "cpq", "rms")
STAGES = {
    "leads": ("/mtl/v1/leads", "status"),
    "opportunities": ("/l2o/v1/opportunities", "stage"),
    "quotes": ("/cpq/v1/quotes", "status"),
    "orders": ("/rms/v1/orders", "status"),
    "receivables": ("/rms/v1/receivables", "status"),
    "payments": ("/rms/v1/payments", "status"),
}


async def stages(admin: Person) -> dict[str, dict[str, int]]:
    """How many of each resource stand in which state."""
    found = {}
    for name, (path, field) in STAGES.items():
        counter = Counter([item[field] async for item in admin.everything(path)])
        found[name] = dict(sorted(counter.items()))
    return found


async def money(admin: Person) -> list[Json]:
    """The reconciliation of RMS, each equation with whether it holds."""
    rows: list[Json] = []
    for sums in (await admin.get("/rms/v1/reconciliation"))["items"]:
        total = {name: Decimal(m["amount"]) for name, m in sums.items() if isinstance(m, dict)}
        rows.append(
            {
                **sums,
                "orders_equal_receivables_plus_not_yet_shipped": total["confirmed"]
                == total["owed"] + total["unshipped"],
                "payments_equal_allocated_plus_unallocated": total["paid"]
                == total["allocated"] + total["unallocated"],
            }
        )
    return rows


async def events(admin: Person) -> list[Json]:
    """Published against consumed, per subscriber and topic."""
    counts = {s: await admin.get(f"/{s}/v1/event-counts") for s in SERVICES}
    published: dict[str, int] = defaultdict(int)
    for answer in counts.values():
        for row in answer["published"]:
            published[row["topic"]] += row["events"]
    rows = []
    for answer in counts.values():
        for row in answer["consumed"]:
            total = row["applied"] + row["skipped"] + row["ignored"] + row["parked"]
            rows.append(
                {
                    **row,
                    "published": published[row["topic"]],
                    "equal": total == published[row["topic"]],
                }
            )
    return sorted(rows, key=lambda row: (row["subscription"], row["topic"]))


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, int(len(ranked) * share))], 1)


def refusals(items: Sequence[Json]) -> Mapping[str, int]:
    """How many rows were refused for which reason."""
    return Counter(error["code"] for item in items for error in item["errors"])


def all_well(report: Mapping[str, Any]) -> bool:
    """Whether every equation of the report holds and nothing is parked."""
    sums = all(
        row["orders_equal_receivables_plus_not_yet_shipped"]
        and row["payments_equal_allocated_plus_unallocated"]
        for row in report["money"]
    )
    carried = all(row["equal"] and row["parked"] == 0 for row in report["events"])
    return sums and carried
