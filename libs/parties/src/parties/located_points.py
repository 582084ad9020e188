"""The numbers among further points in the form in which they are stored."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.records.contact_points import located_phone
from kernel.errors import Invalid, Violation
from parties.points import PartyPoint


def located_points(points: Sequence[PartyPoint], country: str | None) -> tuple[PartyPoint, ...]:
    """Return the points with their numbers in E.164.

    A number without a country code is one of this country, else of the tenant's. Raises Invalid
    (PHONE_INVALID, PHONE_REGION_UNKNOWN) with every violation.
    """
    violations: list[Violation] = []
    located: list[PartyPoint] = []
    for place, point in enumerate(points):  # numbers come first, so this is the place among them
        try:
            located.append(replace(point, phone=located_phone(point.phone, country)))
        except Invalid as invalid:
            code = invalid.violations[0].code
            violations.append(Violation(f"/phones/{place}/phone", code))
    if violations:
        raise Invalid(violations)
    return tuple(located)
