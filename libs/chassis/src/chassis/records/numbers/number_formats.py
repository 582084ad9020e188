"""How a tenant numbers its documents of a type: data of its own, else the service's default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.numbers.tables import number_formats


class YearStyle(StrEnum):
    """How a number tells its year; without one the numbers go on counting for ever."""

    LONG = "YYYY"
    SHORT = "YY"
    NONE = "NONE"


class NumberMode(StrEnum):
    """GAPLESS: everybody waits for the number before. FAST: nobody waits, and some are lost."""

    GAPLESS = "GAPLESS"
    FAST = "FAST"


@dataclass(frozen=True, kw_only=True)
class NumberFormat:
    """`Q-2026-000123` is prefix Q, year YYYY, width 6, separator `-`.

    `version` is 0 as long as it is the service's default.
    """

    type: str
    prefix: str
    year: YearStyle = YearStyle.LONG
    width: int = 6
    separator: str = "-"
    mode: NumberMode = NumberMode.GAPLESS
    version: int = 0

    def written(self, number: int, on: date) -> str:
        """A number as it stands on the document; it may outgrow its width."""
        year = {
            YearStyle.LONG: f"{on.year:04d}",
            YearStyle.SHORT: f"{on.year % 100:02d}",
            YearStyle.NONE: "",
        }
        parts = (self.prefix, year[self.year], f"{number:0{self.width}d}")
        return self.separator.join(part for part in parts if part)

    def counted_in(self, on: date) -> int:
        """The year whose counter goes on; 0 is the counter of all years."""
        return 0 if self.year is YearStyle.NONE else on.year


async def number_format_of(tx: AsyncConnection, default: NumberFormat) -> NumberFormat:
    """The tenant's format of the default's type."""
    columns = number_formats.c
    found = await tx.execute(select(number_formats).where(columns.type == default.type))
    row = found.one_or_none()
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
    tx: AsyncConnection, wanted: NumberFormat, default: NumberFormat, *, now: datetime
) -> NumberFormat:
    """Number documents like this from now on; what has a number keeps it.

    The counter goes on whatever the format is, so that no number comes twice.
    """
    before = await number_format_of(tx, default)
    if before.version and replace(wanted, version=before.version) == before:
        return before
    values = {**asdict(wanted), "version": 1, "created_at": now, "updated_at": now}
    new = insert(number_formats).values(values)
    again = {name: new.excluded[name] for name in ("prefix", "year", "width", "separator", "mode")}
    stored = await tx.execute(
        new.on_conflict_do_update(
            index_elements=["tenant_id", "type"],
            set_={**again, "updated_at": now, "version": number_formats.c.version + 1},
        ).returning(number_formats.c.version)
    )
    return replace(wanted, version=stored.scalar_one())
