"""Own days of departments: the nearest one wins."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kernel.business_calendar import nearest_days
from kernel.ids import new_id

SHOP, REGION, ROOT, OTHER = (new_id() for _ in range(4))
LINE = [SHOP, REGION, ROOT]
FIRST, SECOND = date(2026, 12, 30), date(2026, 12, 31)


@dataclass(frozen=True)
class Own:
    date: date
    name: str
    department_id: UUID | None = None
    working: bool = False


def names(*days: Own, line: list[UUID]) -> dict[date, str]:
    return {day: one.name for day, one in nearest_days(days, line).items()}


def test_the_day_of_the_nearest_department_wins_whatever_the_order() -> None:
    days = [Own(FIRST, "tenant"), Own(FIRST, "region", REGION), Own(FIRST, "root", ROOT)]
    assert names(*days, line=LINE) == {FIRST: "region"}
    assert names(*reversed(days), line=LINE) == {FIRST: "region"}


def test_days_of_other_departments_do_not_count() -> None:
    days = [Own(FIRST, "other", OTHER), Own(SECOND, "tenant"), Own(SECOND, "shop", SHOP)]
    assert names(*days, line=LINE) == {SECOND: "shop"}
    assert names(*days, line=[ROOT]) == {SECOND: "tenant"}
    assert names(*days, line=[]) == {SECOND: "tenant"}
