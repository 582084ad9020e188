"""An activity: what somebody did with an account, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from contracts.l2o.events import ActivityState
from contracts.work import TaskKind
from kernel.next_steps import RecordOfDeed
from kernel.personal import Personal

NEXT_STEP: Final = TaskKind(
    "ACTIVITY_NEXT_STEP", zh="今天跟进：{name}", en="Follow up today: {name}"
)
MAX_SHOWN_LENGTH: Final = 60
MAX_PEOPLE: Final = 50
MAX_MINUTES: Final = 24 * 60


class ActivityKind(StrEnum):
    """What somebody did with an account."""

    CALL = "CALL"
    MAIL = "MAIL"
    MEETING = "MEETING"
    VISIT = "VISIT"
    WECHAT = "WECHAT"
    NOTE = "NOTE"


class ActivityDirection(StrEnum):
    """Who contacted whom."""

    OUTGOING = "OUTGOING"
    INCOMING = "INCOMING"


class ActivityResult(StrEnum):
    """What came of an activity."""

    NOT_REACHED = "NOT_REACHED"
    CALL_BACK = "CALL_BACK"
    POSITIVE = "POSITIVE"
    NEUTRAL = "NEUTRAL"
    NEGATIVE = "NEGATIVE"


# Nobody of the account took part, or noticed.
NO_TOUCH_KINDS: Final = (ActivityKind.NOTE,)


@dataclass(frozen=True, kw_only=True)
class Activity(RecordOfDeed):
    """What its owner did with an account; the next step is open until it is done.

    `contact_ids` are people at the account who took part, `participant_ids` the subjects of
    colleagues, and `guests` names others as text.
    """

    account_id: UUID
    opportunity_id: UUID | None = None
    kind: ActivityKind
    duration_minutes: int | None = None
    direction: ActivityDirection = ActivityDirection.OUTGOING
    result: ActivityResult | None = None
    subject: Annotated[str | None, Personal("text")] = None
    body: Annotated[str | None, Personal("text")] = None
    guests: Annotated[str | None, Personal("text")] = None
    contact_ids: tuple[UUID, ...] = ()
    participant_ids: tuple[str, ...] = ()

    @property
    def display_name(self) -> str:
        """What people call the activity in notices: the beginning of its text, or its day."""
        text = self.subject or self.body or self.next_step or self.at.date().isoformat()
        return text[:MAX_SHOWN_LENGTH]

    @property
    def is_touch(self) -> bool:
        """Whether it touched the customer, as a note does not."""
        return self.kind not in NO_TOUCH_KINDS

    @property
    def touch(self) -> tuple[datetime, UUID | None] | None:
        """When it touched the customer, and about which opportunity; None if it does not count."""
        counts = self.is_touch and self.deleted_at is None
        return (self.at, self.opportunity_id) if counts else None

    def state(self) -> ActivityState:
        """The activity in the form that events carry."""
        return ActivityState.of(self, activity_id=self.id)
