"""Approvals: what services ask for, and how a request is asked and answered between services.

Each service declares the kinds that it asks for as `APPROVAL_KINDS` in
`contracts/<service>/approvals.py`. It asks by `<service>.approval_request.changed.v1`; `desk` takes
these events of all services, and answers by `desk.approval.decided.v1`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.event import Event, Snapshot, State
from contracts.modules import publisher_modules
from kernel.personal import Personal

KIND_NAME: Final = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")


class FactKind(StrEnum):
    """The type of a fact; in JSON decimals are texts, days `YYYY-MM-DD`, as rules read them."""

    TEXT = "TEXT"
    ENUM = "ENUM"
    DECIMAL = "DECIMAL"
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    TEXT_LIST = "TEXT_LIST"


_PYTHON: Final[Mapping[FactKind, tuple[type, ...]]] = {
    FactKind.TEXT: (str,),
    FactKind.ENUM: (str,),
    FactKind.DECIMAL: (Decimal,),
    FactKind.INTEGER: (int,),
    FactKind.BOOLEAN: (bool,),
    FactKind.DATE: (date,),
    FactKind.TEXT_LIST: (list, tuple),
}


@dataclass(frozen=True, kw_only=True)
class ApprovalFact:
    """A fact that flows may read and approvers see, with its names; an ENUM has `values`.

    A change of a `guarded` fact while the record waits makes the request void.
    """

    name: str
    type: FactKind
    zh: str
    en: str
    values: tuple[str, ...] = ()
    guarded: bool = True

    def json_of(self, value: Any) -> Any:
        """Return a value as JSON. Raises ValueError if it is none of the fact's type."""
        if value is None:
            return None
        of_type = isinstance(value, _PYTHON[self.type]) and not isinstance(value, datetime)
        if not of_type or (isinstance(value, bool) and self.type is not FactKind.BOOLEAN):
            raise ValueError(f"{self.name} is no {self.type}: {value!r}")
        if self.type is FactKind.ENUM and value not in self.values:
            raise ValueError(f"{self.name} has no value {value!r}")
        return _in_json(value)


def _in_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(value) if isinstance(value, StrEnum) else value


@dataclass(frozen=True, kw_only=True)
class ApprovalKind:
    """A kind of approval, such as `cpq.quote_discount`, of the records of a resource.

    `zh` and `en` are its names. `record_people` are the names under which the service says who has
    to do with the record, such as the owner of the account's key team, with their names for people.
    Raises ValueError for a name other than `<service>.<name>`, or facts that occur twice.
    """

    name: str
    resource: str
    zh: str
    en: str
    facts: tuple[ApprovalFact, ...]
    line_facts: tuple[ApprovalFact, ...] = ()
    record_people: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if KIND_NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} should be <service>.<name>")
        for facts in (self.facts, self.line_facts):
            if len({one.name for one in facts}) != len(facts):
                raise ValueError(f"a fact of {self.name} is declared twice")

    @property
    def service(self) -> str:
        """The service that asks for approvals of this kind."""
        return self.name.partition(".")[0]

    def facts_json(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return the facts of a record as JSON. Raises ValueError for others than declared."""
        return _checked(self.facts, facts)

    def line_json(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Return a line of a record as JSON. Raises ValueError for others than declared."""
        return _checked(self.line_facts, line)

    def guarded_facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the facts whose change makes a request void."""
        return {one.name: facts.get(one.name) for one in self.facts if one.guarded}


def _checked(declared: tuple[ApprovalFact, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in declared}
    if given.keys() != names:
        raise ValueError(f"facts {sorted(given)} should be {sorted(names)}")
    return {one.name: one.json_of(given[one.name]) for one in declared}


class RequestStatus(StrEnum):
    """What has become of a request, as its service knows; all but PENDING are final."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"
    VOID = "VOID"


Facts = Annotated[dict[str, Any], Field(description="By name, as their kind declares them")]


class ApprovalRequestState(State):
    """A request for approval of one version of a record, as the asking service publishes it.

    `record_version` is the version that the record had when it was asked. The facts and lines are
    those of that version and never change.
    """

    approval_id: UUID
    kind: str
    resource: str
    record_id: UUID
    record_version: int
    record_name: Annotated[str, Personal("name")]
    facts: Facts
    lines: tuple[dict[str, Any], ...] = ()
    record_people: dict[str, str] = Field(default_factory=dict)
    requested_by: str
    requested_at: AwareDatetime
    status: RequestStatus
    ended_at: AwareDatetime | None = None
    ended_by: str | None = None
    reason: Annotated[str | None, Personal("text")] = None


class ApprovalRequestChanged(Event):
    """The fields of `<service>.approval_request.changed.v1`."""

    approval_request: ApprovalRequestState


class ApprovalRequestSnapshot(Snapshot):
    """The fields of `<service>.approval_request.snapshot.v1`."""

    approval_request: ApprovalRequestState


@cache
def declared_approval_kinds() -> Mapping[str, ApprovalKind]:
    """Return the kinds of all services by name.

    Raises ValueError for a kind that is declared twice, or by another service than its own.
    """
    declared: dict[str, ApprovalKind] = {}
    for service, module in publisher_modules("approvals"):
        for kind in module.APPROVAL_KINDS:
            if kind.service != service or kind.name in declared:
                raise ValueError(f"{kind.name} is declared twice, or by {service}")
            declared[kind.name] = kind
    return declared
