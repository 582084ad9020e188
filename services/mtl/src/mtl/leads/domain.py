"""A lead, the moves it may make, and who was first where two leads are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from contracts.mtl.events import (
    LeadAssigned,
    LeadCaptured,
    LeadChanged,
    LeadConverted,
    LeadDeleted,
    LeadDisqualified,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadState,
)
from kernel.errors import Conflict, RuleBroken
from kernel.personal import Personal

IDENTIFYING = ("name", "company", "phone", "email", "external_id")  # one of them at least
KINDS = ("phone", "email", "external_id")  # what no two leads have in common
MAX_ATTRIBUTES, MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTE = 100, 100, 1000  # how many, and characters


class LeadStatus(StrEnum):
    NEW = "NEW"
    QUALIFIED = "QUALIFIED"
    DISQUALIFIED = "DISQUALIFIED"
    CONVERTED = "CONVERTED"


NEW, QUALIFIED, DISQUALIFIED, CONVERTED = LeadStatus


class Move(StrEnum):
    QUALIFY = "QUALIFY"
    DISQUALIFY = "DISQUALIFY"
    CONVERT = "CONVERT"
    REOPEN = "REOPEN"


# From where, and to where. What is not here is forbidden.
MOVES: dict[Move, tuple[frozenset[LeadStatus], LeadStatus]] = {
    Move.QUALIFY: (frozenset({NEW}), QUALIFIED),
    Move.DISQUALIFY: (frozenset({NEW, QUALIFIED}), DISQUALIFIED),
    Move.CONVERT: (frozenset({QUALIFIED}), CONVERTED),
    Move.REOPEN: (frozenset({CONVERTED}), QUALIFIED),
}


@dataclass(frozen=True, kw_only=True)
class LeadDetails:
    """What is known of a lead, and whose it is; phone in E.164, mail in lower case."""

    name: Annotated[str | None, Personal("name")] = None
    company: str | None = None
    phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    external_id: str | None = None
    source: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    owner_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The ids that a conversion gives to what L2O will make of it."""

    id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    existing_account: bool

    def result(self) -> dict[str, UUID]:
        """What will be there when it has gone well."""
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
    def known_by(self) -> Mapping[str, str]:
        """What no other lead may have meanwhile; one put aside keeps its external id only."""
        if self.deleted_at is not None:
            return {}
        kinds = ("external_id",) if self.status is DISQUALIFIED else KINDS
        known = {kind: getattr(self, kind) for kind in kinds}
        return {kind: value for kind, value in known.items() if value is not None}

    @property
    def title(self) -> str:
        """What to call it; one of these is always there."""
        known = (self.company, self.name, self.external_id, self.email, self.phone)
        return next(text for text in known if text)

    def state(self) -> LeadState:
        """The lead as events carry it."""
        return LeadState(
            lead_id=self.id,
            external_id=self.external_id,
            name=self.name,
            company=self.company,
            phone=self.phone,
            email=self.email,
            source=self.source,
            status=self.status,
            owner_id=self.owner_id,
            attributes=dict(self.attributes),
            custom_fields=dict(self.custom_fields),
        )

    def has_made(self, move: Move) -> bool:
        """Whether the move would change nothing: the lead stands where it leads."""
        return self.status is MOVES[move][1]

    def captured(self) -> LeadCaptured:
        return LeadCaptured(lead=self.state())

    def change(self, edited: Lead, *, now: datetime) -> tuple[Lead, LeadChanged]:
        """As edited. Raises RuleBroken (LEAD_CONVERTED)."""
        self._ensure_not_converted()
        lead = replace(edited, updated_at=now)
        return lead, LeadChanged(lead=lead.state())

    def assign(
        self, owner_id: str, *, actor: str, now: datetime, reason: str | None = None
    ) -> tuple[Lead, LeadAssigned]:
        """To another owner, whatever became of it."""
        lead = replace(self, owner_id=owner_id, updated_at=now)
        return lead, LeadAssigned(
            lead=lead.state(), from_owner_id=self.owner_id, assigned_by=actor, reason=reason
        )

    def delete(self, *, now: datetime) -> tuple[Lead, LeadDeleted]:
        """Raises RuleBroken (LEAD_CONVERTED)."""
        self._ensure_not_converted()
        lead = replace(self, deleted_at=now, updated_at=now)
        return lead, LeadDeleted(lead=lead.state())

    def restore(self, *, now: datetime) -> tuple[Lead, LeadRestored]:
        lead = replace(self, deleted_at=None, updated_at=now)
        return lead, LeadRestored(lead=lead.state())

    def _ensure_not_converted(self) -> None:
        """What was made of it refers to it as it was."""
        if self.status is CONVERTED:
            raise RuleBroken("LEAD_CONVERTED")

    def qualify(self, *, now: datetime) -> tuple[Lead, LeadQualified]:
        """Raises RuleBroken (LEAD_NOT_NEW)."""
        if not self._may(Move.QUALIFY):
            raise RuleBroken("LEAD_NOT_NEW", status=self.status)
        lead = self._moved(Move.QUALIFY, None, now)
        return lead, LeadQualified(lead=lead.state())

    def disqualify(self, reason: str, *, now: datetime) -> tuple[Lead, LeadDisqualified]:
        """Raises RuleBroken (LEAD_NOT_OPEN)."""
        if not self._may(Move.DISQUALIFY):
            raise RuleBroken("LEAD_NOT_OPEN", status=self.status)
        lead = self._moved(Move.DISQUALIFY, reason, now)
        return lead, LeadDisqualified(lead=lead.state(), reason=reason)

    def convert(
        self,
        ids: Conversion,
        *,
        opportunity_name: str | None,
        actor: str | None,
        sees_all: bool = False,
        now: datetime,
    ) -> tuple[Lead, LeadConverted]:
        """Raises RuleBroken (LEAD_NOT_QUALIFIED)."""
        if not self._may(Move.CONVERT):
            raise RuleBroken("LEAD_NOT_QUALIFIED", status=self.status)
        lead = replace(
            self._moved(Move.CONVERT, None, now),
            conversion_id=ids.id,
            account_id=ids.account_id,
            contact_id=ids.contact_id,
            opportunity_id=ids.opportunity_id,
            existing_account=ids.existing_account,
            converted_at=now,
        )
        return lead, LeadConverted(
            lead=lead.state(),
            conversion_id=ids.id,
            account_id=ids.account_id,
            contact_id=ids.contact_id,
            opportunity_id=ids.opportunity_id,
            existing_account=ids.existing_account,
            opportunity_name=opportunity_name or self.title,
            converted_by=actor,
            converted_at=now,
            sees_all=sees_all,
        )

    def is_converted_by(self, conversion_id: UUID) -> bool:
        """Whether this conversion is the one that stands; a late or repeated answer is not."""
        return self.status is CONVERTED and self.conversion_id == conversion_id

    def reopen(self, reason: str, *, now: datetime) -> tuple[Lead, LeadReopened]:
        """Back to QUALIFIED, without the ids. Raises RuleBroken (LEAD_NOT_CONVERTED)."""
        if not self._may(Move.REOPEN) or self.conversion_id is None:
            raise RuleBroken("LEAD_NOT_CONVERTED", status=self.status)
        lead = replace(
            self._moved(Move.REOPEN, reason, now),
            conversion_id=None,
            account_id=None,
            contact_id=None,
            opportunity_id=None,
            existing_account=None,
            converted_at=None,
        )
        event = LeadReopened(lead=lead.state(), conversion_id=self.conversion_id, reason=reason)
        return lead, event

    def _may(self, move: Move) -> bool:
        return self.status in MOVES[move][0]

    def _moved(self, move: Move, reason: str | None, now: datetime) -> Lead:
        return replace(self, status=MOVES[move][1], status_reason=reason, updated_at=now)


class Key(NamedTuple):
    """One thing a lead is known by, as a keyed digest; unique among the leads that count."""

    kind: str
    digest: bytes


@dataclass(frozen=True)
class Duplicate:
    """The lead that was there first, and what it has in common.

    Of a `hidden` one, which whoever asks does not see, nothing is told but that it is there.
    """

    lead_id: UUID
    matched: str
    hidden: bool = False

    @property
    def told(self) -> dict[str, str]:
        """What a refusal may say of it."""
        return {} if self.hidden else {"lead_id": str(self.lead_id), "matched": self.matched}

    def refusal(self) -> Conflict:
        """LEAD_DUPLICATE."""
        return Conflict("LEAD_DUPLICATE", **self.told)


def first_come(
    wanted: Mapping[UUID, Sequence[Key]], taken: Mapping[Key, UUID]
) -> tuple[dict[Key, UUID], dict[UUID, Duplicate]]:
    """Who gets which key where leads come in this order, and which of them are duplicates.

    A duplicate gets no key at all, so a later lead may have what it wanted.
    """
    owners = dict(taken)
    duplicates: dict[UUID, Duplicate] = {}
    for lead_id, keys in wanted.items():
        match = next((key for key in keys if key in owners), None)
        if match is None:
            owners.update(dict.fromkeys(keys, lead_id))
        else:
            duplicates[lead_id] = Duplicate(owners[match], match.kind)
    return owners, duplicates
