"""Further numbers, mail addresses and websites of a person or a company, each with its kind.

The usual one stands in a field of the record itself (`phone`, `email`, `website`); these are parts
of the record, in a table of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from kernel.personal import Personal

MAX_POINTS: Final = 20  # of one medium


class PointMedium(StrEnum):
    """How somebody is reached at a point."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    WEBSITE = "WEBSITE"


class PhoneKind(StrEnum):
    """What a further telephone number is."""

    OFFICE = "OFFICE"
    MOBILE = "MOBILE"
    HOME = "HOME"
    FAX = "FAX"
    SERVICE = "SERVICE"
    OTHER = "OTHER"


class EmailKind(StrEnum):
    """What a further mail address is for."""

    WORK = "WORK"
    PRIVATE = "PRIVATE"
    INVOICE = "INVOICE"
    OTHER = "OTHER"


class WebsiteKind(StrEnum):
    """What a further website is."""

    COMPANY = "COMPANY"
    SHOP = "SHOP"
    SOCIAL = "SOCIAL"
    OTHER = "OTHER"


@dataclass(frozen=True, kw_only=True)
class PartyPoint:
    """A further number in E.164, mail address or website, in the field of its medium.

    Points that say the same in the same place are equal, whatever their ids.
    """

    id: UUID = field(compare=False)
    position: int
    medium: PointMedium
    kind: str
    phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    website: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReachedParty:
    """What has further points; the record of a person or a company inherits it."""

    points: Sequence[PartyPoint] = ()

    @property
    def phones(self) -> tuple[PartyPoint, ...]:
        """The further telephone numbers."""
        return self._of(PointMedium.PHONE)

    @property
    def emails(self) -> tuple[PartyPoint, ...]:
        """The further mail addresses."""
        return self._of(PointMedium.EMAIL)

    @property
    def websites(self) -> tuple[PartyPoint, ...]:
        """The further websites."""
        return self._of(PointMedium.WEBSITE)

    def _of(self, medium: PointMedium) -> tuple[PartyPoint, ...]:
        # An erased point is empty.
        return tuple(
            point
            for point in self.points
            if point.medium is medium and getattr(point, medium.lower()) is not None
        )


def values_of(points: Sequence[PartyPoint], *further: str | None) -> Iterator[str]:
    """Yield each value once: those of these points, after other values that are there."""
    found = (*further, *(one.phone or one.email or one.website for one in points))
    yield from dict.fromkeys(value for value in found if value is not None)
