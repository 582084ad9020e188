"""The columns that follow from a resource's body, and the values that their cells hold."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict

from chassis.files.imports.resource_import import resource_import
from chassis.files.imports.resource_rows import row_reader
from chassis.files.imports.target import Cells
from chassis.foundation.texts import Text
from chassis.records.external_ids.actions import ExternalId
from chassis.records.import_headings import Heading, body_columns
from chassis.web.references import RefersTo
from kernel.money import Money
from testkit.cards.routes import RESOURCE
from testkit.database import Stage

TEXTS = {"Stage.DOING": Text("进行中", "Doing")}


class ThingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    stage: Stage = Stage.TO_DO
    name: Annotated[str, Heading("名字", ("thing",), "锤子")]
    board_id: UUID | None = None
    card_ids: list[UUID] = []
    tags: list[str] = []
    stages: list[Stage] = []
    price: Money | None = None
    count: int | None = None
    is_new: bool = False
    custom_fields: dict[str, Any] = {}


class ThingOut(BaseModel):
    board_id: Annotated[UUID | None, RefersTo("testkit.board")]
    card_ids: Annotated[list[UUID], RefersTo("testkit.card")]


COLUMNS = body_columns(ThingIn, ThingOut)
read = row_reader("testkit.thing", COLUMNS, TEXTS)


def test_required_fields_come_first_and_references_are_named_by_their_record() -> None:
    names = ["name", "stage", "board", "cards", "tags", "stages", "price", "count", "is_new"]
    assert [one.name for one in COLUMNS] == names
    assert COLUMNS[0].heading == Heading("名字", ("thing",), "锤子")


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ({"stage": "进行中"}, {"stage": "DOING"}),
        ({"stage": "doing"}, {"stage": "DOING"}),
        ({"stages": "DOING; done"}, {"stages": ["DOING", "DONE"]}),
        ({"tags": "a，b、c|d"}, {"tags": ["a", "b", "c", "d"]}),
        ({"price": "12.50 CNY"}, {"price": {"amount": "12.50", "currency": "CNY"}}),
        ({"price": "CNY 12.50"}, {"price": {"amount": "12.50", "currency": "CNY"}}),
        ({"count": "-3"}, {"count": -3}),
        ({"is_new": "是"}, {"is_new": True}),
    ],
)
def test_a_cell_holds_a_value(cells: Mapping[str, str], values: Mapping[str, Any]) -> None:
    row = read(Cells(cells)).value
    assert row is not None
    assert (row.values, row.references, row.external_id) == (values, {}, None)


@pytest.mark.parametrize(
    "cells",
    [
        {"stage": "vielleicht"},
        {"price": "12.50"},
        {"count": "3.5"},
        {"is_new": "perhaps"},
        {"external_id": " x"},
        {"external_system": "x y"},
    ],
)
def test_a_cell_that_holds_no_value_is_refused(cells: Mapping[str, str]) -> None:
    parsed = read(Cells(cells))
    assert parsed.value is None
    assert [one.field for one in parsed.errors] == list(cells)


def test_references_and_external_ids_are_kept_for_later() -> None:
    cells = {"board": "计划", "cards": "一；二", "external_id": "7", "external_system": "erp"}
    row = read(Cells(cells, custom={"colour": "红"})).value
    assert row is not None
    assert row.references == {"board_id": ["计划"], "card_ids": ["一", "二"]}
    assert row.external_id == ExternalId("testkit.thing", "erp", "7")
    assert (row.values, row.custom_cells) == ({}, {"colour": "红"})
    without_system = read(Cells({"external_id": "7"})).value
    assert without_system is not None
    assert without_system.external_id == ExternalId("testkit.thing", "import", "7")


class Part(BaseModel):
    width: int


class NestedIn(BaseModel):
    parts: list[Part]


class PlainIdIn(BaseModel):
    board_id: UUID


@pytest.mark.parametrize("body", [NestedIn, PlainIdIn])
def test_a_field_that_no_cell_holds_is_an_error_of_the_declaration(
    body: type[BaseModel],
) -> None:
    with pytest.raises(TypeError, match=next(iter(body.model_fields))):
        body_columns(body, Part)


def test_a_resource_says_which_record_a_row_is() -> None:
    with pytest.raises(TypeError, match="matched_by"):
        resource_import(RESOURCE, {})
