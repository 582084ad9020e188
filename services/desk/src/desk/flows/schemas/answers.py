"""What is answered about flows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chassis.web.references import PersonSubject
from contracts.approvals import ApprovalKind
from desk.flows.domain.approvers import Exclusion, Origin
from desk.flows.domain.flow import FlowVerdict, StepMode


class FlowFactOut(BaseModel):
    """A fact that flows of a kind may read, with its name in both languages."""

    name: str
    type: str
    zh: str
    en: str
    values: list[str]


class FlowVersionOut(BaseModel):
    """A published version."""

    model_config = ConfigDict(from_attributes=True)
    number: int
    published_by: Annotated[str, PersonSubject]
    published_by_name: str | None = None
    published_at: datetime
    note: str
    restores: int | None


class FlowVersionDetails(FlowVersionOut):
    """A published version with its flow."""

    flow: dict[str, Any]


class FlowSummary(BaseModel):
    """A kind of approval, and the number of the flow in force; 0 is the built-in one."""

    kind: str = Field(examples=["cpq.quote_discount"])
    zh: str
    en: str
    version_in_force: int


class FlowOut(FlowSummary):
    """A kind of approval with its flow in force, and what flows of it may read.

    Without a published version the built-in flow holds: the head of the asker's department.
    """

    flow: dict[str, Any] | None
    facts: list[FlowFactOut]
    record_people: dict[str, dict[str, str]]

    @classmethod
    def of(cls, kind: ApprovalKind, number: int, flow: dict[str, Any] | None) -> FlowOut:
        facts = [
            FlowFactOut(name=f.name, type=f.type, zh=f.zh, en=f.en, values=list(f.values))
            for f in kind.facts
        ]
        people = {name: {"zh": zh, "en": en} for name, (zh, en) in kind.record_people.items()}
        return cls(
            kind=kind.name,
            zh=kind.zh,
            en=kind.en,
            version_in_force=number,
            flow=flow,
            facts=facts,
            record_people=people,
        )


class FlowSummaries(BaseModel):
    """All kinds of approval."""

    flows: list[FlowSummary]


class AskedOut(BaseModel):
    """Who is asked in a step, and why."""

    model_config = ConfigDict(from_attributes=True)
    person: Annotated[str, PersonSubject]
    person_name: str | None = None
    origin: Origin
    instead_of: Annotated[str | None, PersonSubject]
    instead_of_name: str | None = None


class NotAskedOut(BaseModel):
    """Who was found for a step but is not asked, and why."""

    model_config = ConfigDict(from_attributes=True)
    person: Annotated[str, PersonSubject]
    person_name: str | None = None
    why: Exclusion


class StepWayOut(BaseModel):
    """A step of a way: who would be asked in it now."""

    key: str
    name: str
    mode: StepMode
    needed: int | None
    asked: list[AskedOut]
    not_asked: list[NotAskedOut]


class WayOut(BaseModel):
    """What a flow does with a request: the row that decides, the branch, and its steps."""

    row: str | None = Field(description="The row of the table that decides")
    verdict: FlowVerdict | None = Field(description="Set where nobody is asked")
    branch: str | None
    steps: list[StepWayOut]


class TriedRequestOut(BaseModel):
    """A past request, and what it goes through by the flow in force and by the one tried."""

    id: str
    record_name: str
    before: WayOut
    after: WayOut
    changed: bool


class FlowDryRunOut(BaseModel):
    """What a flow would change for the newest requests of its kind."""

    tried: int
    changed: int
    approved_at_once: int
    without_approvers: int = Field(description="Requests with a step that would find nobody")
    requests: list[TriedRequestOut] = Field(description="Of those that change, the newest 50")
