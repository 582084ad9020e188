"""The columns of a table follow from the fields of its records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import MetaData, Table, make_url
from sqlalchemy.schema import CreateTable

from chassis.database.record_columns import record_columns
from kernel.money import Money
from kernel.personal import Personal
from kernel.records import OwnedRecord


class Colour(StrEnum):
    RED = "RED"


@dataclass(frozen=True, kw_only=True)
class Size:
    width: int


@dataclass(frozen=True, kw_only=True)
class Thing(OwnedRecord):
    name: Annotated[str, Personal("name")]
    phone: Annotated[str | None, Personal("phone")] = None
    account_id: UUID | None = None
    colour: Colour = Colour.RED
    price: Money
    fee: Money | None = None
    weight: Decimal | None = None
    made_date: date | None = None
    is_new: bool = True
    tags: Sequence[str] = ()
    sizes: tuple[Size, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)
    member_ids: tuple[UUID, ...] = ()


def test_the_columns_of_an_entity() -> None:
    table = Table("things", MetaData(), *record_columns(Thing, without=["member_ids"]))
    written = str(
        CreateTable(table).compile(dialect=make_url("postgresql+asyncpg://").get_dialect()())
    )
    stripped = [line.strip(" \t,") for line in written.split("\n")]
    lines = {line.partition(" ")[0]: line for line in stripped}
    assert lines["id"] == "id UUID NOT NULL"
    assert lines["name"] == "name TEXT NOT NULL"
    assert lines["phone"] == "phone TEXT"
    assert lines["account_id"] == "account_id UUID"
    assert lines["colour"] == "colour VARCHAR(40) NOT NULL"
    assert lines["price"] == "price NUMERIC(22, 6) NOT NULL"
    assert lines["price_currency"] == "price_currency TEXT NOT NULL"
    assert (lines["fee"], lines["fee_currency"]) == ("fee NUMERIC(22, 6)", "fee_currency TEXT")
    assert (lines["weight"], lines["made_date"]) == ("weight NUMERIC", "made_date DATE")
    assert lines["is_new"] == "is_new BOOLEAN NOT NULL"
    assert lines["tags"] == "tags TEXT[] DEFAULT '{}' NOT NULL"
    assert lines["sizes"] == "sizes JSONB NOT NULL"
    assert lines["rest"] == "rest JSONB DEFAULT '{}' NOT NULL"
    assert lines["custom_fields"] == "custom_fields JSONB DEFAULT '{}' NOT NULL"
    assert lines["deleted_at"] == "deleted_at TIMESTAMP WITH TIME ZONE"
    assert lines["version"] == "version INTEGER NOT NULL"
    assert "member_ids" not in lines
    assert [one.name for one in table.primary_key] == ["tenant_id", "id"]
    assert {one.name: one.info for one in table.c if one.info} == {
        "name": {"personal": "name"},
        "phone": {"personal": "phone"},
    }
