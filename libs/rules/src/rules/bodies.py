"""Types of request bodies that hold rules: any object in Python, described in OpenAPI.

`check_condition`, `check_rule_set` and `check_mapping` read them and report what is wrong; the
schemas are for people and for generated types. OpenAPI shows groups in groups as objects.
"""

from typing import Annotated, Any, Final

from pydantic import WithJsonSchema

from rules.conditions import Operator
from rules.rule_sets import HitPolicy
from rules.transforms import TransformKind, Unlisted

_TEXT: Final = {"type": "string"}
_OBJECT: Final = {"type": "object"}
_INTEGER: Final = {"type": "integer"}


def _object(properties: dict[str, Any], *required: str, description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_CONDITION: Final = _object(
    {
        "field": _TEXT,
        "operator": {"type": "string", "enum": [each.value for each in Operator]},
        "value": {
            "description": "A constant of the field's type; a list of them for some operators"
        },
        "all": _list(_OBJECT),
        "any": _list(_OBJECT),
        "not": _OBJECT,
    },
    description="A comparison (field, operator, value), or one of the groups all, any and not",
)
_ROW: Final = _object(
    {
        "id": _TEXT,
        "name": _TEXT,
        "condition": _CONDITION,
        "outcome": _OBJECT,
        "enabled": {"type": "boolean", "default": True},
        "points": _INTEGER,
        "group": {"anyOf": [_TEXT, {"type": "null"}]},
    },
    "id",
    "condition",
    description="A rule; points and group belong to the policy SUM",
)
_RULE_SET: Final = _object(
    {
        "hit_policy": {"type": "string", "enum": [each.value for each in HitPolicy]},
        "rows": _list(_ROW),
        "caps": {"type": "object", "additionalProperties": _INTEGER},
    },
    "hit_policy",
    "rows",
    description="Rules in their order; caps are the most points that a group can add",
)
_TRANSFORM: Final = _object(
    {
        "kind": {"type": "string", "enum": [each.value for each in TransformKind]},
        "separator": _TEXT,
        "index": _INTEGER,
        "table": _OBJECT,
        "unlisted": {"type": "string", "enum": [each.value for each in Unlisted]},
        "format": _TEXT,
        "zone": _TEXT,
    },
    "kind",
    description="A step; which members it takes depends on its kind",
)
_MAPPING: Final = _object(
    {
        "fields": _list(
            _object(
                {
                    "target": _TEXT,
                    "sources": _list(_TEXT),
                    "transforms": _list(_TRANSFORM),
                    "constant": {},
                    "default": {},
                },
                "target",
                description="A field with its sources in order, or with a constant",
            )
        )
    },
    "fields",
    description="How the fields of a record are filled from a payload",
)

ConditionBody = Annotated[dict[str, Any], WithJsonSchema(_CONDITION)]
RuleSetBody = Annotated[dict[str, Any], WithJsonSchema(_RULE_SET)]
MappingBody = Annotated[dict[str, Any], WithJsonSchema(_MAPPING)]
