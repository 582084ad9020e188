"""Filters by telephone number: the number in any spelling, also without its country code."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import PydanticCustomError
from sqlalchemy import Column, ColumnElement

from chassis.database.rows import is_one_of
from chassis.records.contact_points import phones_anywhere, tenant_country
from kernel.errors import Invalid, Violation

DESCRIPTION = "A telephone number in any spelling; without a country code it may be of any country"


def phone_condition(
    parameter: str, column: Column[Any], spellings: Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that a column has one of these numbers.

    A number without a country code is looked for in every country, so that people find
    `415-555-2673` whatever the country of their tenant, who is known when the condition is built.
    Raises Invalid (PHONE_INVALID, PHONE_REGION_UNKNOWN) at `?parameter`.
    """
    country = tenant_country()
    try:
        numbers = {number for text in spellings for number in phones_anywhere(text, country)}
    except PydanticCustomError as refused:
        raise Invalid([Violation(f"?{parameter}", refused.type)]) from None
    # One array: there are too many numbers for a parameter each.
    return is_one_of(column, sorted(numbers))
