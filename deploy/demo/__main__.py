"""Runs the demo: import a pipeline, take leads from capture to payment, report.

A second run creates no duplicates.
"""

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

from deploy.demo import (
    approvals,
    days,
    funnels,
    imports,
    market,
    market_stage,
    scans,
    source,
    walk,
)
from deploy.demo import report as reports
from deploy.demo.client import Json, Person, UnexpectedAnswer
from deploy.demo.joining import join
from deploy.demo.logins import logins
from deploy.demo.show import show
from deploy.local import state
from deploy.local.places import place_of_up

PAID = 50
PASSWORD = "pipeline-demo-2026"  # of the two imported people who sign in
console = Console()


@dataclass(frozen=True)
class Cast:
    """The logins of the demo: four people of the demo tenant, and its ERP client."""

    seller: Person
    admin: Person
    manager: Person
    director: Person
    erp: Person

    @classmethod
    def of(cls, http: httpx.AsyncClient, urls: Mapping[str, str]) -> "Cast":
        by_role = logins()
        return cls(**{name: Person(http, urls, by_role[name]) for name in cls.__annotations__})


@contextmanager
def bar(text: str) -> Iterator[walk.Progress]:
    """Show a progress bar; where the output is not a terminal, print only its title."""
    columns = (
        TextColumn("{task.description:<44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(text, total=None)
        yield lambda completed, total: progress.update(task, completed=completed, total=total)


async def settle(admin: Person) -> list[Json]:
    """Wait until all published events are consumed; return the event counts.

    After three minutes the counts are returned as they are.
    """
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
        report: dict[str, Any] = {"pipeline": await _import_pipeline(cast.admin)}
        report["market"] = await _market(cast)
        report["contract"] = await _file_contract(cast)
        report |= {**await _look_around(cast), **await _closing(cast.admin)}
    report["checks"] = _checks(report)
    return {**report, "seconds": round(time.perf_counter() - began, 1)}


async def _import_pipeline(admin: Person) -> list[Json]:
    """Import the files of agents, products, accounts and opportunities, each twice."""
    console.print("Input: the files of deploy/demo/pipeline (CRM Sales Opportunities, public "
                  "domain). Each is imported twice; its amounts are read as yuan.")  # fmt: skip
    return [
        await imports.import_twice(admin, resource, file, bar, partial(settle, admin))
        for resource, file in source.pipeline()
    ]


async def _market(cast: Cast) -> dict[str, Any]:
    """Take leads from their capture to a conversion, and 50 converted ones to full payment."""
    console.print("Invented for the demo: people, one ERP client, one price book, one website.")
    book = await walk.seed_catalog(cast.admin, source.products())
    stage, learned = await market_stage.learn(
        cast.admin, cast.seller, bar, partial(_pay, cast, book)
    )
    console.print(f"Input: {stage.file.description}")
    seller, record = await join(cast.admin, market.TEAM[0], role="SELLER", password=PASSWORD)
    new = await market_stage.run(stage, bar, seller=seller, subject=record["subject"])
    made = [*learned["imports"], *new["imports"]]
    return {**learned, **new, "imports": made, "approval": await _approve(cast, book)}


async def _file_contract(cast: Cast) -> dict[str, Any]:
    """File a scanned contract with the first accepted quote, and fetch it."""
    [quote, *_] = (await cast.seller.get("/cpq/v1/quotes?status=ACCEPTED&sort=created_at"))["items"]
    return await scans.contract_scan(cast.seller, quote)


async def _converted(seller: Person) -> list[Json]:
    """Return the converted leads, ordered by the time of their conversion."""
    leads = [lead async for lead in seller.everything("/mtl/v1/leads?status=CONVERTED")]
    return sorted(leads, key=lambda lead: (lead["converted_at"], lead["id"]))


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
    with bar(f"taking {len(work)} of them to full payment") as progress:
        await walk.in_parallel(work, at_once=4, progress=progress)


async def _approve(cast: Cast, book: Json) -> dict[str, Any]:
    """Quote for the next lead with a discount over the limit; manager and director approve it."""
    await approvals.set_limit(cast.admin)
    lead = (await _converted(cast.seller))[PAID]
    product = book["entries"][0]["product_id"]
    line = {"product_id": product, "quantity": "3", "discount_rate": approvals.DISCOUNT}
    path = f"/cpq/v1/quotes?opportunity_id={lead['opportunity_id']}"
    existing = (await cast.seller.get(path))["items"]
    opportunity = lead["opportunity_id"]
    quote = existing[0] if existing else await walk.quoted(cast.seller, opportunity, book, [line])
    approvers = {"经理": cast.manager, "总监": cast.director}
    return await approvals.approved_quote(cast.seller, approvers, quote)


async def _look_around(cast: Cast) -> dict[str, Any]:
    """Compare the views of a seller, the manager and the director; transfer a lead."""
    admin = cast.admin
    manager, _ = await join(admin, source.MANAGER, role="SALES_MANAGER", password=PASSWORD)
    seller, record = await join(admin, source.SELLER, role="SELLER", password=PASSWORD)
    await settle(admin)
    lead = await days.hand_over(manager, record)
    [converted, *_] = await _converted(cast.seller)
    viewers = {"seller": seller, "manager": manager, "director": cast.director}
    opportunity = f"/l2o/v1/opportunities/{converted['opportunity_id']}"
    return {
        "funnels": await funnels.funnels(viewers, whole=admin),
        "day": {"of": source.SELLER, "by": source.MANAGER, **await days.day(seller, lead)},
        "explained_record": await days.explained_record(cast.seller, opportunity),
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


def _checks(report: Mapping[str, Any]) -> dict[str, bool]:
    """Return the checks beside the sums of money and the event counts."""
    opportunities = report["pipeline"][-1]["first"]
    counts = [opportunities["counts"][name] for name in ("total", "accepted", "refused")]
    return {
        "pipeline_is_imported_completely": counts == [8_800, 7_375, 1_425]
        and opportunities["refused_by_reason"] == {"ACCOUNT_MISSING": 1_425},
        "second_runs_change_nothing": all(map(imports.unchanged, report["pipeline"])),
        **market_stage.checks(report["market"]),
        **funnels.checks(report["funnels"], source.expected()),
        "contract_scan_is_fetched_as_filed": report["contract"]["fetched_as_filed"],
        "a_quote_over_its_limit_is_approved_in_two_steps": approvals.went_through_two_steps(
            report["market"]["approval"]
        ),
        "new_owner_is_notified_and_has_a_task": report["day"]["notification"] is not None
        and report["day"]["task"] is not None,
    }


def main() -> int:
    place = place_of_up()
    running = state.read(place.state)
    if not running.urls:
        console.print("Nothing runs here: start the services with `make up`, or use `make demo`.")
        return 1
    try:
        result = asyncio.run(run(running.urls))
    except (UnexpectedAnswer, httpx.HTTPError) as error:
        console.print(f"[red]The demo stopped:[/red] {type(error).__name__}: {error}")
        return 1
    path = place.local / "demo.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    show(console, result, running, {**logins(), **result["joined"]})
    return 0 if reports.all_well(result) else 1


if __name__ == "__main__":
    sys.exit(main())
