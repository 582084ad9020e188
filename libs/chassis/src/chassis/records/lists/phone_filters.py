"""Filters by telephone number: the number in any spelling, also without its country code."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import PydanticCustomError
from sqlalchemy import Column, ColumnElement, or_

from chassis.database.encryption.columns import DIGEST_OF
from chassis.records.contact_points import (
    MIN_NATIONAL_DIGITS,
    normalize_phone,
    phone_ends,
    tenant_country,
)
from chassis.records.search.words import has_phone
from kernel.errors import Invalid, Violation

DESCRIPTION = (
    "A telephone number in any spelling; without a country code it is found in every country"
)


def phone_condition(
    parameter: str, column: Column[Any], spellings: Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that a column has one of these numbers.

    A number with a country code is compared as a whole. One without it, of at least
    MIN_NATIONAL_DIGITS digits, is found by its end: it may be one of another country than the
    tenant's. Numbers without a country code need the tenant, who is known when the condition is
    built. Raises Invalid (PHONE_INVALID, PHONE_REGION_UNKNOWN) at `?parameter`.
    """
    country = tenant_country()
    ends = {spelling: _ends(spelling, country) for spelling in spellings}
    by_end = has_phone(
        column.table, _field(column), [one for found in ends.values() for one in found]
    )
    try:
        whole = [
            normalize_phone(spelling, country)
            for spelling in spellings
            if by_end is None or not ends[spelling]
        ]
    except PydanticCustomError as refused:
        raise Invalid([Violation(f"?{parameter}", refused.type)]) from None
    conditions = [column.in_(whole)] if whole or by_end is None else []
    return or_(*conditions, *([] if by_end is None else [by_end]))


def _ends(spelling: str, country: str | None) -> Sequence[str]:
    """Return what a number without a country code can mean; nothing for another one."""
    found = phone_ends(spelling, country)
    is_national = any(one.isdigit() and len(one) >= MIN_NATIONAL_DIGITS for one in found)
    return found if is_national else ()


def _field(column: Column[Any]) -> str:
    """Return the field that a column, or a digest of one, belongs to."""
    source = column.info.get(DIGEST_OF)
    return str(column.name if source is None else source.field)
