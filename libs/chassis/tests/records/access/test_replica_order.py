"""Property test: the directory's events give the same visibility in whatever order they arrive."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import ReceivedState
from chassis.records.access.visibility import visibility_of
from chassis.web.auth import Principal
from contracts.event import Event
from contracts.org.events import (
    DepartmentChanged,
    DepartmentDeleted,
    DepartmentMoved,
    DepartmentState,
    PersonChanged,
    PersonDeactivated,
    PersonState,
    Post,
    TeamChanged,
    TeamDeleted,
    TeamState,
)
from testkit.directory import directory_id, hear, leave, received, subject

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in Shanghai
AWAY = (date(2026, 11, 22), date(2026, 11, 23))
BACK = (date(2026, 11, 20), date(2026, 11, 22))
PEOPLE, DEPARTMENTS, TEAMS = ("p1", "p2", "p3", "p4"), ("d1", "d2", "d3", "d4"), ("t1",)
NAMES = {directory_id(name): name for name in (*PEOPLE, *DEPARTMENTS, *TEAMS)}

some = st.sampled_from
maybe_person, maybe_department = st.none() | some(PEOPLE), st.none() | some(DEPARTMENTS)


@st.composite
def person_events(draw: st.DrawFn) -> Event:
    name = draw(some(PEOPLE))
    departments = draw(st.lists(some(DEPARTMENTS), max_size=2, unique=True))
    absence = draw(st.none() | st.tuples(some((AWAY, BACK)), some(PEOPLE)))
    active = draw(some((True, True, False)))
    state = PersonState(
        person_id=directory_id(name),
        name=name,
        active=active,
        posts=tuple(
            Post(department_id=directory_id(each), primary=each == departments[0])
            for each in departments
        ),
        leaves=(leave(*absence[0], absence[1]),) if absence else (),
    )
    return PersonChanged(person=state) if active else PersonDeactivated(person=state)


@st.composite
def department_events(draw: st.DrawFn) -> Event:
    name, parent, manager = draw(some(DEPARTMENTS)), draw(maybe_department), draw(maybe_person)
    state = DepartmentState(
        department_id=directory_id(name),
        name=name,
        parent_id=directory_id(parent) if parent else None,
        manager_id=directory_id(manager) if manager else None,
    )
    kinds: tuple[Any, ...] = (DepartmentChanged, DepartmentMoved, DepartmentDeleted)
    made: Event = draw(some((DepartmentChanged, *kinds)))(department=state)
    return made


@st.composite
def team_events(draw: st.DrawFn) -> Event:
    members = draw(st.lists(some(PEOPLE), max_size=3, unique=True))
    ids = tuple(directory_id(name) for name in members)
    state = TeamState(team_id=directory_id("t1"), name="t1", member_ids=ids)
    kinds: tuple[Any, ...] = (TeamChanged, TeamChanged, TeamDeleted)
    made: Event = draw(some(kinds))(team=state)
    return made


events = st.lists(person_events() | department_events() | team_events(), max_size=25)


@dataclass
class Directory:
    """A reference model: the state after all events in order, evaluated in plain Python."""

    people: dict[UUID, PersonState] = field(default_factory=dict)
    departments: dict[UUID, DepartmentState] = field(default_factory=dict)
    teams: dict[UUID, TeamState] = field(default_factory=dict)

    def apply(self, event: Any) -> None:
        if hasattr(event, "person"):
            self.people[event.person.person_id] = event.person
        elif hasattr(event, "team"):
            self.teams.pop(event.team.team_id, None)
            if not isinstance(event, TeamDeleted):
                self.teams[event.team.team_id] = event.team
        else:
            self.departments.pop(event.department.department_id, None)
            if not isinstance(event, DepartmentDeleted):
                self.departments[event.department.department_id] = event.department

    def with_ancestors(self, department: UUID) -> set[UUID]:
        """The department and all above it."""
        ids: set[UUID] = set()
        current: UUID | None = department
        while current is not None and current in self.departments and current not in ids:
            ids.add(current)
            current = self.departments[current].parent_id
        return ids

    def departments_of(self, person: PersonState) -> set[UUID]:
        return {key for post in person.posts for key in self.with_ancestors(post.department_id)}

    def owners(self, name: str) -> set[str]:
        me = self.people.get(directory_id(name))
        if me is None or not me.active:
            return {name} if me is None else set()
        absent = {
            person.person_id
            for person in self.people.values()
            for leave in person.leaves
            if leave.substitute_id == me.person_id and leave.from_date == AWAY[0]
        }
        managers = {me.person_id} | absent
        return {name} | {
            NAMES[person.person_id]
            for person in self.people.values()
            if person.person_id in absent
            or any(self.departments[d].manager_id in managers for d in self.departments_of(person))
        }

    def grantees(self, name: str) -> set[str]:
        me = self.people.get(directory_id(name))
        if me is None or not me.active:
            return set()
        managed = {d for d, state in self.departments.items() if state.manager_id == me.person_id}
        above = self.departments_of(me) | {key for d in managed for key in self.with_ancestors(d)}
        teams = {t for t, state in self.teams.items() if me.person_id in state.member_ids}
        return {NAMES[key] for key in {me.person_id} | above | teams}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(published=events, data=st.data())
async def test_any_order_of_events_gives_the_same_visibility(
    tx: AsyncConnection, tenant: UUID, published: list[Event], data: st.DataObject
) -> None:
    expected, numbered = Directory(), []
    for sequence, event in enumerate(published, 1):
        expected.apply(event)
        numbered.append(received(event, sequence=sequence))
    redelivered = data.draw(st.lists(some(numbered), max_size=5)) if numbered else []
    arriving: list[ReceivedState[Any]] = data.draw(st.permutations([*numbered, *redelivered]))
    async with tx.begin_nested() as savepoint:
        while arriving:
            size = data.draw(st.integers(1, len(arriving)))
            await hear(tx, arriving[:size])
            arriving = arriving[size:]
        for name in PEOPLE:
            caller = Principal(tenant, subject(name), "person", frozenset())
            visibility = await visibility_of(tx, caller, "testkit.card", NOW)
            names = {str(key): known_as for key, known_as in NAMES.items()}
            assert {names[owner] for owner in visibility.owners} == expected.owners(name)
            assert {NAMES[key] for key in visibility.grantees} == expected.grantees(name)
        await savepoint.rollback()


async def test_a_higher_epoch_wins_whatever_the_sequence(tx: AsyncConnection, tenant: UUID) -> None:
    """After a restore of org's database, sequences continue from a lower number in a new epoch."""

    def person(department: str) -> Event:
        post = Post(department_id=directory_id(department))
        return PersonChanged(
            person=PersonState(person_id=directory_id("p1"), name="p1", active=True, posts=(post,))
        )

    for name in ("d1", "d2"):
        state = DepartmentState(
            department_id=directory_id(name), name=name, manager_id=directory_id("h" + name)
        )
        await hear(tx, [received(DepartmentChanged(department=state), sequence=1)])
    await hear(tx, [received(person("d2"), sequence=3, epoch=2)])
    await hear(tx, [received(person("d1"), sequence=9, epoch=1)])
    seen = {}
    for name in ("hd1", "hd2"):
        manager = PersonState(person_id=directory_id(name), name=name, active=True)
        await hear(tx, [received(PersonChanged(person=manager), sequence=1)])
        caller = Principal(tenant, subject(name), "person", frozenset())
        seen[name] = subject("p1") in (await visibility_of(tx, caller, "testkit.card", NOW)).owners
    assert seen == {"hd1": False, "hd2": True}
