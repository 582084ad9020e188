"""Tests of the directory's replica: newest state, concurrent consumers, and consumed records."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from chassis.events.envelope import Envelope
from chassis.records.access.replica import directory_subscription
from chassis.records.access.tables import departments, leaves, people, posts, team_members, teams
from contracts.event import Event
from contracts.org.events import (
    DepartmentCreated,
    DepartmentState,
    PersonChanged,
    PersonCreated,
    PersonState,
    Post,
    TeamChanged,
    TeamDeleted,
    TeamState,
)
from kernel.ids import new_id
from testkit.directory import Company, directory_id, hear, leave, received
from testkit.plugin import Committed


def person(name: str, *places: str, **more: Any) -> PersonState:
    stored = tuple(
        Post(department_id=directory_id(place), title=place, primary=place == places[0])
        for place in places
    )
    return PersonState(person_id=directory_id(name), name=name, active=True, posts=stored, **more)


def record(tenant: UUID, offset: int, key: UUID, sequence: int, event: Event) -> ConsumerRecord:
    envelope = Envelope(
        id=new_id(),
        source="/org",
        type=event.type,
        subject=key,
        time=datetime(2026, 11, 22, 4, tzinfo=UTC),
        tenantid=tenant,
        sequence=sequence,
        epoch=1,
        correlationid="x",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data=event.model_dump(mode="json"),
    )
    return ConsumerRecord(event.topic(), 0, offset, envelope.encode())


async def test_the_newest_state_replaces_the_whole_person(tx: AsyncConnection) -> None:
    away = leave(date(2026, 11, 1), date(2026, 12, 1), "wu")
    newest = person("li", "team B", "finance", subject="oidc|li", leaves=(away,))
    await hear(tx, [received(PersonChanged(person=newest), sequence=3)])
    await hear(tx, [received(PersonCreated(person=person("li", "team A")), sequence=1)])
    stored = (
        await tx.execute(select(posts.c.department_id, posts.c.title, posts.c.is_primary))
    ).all()
    assert sorted(tuple(row) for row in stored) == sorted(
        [(directory_id("team B"), "team B", True), (directory_id("finance"), "finance", False)]
    )
    assert (await tx.execute(select(people.c.subject))).scalar_one() == "oidc|li"
    (absence,) = (await tx.execute(select(leaves))).all()
    assert (absence.to_date, absence.substitute_id) == (date(2026, 12, 1), directory_id("wu"))


async def test_a_person_without_a_subject_gets_their_id_as_subject(tx: AsyncConnection) -> None:
    await Company(tx).person("li")
    assert (await tx.execute(select(people.c.subject))).scalar_one() == str(directory_id("li"))


async def test_a_deleted_team_stays_deleted(tx: AsyncConnection) -> None:
    state = TeamState(team_id=directory_id("t"), name="t", member_ids=(directory_id("li"),))
    await hear(tx, [received(TeamDeleted(team=state), sequence=2)])
    await hear(tx, [received(TeamChanged(team=state), sequence=1)])
    assert (await tx.execute(select(teams.c.deleted))).scalar_one() is True
    assert (await tx.execute(select(team_members))).all() == []


async def test_concurrent_consumers_keep_the_newest_state(
    committed: Committed, tenant: UUID
) -> None:
    """During a rebalance, the old and the new owner of a partition may both read it."""

    async def apply_change(name: str, sequence: int, *places: str) -> None:
        async with committed.worker.begin(tenant) as tx:
            event = PersonChanged(person=person(name, *places))
            await hear(tx, [received(event, sequence=sequence)])

    names = [f"p{number}" for number in range(10)]
    for name in names:
        await asyncio.gather(
            apply_change(name, 2, "team B"),
            apply_change(name, 1, "team A", "finance"),
            apply_change(name, 3, "root"),
            apply_change(name, 2, "team B"),
        )
    async with committed.worker.begin(tenant) as tx:
        stored = (await tx.execute(select(posts.c.person_id, posts.c.title))).all()
    assert sorted(tuple(row) for row in stored) == sorted(
        (directory_id(name), "root") for name in names
    )


async def test_records_of_all_topics_are_applied_and_invalid_ones_parked(
    committed: Committed, tenant: UUID
) -> None:
    sales = DepartmentState(department_id=directory_id("sales"), name="销售部")
    broken = record(tenant, 1, directory_id("x"), 1, PersonCreated(person=person("x")))
    broken = ConsumerRecord(
        broken.topic, 0, 1, broken.value.replace(b'"active":true', b'"active":7')
    )
    await Processor(directory_subscription("testkit"), committed.worker).apply(
        [
            record(tenant, 0, directory_id("li"), 1, PersonCreated(person=person("li", "sales"))),
            broken,
            record(tenant, 0, directory_id("sales"), 1, DepartmentCreated(department=sales)),
        ]
    )
    async with committed.worker.begin(tenant) as tx:
        assert (await tx.execute(select(people.c.name))).scalars().all() == ["li"]
        assert (await tx.execute(select(departments.c.name))).scalars().all() == ["销售部"]
