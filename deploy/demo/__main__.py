"""Sign in, import, convert, walk to cash, report. The second run doubles nothing."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo import report as reports
from deploy.demo import source, walk
from deploy.demo.client import Json, Person, Refused
from deploy.demo.logins import logins
from deploy.demo.show import show
from deploy.local import state
from deploy.local.places import place_of_up

CONVERTED, PAID = 200, 50
console = Console()


@contextmanager
def bar(text: str) -> Iterator[walk.Progress]:
    """A progress bar; on a pipe it stays silent and only its title is printed."""
    columns = (
        TextColumn("{task.description:<44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


async def chosen(seller: Person, already: int) -> list[Json]:
    """The leads still to convert: those the real world converted first, oldest first."""
    fresh = [
        lead
        async for lead in seller.everything("/mtl/v1/leads")
        if lead["status"] in ("NEW", "QUALIFIED")
    ]
    fresh.sort(key=lambda lead: (lead["attributes"].get("Converted") != "1", lead["id"]))
    return fresh[: max(0, CONVERTED - already)]


async def settle(admin: Person) -> list[Json]:
    """The event counts once everything published is consumed, or after a minute as they are."""
    rows = await reports.events(admin)
    for _ in range(120):
        if all(row["equal"] for row in rows):
            break
        await asyncio.sleep(0.5)
        rows = await reports.events(admin)
    return rows


async def run(urls: dict[str, str]) -> dict[str, Any]:
    began, signs = time.perf_counter(), logins()
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        seller, admin, erp = (Person(http, urls, signs[r]) for r in ("seller", "admin", "erp"))
        data = source.leads()
        console.print(f"Input: {data.said}")
        console.print("Seeded for the walk (made up): people, one ERP client, one price book; "
                      "the products are the pipeline's, prices read as yuan.")  # fmt: skip
        book = await walk.seed_catalog(admin, source.products())
        with bar(f"importing {data.file_name}") as progress:
            imported = await walk.import_leads(seller, data, progress)
        refused = [r async for r in seller.everything(f"/mtl/v1/imports/{imported['id']}/refusals")]
        latencies = await _convert(seller)
        await _pay(seller, erp, [entry["product_id"] for entry in book["entries"]])
        result = {
            "input": data.said,
            "import": {**imported, "refused_by_reason": reports.refusals(refused)},
            "conversion_ms": {
                "converted_now": len(latencies),
                "p50": reports.percentile(latencies, 0.5),
                "p99": reports.percentile(latencies, 0.99),
            },
            "events": await settle(admin),
            "stages": await reports.stages(admin),
            "money": await reports.money(admin),
            "seconds": 0.0,
        }
    return {**result, "seconds": round(time.perf_counter() - began, 1)}


async def _convert(seller: Person) -> list[float]:
    already = [lead async for lead in seller.everything("/mtl/v1/leads?status=CONVERTED")]
    leads = await chosen(seller, len(already))
    if not leads:
        return []
    with bar(f"converting {len(leads)} leads") as progress:
        work = [partial(walk.convert, seller, lead) for lead in leads]
        return await walk.in_parallel(work, at_once=2, progress=progress)


async def _pay(seller: Person, erp: Person, products: list[str]) -> None:
    converted = [lead async for lead in seller.everything("/mtl/v1/leads?status=CONVERTED")]
    oldest = sorted(converted, key=lambda lead: lead["converted_at"])[:PAID]
    paid = {p["account_id"] async for p in seller.everything("/rms/v1/payments?status=ALLOCATED")}
    work = [
        partial(walk.to_cash, seller, erp, lead, products, nth)
        for nth, lead in enumerate(oldest)
        if lead["account_id"] not in paid
    ]
    if not work:
        return
    with bar(f"walking {len(work)} of them to fully paid") as progress:
        await walk.in_parallel(work, at_once=4, progress=progress)


def main() -> int:
    place = place_of_up()
    found = state.read(place.state)
    if not found.urls:
        console.print("Nothing runs here: `make up` first, or `make demo`.")
        return 1
    try:
        result = asyncio.run(run(found.urls))
    except (Refused, httpx.HTTPError) as error:
        console.print(f"[red]The demo stopped:[/red] {type(error).__name__}: {error}")
        return 1
    path = place.local / "demo.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    show(console, result, found, logins())
    return 0 if reports.all_well(result) else 1


if __name__ == "__main__":
    sys.exit(main())
