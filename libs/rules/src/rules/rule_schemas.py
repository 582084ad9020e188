"""Request and response bodies of rule sets, their versions, dry runs and explanations."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from chassis.foundation.context import current
from chassis.foundation.texts import Text, filled
from chassis.foundation.words import in_words
from chassis.web.references import PersonSubject
from kernel.errors import Violation
from kernel.texts import TrimmedText
from rules.bodies import RuleSetBody
from rules.conditions import OPERATORS, Operator
from rules.dry_runs import DryRun
from rules.explanations import Explanation, RowVerdict
from rules.fields import FactType, FieldSpec
from rules.rule_kinds import TriedRecord
from rules.versions import RuleDiff, RuleVersion

Labels = Mapping[str, Text]
Note = Annotated[str, TrimmedText(max_length=500)]
EXAMPLE: Any = {
    "hit_policy": "SUM",
    "rows": [
        {
            "id": "manager",
            "condition": {"field": "job_title", "operator": "CONTAINS", "value": "经理"},
            "points": 20,
        }
    ],
}


class RulesIn(BaseModel):
    """Rules that are to be checked or tried."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"rules": EXAMPLE}})

    rules: RuleSetBody


class RuleVersionIn(BaseModel):
    """Rules that are to be published as the next version."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"rules": EXAMPLE, "based_on": 3}}
    )

    rules: RuleSetBody
    based_on: StrictInt = Field(
        ge=0, description="The number of the version that was edited; 0 before the first one"
    )
    note: Note = Field(default="", description="Why the rules change")


class RuleRestoreIn(BaseModel):
    """An earlier version is to be published again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"based_on": 4}})

    based_on: StrictInt = Field(ge=1, description="The number of the version in force")
    note: Note = ""


class RuleVersionOut(BaseModel):
    """A published version of rules; the latest one is in force."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    published_by: Annotated[str, PersonSubject]
    published_by_name: str | None = None
    published_at: datetime
    note: str
    restores: int | None = Field(description="The version whose rules were published again")


class RuleFieldOut(BaseModel):
    """A field that rules may read, with the operators that fit its type."""

    name: str
    label: str
    type: FactType
    operators: list[Operator]
    values: list[str]

    @classmethod
    def of(cls, spec: FieldSpec, labels: Labels) -> Self:
        """Return a field with its label in the caller's language."""
        return cls(
            name=spec.name,
            label=label_of(spec.label, labels),
            type=spec.type,
            operators=list(OPERATORS[spec.type]),
            values=list(spec.values),
        )


class RuleSetSummary(BaseModel):
    """A rule set, and which version of it is in force."""

    name: str
    label: str
    version: int = Field(description="The number of the version in force; 0 without any")


class RuleSetSummaries(BaseModel):
    rule_sets: list[RuleSetSummary]


class RuleSetOut(RuleSetSummary):
    """The rules in force, and the fields that rules may read."""

    rules: dict[str, Any]
    published: RuleVersionOut | None
    fields: list[RuleFieldOut]


class RuleWarningOut(BaseModel):
    """What an author of rules should know, although the rules may be published."""

    pointer: str
    code: str
    message: str


class RuleCheckOut(BaseModel):
    """Rules that may be published."""

    warnings: list[RuleWarningOut]

    @classmethod
    def of(cls, warnings: Iterable[Violation], labels: Labels) -> Self:
        """Return the warnings with their texts."""
        language = current().language
        return cls(
            warnings=[
                RuleWarningOut(
                    pointer=one.pointer,
                    code=one.code,
                    message=filled(labels[one.code], one.params, language),
                )
                for one in warnings
            ]
        )


class ChangedRowOut(BaseModel):
    """A row of rules before and after."""

    id: str
    before: dict[str, Any]
    after: dict[str, Any]
    members: list[str]


class RuleDiffOut(BaseModel):
    """What a version changes in the one before it."""

    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    changed: list[ChangedRowOut]
    moved: list[str]

    @classmethod
    def of(cls, found: RuleDiff) -> Self:
        """Return a comparison as an answer."""
        return cls(
            added=[dict(row) for row in found.added],
            removed=[dict(row) for row in found.removed],
            changed=[
                ChangedRowOut(
                    id=row.row_id,
                    before=dict(row.before),
                    after=dict(row.after),
                    members=list(row.members),
                )
                for row in found.changed
            ],
            moved=list(found.moved),
        )


class RuleVersionDetails(RuleVersionOut):
    """A version with its rules, and what it changes."""

    rules: dict[str, Any]
    changes: RuleDiffOut

    @classmethod
    def with_changes(cls, version: RuleVersion, changes: RuleDiff) -> Self:
        """Return a version with what it changes in the one before it."""
        head = RuleVersionOut.model_validate(version).model_dump()
        return cls(**head, rules=dict(version.content), changes=RuleDiffOut.of(changes))


class ChangeCountOut(BaseModel):
    """How many records change from one result to another."""

    model_config = ConfigDict(from_attributes=True)
    before: Any
    after: Any
    records: int


class ChangedRecordOut(BaseModel):
    """A record whose result changes."""

    record_id: UUID
    record_name: str
    before: Any
    after: Any


class RuleDryRunOut(BaseModel):
    """What new rules would change for the records that the caller sees."""

    records: int
    changed: int
    is_complete: bool = Field(description="Whether all records were tried, or the newest only")
    changes: list[ChangeCountOut]
    examples: list[ChangedRecordOut]

    @classmethod
    def of(cls, found: DryRun[TriedRecord], *, is_complete: bool) -> Self:
        """Return a dry run as an answer."""
        return cls(
            records=found.records,
            changed=found.changed,
            is_complete=is_complete,
            changes=[ChangeCountOut.model_validate(one) for one in found.changes],
            examples=[
                ChangedRecordOut(
                    record_id=one.key.id,
                    record_name=one.key.name,
                    before=one.before,
                    after=one.after,
                )
                for one in found.examples
            ],
        )


class FailedComparisonOut(BaseModel):
    """A comparison that kept a row from matching."""

    model_config = ConfigDict(from_attributes=True)
    field: str
    operator: Operator
    expected: Any
    found: Any
    negated: bool


class RowExplanationOut(BaseModel):
    """What became of a row for the record, and why."""

    model_config = ConfigDict(from_attributes=True)
    row_id: str
    verdict: RowVerdict
    points: int
    failed: list[FailedComparisonOut]


class RuleExplanationOut(BaseModel):
    """What the rules in force decide for a record, row by row."""

    version: int
    result: Any
    winner: str | None = Field(description="The row that decided, if one row decides")
    rows: list[RowExplanationOut]

    @classmethod
    def of(cls, number: int, result: Any, found: Explanation) -> Self:
        """Return an explanation as an answer."""
        rows = [RowExplanationOut.model_validate(row) for row in found.rows]
        return cls(version=number, result=result, winner=found.winner, rows=rows)


def label_of(code: str, labels: Labels) -> str:
    """Return the name of a field or rule set in the caller's language; else its code."""
    text = labels.get(code)
    return code if text is None else in_words(text)
