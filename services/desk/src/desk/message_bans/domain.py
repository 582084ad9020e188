"""An address to which nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.messages import MessageChannel

CONSENT_WITHDRAWN: Final = "CONSENT_WITHDRAWN"  # why no marketing is sent to an address


class BanReason(StrEnum):
    """Why nothing is sent to an address."""

    ASKED = "ASKED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"


@dataclass(frozen=True, kw_only=True)
class MessageBan:
    """An address by its keyed digest, which outlives the erasure of its person.

    `hint` shows its first and last characters only.
    """

    id: UUID
    channel: MessageChannel
    address_digest: str | bytes
    hint: str | None
    reason: BanReason
    note: str | None = None
    created_by: str | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1
