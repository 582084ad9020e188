"""Request and response bodies of the mapping from leads to the records that they become."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from chassis.foundation.words import in_words
from mtl.conversion_texts import CONVERSION_LABELS
from mtl.conversions.domain.conversion import ConvertedRecord
from mtl.conversions.domain.mapping import TARGETS, records_of
from mtl.conversions.schemas.conversions import LeadConvertIn
from mtl.texts import TEXTS
from rules.bodies import MappingBody
from rules.fields import FactType
from rules.mapping import MappedField, MappedPayload
from rules.rule_schemas import Note, RuleVersionOut

EXAMPLE: Any = {
    "fields": [
        {"target": "account.name", "sources": ["company", "name"]},
        {"target": "contact.name", "sources": ["name", "company"]},
        {"target": "account.custom.channel", "sources": ["source"]},
    ]
}


class ConversionMappingIn(BaseModel):
    """A mapping that is to be checked."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"mapping": EXAMPLE}})

    mapping: MappingBody


class ConversionMappingVersionIn(ConversionMappingIn):
    """A mapping that is to be published as the next version."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"mapping": EXAMPLE, "based_on": 3}}
    )

    based_on: StrictInt = Field(
        ge=0, description="The number of the version that was edited; 0 before the first one"
    )
    note: Note = Field(default="", description="Why the mapping changes")


class ConversionTargetOut(BaseModel):
    """A field that a mapping may fill."""

    name: str
    label: str
    type: FactType

    @classmethod
    def all(cls) -> list[Self]:
        """Return the targets that every tenant has; custom fields are `<record>.custom.<key>`."""
        return [
            cls(name=one.name, label=label_of_target(one.name), type=one.type)
            for one in TARGETS.fields.values()
        ]


class ConversionMappingOut(BaseModel):
    """The mapping in force, and what a mapping may fill."""

    version: int = Field(description="0 while the default is in force")
    mapping: dict[str, Any]
    published: RuleVersionOut | None
    targets: list[ConversionTargetOut]
    sources: list[str] = Field(description="The fields of leads; custom ones are `custom.<key>`")


class ConversionMappingVersionDetails(RuleVersionOut):
    """A published version with its mapping."""

    mapping: dict[str, Any]


class ConversionMappingCheckOut(BaseModel):
    """What a mapping that can be published fills."""

    targets: list[str]


class ConversionPreviewIn(LeadConvertIn):
    """What a lead is to become, and the mapping to try; by default the one in force."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"mapping": EXAMPLE}})

    mapping: MappingBody | None = None


class MappingFailureOut(BaseModel):
    """A field that a mapping cannot fill from a lead, and why."""

    target: str
    label: str
    source: str | None
    code: str
    message: str

    @classmethod
    def of(cls, field: MappedField) -> Self:
        """Return a failure with its text in the preferred language."""
        assert field.failure is not None
        code, params = field.failure.code, dict(field.failure.params)
        text = TEXTS.get(code)
        message = code if text is None else in_words(text, **params)
        label = label_of_target(field.target)
        return cls(
            target=field.target, label=label, source=field.source, code=code, message=message
        )


class ConversionPreviewOut(BaseModel):
    """The records that a lead would become; null for one that exists already or is not made.

    L2O checks custom fields when it creates the records.
    """

    mapping_version: int | None = Field(description="Null for a mapping that was tried")
    account: dict[str, Any] | None
    contact: dict[str, Any] | None
    opportunity: dict[str, Any] | None
    failures: list[MappingFailureOut] = Field(description="While there are any, nobody converts")

    @classmethod
    def of(
        cls,
        mapped: MappedPayload,
        conversion: LeadConvertIn,
        *,
        version: int | None,
        default_name: str,
    ) -> Self:
        """Return what a mapping makes of a lead for a conversion."""
        records = records_of(mapped)
        opportunity = records["opportunity"]
        name = conversion.opportunity_name or opportunity.get("name") or default_name
        records["opportunity"] = {**opportunity, "name": name}
        wanted = conversion.request().created
        return cls(
            mapping_version=version,
            failures=[MappingFailureOut.of(one) for one in mapped.failures],
            **{
                one.lower(): records[one.lower()] if one in wanted else None
                for one in ConvertedRecord
            },
        )


def label_of_target(name: str) -> str:
    """Return what people call a target in the preferred language; a custom field is its key."""
    text = CONVERSION_LABELS.get(f"ConversionTarget.{name}")
    return name.rpartition(".")[2] if text is None else in_words(text)
