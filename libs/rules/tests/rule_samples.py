"""Fields and rules that several tests use."""

from typing import Any

from rules.fields import FactSchema, FactType, FieldSpec


def field(name: str, type_: FactType, *values: str) -> FieldSpec:
    return FieldSpec(name=name, type=type_, label=f"LeadField.{name}", values=values)


SCHEMA = FactSchema.of(
    field("company", FactType.TEXT),
    field("industry", FactType.ENUM, "BANK", "RETAIL", "STEEL"),
    field("budget", FactType.DECIMAL),
    field("visits", FactType.INTEGER),
    field("consent", FactType.BOOLEAN),
    field("founded", FactType.DATE),
    field("seen_at", FactType.INSTANT),
    field("words", FactType.TEXT_LIST),
    field("tags", FactType.ENUM_LIST, "VIP", "COLD", "PRESS"),
)


def compare(name: str, operator: str, value: Any = None) -> dict[str, Any]:
    """A comparison as JSON."""
    body = {"field": name, "operator": operator}
    return body if value is None else {**body, "value": value}


def row(row_id: str, condition: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A row as JSON, whose outcome is its own id unless given."""
    return {"id": row_id, "condition": condition, "outcome": {"to": row_id}, **members}


def rules(*rows: dict[str, Any], hit_policy: str = "FIRST", **members: Any) -> dict[str, Any]:
    """A rule set as JSON."""
    return {"hit_policy": hit_policy, "rows": list(rows), **members}


CATCH_ALL: dict[str, Any] = {"all": []}
