"""Converts pydantic validation errors to violations: a pointer, a stable code, params."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from pydantic import ValidationError

from chassis.foundation.strict_json import UnstorableText
from kernel.errors import Violation
from kernel.json_pointers import child

_BY_TYPE = {
    "missing": "REQUIRED",
    "extra_forbidden": "UNKNOWN_FIELD",
    "unexpected_keyword_argument": "UNKNOWN_FIELD",
    "missing_argument": "REQUIRED",
    "period_empty": "PERIOD_EMPTY",
    "decimal_string": "DECIMAL_STRING_INVALID",
    "currency_unknown": "CURRENCY_UNKNOWN",
    "string_pattern_mismatch": "PATTERN_MISMATCH",
    "string_unicode": "TEXT_INVALID",
    "text_invalid": "TEXT_INVALID",
}
_EXPECTED = {
    "string": "string",
    "int": "integer",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "dict": "object",
    "model": "object",
    "dataclass": "object",
    "float": "number",
}
_EXPECTED_CLASSES = {"Money": "money", "Quantity": "quantity"}
_LIMITS = {
    "greater_than": ("TOO_SMALL", ">", "gt"),
    "greater_than_equal": ("TOO_SMALL", ">=", "ge"),
    "less_than": ("TOO_LARGE", "<", "lt"),
    "less_than_equal": ("TOO_LARGE", "<=", "le"),
}


def from_pydantic(errors: Sequence[Mapping[str, Any]]) -> list[Violation]:
    """Return the violations of a failed validation, in order and without duplicates."""
    real = [each for each in errors if not _is_long_enough(each)]
    violations = [Violation(pointer_of(e["loc"]), *_code_of(e)) for e in real]
    return [v for index, v in enumerate(violations) if v not in violations[:index]]


def violations_of_body(invalid: ValidationError, *above: str) -> list[Violation]:
    """Return the violations of a document that stands in the body, below the fields `above`."""
    errors = [{**error, "loc": ("body", *above, *error["loc"])} for error in invalid.errors()]
    return from_pydantic(errors)


def pointer_of(location: Sequence[str | int]) -> str:
    """`/lines/0/quantity` in the body (RFC 6901), `?limit` in the query, `{id}` in the path."""
    source, *rest = location
    if source == "query":
        return f"?{'.'.join(map(str, rest))}"
    if source == "path":
        return f"{{{'.'.join(map(str, rest))}}}"
    if source == "header":
        return f"{'.'.join(map(str, rest))}:"
    return reduce(child, rest, "")


def _is_long_enough(error: Mapping[str, Any]) -> bool:
    """Whether a list is reported as too short only since its invalid elements were not counted."""
    context, given = error.get("ctx") or {}, error.get("input")
    is_tuple = error["type"] == "too_short" and context.get("field_type") == "Tuple"
    return is_tuple and isinstance(given, list | tuple) and len(given) >= context["min_length"]


def _code_of(error: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, context = str(error["type"]), error.get("ctx") or {}
    if isinstance(error.get("input"), UnstorableText):
        return "TEXT_INVALID", {}
    if kind.isupper():  # our own PydanticCustomError already carries a code
        return kind, {k: _plain(v) for k, v in context.items()}
    if kind in _BY_TYPE:
        return _BY_TYPE[kind], {}
    if kind in _LIMITS:
        code, relation, name = _LIMITS[kind]
        return code, {"relation": relation, "limit": _plain(context.get(name))}
    if kind.endswith("too_short"):
        return "TOO_SHORT", {"minimum": context.get("min_length")}
    if kind.endswith("too_long"):
        return "TOO_LONG", {"maximum": context.get("max_length")}
    if kind in ("enum", "literal_error"):
        return "VALUE_UNKNOWN", {"expected": _choices(context.get("expected", ""))}
    return _by_family(kind, context)


def _by_family(kind: str, context: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    family = kind.split("_")[0]
    by_family = {"uuid": "ID_INVALID", "datetime": "INSTANT_INVALID", "timezone": "INSTANT_INVALID"}
    if family in by_family:
        return by_family[family], {}
    if family == "date":
        return "DATE_INVALID", {}
    if family in _EXPECTED:
        expected = _EXPECTED_CLASSES.get(str(context.get("class_name")), _EXPECTED[family])
        return "TYPE_INVALID", {"expected": expected}
    return "VALUE_INVALID", {}


def _choices(expected: str) -> list[str]:
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",") if part.strip()]


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | bool | list) or value is None else str(value)
