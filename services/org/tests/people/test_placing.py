"""The pipeline's sales teams: 35 agents of 6 managers in 3 offices."""

import asyncio
import csv
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.files.imports.target import ImportContext, ImportRow, RowOutcome, each
from kernel.ids import new_id
from org.departments import store as departments
from org.departments.actions import create_department
from org.people import store as people
from org.people.actions import Placement, create_person, place_agent
from services.org.tests.factories import NOW
from testkit.plugin import Committed, PublishedFacts

FILE = Path(__file__).parents[4] / "deploy/demo/pipeline/sales_teams.csv"
take = each(place_agent)


def sales_teams() -> list[ImportRow[Placement]]:
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        ImportRow(
            number=number,
            value=Placement(
                name=row["sales_agent"], manager=row["manager"], office=row["regional_office"]
            ),
        )
        for number, row in enumerate(rows, 2)
    ]


def context() -> ImportContext:
    return ImportContext(import_id=new_id(), actor="x", now=NOW)


async def outcomes(tx: AsyncConnection) -> Counter[RowOutcome]:
    return Counter(taken.outcome for taken in await take(tx, sales_teams(), context()))


async def test_the_file_twice(tx: AsyncConnection, published: PublishedFacts) -> None:
    root = await create_department(tx, name="MavenTech", now=NOW)
    assert await outcomes(tx) == {RowOutcome.CREATED: 35}
    tree = {one.id: one for one in await departments.named(tx)}
    offices = {key for key, one in tree.items() if one.parent_id == root.id}
    assert {tree[key].name for key in offices} == {"Central", "East", "West"}
    teams = [one for one in tree.values() if one.parent_id in offices]
    assert len(teams) == 6
    [anna] = await people.by_name(tx, ["Anna Snelling"])
    [team] = [one for one in teams if one.id == anna.posts[0].department_id]
    assert (team.name, team.manager_id) == ("Dustin Brinkmann", anna.manager_id)
    count = len(await published())
    assert await outcomes(tx) == {RowOutcome.UNCHANGED: 35}
    assert len(await published()) == count


async def test_who_changed_teams_is_moved(tx: AsyncConnection) -> None:
    await create_department(tx, name="Root", now=NOW)
    rows = [
        Placement(name="Ann", manager="Max", office="East"),
        Placement(name="Ann", manager="Zoe", office="West"),
    ]
    taken = [await place_agent(tx, row, context()) for row in rows]
    assert [one.outcome for one in taken] == [RowOutcome.CREATED, RowOutcome.UPDATED]
    [ann] = await people.by_name(tx, ["Ann"])
    [zoe] = await people.by_name(tx, ["Zoe"])
    assert ann.manager_id == zoe.id
    assert [post.department_id for post in ann.posts] == [zoe.posts[0].department_id]


async def test_rows_that_are_refused(tx: AsyncConnection) -> None:
    row = ImportRow(number=2, value=Placement(name="Ann", manager="Max", office="East"))
    [taken] = await take(tx, [row], context())
    assert (taken.outcome, taken.findings[0].code) == (RowOutcome.REFUSED, "ROOT_MISSING")
    await create_department(tx, name="Root", now=NOW)
    for _ in range(2):
        await create_person(tx, name="Ann", email=None, scopes=(), may=lambda _: True, now=NOW)
    [taken] = await take(tx, [row], context())
    assert (taken.outcome, taken.findings[0].code) == (RowOutcome.REFUSED, "PERSON_AMBIGUOUS")
    own = ImportRow(number=3, value=Placement(name="Max", manager="Max", office="East"))
    [taken] = await take(tx, [own], context())
    assert (taken.outcome, taken.findings[0].code) == (RowOutcome.REFUSED, "MANAGER_CYCLE")


@pytest.mark.parametrize("times", [3])
async def test_the_file_at_once_ends_as_once(
    committed: Committed, tenant: UUID, times: int
) -> None:
    async with committed.app.begin(tenant) as tx:
        await create_department(tx, name="Root", now=NOW)

    async def run(database: Database) -> Counter[RowOutcome]:
        total: Counter[RowOutcome] = Counter()
        rows = sales_teams()
        for start in range(0, len(rows), 5):
            async with database.begin(tenant) as tx:
                taken = await take(tx, rows[start : start + 5], context())
            total.update(one.outcome for one in taken)
        return total

    counts = await asyncio.gather(*(run(committed.app) for _ in range(times)))
    assert sum(counts, Counter()) == {
        RowOutcome.CREATED: 35,
        RowOutcome.UNCHANGED: 35 * (times - 1),
    }
    async with committed.app.begin(tenant) as tx:
        assert len(await departments.named(tx)) == 1 + 3 + 6
