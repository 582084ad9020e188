"""What is sent to check, try and publish flows."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from desk.flows.domain.flow import (
    Approver,
    ApproverSource,
    Branch,
    Flow,
    Step,
    StepMode,
    TimeLimit,
    TimeoutAction,
)
from kernel.texts import TrimmedText
from rules.bodies import RuleSetBody

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["manager"])]
Name = Annotated[str, TrimmedText(min_length=1, max_length=100)]
_MAX_MINUTES = 60 * 24 * 365


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class ApproverBody(_Body):
    """One way to find approvers; the department's head and superiors are those of the asker."""

    source: ApproverSource
    name: str = Field(
        "",
        max_length=200,
        description="The subject of a person, the code of a role, the title of a post, or what the"
        " asking service calls a person of the record",
    )
    levels: int = Field(0, ge=0, le=20, strict=True, description="Of a superior")

    @model_validator(mode="after")
    def _named(self) -> ApproverBody:
        upwards = self.source in (ApproverSource.DEPARTMENT_HEAD, ApproverSource.SUPERIOR)
        if upwards == bool(self.name):
            raise ValueError("a name belongs to every source but head and superior")
        return self

    def approver(self) -> Approver:
        return Approver(source=self.source, name=self.name, levels=self.levels)


class TimeLimitBody(_Body):
    """When a step is late, in minutes of working time."""

    minutes: int = Field(ge=1, le=_MAX_MINUTES, strict=True)
    action: TimeoutAction
    remind_minutes: int | None = Field(None, ge=1, le=_MAX_MINUTES, strict=True)
    escalate_to: ApproverBody | None = None

    def limit(self) -> TimeLimit:
        to = None if self.escalate_to is None else self.escalate_to.approver()
        return TimeLimit(
            minutes=self.minutes,
            action=self.action,
            remind_minutes=self.remind_minutes,
            escalate_to=to,
        )


class StepBody(_Body):
    """A step; `needed` is how many must approve under N_OF."""

    key: Key
    name: Name
    approvers: list[ApproverBody] = Field(min_length=1, max_length=20)
    mode: StepMode = StepMode.ONE_OF
    needed: int | None = Field(None, ge=1, le=100, strict=True)
    fallback: ApproverBody | None = None
    limit: TimeLimitBody | None = None

    def step(self) -> Step:
        return Step(
            key=self.key,
            name=self.name,
            approvers=tuple(one.approver() for one in self.approvers),
            mode=self.mode,
            needed=self.needed,
            fallback=None if self.fallback is None else self.fallback.approver(),
            limit=None if self.limit is None else self.limit.limit(),
        )


class BranchBody(_Body):
    """Steps in their order, and the branch whose steps follow."""

    steps: list[StepBody] = Field(min_length=1, max_length=20)
    then: Key | None = None


class FlowBody(_Body):
    """A flow: a decision table over the facts of the kind, and the branches that it leads to.

    Each row has the outcome `{"branch": "<key>"}`, or `{"verdict": "APPROVE"}` or `REJECT`.
    """

    rules: RuleSetBody
    branches: dict[Key, BranchBody] = Field(max_length=50)
    fallback: ApproverBody | None = Field(
        None, description="Who is asked where a step finds nobody; somebody who always exists"
    )

    def flow(self) -> Flow:
        branches = {
            key: Branch(key=key, steps=tuple(one.step() for one in body.steps), then=body.then)
            for key, body in self.branches.items()
        }
        fallback = None if self.fallback is None else self.fallback.approver()
        return Flow(branches=branches, fallback=fallback)

    @property
    def content(self) -> dict[str, Any]:
        """The flow as a version stores it."""
        return self.model_dump(mode="json")


_EXAMPLE: Any = {
    "based_on": 0,
    "note": "折扣审批",
    "flow": {
        "rules": {
            "hit_policy": "FIRST",
            "rows": [
                {
                    "id": "large",
                    "condition": {"field": "amount", "operator": "GTE", "value": "500000"},
                    "outcome": {"branch": "director"},
                },
                {"id": "rest", "condition": {"all": []}, "outcome": {"verdict": "APPROVE"}},
            ],
        },
        "branches": {
            "director": {
                "steps": [
                    {
                        "key": "director",
                        "name": "总监审批",
                        "approvers": [{"source": "ROLE", "name": "DIRECTOR"}],
                        "mode": "ONE_OF",
                        "limit": {"minutes": 960, "remind_minutes": 480, "action": "ESCALATE"},
                    }
                ]
            }
        },
        "fallback": {"source": "ROLE", "name": "ADMIN"},
    },
}


class FlowVersionIn(_Body):
    """A flow to be published as the next version, made from the version `based_on`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})
    flow: FlowBody
    based_on: int = Field(ge=0, le=2**31 - 1, strict=True)
    note: str = Field("", max_length=500)


class FlowTrialIn(_Body):
    """A flow to be checked or tried; nothing is stored."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"flow": _EXAMPLE["flow"]}]}
    )
    flow: FlowBody


class FlowRestoreIn(_Body):
    """An earlier version is published again; `based_on` is the latest one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"based_on": 2, "note": "恢复旧流程"}]}
    )
    based_on: int = Field(ge=1, le=2**31 - 1, strict=True)
    note: str = Field("", max_length=500)
