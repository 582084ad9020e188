"""What OpenAPI says of rules admits what the checks accept, and names every member."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from kernel.errors import Invalid, Violation
from libs.rules.tests.rule_samples import CATCH_ALL, SCHEMA, compare, row, rules
from libs.rules.tests.test_mapping import TARGETS, step
from rules.bodies import ConditionBody, MappingBody, RuleSetBody
from rules.checks import check_condition, check_rule_set
from rules.mapping_json import check_mapping
from rules.rule_set_json import rule_set_json


class Body(BaseModel):
    """A request body with rules in it."""

    condition: ConditionBody
    rules: RuleSetBody
    mapping: MappingBody


CONDITION = {"all": [compare("visits", "GT", 5), {"not": compare("company", "IS_EMPTY")}]}
SCORES = rules(
    row("a", CONDITION, points=5, group=None),
    row("b", CATCH_ALL, points=1, group="x", name="All", enabled=False),
    hit_policy="SUM",
    caps={"x": 5},
)
MAPPING = {
    "fields": [
        {"target": "channel", "constant": "WEB"},
        {
            "target": "company",
            "sources": ["a", "/b"],
            "default": "x",
            "transforms": [
                step("SPLIT", separator=",", index=0),
                step("VALUE_TABLE", table={"a": "b"}, unlisted="KEEP"),
            ],
        },
        {
            "target": "sent_at",
            "sources": ["a"],
            "transforms": [step("INSTANT", format="%Y-%m-%d %H", zone="Asia/Shanghai")],
        },
    ]
}


def test_the_schema_admits_what_the_checks_accept() -> None:
    validator = Draft202012Validator(Body.model_json_schema())
    scores = check_rule_set(SCHEMA, SCORES).rule_set
    check_condition(SCHEMA, CONDITION)
    check_mapping(TARGETS, MAPPING)
    for each in (SCORES, rule_set_json(scores)):
        validator.validate({"condition": CONDITION, "rules": each, "mapping": MAPPING})
    body = Body(condition=CONDITION, rules=SCORES, mapping=MAPPING)
    assert body.rules == SCORES


@pytest.mark.parametrize(
    "wrong",
    [{"condition": {"operator": "LIKE"}}, {"rules": {"rows": []}}, {"mapping": {"fields": [{}]}}],
)
def test_the_schema_refuses_other_members_and_values(wrong: dict[str, Any]) -> None:
    validator = Draft202012Validator(Body.model_json_schema())
    body = {"condition": CONDITION, "rules": SCORES, "mapping": MAPPING, **wrong}
    assert not validator.is_valid(body)


def test_pointers_lead_into_the_body_of_the_request() -> None:
    unknown = compare("colour", "EQ", 1)
    with pytest.raises(Invalid) as one:
        check_condition(SCHEMA, unknown, at="/condition")
    with pytest.raises(Invalid) as two:
        check_rule_set(SCHEMA, rules(row("a", unknown)), at="/rules")
    with pytest.raises(Invalid) as three:
        check_mapping(TARGETS, {"fields": [5]}, at="/mapping")
    pointers = [each.value.violations[0].pointer for each in (one, two, three)]
    assert pointers == ["/condition/field", "/rules/rows/0/condition/field", "/mapping/fields/0"]
    [warning] = check_rule_set(SCHEMA, rules(), at="/rules").warnings
    assert warning == Violation("/rules/rows", "RULE_CATCH_ALL_MISSING")
