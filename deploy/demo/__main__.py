"""Sign in, import, convert, walk to cash, report. The second run doubles nothing."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo import days, funnels, imports, source, walk
from deploy.demo import report as reports
from deploy.demo.client import Json, Person, Refused
from deploy.demo.joining import join
from deploy.demo.logins import logins
from deploy.demo.show import show
from deploy.local import state
from deploy.local.places import place_of_up

CONVERTED, PAID = 200, 50
PASSWORD = "pipeline-demo-2026"  # of the two imported people who sign in
console = Console()


@dataclass(frozen=True)
class Cast:
    """Who plays: three of the demo tenant's people, its ERP, and two out of the pipeline."""

    seller: Person
    admin: Person
    director: Person
    erp: Person

    @classmethod
    def of(cls, http: httpx.AsyncClient, urls: Mapping[str, str]) -> "Cast":
        signs = logins()
        return cls(**{name: Person(http, urls, signs[name]) for name in cls.__annotations__})


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


async def settle(admin: Person) -> list[Json]:
    """The event counts once everything published is consumed, or in the end as they are."""
    rows = await reports.events(admin)
    for _ in range(360):
        if all(row["equal"] for row in rows):
            break
        await asyncio.sleep(0.5)
        rows = await reports.events(admin)
    return rows


async def run(urls: dict[str, str]) -> dict[str, Any]:
    began = time.perf_counter()
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        cast = Cast.of(http, urls)
        told = {
            "pipeline": await _import_pipeline(cast.admin),
            **await _walk_leads(cast),
            **await _look_around(cast),
            **await _closing(cast.admin),
        }
    told["checks"] = _checks(told)
    return {**told, "seconds": round(time.perf_counter() - began, 1)}


async def _import_pipeline(admin: Person) -> list[Json]:
    """Agents, products, accounts, opportunities: each file twice."""
    console.print("Input: the pipeline of deploy/demo/pipeline (CRM Sales Opportunities, public "
                  "domain), every file twice; its close values are read as yuan.")  # fmt: skip
    return [
        await imports.import_twice(admin, service, file, bar, partial(settle, admin), kind=kind)
        for service, kind, file in source.pipeline()
    ]


async def _walk_leads(cast: Cast) -> dict[str, Any]:
    """Real leads in; 200 of them converted; 50 of those walked to the last yuan."""
    data = source.leads()
    console.print(f"Input: {data.said}")
    console.print("Seeded for the walk (made up): people, one ERP client, one price book.")
    book = await walk.seed_catalog(cast.admin, source.products())
    with bar(f"importing {data.file_name}") as progress:
        imported = await imports.import_file(cast.seller, "mtl", data, progress, kind="LEADS")
    latencies = await _convert(cast.seller)
    await _pay(cast, book)
    return {
        "input": data.said,
        "import": imported,
        "conversion_ms": {
            "converted_now": len(latencies),
            "p50": reports.percentile(latencies, 0.5),
            "p99": reports.percentile(latencies, 0.99),
        },
    }


async def _converted(seller: Person) -> list[Json]:
    """Leads converted so far, the first one first."""
    leads = [lead async for lead in seller.everything("/mtl/v1/leads?status=CONVERTED")]
    return sorted(leads, key=lambda lead: (lead["converted_at"], lead["id"]))


async def chosen(seller: Person, already: int) -> list[Json]:
    """The leads still to convert: those the real world converted first, oldest first."""
    path = "/mtl/v1/leads?status__in=NEW,QUALIFIED"
    fresh = [lead async for lead in seller.everything(path)]
    fresh.sort(key=lambda lead: (lead["attributes"].get("Converted") != "1", lead["id"]))
    return fresh[: max(0, CONVERTED - already)]


async def _convert(seller: Person) -> list[float]:
    leads = await chosen(seller, len(await _converted(seller)))
    if not leads:
        return []
    with bar(f"converting {len(leads)} leads") as progress:
        work = [partial(walk.convert, seller, lead) for lead in leads]
        return await walk.in_parallel(work, at_once=2, progress=progress)


async def _pay(cast: Cast, book: Json) -> None:
    oldest = (await _converted(cast.seller))[:PAID]
    path = "/rms/v1/payments?status=ALLOCATED"
    paid = {payment["account_id"] async for payment in cast.admin.everything(path)}
    work = [
        partial(walk.to_cash, cast.seller, cast.erp, lead, book, nth)
        for nth, lead in enumerate(oldest)
        if lead["account_id"] not in paid
    ]
    if not work:
        return
    with bar(f"walking {len(work)} of them to fully paid") as progress:
        await walk.in_parallel(work, at_once=4, progress=progress)


async def _look_around(cast: Cast) -> dict[str, Any]:
    """Three people of one line look at the same list; one of them is given work."""
    admin = cast.admin
    manager, _ = await join(admin, source.MANAGER, role="SALES_MANAGER", password=PASSWORD)
    seller, record = await join(admin, source.SELLER, role="SELLER", password=PASSWORD)
    await settle(admin)
    lead = await days.hand_over(manager, record)
    [won, *_] = await _converted(cast.seller)
    line = {"seller": seller, "manager": manager, "director": cast.director}
    return {
        "funnels": await funnels.funnels(line, whole=admin),
        "day": {"of": source.SELLER, "by": source.MANAGER, **await days.day(seller, lead)},
        "sight": await days.sight(cast.seller, f"/l2o/v1/opportunities/{won['opportunity_id']}"),
        "joined": {
            name: {"username": person.login["username"], "password": PASSWORD}
            for name, person in (("imported seller", seller), ("imported manager", manager))
        },
    }


async def _closing(admin: Person) -> dict[str, Any]:
    return {
        "events": await settle(admin),
        "stages": await reports.stages(admin),
        "money": await reports.money(admin),
    }


def _checks(told: Mapping[str, Any]) -> dict[str, bool]:
    """What must hold beside the sums of money and of events."""
    opportunities = told["pipeline"][-1]["first"]
    counts = [opportunities["counts"][name] for name in ("total", "accepted", "refused")]
    return {
        "pipeline_is_in_whole": counts == [8_800, 7_375, 1_425]
        and opportunities["refused_by_reason"] == {"ACCOUNT_MISSING": 1_425},
        "second_runs_change_nothing": all(map(imports.unchanged, told["pipeline"])),
        **funnels.checks(told["funnels"], source.expected()),
        "work_given_is_told": told["day"]["told"] is not None and told["day"]["task"] is not None,
    }


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
    show(console, result, found, {**logins(), **result["joined"]})
    return 0 if reports.all_well(result) else 1


if __name__ == "__main__":
    sys.exit(main())
