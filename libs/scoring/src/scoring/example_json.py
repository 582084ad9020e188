"""Examples as JSON, to hand them to the process that trains."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scoring.examples import Example, Value


def example_to_json(example: Example) -> dict[str, Any]:
    """Return an example as JSON values; dates and instants are marked as such."""
    return {
        "at": example.at.isoformat(),
        "won": example.is_won,
        "fields": {name: _value_to_json(value) for name, value in example.fields.items()},
    }


def example_from_json(document: Mapping[str, Any]) -> Example:
    """Read what `example_to_json` wrote."""
    fields = {name: _value_from_json(value) for name, value in document["fields"].items()}
    return Example(datetime.fromisoformat(document["at"]), fields, bool(document["won"]))


def _value_to_json(value: Value) -> Any:
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return float(value) if isinstance(value, Decimal) else value


def _value_from_json(value: Any) -> Value:
    if not isinstance(value, dict):
        known: Value = value
        return known
    if "date" in value:
        return date.fromisoformat(value["date"])
    return datetime.fromisoformat(value["instant"])
