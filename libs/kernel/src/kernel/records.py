"""What the records of every resource have, beside the fields of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """A record as it is stored; its version grows with every save, a deleted one keeps its row."""

    id: UUID
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class ExternalRef:
    """What another system calls a record, e.g. ("sap", "0001000042")."""

    system: str
    external_id: str


@dataclass(frozen=True, kw_only=True)
class ReferencedRecord:
    """A record that holds its external ids, so that its answers and its events carry them."""

    external_ids: tuple[ExternalRef, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OwnedRecord(StoredRecord):
    """A record that belongs to a person: `owner_id` is the subject of their tokens."""

    owner_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class NamedRecord(OwnedRecord):
    """An owned record that people call by its name."""

    name: str

    @property
    def display_name(self) -> str:
        """What people call the record, also in notices."""
        return self.name
