"""Number formats of document types: the tenant's own, else the service's default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.numbers.tables import number_formats
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Conflict

_OF_TYPE = select(number_formats).where(number_formats.c.type == bindparam("type"))  # built once


class YearStyle(StrEnum):
    """How a number shows its year; without a year the counter never restarts."""

    LONG = "YYYY"
    SHORT = "YY"
    NONE = "NONE"


class NumberMode(StrEnum):
    """GAPLESS: transactions wait for the previous number. FAST: no waiting, gaps are possible."""

    GAPLESS = "GAPLESS"
    FAST = "FAST"


@dataclass(frozen=True, kw_only=True)
class NumberFormat:
    """A number format: `Q-2026-000123` has prefix Q, year YYYY, width 6 and separator `-`.

    `version` is 0 for the service's default.
    """

    type: str
    prefix: str
    year: YearStyle = YearStyle.LONG
    width: int = 6
    separator: str = "-"
    mode: NumberMode = NumberMode.GAPLESS
    version: int = 0

    def written(self, number: int, on: date) -> str:
        """Return the formatted number; a large number may exceed the width."""
        year = {
            YearStyle.LONG: f"{on.year:04d}",
            YearStyle.SHORT: f"{on.year % 100:02d}",
            YearStyle.NONE: "",
        }
        parts = (self.prefix, year[self.year], f"{number:0{self.width}d}")
        return self.separator.join(part for part in parts if part)

    def counted_in(self, on: date) -> int:
        """Return the year of the counter, 0 for a counter without years."""
        return 0 if self.year is YearStyle.NONE else on.year


async def number_format_of(tx: AsyncConnection, default: NumberFormat) -> NumberFormat:
    """Return the tenant's number format of the default's document type."""
    row = (await tx.execute(_OF_TYPE, {"type": default.type})).one_or_none()
    if row is None:
        return default
    return NumberFormat(
        type=row.type,
        prefix=row.prefix,
        year=YearStyle(row.year),
        width=row.width,
        separator=row.separator,
        mode=NumberMode(row.mode),
        version=row.version,
    )


async def save_number_format(
    tx: AsyncConnection,
    new_format: NumberFormat,
    default: NumberFormat,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> NumberFormat:
    """Save the format of future numbers; existing numbers stay.

    The counter continues whatever the format is, so that no number is issued twice. Raises
    Conflict (STALE_WRITE) if another transaction wrote the format first.
    """
    before = await number_format_of(tx, default)
    if before.version and replace(new_format, version=before.version) == before:
        return before
    expected.check(before)
    values = {**asdict(new_format), "version": 1, "created_at": now, "updated_at": now}
    new = insert(number_formats).values(values)
    again = {name: new.excluded[name] for name in ("prefix", "year", "width", "separator", "mode")}
    stored = await tx.execute(
        new.on_conflict_do_update(
            index_elements=["tenant_id", "type"],
            set_={**again, "updated_at": now, "version": before.version + 1},
            where=number_formats.c.version == before.version,
        ).returning(number_formats.c.version)
    )
    version = stored.scalar_one_or_none()
    if version is None:
        raise Conflict("STALE_WRITE", what=number_formats.name, key=new_format.type)
    return replace(new_format, version=version)
