"""What every filter with every sort reads out of a full table, for everybody who lists it.

`make test-plans` runs it at 1,000,000 rows. A usual query reads at most three times the rows of a
page, which are 50 and the one that shows whether more follow; the others are printed with their
figures, and all of them stand in `.local/plans`.
"""

import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pytest

from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing
from deploy.local.places import ROOT
from testkit.explain import PAGE, SEQ_SCAN, QueryPlan
from testkit.filling import PLAN_ROWS
from testkit.plans import FilledDatabase, declared_lists, filled_database
from tests.bench.timing import show
from tests.deep.usual_lists import is_usual
from tests.resources.conftest import samples_of

LARGE = {
    "mtl": ("leads",),
    "l2o": ("accounts", "opportunities"),
    "cpq": ("quotes",),
    "rms": ("orders", "receivables"),
}
MOST, ROWS_OF_PAGE = 3, PAGE + 1
RESULTS = ROOT / ".local" / "plans"


@dataclass(frozen=True)
class Combined:
    """A filter with a sort, and the plans of its first page for everybody."""

    query: ListQuery
    plans: Sequence[QueryPlan]

    @property
    def parameter(self) -> str:
        """The filter's name; empty without one."""
        return next(iter(self.query.values), "")

    @property
    def filter(self) -> str:
        """The filter with its value."""
        name = self.parameter
        return f"{name}={_short(self.query.values[name])}" if name else "no filter"

    @property
    def worst(self) -> QueryPlan:
        return max(self.plans, key=multiple)


def _short(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) < 20 else f"{text[:8]}..{text[-8:]}"


def multiple(plan: QueryPlan) -> float:
    """Return the rows read as a multiple of those returned, or of a page that is not full."""
    return plan.rows_read / max(plan.rows_returned, ROWS_OF_PAGE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every service a process, so that its tables are filled only once."""
    chosen = metafunc.config.getoption("services") or LARGE
    parameters = [
        pytest.param(service, id=service, marks=pytest.mark.xdist_group(f"large-{service}"))
        for service in LARGE
        if service in chosen
    ]
    metafunc.parametrize("service", parameters)


@pytest.fixture
async def database(service: str) -> AsyncIterator[FilledDatabase]:
    lists = [declared_lists(service)[collection] for collection in LARGE[service]]
    samples = {k: v for k, v in samples_of(service).items() if k in LARGE[service]}
    began = time.monotonic()
    filled = await filled_database(service, "large", samples, lists=lists)
    sys.stdout.write(f"{service}: filled in {time.monotonic() - began:.0f} s\n")
    yield filled
    await filled.drop()


async def test_usual_lists_read_little_and_no_list_reads_a_whole_table(
    database: FilledDatabase, service: str
) -> None:
    faults = []
    for collection in LARGE[service]:
        began = time.monotonic()
        combined = await combine(database, declared_lists(service)[collection])
        show_exceeding(collection, combined, time.monotonic() - began)
        faults += [fault for one in combined for fault in faults_of(collection, one)]
    assert faults == []


async def combine(database: FilledDatabase, listing: Listing[Any]) -> list[Combined]:
    """Explain every declared filter with every declared sort, for every visibility.

    All sample values of a filter are tried in the default order, one with each sort.
    """
    filtered = [ListQuery(), *await database.filter_queries(listing)]
    of_parameter = {"".join(each.values): each for each in filtered}
    queries = [
        *filtered,
        *(replace(each, sort=sort) for sort in listing.sorts for each in of_parameter.values()),
    ]
    return [Combined(each, await database.plans(listing, only=[each])) for each in queries]


def faults_of(collection: str, combined: Combined) -> list[str]:
    faults = []
    for plan in combined.plans:
        name = f"{collection}?{plan.query} as {plan.visibility}"
        faults += [f"{name}: {fault}" for fault in plan.faults if SEQ_SCAN in fault]
        usual = is_usual(combined.parameter, combined.query.sort, plan.visibility)
        if usual and multiple(plan) > MOST:
            faults.append(f"{name} reads {plan.rows_read:,} rows for {plan.rows_returned}")
    return faults


def show_exceeding(collection: str, combined: Sequence[Combined], seconds: float) -> None:
    """Print the queries above the bound, a line for each filter; write all to a file.

    A figure is that of the caller who reads most, named by the first letter: `99 s` of a seller.
    """
    plans = [asdict(plan) for one in combined for plan in one.plans]
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{collection}.json").write_text(json.dumps(plans, ensure_ascii=False, indent=1))
    sorts = list(dict.fromkeys(one.query.sort or "default" for one in combined))
    rows: dict[str, dict[str, str]] = {}
    for one in combined:
        if multiple(one.worst) > MOST:
            figure = f"{multiple(one.worst):,.0f} {one.worst.visibility[0]}"
            rows.setdefault(one.filter, {})[one.query.sort or "default"] = figure
    above = sum(multiple(plan) > MOST for one in combined for plan in one.plans)
    show(
        f"{collection} of {PLAN_ROWS:,}: rows read / rows of a page, where it is above {MOST}:"
        f" {above:,} of {len(plans):,} queries, explained in {seconds:.0f} s",
        ["", *sorts],
        [[name, *(figures.get(sort, "") for sort in sorts)] for name, figures in rows.items()],
    )
