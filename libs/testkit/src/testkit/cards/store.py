"""The table of cards, their bodies and their list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.access.schemas import PersonSummary
from chassis.records.access.visibility import ScopedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from chassis.web.references import Expandable, PersonSubject
from kernel.money import Money
from testkit.database import Stage, cards
from testkit.events import CardChanged, CardState, CardWritten


@dataclass(frozen=True, kw_only=True)
class Card:
    id: UUID
    title: str
    board_id: UUID | None = None
    stage: Stage = Stage.TO_DO
    amount: Money | None = None
    due_date: date | None = None
    owner_id: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def display_name(self) -> str:
        return self.title

    def state(self) -> CardState:
        return CardState.of(self, card_id=self.id)


CARDS = ScopedResource("testkit.card", cards)
CARD = RecordType(
    scoped=CARDS,
    entity=Card,
    created=CardWritten,
    changed=CardChanged,
    deleted=CardChanged,
    restored=CardChanged,
)


class CardIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=100)]
    board_id: UUID | None = None
    stage: Stage = Stage.TO_DO
    amount: Money | None = None
    due_date: date | None = None
    custom_fields: dict[str, Any] = {}


class CardEdit(BaseModel):
    """The fields that a PATCH may change."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    title: Annotated[str, Field(min_length=1, max_length=100)]
    board_id: UUID | None = None
    amount: Money | None = None
    due_date: date | None = None
    custom_fields: dict[str, Any] = {}


class CardOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    title: str
    board_id: UUID | None
    stage: Stage
    amount: Money | None
    due_date: date | None
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


LISTING = Listing(
    CARD.scoped,
    CardOut,
    entity=Card,
    filters=["stage", "board_id", "owner_id", "title", "amount", "due_date", "created_at"],
    sorts=["created_at", "due_date", "amount", "title", "stage,due_date"],
    words=["title"],
    custom=custom_conditions,
)
