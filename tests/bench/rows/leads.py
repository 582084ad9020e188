"""Leads: create, read, edit, list and convert, out of 100,000."""

import os
from collections.abc import Sequence
from itertools import count
from uuid import UUID, uuid4

import asyncpg

from tests.bench.machine.generator import copy_leads, generated_leads
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import Operation, Prepare, Row, cost, requests_to
from tests.bench.machine.system import System
from tests.bench.machine.waiting import wait_for_count

SIZE, API = 100_000, "/mtl/v1/leads"


async def filled(system: System, group: str = "") -> None:
    """Let mtl have the full table; see `System.use_filled` for the group."""

    async def fill(connection: asyncpg.Connection, tenant: UUID) -> None:
        await copy_leads(connection, tenant, generated_leads(SIZE))

    await system.use_filled("mtl", f"leads_{SIZE}", fill, group=group)


numbers = count(int.from_bytes(os.urandom(3)))  # other ones in every run, and none twice


def body() -> dict[str, str]:
    """Return a lead that no other one equals."""
    unique = next(numbers)
    return {
        "name": "王芳",
        "company": f"杭州远景科技{unique % 9_973}有限公司",
        "phone": f"137{unique:08}",
        "email": f"lead{unique}@example.com",
        "source": "展会",
    }


async def new_leads(system: System, count: int) -> list[Request]:
    headers = system.headers("seller")
    return [Request("POST", API, headers, body()) for _ in range(count)]


async def checks(system: System, count: int) -> list[Request]:
    headers = system.headers("seller")
    return [Request("POST", f"{API}/duplicate-check", headers, body()) for _ in range(count)]


async def ids_of(system: System, count: int, owner: str) -> list[UUID]:
    query = (
        "SELECT id FROM leads WHERE owner_id = $1 AND status = 'RAW' ORDER BY random() LIMIT $2"
        if owner
        else "SELECT id FROM leads WHERE $1 = '' AND status = 'RAW' ORDER BY random() LIMIT $2"
    )
    async with system.superuser("mtl") as connection:
        ids = [row["id"] for row in await connection.fetch(query, owner, count)]
    return [ids[n % len(ids)] for n in range(count)]


def reads(role: str, owner: str) -> Prepare:
    async def prepare(system: System, count: int) -> list[Request]:
        headers = system.headers(role)
        return [
            Request("GET", f"{API}/{key}", headers) for key in await ids_of(system, count, owner)
        ]

    return prepare


async def patches(system: System, count: int) -> list[Request]:
    headers = system.headers("admin") | {"If-Match": "*"}
    return [
        Request("PATCH", f"{API}/{key}", headers, {"source": f"展会 {uuid4().hex}"})
        for key in await ids_of(system, count, "")
    ]


def lists(role: str, query: str = "") -> Prepare:
    async def prepare(system: System, count: int) -> list[Request]:
        return [Request("GET", f"{API}?limit=50{query}", system.headers(role))] * count

    return prepare


async def conversions(system: System, count: int) -> list[Request]:
    """Create and qualify leads; return the requests that convert them."""
    headers = system.headers("seller")
    created = await system.send("mtl", await new_leads(system, count), connections=8)
    keys = [answer.json()["id"] for answer in created.answers]
    changes = headers | {"If-Match": "*"}
    await system.send(
        "mtl", [Request("POST", f"{API}/{key}/qualify", changes) for key in keys], connections=8
    )
    return [Request("POST", f"{API}/{key}/convert", changes, {}) for key in keys]


async def convert_wholly(system: System, requests: Sequence[Request]) -> None:
    """Send the requests and wait until L2O has answered every conversion."""
    sent = await system.send("mtl", requests, connections=8)
    ids = [UUID(answer.json()["id"]) for answer in sent.answers]
    query = "SELECT count(*) FROM operations WHERE id = ANY($1) AND status = 'SUCCEEDED'"
    async with system.superuser("mtl") as connection:
        await wait_for_count(connection, query, ids, count=len(ids))


MTL = ("mtl-api",)
WHOLE = ("mtl-api", "mtl-relay", "mtl-consumer", "l2o-relay", "l2o-consumer")


def row(name: str, what: str, at_most: float, prepare: Prepare, count: int) -> Row:
    operation = Operation(
        ready=filled, prepare=prepare, work=requests_to("mtl"), processes=MTL, count=count
    )
    return cost(f"leads.{name}", what, at_most, operation)


def alone() -> Operation:
    """Creating leads over one connection."""
    work = requests_to("mtl", connections=1)
    return Operation(
        ready=filled, prepare=new_leads, work=work, processes=MTL, count=200, connections=1
    )


ROWS: Sequence[Row] = (
    cost("leads.create.1", "POST /mtl/v1/leads, 1 connection", 4, alone()),
    row("create.8", "POST /mtl/v1/leads, 8 connections", 4, new_leads, 300),
    row("get.admin", "GET /mtl/v1/leads/{id}, admin", 1.5, reads("admin", ""), 400),
    row("get.seller", "GET /mtl/v1/leads/{id}, seller", 1.5, reads("seller", "person-7"), 400),
    row("duplicates", f"duplicate check against {SIZE:,} leads", 8, checks, 200),
    row("patch", "PATCH /mtl/v1/leads/{id}", 4, patches, 200),
    row("list.admin", f"50 of {SIZE:,} leads, admin", 2, lists("admin"), 200),
    row("list.director", f"50 of {SIZE:,} leads, director", 3, lists("director"), 150),
    row("list.seller", f"50 of {SIZE:,} leads, seller", 3, lists("seller"), 150),
    cost(
        "leads.convert.request",
        "convert: API and PostgreSQL, with workers",
        5,
        Operation(
            ready=filled,
            prepare=conversions,
            work=requests_to("mtl"),
            processes=MTL,
            beside=WHOLE[1:],
            count=120,
        ),
    ),
    cost(
        "leads.convert.whole",
        "convert: the whole effect, broker aside",
        20,
        Operation(
            ready=filled,
            prepare=conversions,
            work=convert_wholly,
            processes=WHOLE,
            count=120,
            leave_running=False,
        ),
    ),
)
