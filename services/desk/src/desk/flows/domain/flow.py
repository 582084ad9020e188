"""An approval flow: branches of steps, each with its approvers, its mode and its time limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class ApproverSource(StrEnum):
    """Where the approvers of a step are found."""

    PERSON = "PERSON"
    ROLE = "ROLE"
    POST = "POST"
    DEPARTMENT_HEAD = "DEPARTMENT_HEAD"
    SUPERIOR = "SUPERIOR"
    RECORD_PERSON = "RECORD_PERSON"


class StepMode(StrEnum):
    """How many of the approvers of a step decide, and in which order they are asked."""

    ONE_OF = "ONE_OF"
    ALL_OF = "ALL_OF"
    N_OF = "N_OF"
    IN_ORDER = "IN_ORDER"


class TimeoutAction(StrEnum):
    """What becomes of a step that nobody decides in time."""

    REMIND = "REMIND"
    ESCALATE = "ESCALATE"
    APPROVE = "APPROVE"
    REJECT = "REJECT"


class FlowVerdict(StrEnum):
    """What a flow decides without asking anybody."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"


@dataclass(frozen=True, kw_only=True)
class Approver:
    """One way to find approvers.

    `name` is the subject of a PERSON, the code of a ROLE, the title of a POST, or the name that the
    asking service gives to a RECORD_PERSON, such as `key_team_owner`. A SUPERIOR is the head of the
    department so many `levels` above that of the asker; DEPARTMENT_HEAD is the head of their own.
    """

    source: ApproverSource
    name: str = ""
    levels: int = 0


@dataclass(frozen=True, kw_only=True)
class TimeLimit:
    """When a step is late, in minutes of working time, and what happens then.

    People are reminded after `remind_minutes`. `escalate_to` is who gets the step on ESCALATE;
    without one it is the superior of each approver.
    """

    minutes: int
    action: TimeoutAction
    remind_minutes: int | None = None
    escalate_to: Approver | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a flow; `needed` is how many must approve under N_OF.

    The built-in step has no `name`, as it is named in the language of each reader.
    `fallback` is asked where nobody else can be; without one, that of the flow.
    """

    key: str
    name: str
    approvers: tuple[Approver, ...]
    mode: StepMode = StepMode.ONE_OF
    needed: int | None = None
    fallback: Approver | None = None
    limit: TimeLimit | None = None


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Steps in their order; `then` names the branch whose steps follow."""

    key: str
    steps: tuple[Step, ...]
    then: str | None = None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """All branches of a kind of approval; `fallback` is asked where a step finds nobody."""

    branches: Mapping[str, Branch]
    fallback: Approver | None = None

    def plan(self, branch: str) -> Plan:
        """Return the steps of a branch and of those that follow it, in order."""
        steps: list[Step] = []
        following: str | None = branch
        while following is not None:
            found = self.branches[following]
            steps += found.steps
            following = found.then
        return Plan(branch=branch, steps=tuple(steps), fallback=self.fallback)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a request goes through: the steps of its branch, as they were when it was opened."""

    branch: str
    steps: tuple[Step, ...] = field(default_factory=tuple)
    fallback: Approver | None = None


HEAD_OF_DEPARTMENT: Final = Approver(source=ApproverSource.DEPARTMENT_HEAD)
ADMINISTRATORS: Final = Approver(source=ApproverSource.ROLE, name="ADMIN")

# Holds while a tenant has published no flow of a kind: nothing passes without anybody's approval.
BUILT_IN_BRANCH: Final = "default"
BUILT_IN_FLOW: Final = Flow(
    branches={
        BUILT_IN_BRANCH: Branch(
            key=BUILT_IN_BRANCH,
            steps=(Step(key="head", name="", approvers=(HEAD_OF_DEPARTMENT,)),),
        )
    },
    fallback=ADMINISTRATORS,
)
