"""A touch: a contact of a lead's person with us, which is a fact and never changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.mtl.events import LeadTouchRecorded
from kernel.errors import Conflict, Invalid, Violation

MAX_PAYLOAD_ENTRIES: Final = 50


class TouchKind(StrEnum):
    """How a person had contact with us."""

    FORM = "FORM"
    PAGE_VISIT = "PAGE_VISIT"
    DOWNLOAD = "DOWNLOAD"
    SEMINAR = "SEMINAR"
    EVENT = "EVENT"
    CHAT = "CHAT"
    CALL = "CALL"
    MAIL = "MAIL"
    MESSAGE = "MESSAGE"
    AD_CLICK = "AD_CLICK"
    IMPORT = "IMPORT"
    OTHER = "OTHER"


# What the person did, which wakes a lead that sleeps; a row of a list that was bought is none.
BEHAVIORS: Final = frozenset(TouchKind) - {TouchKind.IMPORT}


@dataclass(frozen=True, kw_only=True)
class LeadTouch:
    """A touch of a lead; `external_id` is what its sender calls it, once per lead.

    The payload is None once the person was erased.
    """

    id: UUID
    lead_id: UUID
    kind: TouchKind
    at: datetime
    recorded_at: datetime
    channel: str | None = None
    subject: str | None = None
    payload: Mapping[str, str] | None = field(default_factory=dict)
    external_id: str | None = None
    actor: str | None = None

    @property
    def version(self) -> int:
        """The only version that a touch ever has."""
        return 1

    def ensure_not_in_future(self, *, now: datetime) -> None:
        """Refuse a touch that is still to come. Raises Invalid (INSTANT_IN_FUTURE)."""
        if self.at > now:
            raise Invalid([Violation("/at", "INSTANT_IN_FUTURE")])

    def ensure_repeats(self, stored: "LeadTouch", *, at_is_given: bool) -> None:
        """Refuse another touch with the external id of a stored one.

        Without an instant of its own a touch may have happened when the stored one did. Raises
        Conflict (TOUCH_RECORDED_OTHERWISE).
        """
        same = self.content == stored.content
        if not same or (at_is_given and self.at != stored.at):
            raise Conflict("TOUCH_RECORDED_OTHERWISE", touch_id=str(stored.id))

    @property
    def content(self) -> tuple[object, ...]:
        """What a touch that is sent again has to say again."""
        return self.kind, self.channel, self.subject, dict(self.payload or {})

    def recorded(self) -> LeadTouchRecorded:
        """Return the event that the touch was recorded."""
        return LeadTouchRecorded(
            touch_id=self.id,
            lead_id=self.lead_id,
            kind=self.kind,
            at=self.at,
            recorded_at=self.recorded_at,
            channel=self.channel,
            subject=self.subject,
            payload=dict(self.payload or {}),
            external_id=self.external_id,
            actor=self.actor,
        )
