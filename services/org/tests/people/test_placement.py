"""Placing the demo pipeline's sales teams: 35 agents of 6 managers in 3 offices."""

import asyncio
import csv
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.files.imports.target import ImportContext, ImportRow, RowOutcome, row_by_row
from chassis.web.commands import Command
from kernel.ids import new_id
from org.departments import store as departments
from org.departments.actions import create_department
from org.departments.domain import Department
from org.people import store as people
from org.people.actions.edit import create_person
from org.people.actions.placement import AgentPlacement, place_agent
from org.people.domain import new_person
from services.org.tests.factories import NOW
from testkit.plugin import Committed, PublishedFacts

FILE = Path(__file__).parents[4] / "deploy/demo/pipeline/sales_teams.csv"
place_chunk = row_by_row(place_agent)


def sales_teams() -> list[ImportRow[AgentPlacement]]:
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        ImportRow(
            number=number,
            value=AgentPlacement(
                name=row["sales_agent"], manager=row["manager"], office=row["regional_office"]
            ),
        )
        for number, row in enumerate(rows, 2)
    ]


async def add_root(tx: AsyncConnection, name: str) -> Department:
    root = Department(id=new_id(), name=name, created_at=NOW, updated_at=NOW)
    return await create_department(Command(tx, NOW), root)


def context() -> ImportContext:
    return ImportContext(import_id=new_id(), actor="x", now=NOW)


async def count_outcomes(tx: AsyncConnection) -> Counter[RowOutcome]:
    return Counter(results.outcome for results in await place_chunk(tx, sales_teams(), context()))


async def test_placing_the_file_again_changes_nothing(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    root = await add_root(tx, "MavenTech")
    assert await count_outcomes(tx) == {RowOutcome.CREATED: 35}
    tree = {result.id: result for result in await departments.list_all(tx)}
    offices = {key for key, result in tree.items() if result.parent_id == root.id}
    assert {tree[key].name for key in offices} == {"Central", "East", "West"}
    teams = [result for result in tree.values() if result.parent_id in offices]
    assert len(teams) == 6
    [anna] = await people.list_by_name(tx, ["Anna Snelling"])
    [team] = [result for result in teams if result.id == anna.posts[0].department_id]
    assert (team.name, team.manager_id) == ("Dustin Brinkmann", anna.manager_id)
    count = len(await published())
    assert await count_outcomes(tx) == {RowOutcome.UNCHANGED: 35}
    assert len(await published()) == count


async def test_an_agent_who_changed_teams_is_moved(tx: AsyncConnection) -> None:
    await add_root(tx, "Root")
    rows = [
        AgentPlacement(name="Ann", manager="Max", office="East"),
        AgentPlacement(name="Ann", manager="Zoe", office="West"),
    ]
    results = [await place_agent(tx, row, context()) for row in rows]
    assert [result.outcome for result in results] == [RowOutcome.CREATED, RowOutcome.UPDATED]
    [ann] = await people.list_by_name(tx, ["Ann"])
    [zoe] = await people.list_by_name(tx, ["Zoe"])
    assert ann.manager_id == zoe.id
    assert [post.department_id for post in ann.posts] == [zoe.posts[0].department_id]


async def test_invalid_rows_are_refused(tx: AsyncConnection) -> None:
    row = ImportRow(number=2, value=AgentPlacement(name="Ann", manager="Max", office="East"))
    [results] = await place_chunk(tx, [row], context())
    assert (results.outcome, results.findings[0].code) == (RowOutcome.REFUSED, "ROOT_MISSING")
    await add_root(tx, "Root")
    for _ in range(2):
        await create_person(Command(tx, NOW), new_person(new_id(), name="Ann", now=NOW))
    [results] = await place_chunk(tx, [row], context())
    assert (results.outcome, results.findings[0].code) == (RowOutcome.REFUSED, "PERSON_AMBIGUOUS")
    own_row = ImportRow(number=3, value=AgentPlacement(name="Max", manager="Max", office="East"))
    [results] = await place_chunk(tx, [own_row], context())
    assert (results.outcome, results.findings[0].code) == (RowOutcome.REFUSED, "MANAGER_CYCLE")


@pytest.mark.parametrize("times", [3])
async def test_importing_the_file_in_parallel_places_each_agent_once(
    committed: Committed, tenant: UUID, times: int
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_root(tx, "Root")

    async def run(database: Database) -> Counter[RowOutcome]:
        total: Counter[RowOutcome] = Counter()
        rows = sales_teams()
        for start in range(0, len(rows), 5):
            async with database.begin(tenant) as tx:
                results = await place_chunk(tx, rows[start : start + 5], context())
            total.update(result.outcome for result in results)
        return total

    counts = await asyncio.gather(*(run(committed.app) for _ in range(times)))
    assert sum(counts, Counter()) == {
        RowOutcome.CREATED: 35,
        RowOutcome.UNCHANGED: 35 * (times - 1),
    }
    async with committed.app.begin(tenant) as tx:
        assert len(await departments.list_all(tx)) == 1 + 3 + 6
