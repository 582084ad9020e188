"""A message to the outside, from its queue to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from contracts.desk.events import MessageState
from contracts.messages import MessageChannel, MessagePurpose, declared_message_kinds
from contracts.work import NoticeKind
from desk.message_bans.domain import BanReason
from kernel.errors import RuleBroken
from kernel.personal import Personal
from kernel.transitions import Transitions

MAX_ATTEMPTS: Final = 8
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)
# A process may die between sending a message and writing that down, or a server may not answer:
# then it is sent once more, under the same id. If that happens again, people decide.
MAX_CLAIMS: Final = 2
OTHER_REASON: Final = "NOT_DELIVERED"
_PUBLIC: Final = re.compile(r"[A-Z][A-Z_]*\Z|[245][0-9]{2}(?![0-9])", re.ASCII)


def _failed(zh: str, en: str) -> NoticeKind:
    return NoticeKind(
        "MESSAGE_FAILED",
        zh=f"发送给 {{recipient}} 的消息未能送出（{zh}）。",
        en=f"A message to {{recipient}} could not be sent ({en}).",
    )


# In the words of the kind; a tenant calls its own templates by their codes.
FAILED_NOTICE: Final = _failed("{template}", "{template}")
FAILED_NOTICES: Final = {
    kind.code: _failed(kind.zh, kind.en) for kind in declared_message_kinds().values()
}


class MessageStatus(StrEnum):
    """Where a message stands."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    REFUSED = "REFUSED"
    BOUNCED = "BOUNCED"


class MessageMove(StrEnum):
    """What leads from one status to another."""

    CLAIM = "CLAIM"
    DELIVER = "DELIVER"
    DEFER = "DEFER"
    FAIL = "FAIL"
    DOUBT = "DOUBT"
    REFUSE = "REFUSE"
    BOUNCE = "BOUNCE"
    RETRY = "RETRY"


_S = MessageStatus
MOVES: Final = Transitions(
    {
        MessageMove.CLAIM: ({_S.QUEUED, _S.SENDING}, _S.SENDING),
        MessageMove.DELIVER: ({_S.SENDING}, _S.SENT),
        MessageMove.DEFER: ({_S.SENDING}, _S.QUEUED),
        MessageMove.FAIL: ({_S.QUEUED, _S.SENDING}, _S.FAILED),
        MessageMove.DOUBT: ({_S.SENDING}, _S.UNCERTAIN),
        MessageMove.REFUSE: ({_S.QUEUED, _S.SENDING}, _S.REFUSED),
        MessageMove.BOUNCE: ({_S.SENDING, _S.SENT, _S.UNCERTAIN}, _S.BOUNCED),
        MessageMove.RETRY: ({_S.FAILED, _S.UNCERTAIN, _S.REFUSED}, _S.QUEUED),
    }
)


class Delivery(StrEnum):
    """What a transport says of a message."""

    SENT = "SENT"
    DEFERRED = "DEFERRED"  # perhaps later
    LOST = "LOST"  # handed over, but the answer was lost: perhaps it arrives
    REJECTED = "REJECTED"  # never, because of the message or of us
    UNDELIVERABLE = "UNDELIVERABLE"  # never, because of the address


class BounceKind(StrEnum):
    """What came back after a message was sent."""

    HARD = "HARD"
    SOFT = "SOFT"
    COMPLAINT = "COMPLAINT"


BAN_OF_BOUNCE: Final = {
    BounceKind.HARD: BanReason.BOUNCED,
    BounceKind.COMPLAINT: BanReason.COMPLAINED,
}


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt: the transport's word, its reason, its own id of the message."""

    delivery: Delivery
    reason: str | None = None
    reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message to one address; `about_resource` and `about_id` name the record it is about.

    `claims` counts the attempts of which nobody knows whether they sent it, and the running one.
    """

    id: UUID
    channel: MessageChannel
    template_code: str
    language: str
    email: Annotated[str | None, Personal("email")] = None
    phone: Annotated[str | None, Personal("phone")] = None
    subject: Annotated[str | None, Personal("text")] = None
    body: Annotated[str, Personal("text")]
    about_resource: str | None = None
    about_id: Annotated[UUID | None, Personal("subject")] = None
    purpose: MessagePurpose = MessagePurpose.MARKETING
    status: MessageStatus = MessageStatus.QUEUED
    attempts: int = 0
    claims: int = 0
    reason: Annotated[str | None, Personal("text")] = None
    reference: str | None = None
    requested_by: str | None = None
    sent_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def recipient(self) -> str | None:
        """The address; None once its person was erased."""
        return self.email if self.channel is MessageChannel.MAIL else self.phone

    def state(self) -> MessageState:
        """The message in the form that events carry: without address and text."""
        return MessageState.of(self, message_id=self.id, reason=self.public_reason)

    @property
    def public_reason(self) -> str | None:
        """Why it was not sent, as everybody may know: a code, or the number of a server's reply.

        What else a server says often repeats the address.
        """
        if self.reason is None:
            return None
        said = _PUBLIC.match(self.reason)
        return OTHER_REASON if said is None else said[0]

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be sent."""
        return self.status in (MessageStatus.QUEUED, MessageStatus.SENDING)

    @property
    def is_in_doubt(self) -> bool:
        """Whether as many processes as may try died before they wrote down what they did."""
        return self.status is MessageStatus.SENDING and self.claims >= MAX_CLAIMS

    @property
    def needs_people(self) -> bool:
        """Whether it has come to an end that somebody should see."""
        return self.status in (MessageStatus.FAILED, MessageStatus.UNCERTAIN)

    def claimed(self) -> Message:
        """Return the message as somebody begins to send it."""
        return replace(self._moved(MessageMove.CLAIM), claims=self.claims + 1)

    def doubted(self) -> Message:
        """Return the message of which nobody knows whether it was sent."""
        return replace(self._moved(MessageMove.DOUBT), reason="PROCESS_DIED")

    def refused(self, reason: str) -> Message:
        """Return the message that is not sent, because its address is banned."""
        return replace(self._moved(MessageMove.REFUSE), reason=reason)

    def failed(self, reason: str) -> Message:
        """Return the message that is given up."""
        return replace(self._moved(MessageMove.FAIL), reason=reason)

    def ended(self, outcome: Outcome, *, now: datetime) -> Message:
        """Return the message after an attempt."""
        is_sent, is_lost = outcome.delivery is Delivery.SENT, outcome.delivery is Delivery.LOST
        moved = replace(
            self._moved(self._move_after(outcome)),
            attempts=self.attempts + 1,
            claims=self.claims if is_lost else self.claims - 1,
            reason=outcome.reason,
        )
        return replace(moved, sent_at=now, reference=outcome.reference) if is_sent else moved

    def _move_after(self, outcome: Outcome) -> MessageMove:
        if outcome.delivery is Delivery.SENT:
            return MessageMove.DELIVER
        if outcome.delivery is Delivery.UNDELIVERABLE:
            return MessageMove.BOUNCE
        if outcome.delivery is Delivery.LOST and self.claims >= MAX_CLAIMS:
            return MessageMove.DOUBT
        is_last = self.attempts + 1 >= MAX_ATTEMPTS or outcome.delivery is Delivery.REJECTED
        return MessageMove.FAIL if is_last else MessageMove.DEFER

    @property
    def delay(self) -> timedelta:
        """How long to wait after this many attempts: 1, 2, 4 minutes, at most an hour."""
        return min(FIRST_DELAY * (1 << max(self.attempts - 1, 0)), LONGEST_DELAY)

    def bounced(self, kind: BounceKind, reason: str | None) -> Message:
        """Return the message after a bounce; a soft one is only noted.

        Raises RuleBroken (MESSAGE_NOT_SENT).
        """
        if kind is BounceKind.SOFT:
            return replace(self, reason=reason)
        if self.status is MessageStatus.BOUNCED:
            return self
        return replace(self._moved(MessageMove.BOUNCE, "MESSAGE_NOT_SENT"), reason=reason)

    def queued_again(self) -> Message:
        """Return the message to be tried anew.

        Raises RuleBroken (MESSAGE_NOT_FAILED, MESSAGE_ERASED, MESSAGE_NOT_WRITTEN).
        """
        if self.recipient is None:
            raise RuleBroken("MESSAGE_ERASED")
        if not self.body and self.status is MessageStatus.FAILED:
            raise RuleBroken("MESSAGE_NOT_WRITTEN")
        return replace(self._moved(MessageMove.RETRY), attempts=0, claims=0, reason=None)

    def _moved(self, move: MessageMove, code: str = "MESSAGE_NOT_FAILED") -> Message:
        MOVES.ensure_allowed(move, self.status, code)
        return replace(self, status=MOVES.target(move))
