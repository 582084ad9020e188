"""A channel, through which other systems and visitors hand in leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from contracts.mtl.events import ChannelState
from kernel.errors import RuleBroken
from kernel.records import StoredRecord
from mtl.touches.domain import TouchKind


class ChannelKind(StrEnum):
    """What kind of place the leads of a channel come from."""

    AD = "AD"
    SEARCH = "SEARCH"
    WEB_FORM = "WEB_FORM"
    CHAT = "CHAT"
    MAIL = "MAIL"
    WECHAT = "WECHAT"
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT"
    CALL_CENTER = "CALL_CENTER"
    EXHIBITION = "EXHIBITION"
    SEMINAR = "SEMINAR"
    TRIAL_REQUEST = "TRIAL_REQUEST"
    PRICE_ENQUIRY = "PRICE_ENQUIRY"
    BOUGHT_LIST = "BOUGHT_LIST"
    OTHER = "OTHER"


class DuplicatePolicy(StrEnum):
    """What becomes of a capture that repeats a lead."""

    BLOCK = "BLOCK"  # it is refused
    ATTACH = "ATTACH"  # it is a further touch of the lead
    CREATE_AND_FLAG = "CREATE_AND_FLAG"  # it is a lead of its own, which names the other one
    MERGE = "MERGE"  # it fills the blank fields of the lead, and is a touch of it


_TOUCH_KINDS: Final[Mapping[ChannelKind, TouchKind]] = {
    ChannelKind.AD: TouchKind.AD_CLICK,
    ChannelKind.CHAT: TouchKind.CHAT,
    ChannelKind.MAIL: TouchKind.MAIL,
    ChannelKind.WECHAT: TouchKind.MESSAGE,
    ChannelKind.SERVICE_ACCOUNT: TouchKind.MESSAGE,
    ChannelKind.CALL_CENTER: TouchKind.CALL,
    ChannelKind.EXHIBITION: TouchKind.EVENT,
    ChannelKind.SEMINAR: TouchKind.SEMINAR,
    ChannelKind.BOUGHT_LIST: TouchKind.IMPORT,
    ChannelKind.OTHER: TouchKind.OTHER,
}


@dataclass(frozen=True, kw_only=True)
class Channel(StoredRecord):
    """A channel with its rules; its leads belong to `default_owner_id`, else wait in a pool.

    Without owner and pool the rules of assignment give them to somebody.

    `mapping` and `gate` are JSON, checked when they are saved. `honeypot` is the path of a field
    that only machines fill in. Answers to senders mention leads that are known already only if
    `shows_duplicates`. Without `allowed_origins` no page of a browser may send.
    """

    name: str
    kind: ChannelKind
    active: bool = True
    default_owner_id: str | None = None
    default_pool_id: UUID | None = None
    duplicate_policy: DuplicatePolicy = DuplicatePolicy.ATTACH
    mapping: Mapping[str, Any] = field(default_factory=dict)
    gate: Mapping[str, Any] = field(default_factory=dict)
    allowed_origins: tuple[str, ...] = ()
    honeypot: str | None = None
    shows_duplicates: bool = False
    requests_per_minute: int = 60

    @property
    def touch_kind(self) -> TouchKind:
        """How a person who comes through the channel has contact with us."""
        return _TOUCH_KINDS.get(self.kind, TouchKind.FORM)

    def admits_origin(self, origin: str) -> bool:
        """Whether pages of this origin may send to the channel."""
        return origin.lower() in self.allowed_origins

    def ensure_active(self) -> None:
        """Refuse captures of a channel that is switched off. Raises RuleBroken."""
        if not self.active:
            raise RuleBroken("CHANNEL_INACTIVE")

    def state(self) -> ChannelState:
        """The channel in the form that events carry."""
        return ChannelState.of(self, channel_id=self.id)
