"""Bodies and answers of further numbers, mail addresses and websites."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from chassis.records.contact_points import Email, PhoneOfParent
from kernel.ids import new_id
from kernel.personal import Personal
from parties.fields import Website
from parties.points import (
    MAX_POINTS,
    EmailKind,
    PartyPoint,
    PhoneKind,
    PointMedium,
    WebsiteKind,
)

_CELL_ENDS: Final = re.compile(r"[;；,，、\n]")


class PhonePointIn(BaseModel):
    """A further telephone number, in any usual spelling; stored as E.164."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    kind: PhoneKind = PhoneKind.OTHER
    phone: PhoneOfParent


class EmailPointIn(BaseModel):
    """A further mail address; stored in lower case."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    kind: EmailKind = EmailKind.OTHER
    email: Email


class WebsitePointIn(BaseModel):
    """A further website."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    kind: WebsiteKind = WebsiteKind.OTHER
    website: Website


class PhonePointOut(BaseModel):
    """A further telephone number."""

    model_config = ConfigDict(from_attributes=True)
    kind: PhoneKind
    phone: Annotated[str, Personal("phone")] = Field(examples=["+862164372345"])


class EmailPointOut(BaseModel):
    """A further mail address."""

    model_config = ConfigDict(from_attributes=True)
    kind: EmailKind
    email: Annotated[str, Personal("email")]


class WebsitePointOut(BaseModel):
    """A further website."""

    model_config = ConfigDict(from_attributes=True)
    kind: WebsiteKind
    website: str


def _once(points: list[Any]) -> list[Any]:
    """Refuse a value that stands twice. Raises PydanticCustomError (POINT_REPEATED)."""
    values = [one.model_dump(exclude={"kind"}).popitem()[1] for one in points]
    if len(set(values)) < len(values):
        raise PydanticCustomError("POINT_REPEATED", "A value stands twice")
    return points


_MANY: Final = Field(max_length=MAX_POINTS)
PhonePoints = Annotated[list[PhonePointIn], _MANY, AfterValidator(_once)]
EmailPoints = Annotated[list[EmailPointIn], _MANY, AfterValidator(_once)]
WebsitePoints = Annotated[list[WebsitePointIn], _MANY, AfterValidator(_once)]


def points_of_body(body: Any) -> tuple[PartyPoint, ...]:
    """Return the points in the fields `phones`, `emails` and `websites` of a body, if it has them.

    `located_points` gives numbers without a country code the form in which they are stored.
    """
    found = [
        *((PointMedium.PHONE, one.kind, one.phone) for one in body.phones),
        *((PointMedium.EMAIL, one.kind, one.email) for one in body.emails),
        *((PointMedium.WEBSITE, one.kind, one.website) for one in getattr(body, "websites", ())),
    ]
    return tuple(
        PartyPoint(
            id=new_id(),
            position=position,
            medium=medium,
            kind=kind.value,
            **{medium.lower(): value},
        )
        for position, (medium, kind, value) in enumerate(found)
    )


def cells_as(field: str) -> Callable[[str], list[dict[str, str]]]:
    """Return what reads a cell with several numbers or addresses as the values of a body.

    They are separated by `;`, `，`, `、` or a new line: `138 0013 8000；139 0013 9000`.
    """

    def read(cell: str) -> list[dict[str, str]]:
        return [{field: part.strip()} for part in _CELL_ENDS.split(cell) if part.strip()]

    return read
