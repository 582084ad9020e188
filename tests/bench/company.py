"""A tenant of 1,000 sellers, whose opportunities fill the list; and how its people sign in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from chassis.database.engine import Database
from l2o.opportunities.store import LISTING
from testkit import tokens
from testkit.databases import ServiceDatabase, empty_tables
from testkit.filling import FULL_SIZE, FilledTenant, ListSample, fill
from testkit.tenants import add_tenant

SELLERS, TEAM = 1_000, 50
# Every seller has opportunities in every stage.
COLUMNS = {
    "owner_id": f"'person-' || n % {SELLERS}",
    "name": "'name ' || md5((n % 4999)::text)",
    "stage": "(ARRAY['FIRST_CONTACT', 'SOLUTION', 'QUOTATION', 'WON'])[1 + (n / 1000 + n) % 4]",
}
SCOPES = "l2o.opportunity.read l2o.opportunity.write"
# What somebody is, by the subject and the scopes of their token.
ROLES: Mapping[str, tuple[str, str]] = {
    "all": ("person-1", "*"),
    "director": ("director", SCOPES),
    f"manager of {TEAM}": ("manager", SCOPES),
    "seller": ("person-7", SCOPES),
}
ROOT, GROUP = UUID(int=1), UUID(int=2)
PERSON = "('00000000-0000-0000-0001-' || lpad(to_hex({n}), 12, '0'))::uuid"
DIRECTOR, MANAGER = SELLERS + 1, SELLERS + 2
_PERSON = PERSON.format(n="n")
DIRECTORY = (
    "INSERT INTO directory_people (id, epoch, sequence, deleted, subject, name, active)"
    f" SELECT CASE WHEN n = 7 THEN CAST(:seller AS uuid) ELSE {_PERSON} END, 1, 1, false,"
    f" CASE n WHEN {DIRECTOR} THEN 'director' WHEN {MANAGER} THEN 'manager'"
    f" ELSE 'person-' || n END, 'Person ' || n, true FROM generate_series(0, {MANAGER}) AS n",
    "INSERT INTO directory_departments"
    " (id, epoch, sequence, deleted, name, parent_id, manager_id, active)"
    f" VALUES ('{ROOT}', 1, 1, false, 'Root', NULL, {PERSON.format(n=DIRECTOR)}, true),"
    f" ('{GROUP}', 1, 1, false, 'Group', '{ROOT}', {PERSON.format(n=MANAGER)}, true)",
    "INSERT INTO directory_posts (person_id, department_id, is_primary)"
    f" SELECT id, CASE WHEN split_part(subject, '-', 2)::int < {TEAM} THEN '{GROUP}'::uuid"
    f" ELSE '{ROOT}'::uuid END, true FROM directory_people WHERE subject LIKE 'person-%'",
    "ANALYZE directory_people, directory_departments, directory_posts",
)


@dataclass(frozen=True)
class Bench:
    """The filled list behind the real application."""

    app: FastAPI
    there: FilledTenant
    urls: ServiceDatabase

    def client(self, role: str) -> httpx.AsyncClient:
        """Requests as this role, without a network between."""
        subject, scope = ROLES[role]
        headers = tokens.bearer(self.there.tenant, sub=subject, scope=scope) | {"If-Match": "*"}
        transport, base = httpx.ASGITransport(self.app), "http://bench/l2o/v1"
        return httpx.AsyncClient(transport=transport, base_url=base, headers=headers)


@asynccontextmanager
async def company(app: FastAPI, urls: ServiceDatabase) -> AsyncIterator[Bench]:
    """Create the tenant with its people and records; delete it at the end."""
    app.state.admission.max_age = 2.0  # as in production
    owner = Database(urls.owner_url, name="bench-owner")
    sample = ListSample(columns=COLUMNS)
    there = await fill(urls, [LISTING], {LISTING.collection: sample}, rows=FULL_SIZE)
    async with owner.begin(there.tenant) as tx:
        await add_tenant(tx)
        for statement in DIRECTORY:
            values = {"seller": there.grantee} if ":seller" in statement else {}
            await tx.execute(text(statement), values)
    yield Bench(app, there, urls)
    await owner.dispose()
    await empty_tables(urls)
