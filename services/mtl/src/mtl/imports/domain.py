"""What a row of a file says about a lead."""

from collections.abc import Mapping
from typing import Any

from mtl.leads.domain import IDENTIFYING, MAX_ATTRIBUTE

NOT_CHOSEN = "Select"  # what forms export for a choice that nobody made


def lead_body(
    fields: Mapping[str, str], rest: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """A row as the body of a lead, and the columns that are too long to be attributes."""
    body: dict[str, Any] = {
        name: value for name, value in fields.items() if name in IDENTIFYING or value != NOT_CHOSEN
    }
    chosen = {name: value for name, value in rest.items() if value != NOT_CHOSEN}
    too_long = [name for name, value in chosen.items() if len(value) > MAX_ATTRIBUTE]
    body["attributes"] = {n: v for n, v in chosen.items() if n not in too_long}
    return body, too_long
