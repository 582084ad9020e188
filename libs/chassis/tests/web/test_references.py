"""Tests of references: names beside ids, and the paths that can be expanded."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people
from chassis.web.reference_names import fill_names
from chassis.web.references import (
    Expandable,
    PersonSubject,
    RefersTo,
    expandable_paths,
    has_names,
    models_at,
    references_of,
    shown_fields,
)
from kernel.ids import new_id

LI, SUN = new_id(), new_id()


class Person(BaseModel):
    id: UUID
    manager_id: Annotated[UUID | None, RefersTo("org.person")] = None
    manager_name: str | None = None
    manager: Expandable["Person"] = None


class Line(BaseModel):
    person_id: Annotated[UUID, RefersTo("org.person")]
    person: Expandable[Person] = None


class Document(BaseModel):
    owner_id: Annotated[str | None, PersonSubject] = None
    owner_name: str | None = None
    signed_by: Annotated[str | None, PersonSubject] = None
    signed_by_name: str | None = None
    member_ids: Annotated[list[UUID], RefersTo("org.person")] = []
    member_names: list[str | None] = []
    member_active: list[bool | None] = []
    lines: list[Line] = []


async def add_people(tx: AsyncConnection) -> None:
    for key, name in ((LI, "李娜"), (SUN, "孙强")):
        values: dict[str, Any] = {"id": key, "subject": str(key), "name": name, "active": True}
        await tx.execute(insert(people).values(values | {"epoch": 1, "sequence": 1}))


def test_the_name_stands_beside_the_id() -> None:
    names = {one.field: one.name_field for one in references_of(Document)}
    assert names == {
        "owner_id": "owner_name",
        "signed_by": "signed_by_name",
        "member_ids": "member_names",
    }
    assert [one.record_model for one in references_of(Line)] == [Person]
    assert [one.name_field for one in references_of(Line)] == [None]


async def test_it_says_who_is_active_where_a_model_asks_for_it(tx: AsyncConnection) -> None:
    await add_people(tx)
    await tx.execute(update(people).where(people.c.id == SUN).values(active=False))
    unknown = new_id()
    document = Document(owner_id=str(LI), member_ids=[LI, SUN, unknown])
    await fill_names(tx, document)
    assert document.member_names == ["李娜", "孙强", None]
    assert document.member_active == [True, False, None]
    await tx.execute(update(people).where(people.c.id == LI).values(deleted=True))
    again = Document(member_ids=[LI])
    await fill_names(tx, again)
    assert again.member_active == [False]


def test_paths_are_at_most_two_deep_even_where_a_model_refers_to_itself() -> None:
    assert expandable_paths(Person) == ("manager", "manager.manager")
    assert expandable_paths(Document) == ("lines.person",)
    assert expandable_paths(Line) == ("person", "person.manager")
    assert shown_fields(Person) == ["id", "manager_id", "manager_name"]


def test_an_expanded_record_is_left_out_until_it_is_there() -> None:
    person = Person(id=LI)
    assert "manager" not in person.model_dump()
    person.manager = Person(id=SUN)
    assert person.model_dump()["manager"]["id"] == SUN
    assert list(models_at([person], ["manager"])) == [person.manager]


def test_names_are_found_at_every_depth() -> None:
    assert has_names(list[Document])
    assert has_names(Line | None)
    assert not has_names(dict[str, int])


async def test_names_of_people_are_read_by_id_and_by_subject(tx: AsyncConnection) -> None:
    await add_people(tx)
    unknown = new_id()
    document = Document(
        owner_id=str(LI),
        signed_by="client:erp",
        member_ids=[SUN, unknown, LI],
        lines=[Line(person_id=LI, person=Person(id=LI, manager_id=SUN))],
    )
    await fill_names(tx, [document])
    assert (document.owner_name, document.signed_by_name) == ("李娜", None)
    assert document.member_names == ["孙强", None, "李娜"]
    assert document.lines[0].person is not None
    assert document.lines[0].person.manager_name == "孙强"


async def test_a_name_that_the_answer_has_already_stays(tx: AsyncConnection) -> None:
    await add_people(tx)
    document = Document(owner_id=str(LI), owner_name="李娜 (2025)")
    await fill_names(tx, document)
    assert document.owner_name == "李娜 (2025)"
