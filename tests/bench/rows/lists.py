"""Lists: 50 of 100,000 leads by the usual filters and sorts, by every one, and barely."""

import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib import import_module
from statistics import median
from typing import Any
from unittest import mock
from urllib.parse import quote, unquote_plus, urlencode

import httpx
from fastapi import FastAPI
from sqlalchemy import event

from chassis.database.engine import Database
from chassis.records.lists.list_query import ListQuery
from mtl.leads.store import LISTING
from testkit import tokens
from testkit.filling import FilledTenant, ListSample
from testkit.plans import FilledDatabase
from tests.bench.bare_list import ROOT, SentStatements, serving
from tests.bench.machine.load import Request, send
from tests.bench.machine.measuring import (
    RUNS,
    WARM_UP,
    Bench,
    Measured,
    Operation,
    Prepare,
    Reach,
    Row,
    cost,
    requests_to,
)
from tests.bench.machine.system import SELLER, System
from tests.bench.rows import leads

ROLES = ("seller", "director", "admin")
USUAL: Mapping[str, str] = {
    "status": "status=RAW",
    "owner": "owner_id=person-7",
    "source": "source=展会",
    "word": "q=远景",
    "created": "created_at__gte=2026-05-01T00:00:00Z&created_at__lte=2026-06-01T00:00:00Z",
    "by_name": "sort=name",
    "by_company": "sort=company",
    "by_updated": "sort=-updated_at",
}
# No generated lead is converted; encrypted fields are found by their text.
NO_LEAD = "01990000-0000-7000-8000-0000000000aa"
SOME_DAY = "2026-05-01T00:00:00Z"
SAMPLES = ListSample(
    filters={
        "phone": ["+8613900000107"],
        "phone__in": [["+8613900000107", "+8613900000207"]],
        "phone_tail": ["0107"],
        "phone_tail__in": [["0107", "0207"]],
        "email": ["buyer107@customer107.example.com"],
        "email__in": [["buyer107@customer107.example.com"]],
        "account_id": [NO_LEAD],
        "account_id__in": [[NO_LEAD]],
        **{f"converted_at__{each}": [SOME_DAY] for each in ("gte", "lte", "gt", "lt")},
    }
)
EVERY_TIMES, WORST = 3, 10
EVERY_FILE = ROOT / ".local" / "bench-lists.json"
BARE_REQUESTS = 300


async def unchanged(system: System) -> None:
    """Let mtl have the full table without what other rows created: a seller has 100 leads of it."""
    await leads.filled(system, group="lists")


def requests_for(query: str) -> Prepare:
    """Return the requests of a query, by sellers, directors and admins in turn."""

    async def prepare(system: System, count: int) -> list[Request]:
        path = f"{leads.API}?limit=50&{quote(query, safe='=&')}"
        each = [Request("GET", path, system.headers(role)) for role in ROLES]
        return [each[n % len(each)] for n in range(count)]

    return prepare


def usual(name: str, query: str) -> Row:
    operation = Operation(
        ready=unchanged,
        prepare=requests_for(query),
        work=requests_to("mtl"),
        processes=leads.MTL,
        count=120,
    )
    return cost(f"lists.{name}", f"50 of {leads.SIZE:,} leads, {query[:20]}", 2, operation)


@dataclass(frozen=True)
class Timed:
    """How long a list took for one caller: the median of a few requests."""

    role: str
    query: str
    milliseconds: float
    rows: int


def _text(value: Any) -> str:
    """Return a filter's value as a query has it."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)


async def every_query(system: System) -> list[str]:
    """Return the query strings of every declared filter with every declared sort."""
    urls = system.databases["mtl"]
    there = FilledTenant(tenant=system.tenant, grantee=SELLER, rows=leads.SIZE)
    app = Database(urls.app_url, name="bench-lists")
    database = FilledDatabase(urls, app, there, {LISTING.collection: SAMPLES})
    found = await database.filter_queries(LISTING)
    await app.dispose()
    filters = {next(iter(one.values)): one for one in found}  # one value of each parameter
    queries = [ListQuery(), ListQuery(q="远景"), *filters.values()]
    sorted_ones = [replace(each, sort=sort) for each in queries for sort in (None, *LISTING.sorts)]
    return list(map(_query_string, sorted_ones))


def _query_string(query: ListQuery) -> str:
    parameters = {name: _text(value) for name, value in query.values.items()}
    parameters |= {"q": query.q} if query.q else {}
    return urlencode(parameters | ({"sort": query.sort} if query.sort else {}))


async def every(bench: Bench) -> Measured:
    """Measure every filter with every sort for everybody; write all, name the worst."""
    system = bench.system
    await unchanged(system)
    await system.start(*leads.MTL)
    asked = [(role, query) for query in await every_query(system) for role in ROLES]
    requests = [
        Request("GET", f"{leads.API}?limit=50&{query}", system.headers(role))
        for role, query in asked
        for _ in range(EVERY_TIMES)
    ]
    answers = (await system.send("mtl", requests, connections=1)).answers
    timed = []
    for place, (role, query) in enumerate(asked):
        own = answers[place * EVERY_TIMES : (place + 1) * EVERY_TIMES]
        milliseconds = median(answer.seconds for answer in own) * 1000
        rows = len(own[0].json()["items"])
        timed.append(Timed(role, unquote_plus(query), milliseconds, rows))
    timed.sort(key=lambda one: -one.milliseconds)
    table = json.dumps([asdict(one) for one in timed], ensure_ascii=False, indent=1)
    EVERY_FILE.write_text(table + "\n")
    worst = "; ".join(f"{t.role} {t.query}: {t.milliseconds:.0f} ms" for t in timed[:WORST])
    return Measured([one.milliseconds for one in timed], f"{len(timed)} lists; worst: {worst}")


@asynccontextmanager
async def _in_process(system: System) -> AsyncIterator[FastAPI]:
    """The application of mtl in this process, on the database of the measured one."""
    url = system.databases["mtl"].app_url
    with mock.patch.dict(os.environ, {"MTL_DATABASE_URL": url}):
        app: FastAPI = import_module("mtl.app").create()
    app.state.verifier = tokens.verifier()
    async with app.router.lifespan_context(app):
        yield app


async def sent_statements(system: System, request: Request) -> SentStatements:
    """Return the SQL that a request sends when the caches are warm."""
    found: list[tuple[str, tuple[Any, ...]]] = []
    async with _in_process(system) as app:
        engine = app.state.database.engine.sync_engine
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            await client.get(request.path, headers=request.headers)

            @event.listens_for(engine, "before_cursor_execute")
            def _(_c: Any, _u: Any, statement: str, values: Any, _x: Any, _m: bool) -> None:
                found.append((statement, tuple(values)))

            answer = await client.get(request.path, headers=request.headers)
    assert answer.status_code == 200, answer.text
    return SentStatements(system.databases["mtl"].app_url, system.tenant, found)


async def bare(bench: Bench) -> Measured:
    """Compare the requests a second of a seller's list with those of a bare application."""
    system = bench.system
    await unchanged(system)
    await system.start(*leads.MTL)
    request = Request("GET", f"{leads.API}?limit=50", system.headers("seller"))
    sent = await sent_statements(system, request)
    values: list[float] = []
    async with serving(sent, system.folder) as port:
        requests, barely = [request] * BARE_REQUESTS, [Request("GET", "/list")] * BARE_REQUESTS
        await system.send("mtl", requests[:WARM_UP], connections=8)
        first = (await send([port], barely[:WARM_UP], connections=8)).answers[0].json()
        assert len(first["items"]) > 50, "no statement returns a page and the row that follows"
        for _ in range(RUNS):
            bare_rate = (await send([port], barely, connections=8)).rate
            full_rate = (await system.send("mtl", requests, connections=8)).rate
            values.append(full_rate / bare_rate)
    return Measured(values, f"{full_rate:,.0f}/s; bare {bare_rate:,.0f}/s")


ROWS: Sequence[Row] = (
    *(usual(name, query) for name, query in USUAL.items()),
    Row("lists.every", "every filter x sort x scope: median of all", Reach(), every, "ms"),
    Row("lists.bare", "requests/s / a bare app, same SQL", Reach(at_least=0.6), bare),
)
