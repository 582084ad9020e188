"""Request and response bodies of bulk changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from chassis.foundation.texts import COMMON
from chassis.foundation.words import in_words
from chassis.records.access.schemas import OwnerId
from chassis.records.codes import LanguageTag
from chassis.web.references import PersonSubject, RefersTo
from kernel.business_dates import BusinessDate
from kernel.texts import TrimmedText
from mtl.bulk_changes.domain import (
    BulkChange,
    BulkOutcome,
    BulkState,
    BulkTrial,
    LeadChange,
    LeaverPlaces,
)
from mtl.leads.schemas.fields import LineText, ShortText
from mtl.texts import TEXTS
from parties.company_sizes import CompanySize
from parties.fields import RegionCode
from parties.tag_schemas import Tags

EXAMPLE: Any = {
    "query": "status=RAW&region_code__startswith=33",
    "change": {"add_tags": ["华东"], "owner_id": "01990000-0000-7000-8000-000000000002"},
}


class CommonFields(BaseModel):
    """Fields that many leads may have in common; null clears one."""

    model_config = ConfigDict(extra="forbid")

    industry: ShortText | None = None
    company_size: CompanySize | None = None
    region_code: RegionCode | None = None
    language: LanguageTag | None = None
    source: ShortText | None = None
    source_detail: LineText | None = None
    utm_campaign: LineText | None = None
    expected_on: BusinessDate | None = None


class LeadChangeBody(BaseModel):
    """What is done to each lead."""

    model_config = ConfigDict(extra="forbid")

    fields: CommonFields = CommonFields()
    add_tags: Tags = ()
    remove_tags: Tags = ()
    owner_id: OwnerId | None = None
    by_rules: StrictBool = Field(
        default=False, description="The rules of assignment choose the new owner of each lead"
    )
    next_steps: StrictBool = Field(
        default=False, description="The open next steps of the former owner go to the new one"
    )
    leaver_id: OwnerId | None = Field(
        default=None,
        description="A person who leaves: only their leads are changed, their open next steps at"
        " leads of others go along, they are removed from all pools, and channels give new leads to"
        " the new owner, or leave them to the rules",
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        is_change = self.fields.model_fields_set or self.add_tags or self.remove_tags
        gives = self.by_rules or self.owner_id is not None
        if not is_change and not gives:
            raise PydanticCustomError("BULK_CHANGE_EMPTY", "Something must change")
        if self.by_rules and self.owner_id is not None:
            raise PydanticCustomError("BULK_CHANGE_TWO_OWNERS", "Either an owner or the rules")
        if self.leaver_id is not None and (not gives or self.leaver_id == self.owner_id):
            raise PydanticCustomError("BULK_CHANGE_NO_HEIR", "Somebody else gets the leads")
        return self

    def change(self) -> LeadChange:
        """Return the change."""
        return LeadChange(
            fields=self.fields.model_dump(mode="json", exclude_unset=True),
            add_tags=self.add_tags,
            remove_tags=self.remove_tags,
            owner_id=self.owner_id,
            by_rules=self.by_rules,
            next_steps=self.next_steps,
            leaver_id=self.leaver_id,
        )


class BulkChangeIn(BaseModel):
    """Leads, as a query of their list selects them, and what is done to each."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    query: Annotated[str, TrimmedText(max_length=4000)] = Field(
        description="The parameters of `GET /leads`, as in its address; empty: all leads"
    )
    change: LeadChangeBody


class BulkCountsOut(BaseModel):
    """How many leads have which outcome."""

    waiting: int
    changed: int
    unchanged: int
    refused: int
    undone: int
    edited_since: int = Field(description="Not undone, because they were edited meanwhile")


class BulkChangeOut(BaseModel):
    """A bulk change and how far it has come."""

    id: UUID
    query: str
    change: dict[str, Any]
    state: BulkState
    leads: int
    counts: BulkCountsOut
    created_by: Annotated[str, PersonSubject]
    created_by_name: str | None = None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, bulk: BulkChange, counts: Mapping[BulkOutcome, int]) -> Self:
        """Return a bulk change with its counts."""
        return cls(
            **{name: getattr(bulk, name) for name in cls.model_fields if hasattr(bulk, name)},
            counts=BulkCountsOut(**{one.lower(): counts.get(one, 0) for one in BulkOutcome}),
        )


class BulkLeadOut(BaseModel):
    """A lead of a bulk change, and what became of it."""

    lead_id: Annotated[UUID, RefersTo("mtl.lead")]
    lead_name: str | None
    outcome: BulkOutcome
    outcome_text: str
    code: str | None
    reason: str | None = Field(description="Why the lead was refused, as people read it")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return a lead of a bulk change with its texts."""
        return cls(
            lead_id=row["id"],
            lead_name=row["lead_name"],
            outcome=row["outcome"],
            outcome_text=_words(f"BulkOutcome.{row['outcome']}") or "",
            code=row["code"],
            reason=None if row["code"] is None else _reason(row["code"]),
        )


class BulkExampleOut(BaseModel):
    """A lead that would change."""

    lead_id: UUID
    lead_name: str
    before: dict[str, Any]
    after: dict[str, Any]


class LeaverPlaceOut(BaseModel):
    """A pool or a channel in which a person who leaves has a place."""

    id: UUID
    name: str


class LeaverOut(BaseModel):
    """What a person who leaves has beside leads."""

    pools: list[LeaverPlaceOut] = Field(description="They are a member or an admin of these")
    channels: list[LeaverPlaceOut] = Field(description="New leads of these are theirs")
    next_steps: int = Field(description="Their open next steps, also at leads of others")

    @classmethod
    def of(cls, places: LeaverPlaces) -> Self:
        """Return what a person has, by name."""
        shown = {
            name: [LeaverPlaceOut(id=one.id, name=one.name) for one in getattr(places, name)]
            for name in ("pools", "channels")
        }
        return cls(**shown, next_steps=places.next_steps)


class BulkTrialOut(BaseModel):
    """What a change would do."""

    leads: int
    changed: int
    not_allowed: int = Field(description="Leads that the caller may not change so")
    examples: list[BulkExampleOut]
    leaver: LeaverOut | None = Field(default=None, description="Of a person who leaves")

    @classmethod
    def of(cls, found: BulkTrial) -> Self:
        """Return a trial as an answer."""
        return cls(
            leads=found.leads,
            changed=found.changed,
            not_allowed=found.not_allowed,
            examples=[
                BulkExampleOut(
                    lead_id=one.lead.id,
                    lead_name=one.lead.display_name,
                    before=one.before,
                    after=one.after,
                )
                for one in found.examples
            ],
            leaver=None if found.leaver is None else LeaverOut.of(found.leaver),
        )


def _reason(code: str) -> str | None:
    """Return in words why a lead was refused, or why the rules found nobody for it."""
    return _words(f"UnassignedReason.{code}") or _words(code)


def _words(code: str) -> str | None:
    text = TEXTS.get(code) or COMMON.get(code)
    return None if text is None else in_words(text)
