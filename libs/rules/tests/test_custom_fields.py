"""Custom fields are fields of rules, with the values that records have stored."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chassis.records.custom_fields.domain import FieldDefinition, FieldType
from libs.rules.tests.rule_samples import SCHEMA, compare, row, rules
from rules.checks import check_rule_set
from rules.custom_fields import custom_facts, custom_field_spec
from rules.evaluation import Evaluator
from rules.fact_values import WrongValue
from rules.fields import FactType


def definition(key: str, type_: FieldType, *choices: str, active: bool = True) -> FieldDefinition:
    return FieldDefinition(
        id=UUID(int=1),
        resource="mtl.lead",
        key=key,
        type=type_,
        label_zh=key,
        label_en=key,
        choices=[
            {"value": each, "label_zh": each, "label_en": each, "active": active}
            for each in choices
        ],
        created_at=datetime(2026, 11, 30, tzinfo=UTC),
        updated_at=datetime(2026, 11, 30, tzinfo=UTC),
    )


DEFINITIONS = (
    definition("note", FieldType.TEXT),
    definition("area", FieldType.NUMBER),
    definition("due", FieldType.DATE),
    definition("chain", FieldType.BOOLEAN),
    definition("region", FieldType.CHOICE, "EAST", "WEST", active=False),
    definition("lines", FieldType.MULTI_CHOICE, "A", "B"),
)


def test_every_type_of_custom_field_is_a_type_of_facts() -> None:
    specs = [custom_field_spec(each) for each in DEFINITIONS]
    assert [(each.name, each.type) for each in specs] == [
        ("custom.note", FactType.TEXT),
        ("custom.area", FactType.DECIMAL),
        ("custom.due", FactType.DATE),
        ("custom.chain", FactType.BOOLEAN),
        ("custom.region", FactType.ENUM),
        ("custom.lines", FactType.ENUM_LIST),
    ]
    assert specs[4].values == ("EAST", "WEST")
    assert {each.type for each in DEFINITIONS} == {*FieldType}


def test_stored_values_are_facts() -> None:
    stored = {"area": "12.5", "due": "2026-12-01", "chain": True, "region": "EAST", "lines": ["B"]}
    facts = custom_facts(DEFINITIONS, stored)
    assert facts == {
        "custom.note": None,
        "custom.area": Decimal("12.5"),
        "custom.due": date(2026, 12, 1),
        "custom.chain": True,
        "custom.region": "EAST",
        "custom.lines": ["B"],
    }
    schema = SCHEMA.with_fields(map(custom_field_spec, DEFINITIONS))
    body: dict[str, Any] = rules(
        row("a", compare("custom.area", "GT", "12.5")),
        row("b", compare("custom.lines", "ANY_OF", ["B"])),
    )
    decision = Evaluator(check_rule_set(schema, body).rule_set).decide({"visits": 1, **facts})
    assert decision.outcome == {"to": "b"}
    with pytest.raises(WrongValue):
        custom_facts(DEFINITIONS, {"region": "NORTH"})
