"""A change of many leads: what it does to one of them, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from mtl.channels.domain.channel import Channel
from mtl.leads.domain.lead import Lead
from mtl.pools.domain import Pool
from parties.company_sizes import CompanySize
from parties.tags import MAX_TAGS, distinct_tags, tag_key

MAX_LEADS: Final = 10_000
# What many leads may have in common. Keys and names of persons are edited one by one.
COMMON_FIELDS: Final = (
    "industry",
    "company_size",
    "region_code",
    "language",
    "source",
    "source_detail",
    "utm_campaign",
    "expected_on",
)
TAGS: Final = "tags"


class BulkState(StrEnum):
    """How far a bulk change has come."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    UNDOING = "UNDOING"
    UNDONE = "UNDONE"
    FAILED = "FAILED"

    @property
    def is_at_work(self) -> bool:
        return self in (BulkState.RUNNING, BulkState.UNDOING)


class BulkOutcome(StrEnum):
    """What became of one lead."""

    WAITING = "WAITING"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"
    UNDONE = "UNDONE"
    EDITED_SINCE = "EDITED_SINCE"


@dataclass(frozen=True, kw_only=True)
class LeadChange:
    """What is done to each lead: fields set or cleared, tags added and removed, another owner.

    `fields` are JSON values. With `by_rules` the rules of assignment choose the other owner. With
    `next_steps` the open next steps of the former owner go along. `leaver_id` is a person who
    leaves: only their leads are changed, and they lose their places in pools and channels.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    owner_id: str | None = None
    by_rules: bool = False
    next_steps: bool = False
    leaver_id: str | None = None

    def edited(self, lead: Lead) -> Lead:
        """Return the lead with the fields and tags of the change; its owner stays.

        Tags beyond the twenty that a lead may have are left out.
        """
        removed = {tag_key(tag) for tag in self.remove_tags}
        kept = [tag for tag in lead.tags if tag_key(tag) not in removed]
        tags = distinct_tags((*kept, *self.add_tags))[:MAX_TAGS]
        return replace(lead, **parsed_fields(self.fields), tags=tags)

    def to_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {
            **vars(self),
            "fields": dict(self.fields),
            "add_tags": list(self.add_tags),
            "remove_tags": list(self.remove_tags),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> LeadChange:
        """Read what `to_json` wrote."""
        tags = {name: tuple(document[name]) for name in ("add_tags", "remove_tags")}
        return cls(**{**document, **tags})


@dataclass(frozen=True, kw_only=True)
class BulkChange:
    """A change of the leads that a query selected for a caller, whose rights it keeps."""

    id: UUID
    query: str
    change: Mapping[str, Any]
    state: BulkState = BulkState.RUNNING
    leads: int
    created_by: str
    caller_kind: str
    scopes: tuple[str, ...]
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def lead_change(self) -> LeadChange:
        return LeadChange.from_json(self.change)


@dataclass(frozen=True)
class LeadBeforeAndAfter:
    """A lead that would change: what it has, and what it would have."""

    lead: Lead
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class BulkTrial:
    """What a change would do: to how many leads, how many of them it may not touch, examples."""

    leads: int
    changed: int
    not_allowed: int
    examples: list[LeadBeforeAndAfter]
    leaver: LeaverPlaces | None = None


@dataclass(frozen=True, kw_only=True)
class LeaverPlaces:
    """What a person who leaves has beside leads: their pools, channels, and open next steps."""

    person_id: UUID | None = None
    pools: Sequence[Pool] = ()
    channels: Sequence[Channel] = ()
    next_steps: int = 0


def selection(query: str, change: LeadChange) -> str:
    """Return the query of the leads that a change is for: of a person who leaves, only theirs."""
    if change.leaver_id is None:
        return query
    return "&".join([*([query] if query else []), urlencode({"owner_id": change.leaver_id})])


def parsed_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON values of fields as a lead has them."""
    return {name: _parsed(name, value) for name, value in fields.items()}


def values_before(lead: Lead, change: LeadChange) -> dict[str, Any]:
    """Return, as JSON values, what an undo gives back to a lead."""
    before: dict[str, Any] = {name: _plain(getattr(lead, name)) for name in change.fields}
    return {**before, TAGS: list(lead.tags)}


def restored(lead: Lead, before: Mapping[str, Any]) -> Lead:
    """Return the lead with the values that it had before."""
    fields = {name: value for name, value in before.items() if name in COMMON_FIELDS}
    return replace(lead, **parsed_fields(fields), tags=tuple(before[TAGS]))


def _parsed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "company_size":
        return CompanySize(value)
    return date.fromisoformat(value) if name == "expected_on" else value


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
