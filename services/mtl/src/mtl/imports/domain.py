"""What a row of a file says about a lead."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mtl.leads.domain import IDENTIFYING, MAX_ATTRIBUTE, LeadDetails

OWNER = "owner"
NOT_CHOSEN = "Select"  # what forms export for a choice that nobody made


@dataclass(frozen=True, kw_only=True)
class LeadRow:
    """A lead as a file tells of it; `owner` is a name or a subject, whoever that is."""

    details: LeadDetails
    owner: str | None = None

    def of(self, owners: Mapping[str, str]) -> LeadDetails:
        """The lead with its owner, where that is somebody we know."""
        return replace(self.details, owner_id=owners.get(self.owner or ""))

    def is_of_nobody(self, owners: Mapping[str, str]) -> bool:
        """Whether it names an owner whom we do not know."""
        return self.owner is not None and self.owner not in owners


def owner_of(fields: Mapping[str, str]) -> str | None:
    """What the row calls the lead's owner."""
    named = fields.get(OWNER)
    return None if named == NOT_CHOSEN else named


def lead_body(
    fields: Mapping[str, str], rest: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """A row as the body of a lead, and the columns that are too long to be attributes."""
    body: dict[str, Any] = {
        name: value
        for name, value in fields.items()
        if name != OWNER and (name in IDENTIFYING or value != NOT_CHOSEN)
    }
    chosen = {name: value for name, value in rest.items() if value != NOT_CHOSEN}
    too_long = [name for name, value in chosen.items() if len(value) > MAX_ATTRIBUTE]
    body["attributes"] = {n: v for n, v in chosen.items() if n not in too_long}
    return body, too_long
