"""Request and response bodies of merges, with reasons in the language of the caller."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from chassis.foundation.words import COLON, in_words, joined
from chassis.web.references import PersonSubject, RefersTo
from kernel.errors import Invalid, Violation
from kernel.personal import Personal
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.merges.domain.choices import Choice, ChoiceReason, LeftOut
from mtl.merges.domain.merge import MAX_MERGED, version_of
from mtl.merges.domain.units import MergeField
from mtl.texts import TEXTS
from scoring.grades import Grade

EXAMPLE_ID = "01990000-0000-7000-8000-000000000012"
Pinned = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=200)], UUID],
    Field(
        max_length=200,
        description="The lead whose value counts, by field: one of a lead, `address` or `source`"
        " for all that belongs to it, `phone` and `email` for what stands first,"
        " `attributes.<name>` or `custom_fields.<key>`",
    ),
]
LeadVersion = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]


class MergePreviewIn(BaseModel):
    """The leads that would be merged into the one of the path."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"lead_ids": [EXAMPLE_ID], "pinned": {"name": EXAMPLE_ID}}},
    )

    lead_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_MERGED - 1)]
    pinned: Pinned = {}

    def ensure_distinct(self, survivor_id: UUID) -> None:
        """Refuse a lead that is named twice. Raises Invalid (MERGED_LEAD_REPEATED)."""
        _ensure_distinct(survivor_id, self.lead_ids, "/lead_ids/{}")


class MergedLeadIn(BaseModel):
    """A lead that is merged, as the caller read it."""

    model_config = ConfigDict(extra="forbid")

    lead_id: UUID
    version: LeadVersion


class MergeIn(BaseModel):
    """The leads to merge into the one of the path."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "leads": [{"lead_id": EXAMPLE_ID, "version": 2}],
                "pinned": {"name": EXAMPLE_ID},
            }
        },
    )

    leads: Annotated[list[MergedLeadIn], Field(min_length=1, max_length=MAX_MERGED - 1)]
    pinned: Pinned = {}

    def ensure_distinct(self, survivor_id: UUID) -> None:
        """Refuse a lead that is named twice. Raises Invalid (MERGED_LEAD_REPEATED)."""
        _ensure_distinct(survivor_id, [one.lead_id for one in self.leads], "/leads/{}/lead_id")


def _ensure_distinct(survivor_id: UUID, lead_ids: Sequence[UUID], pointer: str) -> None:
    violations = [
        Violation(pointer.format(index), "MERGED_LEAD_REPEATED")
        for index, lead_id in enumerate(lead_ids)
        if lead_id in {survivor_id, *lead_ids[:index]}
    ]
    if violations:
        raise Invalid(violations)


class LeftOutOut(BaseModel):
    """A value that the survivor does not get; the lead that has it keeps it."""

    lead_id: UUID
    name: str | None = Field(description="That of an attribute or the key of a custom field")
    value: Annotated[Any, Personal("text")] = Field(
        description="That of a single field, or an object of several fields that are set"
    )

    @classmethod
    def of(cls, left_out: LeftOut) -> Self:
        """Return a value that is left out."""
        value = left_out.value
        if isinstance(value, dict) and left_out.name is None:
            value = _as_shown(value)
        return cls(lead_id=left_out.lead_id, name=left_out.name, value=value)


class ChoiceOut(BaseModel):
    """What the survivor gets in a field, or in fields that belong together, and why."""

    field: MergeField
    label: str = Field(description="What people call it, in the preferred language")
    values: Annotated[dict[str, Any], Personal("text")] = Field(
        description="By field of the lead, after the merge"
    )
    lead_id: UUID = Field(description="The lead that has them")
    reason: ChoiceReason
    reason_text: str = Field(description="In the preferred language")
    left_out: list[LeftOutOut]

    @classmethod
    def of(cls, choice: Choice) -> Self:
        """Return a choice with its texts."""
        return cls(
            field=MergeField(choice.unit),
            label=in_words(TEXTS[f"MergeField.{choice.unit}"]),
            values=dict(choice.values),
            lead_id=choice.lead_id,
            reason=choice.reason,
            reason_text=in_words(TEXTS[f"ChoiceReason.{choice.reason}"]),
            left_out=[LeftOutOut.of(one) for one in choice.left_out],
        )


class MergeCandidateOut(BaseModel):
    """A lead that would be merged; its version goes into the request of the merge."""

    lead_id: UUID
    name: Annotated[str | None, Personal("name")]
    company: str | None
    status: LeadStatus
    grade: Grade | None
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    follow_up_count: int
    lead_version: int

    @classmethod
    def of(cls, lead: Lead) -> Self:
        """Return what a preview shows of a lead."""
        return cls(
            lead_id=lead.id,
            name=lead.name,
            company=lead.company,
            status=lead.status,
            grade=lead.grade,
            owner_id=lead.owner_id,
            follow_up_count=lead.follow_up_count,
            lead_version=lead.version,
        )


class MergePreviewOut(BaseModel):
    """What a merge would make of the leads; the first one is the survivor."""

    leads: list[MergeCandidateOut]
    choices: list[ChoiceOut]


class MergedLeadOut(BaseModel):
    """A lead that was merged into another one."""

    lead_id: UUID
    name: Annotated[str | None, Personal("name")]
    company: str | None


class KeptFieldOut(BaseModel):
    """A field that an undo left as it is, because it was edited after the merge."""

    field: str
    label: str = Field(description="What people call it, in the preferred language")

    @classmethod
    def of(cls, unit: str) -> Self:
        """Return a kept field with its label; that of an attribute says its name."""
        field, _, name = unit.partition(".")
        label = in_words(TEXTS[f"MergeField.{field}"])
        return cls(field=unit, label=joined(COLON, label, name))


class MergeOut(BaseModel):
    """A merge of leads; the version grows by its undo."""

    id: UUID
    survivor_id: Annotated[UUID, RefersTo("mtl.lead")]
    survivor_name: str | None = None
    leads: list[MergedLeadOut]
    merged_at: datetime
    merged_by: Annotated[str | None, PersonSubject]
    merged_by_name: str | None = None
    undone_at: datetime | None
    undone_by: Annotated[str | None, PersonSubject]
    undone_by_name: str | None = None
    kept: list[KeptFieldOut] = Field(description="What an undo left, as it was edited since")
    version: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the merge of a row of `merges_query`."""
        kept = [KeptFieldOut.of(unit) for unit in row["kept"]]
        return cls(**{**row, "kept": kept, "version": version_of(row["undone_at"])})


def _as_shown(values: dict[str, Any]) -> Any:
    """Return the value of a single field, or those of several fields that are set."""
    if len(values) == 1:
        return next(iter(values.values()))
    return {name: value for name, value in values.items() if value is not None}
