"""Consents and their withdrawals, by contact point and medium: facts that never change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from contracts.mtl.events import ConsentState as PublishedConsent


class ConsentMedium(StrEnum):
    """By what means people are contacted."""

    CALL = "CALL"
    MAIL = "MAIL"
    MESSAGE = "MESSAGE"
    WECHAT = "WECHAT"


class ConsentState(StrEnum):
    """Whether a person lets themselves be contacted."""

    GRANTED = "GRANTED"
    WITHDRAWN = "WITHDRAWN"


# The contact points of each medium: their kind, and the fields of a lead that hold them.
POINTS: Final[Mapping[ConsentMedium, tuple[str, tuple[str, ...]]]] = {
    ConsentMedium.CALL: ("phone", ("phone", "other_phone")),
    ConsentMedium.MAIL: ("email", ("email", "other_email")),
    ConsentMedium.MESSAGE: ("phone", ("phone", "other_phone")),
    ConsentMedium.WECHAT: ("wechat_id", ("wechat_id",)),
}


class HasContactPoints(Protocol):
    """The fields of a person by which they are contacted."""

    @property
    def phone(self) -> str | None: ...
    @property
    def work_phone(self) -> str | None: ...
    @property
    def other_phone(self) -> str | None: ...
    @property
    def email(self) -> str | None: ...
    @property
    def other_email(self) -> str | None: ...
    @property
    def wechat_id(self) -> str | None: ...


class ContactPoint(NamedTuple):
    """A phone number, mail address or WeChat id, by its kind and its keyed digest."""

    kind: str
    digest: bytes


@dataclass(frozen=True, kw_only=True)
class Consent:
    """That a person granted or withdrew a medium, with the proof: what they agreed to, and where.

    `digest` finds the contact point here, `address_digest` in services that send messages.
    `at` is when they did, `recorded_at` when it was stored; `lead_id` names the lead at which it
    was recorded, but it counts for every lead with the contact point.
    """

    id: UUID
    lead_id: UUID
    kind: str
    digest: bytes
    address_digest: bytes
    medium: ConsentMedium
    state: ConsentState
    at: datetime
    recorded_at: datetime
    recorded_by: str | None = None
    text: str | None = None
    text_version: str | None = None
    channel: str | None = None
    source: str | None = None

    @property
    def version(self) -> int:
        """The only version that a consent ever has."""
        return 1

    def published(self) -> PublishedConsent:
        """The consent in the form that events carry: without its person, lead and proof."""
        return PublishedConsent.of(
            self, consent_id=self.id, address_digest=self.address_digest.hex()
        )


@dataclass(frozen=True)
class PublishedFact:
    """A consent as snapshots publish it again."""

    consent: Consent

    @property
    def id(self) -> UUID:
        """The id of the consent."""
        return self.consent.id

    @property
    def version(self) -> int:
        """The only version of the consent."""
        return self.consent.version

    def state(self) -> PublishedConsent:
        """Return the consent in the form that events carry."""
        return self.consent.published()


def values_of(person: HasContactPoints, medium: ConsentMedium) -> list[tuple[str, str]]:
    """Return the contact points of a person for a medium, each after its kind, once.

    The number at work may be a switchboard's, which colleagues have too: it counts for calls to a
    person without another number only.
    """
    kind, fields = POINTS[medium]
    found = [value for name in fields if (value := getattr(person, name)) is not None]
    if medium is ConsentMedium.CALL and not found and person.work_phone is not None:
        found = [person.work_phone]
    return list(dict.fromkeys((kind, value) for value in found))


def all_values_of(person: HasContactPoints) -> list[tuple[str, str]]:
    """Return all contact points of a person, each after its kind, once."""
    found = (one for medium in ConsentMedium for one in values_of(person, medium))
    return list(dict.fromkeys(found))


def banned_media(
    points: Mapping[ConsentMedium, Sequence[ContactPoint]],
    withdrawn: Iterable[tuple[str, bytes, ConsentMedium]],
) -> tuple[str, ...]:
    """Return the media of a person who withdrew them at any of their contact points."""
    gone = set(withdrawn)
    return tuple(
        medium.value
        for medium, own in points.items()
        if any((point.kind, point.digest, medium) in gone for point in own)
    )
