"""A lead, its status moves, and the detection of duplicate leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from contracts.mtl.events import (
    LeadConverted,
    LeadDisqualified,
    LeadQualified,
    LeadReopened,
    LeadState,
)
from contracts.work import TaskKind
from kernel.errors import Conflict, RuleBroken
from kernel.personal import Personal
from kernel.transitions import Transitions

IDENTIFYING_FIELDS = ("name", "company", "phone", "email", "external_id")  # at least one is set
KEY_KINDS = ("phone", "email", "external_id")  # fields that are unique among leads
MAX_ATTRIBUTES, MAX_ATTRIBUTE_NAME_LENGTH, MAX_ATTRIBUTE_VALUE_LENGTH = 100, 100, 1000


class LeadStatus(StrEnum):
    NEW = "NEW"
    QUALIFIED = "QUALIFIED"
    DISQUALIFIED = "DISQUALIFIED"
    CONVERTED = "CONVERTED"


NEW, QUALIFIED, DISQUALIFIED, CONVERTED = LeadStatus
OPEN_STATUSES = frozenset({NEW, QUALIFIED})
FOLLOW_UP: Final = TaskKind("WORK_LEAD", zh="跟进线索 {name}", en="Follow up on lead {name}")


class LeadMove(StrEnum):
    """A change of status."""

    QUALIFY = "QUALIFY"
    DISQUALIFY = "DISQUALIFY"
    CONVERT = "CONVERT"
    REOPEN = "REOPEN"


# For each move, the statuses it may start from and the one it leads to; others are forbidden.
LEAD_MOVES = Transitions(
    {
        LeadMove.QUALIFY: ({NEW}, QUALIFIED),
        LeadMove.DISQUALIFY: ({NEW, QUALIFIED}, DISQUALIFIED),
        LeadMove.CONVERT: ({QUALIFIED}, CONVERTED),
        LeadMove.REOPEN: ({CONVERTED}, QUALIFIED),
    }
)


@dataclass(frozen=True, kw_only=True)
class LeadDetails:
    """The details of a lead and its owner; phone in E.164, email in lower case."""

    name: Annotated[str | None, Personal("name")] = None
    company: str | None = None
    phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    external_id: str | None = None
    source: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    owner_id: str | None = None

    @property
    def has_key(self) -> bool:
        """Whether a lead with these details is found again by what no two leads share."""
        return any(getattr(self, kind) is not None for kind in KEY_KINDS)


@dataclass(frozen=True, kw_only=True)
class ConversionIds:
    """The ids of a conversion and of the records that L2O will create or use for it."""

    conversion_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    existing_account: bool

    def result(self) -> dict[str, UUID]:
        """The ids of the three records, as the operation returns them."""
        names = ("account_id", "contact_id", "opportunity_id")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Lead(LeadDetails):
    id: UUID
    status: LeadStatus = NEW
    status_reason: str | None = None
    conversion_id: UUID | None = None
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    existing_account: bool | None = None
    converted_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def key_values(self) -> Mapping[str, str]:
        """The values, by kind, that no other lead may have.

        A deleted lead has none; a disqualified one keeps its external id, lest an import repeat it.
        """
        if self.deleted_at is not None:
            return {}
        kinds = ("external_id",) if self.status is DISQUALIFIED else KEY_KINDS
        values = {kind: getattr(self, kind) for kind in kinds}
        return {kind: value for kind, value in values.items() if value is not None}

    @property
    def is_open(self) -> bool:
        """Whether somebody has to follow up the lead."""
        return self.status in OPEN_STATUSES

    @property
    def display_name(self) -> str:
        """The first identifying value; a lead always has at least one."""
        values = (self.company, self.name, self.external_id, self.email, self.phone)
        return next(value for value in values if value)

    def state(self) -> LeadState:
        """The lead in the form that events carry."""
        return LeadState.of(self, lead_id=self.id)

    def has_made(self, move: LeadMove) -> bool:
        """Whether the lead already has the status to which the move leads."""
        return LEAD_MOVES.has_made(move, self.status)

    def ensure_not_converted(self) -> None:
        """Refuse a change of a converted lead. Raises RuleBroken (LEAD_CONVERTED)."""
        # The records that L2O created refer to the lead as it was then.
        if self.status is CONVERTED:
            raise RuleBroken("LEAD_CONVERTED")

    def qualify(self, *, now: datetime) -> tuple[Lead, LeadQualified]:
        """Move to QUALIFIED. Raises RuleBroken (LEAD_NOT_NEW)."""
        lead = self._moved(LeadMove.QUALIFY, None, now, "LEAD_NOT_NEW")
        return lead, LeadQualified(lead=lead.state())

    def disqualify(self, reason: str, *, now: datetime) -> tuple[Lead, LeadDisqualified]:
        """Move to DISQUALIFIED. Raises RuleBroken (LEAD_NOT_OPEN)."""
        lead = self._moved(LeadMove.DISQUALIFY, reason, now, "LEAD_NOT_OPEN")
        return lead, LeadDisqualified(lead=lead.state(), reason=reason)

    def convert(
        self,
        ids: ConversionIds,
        *,
        opportunity_name: str | None,
        actor: str | None,
        sees_all: bool = False,
        now: datetime,
    ) -> tuple[Lead, LeadConverted]:
        """Move to CONVERTED; the opportunity is named after the lead unless a name is given.

        Raises RuleBroken (LEAD_NOT_QUALIFIED).
        """
        converted = self._moved(LeadMove.CONVERT, None, now, "LEAD_NOT_QUALIFIED")
        lead = replace(converted, converted_at=now, **vars(ids))
        return lead, LeadConverted(
            lead=lead.state(),
            **vars(ids),
            opportunity_name=opportunity_name or self.display_name,
            converted_by=actor,
            converted_at=now,
            sees_all=sees_all,
        )

    def is_converted_by(self, conversion_id: UUID) -> bool:
        """Whether this conversion is the current one; an answer to an earlier one is not."""
        return self.status is CONVERTED and self.conversion_id == conversion_id

    def reopen(self, reason: str, *, now: datetime) -> tuple[Lead, LeadReopened]:
        """Move back to QUALIFIED, without the ids. Raises RuleBroken (LEAD_NOT_CONVERTED)."""
        reopened = self._moved(LeadMove.REOPEN, reason, now, "LEAD_NOT_CONVERTED")
        if self.conversion_id is None:
            raise RuleBroken("LEAD_NOT_CONVERTED", status=self.status)
        lead = replace(
            reopened,
            conversion_id=None,
            account_id=None,
            contact_id=None,
            opportunity_id=None,
            existing_account=None,
            converted_at=None,
        )
        event = LeadReopened(lead=lead.state(), conversion_id=self.conversion_id, reason=reason)
        return lead, event

    def _moved(self, move: LeadMove, reason: str | None, now: datetime, code: str) -> Lead:
        LEAD_MOVES.ensure_allowed(move, self.status, code, status=self.status)
        status = LEAD_MOVES.target(move)
        return replace(self, status=status, status_reason=reason, updated_at=now)


class LeadKey(NamedTuple):
    """A keyed digest of a phone, email or external id; unique among a tenant's leads."""

    kind: str
    digest: bytes


@dataclass(frozen=True)
class DuplicateLead:
    """The earlier lead that a lead repeats, and the kind of key (`matched`) they share.

    A `hidden` one is not visible to the caller: neither its id nor the match is disclosed.
    """

    lead_id: UUID
    matched: str
    hidden: bool = False

    @property
    def disclosed_params(self) -> dict[str, str]:
        """The error parameters that the caller may see."""
        return {} if self.hidden else {"lead_id": str(self.lead_id), "matched": self.matched}

    def as_conflict(self) -> Conflict:
        """The error LEAD_DUPLICATE, or LEAD_DUPLICATE_HIDDEN."""
        return Conflict(self.code, **self.disclosed_params)

    @property
    def code(self) -> str:
        """The code of the error, which says whether the caller may see the earlier lead."""
        return "LEAD_DUPLICATE_HIDDEN" if self.hidden else "LEAD_DUPLICATE"


def assign_keys(
    requested: Mapping[UUID, Sequence[LeadKey]], reserved: Mapping[LeadKey, UUID]
) -> tuple[dict[LeadKey, UUID], dict[UUID, DuplicateLead]]:
    """Give each key to the first lead that requests it; return the holders and the duplicates.

    `reserved` are the keys of stored leads. A duplicate gets no key at all, so that a later lead
    may have those of its keys that were free.
    """
    holders = dict(reserved)
    duplicates: dict[UUID, DuplicateLead] = {}
    for lead_id, keys in requested.items():
        match = next((key for key in keys if key in holders), None)
        if match is None:
            holders.update(dict.fromkeys(keys, lead_id))
        else:
            duplicates[lead_id] = DuplicateLead(holders[match], match.kind)
    return holders, duplicates
