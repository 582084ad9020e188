"""A message that a service has asked for, as the service keeps it: without the address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from contracts.messages import MessageChannel, MessageRequestState
from kernel.personal import Personal

# Why a message is not sent although it was asked for, as its record says.
NOT_DEPLOYED: Final = "MESSAGES_NOT_DEPLOYED"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Where a message goes: a mail address or a number, and in which language.

    Without a language it is the tenant's first one that the message has.
    """

    channel: MessageChannel
    address: str
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class MessageRequest:
    """A message that was asked for; it never changes, and what became of it is a copy of desk's.

    `key` is what the asker calls it, with the digest of the address: there is one message of a kind
    and key. `hint` shows the ends
    of the address; the address itself travels sealed to desk, and is kept there alone.
    """

    id: UUID
    kind: str
    key: str
    channel: MessageChannel
    language: str | None
    hint: Annotated[str | None, Personal("text")]
    resource: str
    record_id: Annotated[UUID, Personal("subject")]
    requested_by: str | None
    requested_at: datetime
    refused: str | None = None
    version: int = 1

    def state(self, content: str) -> MessageRequestState:
        """Return the request as its event carries it, with the sealed address and values."""
        return MessageRequestState.of(self, message_id=self.id, content=content)


def content_of(recipient: Recipient, variables: dict[str, Any]) -> dict[str, Any]:
    """Return what is sealed of a message."""
    return {"address": recipient.address, "variables": variables}
