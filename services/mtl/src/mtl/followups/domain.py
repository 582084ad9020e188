"""A follow-up of a lead and its next step."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from contracts.mtl.events import ChecklistItemState, FollowUpState
from contracts.work import TaskKind
from kernel.errors import RuleBroken
from kernel.next_steps import RecordOfDeed
from kernel.personal import Personal
from mtl.consents.domain import ConsentMedium

NEXT_STEP: Final = TaskKind("NEXT_STEP", zh="今天跟进：{name}", en="Follow up today: {name}")
MAX_CHECKLIST_ITEMS: Final = 50
MAX_SHOWN_LENGTH: Final = 60


class FollowUpKind(StrEnum):
    """What somebody did to follow up a lead."""

    CALL = "CALL"
    VISIT = "VISIT"
    MEETING = "MEETING"
    MAIL = "MAIL"
    MESSAGE = "MESSAGE"
    WECHAT = "WECHAT"
    NOTE = "NOTE"


class FollowUpDirection(StrEnum):
    """Who contacted whom."""

    OUTGOING = "OUTGOING"
    INCOMING = "INCOMING"


# The kinds by which a person is contacted, who may have withdrawn that.
MEDIA: Final = {
    FollowUpKind.CALL: ConsentMedium.CALL,
    FollowUpKind.MAIL: ConsentMedium.MAIL,
    FollowUpKind.MESSAGE: ConsentMedium.MESSAGE,
    FollowUpKind.WECHAT: ConsentMedium.WECHAT,
}


class FollowUpResult(StrEnum):
    """What came of a follow-up."""

    REACHED = "REACHED"
    NOT_REACHED = "NOT_REACHED"
    INTERESTED = "INTERESTED"
    NOT_INTERESTED = "NOT_INTERESTED"
    CALL_BACK = "CALL_BACK"
    DONE = "DONE"


# The results that somebody only has who has spoken with the person.
SPOKEN_RESULTS: Final = (
    FollowUpResult.REACHED,
    FollowUpResult.INTERESTED,
    FollowUpResult.NOT_INTERESTED,
    FollowUpResult.CALL_BACK,
)


@dataclass(frozen=True)
class ChecklistItem:
    """A question of a screening and its answer; `ok` is None if nobody has judged it."""

    question: str
    answer: str | None = None
    ok: bool | None = None


@dataclass(frozen=True, kw_only=True)
class FollowUp(RecordOfDeed):
    """What its owner did about a lead; the next step is open until it is done.

    The texts are None once the person of the lead was erased.
    """

    lead_id: Annotated[UUID, Personal("subject")]
    kind: FollowUpKind
    direction: FollowUpDirection = FollowUpDirection.OUTGOING
    result: FollowUpResult | None = None
    summary: Annotated[str | None, Personal("text")] = None
    checklist: Annotated[tuple[ChecklistItem, ...] | None, Personal("text")] = ()

    @property
    def display_name(self) -> str:
        """What people call the follow-up in notices: the beginning of its text, or its day."""
        text = self.summary or self.next_step or self.at.date().isoformat()
        return text[:MAX_SHOWN_LENGTH]

    def state(self) -> FollowUpState:
        """The follow-up in the form that events carry."""
        checklist = tuple(ChecklistItemState.of(one) for one in self.checklist or ())
        return FollowUpState.of(self, follow_up_id=self.id, checklist=checklist)

    @property
    def medium(self) -> ConsentMedium | None:
        """By what means we contacted the person; None if they contacted us, or we met."""
        is_outgoing = self.direction is FollowUpDirection.OUTGOING
        return MEDIA.get(self.kind) if is_outgoing else None

    def ensure_allowed(self, banned: Collection[str]) -> None:
        """Refuse a contact that the person does not want. Raises RuleBroken (DO_NOT_CONTACT)."""
        if self.medium is not None and self.medium in banned:
            raise RuleBroken("DO_NOT_CONTACT", medium=self.medium.value)
