"""Values of facts: typed in Python, JSON in rules, requests and explanations.

Decimals are strings in JSON, days `YYYY-MM-DD`, instants RFC 3339 with a time zone.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from kernel.business_dates import parse_business_date
from kernel.decimals import parse_decimal
from kernel.errors import Invalid, Violation
from kernel.json_pointers import child
from rules.fields import LIST_TYPES, FactSchema, FactType, FieldSpec

Facts = Mapping[str, Any]

MAX_TEXT: Final = 500  # characters of a text in a condition
MAX_FACT_TEXT: Final = 10_000
MAX_ELEMENTS: Final = 500  # of a list
MAX_INTEGER: Final = 2**63 - 1

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class WrongValue(ValueError):
    """A value does not fit its field; `code` and `params` are those of a Violation."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def parse_value(spec: FieldSpec, value: Any, longest: int = MAX_TEXT) -> Any:
    """Read one value of a field, or one element of a list, from JSON. Raises WrongValue."""
    return _PARSERS[spec.type](spec, value, longest)


def parse_fact(spec: FieldSpec, value: Any) -> Any:
    """Read what a record holds in a field from JSON; null is None. Raises WrongValue."""
    if value is None:
        return None
    if spec.type not in LIST_TYPES:
        return parse_value(spec, value, MAX_FACT_TEXT)
    if not isinstance(value, list):
        raise WrongValue("TYPE_INVALID", expected="array")
    if len(value) > MAX_ELEMENTS:
        raise WrongValue("TOO_LONG", maximum=MAX_ELEMENTS)
    return [parse_value(spec, one, MAX_FACT_TEXT) for one in value]


def parse_facts(schema: FactSchema, body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the facts of a record from JSON, for a trial; fields left out are unknown (None).

    Raises Invalid with all violations.
    """
    facts: dict[str, Any] = dict.fromkeys(schema.fields)
    violations = []
    for name, value in body.items():
        spec = schema.fields.get(name)
        if spec is None:
            violations.append(Violation(child("", name), "UNKNOWN_FIELD"))
            continue
        try:
            facts[name] = parse_fact(spec, value)
        except WrongValue as wrong:
            violations.append(Violation(child("", name), wrong.code, wrong.params))
    if violations:
        raise Invalid(violations)
    return facts


def json_value(value: Any) -> Any:
    """Return a value of a fact as JSON; equal values give equal JSON."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [json_value(one) for one in value]
    return value


def _text(_: FieldSpec, value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise WrongValue("TYPE_INVALID", expected="string")
    if len(value) > longest:
        raise WrongValue("TOO_LONG", maximum=longest)
    if _UNSTORABLE.search(value):
        raise WrongValue("TEXT_INVALID")
    return value


def _enum(spec: FieldSpec, value: Any, _: int) -> str:
    if not isinstance(value, str) or value not in spec.values:
        raise WrongValue("VALUE_UNKNOWN", expected=list(spec.values))
    return value


def _decimal(_: FieldSpec, value: Any, __: int) -> Decimal:
    if not isinstance(value, str):
        raise WrongValue("DECIMAL_STRING_INVALID")
    try:
        return parse_decimal(value)
    except ValueError as refused:
        raise _own(refused, "DECIMAL_STRING_INVALID") from None


def _integer(_: FieldSpec, value: Any, __: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise WrongValue("TYPE_INVALID", expected="integer")
    if abs(value) > MAX_INTEGER:
        raise WrongValue("TOO_LARGE", relation="<=", limit=MAX_INTEGER)
    return value


def _boolean(_: FieldSpec, value: Any, __: int) -> bool:
    if not isinstance(value, bool):
        raise WrongValue("TYPE_INVALID", expected="boolean")
    return value


def _date(_: FieldSpec, value: Any, __: int) -> date:
    try:
        return parse_business_date(value)
    except ValueError as refused:
        raise _own(refused, "DATE_INVALID") from None


def _instant(_: FieldSpec, value: Any, __: int) -> datetime:
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        raise WrongValue("INSTANT_INVALID")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongValue("INSTANT_INVALID") from None


def _own(refused: ValueError, code: str) -> WrongValue:
    """Return the error with the code of the kernel, if it has one of its own."""
    own = str(getattr(refused, "type", ""))
    if own.isupper():
        return WrongValue(own, **(getattr(refused, "context", None) or {}))
    return WrongValue(code)


_PARSERS: Final[Mapping[FactType, Callable[[FieldSpec, Any, int], Any]]] = {
    FactType.TEXT: _text,
    FactType.ENUM: _enum,
    FactType.DECIMAL: _decimal,
    FactType.INTEGER: _integer,
    FactType.BOOLEAN: _boolean,
    FactType.DATE: _date,
    FactType.INSTANT: _instant,
    FactType.TEXT_LIST: _text,
    FactType.ENUM_LIST: _enum,
}
