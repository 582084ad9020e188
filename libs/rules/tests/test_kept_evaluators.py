"""An evaluator is kept for equal rules over equal fields, and for nothing else."""

import pytest

from kernel.errors import Invalid
from libs.rules.tests.rule_samples import compare, field, row, rules
from rules.fields import FactSchema, FactType
from rules.kept_evaluators import evaluator_of

AMOUNT = field("amount", FactType.DECIMAL)
CITY = field("custom.city", FactType.TEXT)


def test_equal_rules_are_read_once() -> None:
    """A tenant's rules come from the database anew for each record; they are parsed once."""
    kept = evaluator_of(FactSchema.of(AMOUNT), rules(row("1", compare("amount", "GT", "7.10"))))
    again = evaluator_of(FactSchema.of(AMOUNT), rules(row("1", compare("amount", "GT", "7.10"))))
    other = evaluator_of(FactSchema.of(AMOUNT), rules(row("1", compare("amount", "GT", "7.11"))))
    assert again is kept
    assert other is not kept


def test_rules_over_a_field_that_is_gone_are_invalid() -> None:
    """A custom field that was deleted since makes the same rules invalid."""
    body = rules(row("1", compare("custom.city", "EQ", "Ningbo")))
    assert evaluator_of(FactSchema.of(AMOUNT, CITY), body).rule_set.rows
    with pytest.raises(Invalid):
        evaluator_of(FactSchema.of(AMOUNT), body)


def test_a_field_of_another_type_makes_another_evaluator() -> None:
    """Schemas with equal names are distinguished by the types of their fields."""
    body = rules(row("1", compare("amount", "GT", "7.10")))
    assert evaluator_of(FactSchema.of(AMOUNT), body).rule_set.rows
    with pytest.raises(Invalid):
        evaluator_of(FactSchema.of(field("amount", FactType.INTEGER)), body)
