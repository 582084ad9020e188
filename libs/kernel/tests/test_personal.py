from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from kernel.personal import Personal, mask, personal_fields

bounded = settings(max_examples=200, deadline=None)
Phone = Annotated[str, Personal("phone")]


class Address(BaseModel):
    city: str
    street: Annotated[str, Field(max_length=100), Personal("address")] = ""


@dataclass(frozen=True)
class Signature:
    at: str
    by: Annotated[str, Personal("name")]


class Contact(BaseModel):
    kind: Literal["buyer", "user"]
    name: Annotated[str, Personal("name")]
    mail: Annotated[str | None, Personal("mail")] = None
    phones: list[Phone] = []
    home: Address | None = None
    office: Annotated[Address, Personal("address")]
    nicknames: Annotated[list[str], Personal("name")] = []
    reports: list[Contact] = []


class Account(BaseModel):
    title: str
    phone: Optional[Phone] = None  # noqa: UP045  # the old spelling must work as well
    contacts: Sequence[Contact]
    by_role: dict[str, Contact | Signature]
    by_phone: Mapping[Phone, int]
    marks: tuple[Phone, ...] = ()


def test_the_json_schema_shows_personal_fields() -> None:
    schema = Contact.model_json_schema()
    properties = schema["$defs"]["Contact"]["properties"]
    assert properties["name"] == {"title": "Name", "type": "string", "x-personal": "name"}
    assert properties["mail"]["x-personal"] == "mail"
    assert properties["phones"]["items"] == {"type": "string", "x-personal": "phone"}
    assert properties["office"] == {"$ref": "#/$defs/Address", "x-personal": "address"}
    assert "x-personal" not in schema["$defs"]["Address"]["properties"]["city"]
    assert schema["$defs"]["Address"]["properties"]["street"]["x-personal"] == "address"
    assert "x-personal" not in schema["$defs"]["Address"]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_marked_fields_keep_their_values(mode: Any) -> None:
    address = Address(city="上海", street="南京路 1")
    assert address.model_dump(mode="json") == {"city": "上海", "street": "南京路 1"}
    street = Address.model_json_schema(mode=mode)["properties"]["street"]
    assert street["x-personal"] == "address"


def test_personal_fields_of_a_model() -> None:
    assert personal_fields(Contact) == {
        ("name",): "name",
        ("mail",): "mail",
        ("phones", "*"): "phone",
        ("home", "street"): "address",
        ("office",): "address",
        ("office", "street"): "address",
        ("nicknames",): "name",
    }


def test_personal_fields_of_nested_models_and_lists() -> None:
    paths = personal_fields(Account)
    assert paths[("phone",)] == "phone"
    assert paths[("contacts", "*", "name")] == "name"
    assert paths[("contacts", "*", "phones", "*")] == "phone"
    assert paths[("by_role", "*", "home", "street")] == "address"
    assert paths[("by_role", "*", "by")] == "name"
    assert paths[("marks", "*")] == "phone"
    assert ("title",) not in paths
    assert ("by_phone", "*") not in paths  # the values are not phones
    assert ("contacts", "*", "kind") not in paths


def test_a_model_without_personal_fields() -> None:
    class Plain(BaseModel):
        title: str

    assert personal_fields(Plain) == {}


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("", ""),
        ("张", "*"),
        ("张三", "张*"),
        ("欧阳锋", "欧*锋"),
        ("13812345678", "1*********8"),
        ("+8613812345678", "+************8"),
        ("li@example.com", "l************m"),
    ],
)
def test_all_but_the_first_and_last_character_are_masked(value: str, masked: str) -> None:
    assert mask(value) == masked


@bounded
@given(st.text(st.characters(exclude_characters="*"), min_size=1))
def test_a_masked_text_keeps_its_length_and_hides_a_character(value: str) -> None:
    masked = mask(value)
    assert len(masked) == len(value)
    assert masked.count("*") >= 1
    assert all(shown in ("*", real) for shown, real in zip(masked, value, strict=True))
    assert sum(shown != "*" for shown in masked) <= 2
